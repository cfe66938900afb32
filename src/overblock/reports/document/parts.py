"""What a report is made of, before it has a language or a form.

Every number in it is a `Figure`, which knows the query that gives it; text, tables and charts only
refer to figures, so that all occurrences of one agree.  Words are English and are translated where
they are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["count", "share", "number"]
Level: TypeAlias = Literal["listed", "exposed", "observed", "confirmed", "reported", "claimed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One number: who asks ``query`` of the inputs gets ``value``."""

    name: str  # of the query, unique in a report
    query: str  # in words that can be asked again
    value: int | float | None  # None: unknown
    unit: str
    form: Form = "count"
    level: Level = "listed"

    @property
    def text(self) -> str:
        """The value exactly, as the manifest and JSON hold it."""
        return "unknown" if self.value is None else repr(self.value)


Value: TypeAlias = "Figure | Phrase | str | date | datetime | None"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words with places: ``{total}`` of the message is filled by ``values['total']``."""

    message: str  # English; the key of its translations
    values: Mapping[str, Value] = field(default_factory=dict)


def phrase(message: str, **values: Value) -> Phrase:
    """A phrase; the extraction of messages for translation looks for calls of this name."""
    return Phrase(message, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Some sentences."""

    text: Phrase
    strong: bool = False  # what to quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under a heading; a cell that is a link is a text that begins with http."""

    name: str
    caption: Phrase
    columns: tuple[Phrase, ...]
    rows: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart or map; the words stand for it where it cannot be seen."""

    name: str  # of its files, without their ending
    caption: Phrase
    alt: str
    svg: str = ""
    png: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Safeguard:
    """One of the court's safeguards: whether it was met, as far as is established."""

    title: Phrase
    met: bool | None
    note: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """The safeguards, each with what is known of it."""

    items: tuple[Safeguard, ...]


Block: TypeAlias = Paragraph | Table | Picture | Checklist


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a report under one question."""

    name: str  # the anchor
    title: Phrase
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A whole report."""

    name: str
    title: str
    place: str
    at: datetime  # of all figures that name no time of their own
    utc_offset: str  # of the place
    sections: tuple[Section, ...]

    def figures(self) -> dict[str, Figure]:
        """Every figure by its name, in the order of their first occurrence.

        Raises:
            ValueError: two figures of one name disagree, which is a defect of the report's maker.
        """
        found: dict[str, Figure] = {}
        for section in self.sections:
            for block in section.blocks:
                for figure in _figures_of(block):
                    if found.setdefault(figure.name, figure) != figure:
                        raise ValueError(f"two figures are called {figure.name!r} and disagree")
        return found

    def pictures(self) -> list[Picture]:
        """Every picture, in order."""
        blocks = (block for section in self.sections for block in section.blocks)
        return [block for block in blocks if isinstance(block, Picture)]


def _figures_of(block: Block) -> list[Figure]:
    if isinstance(block, Paragraph):
        return _figures_in(block.text)
    if isinstance(block, Table):
        cells = [cell for row in block.rows for cell in row]
        return [figure for value in (block.caption, *cells) for figure in _figures_in(value)]
    return _figures_in(block.caption) if isinstance(block, Picture) else []


def _figures_in(value: Value) -> list[Figure]:
    if isinstance(value, Figure):
        return [value]
    if isinstance(value, Phrase):
        return [figure for inner in value.values.values() for figure in _figures_in(inner)]
    return []
