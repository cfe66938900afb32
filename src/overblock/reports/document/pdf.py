"""A report as PDF, laid out by typst from the same content as the page.

Texts go to typst as data, never as markup: a case that anybody may have written cannot make it
run, read or fetch anything.
"""

import tempfile
from pathlib import Path
from typing import Any

import msgspec
import typst

from overblock import __version__
from overblock.reports.document.parts import (
    Block,
    Checklist,
    Document,
    Figure,
    Paragraph,
    Phrase,
    Picture,
    Table,
    Value,
    phrase,
)
from overblock.reports.document.words import Language, Words, words_of

TEMPLATE = Path(__file__).with_name("page.typ")
WIDEST, NARROWEST = 36, 9  # signs by which a column's share of the page is measured
LONG, PIECE = 16, 8  # signs of a word that may be parted, and of each of its parts


def render_pdf(document: Document, language: Language) -> bytes:
    """The report as PDF in one language."""
    words = words_of(language)
    with tempfile.TemporaryDirectory(prefix="overblock-") as name:
        folder = Path(name)
        for picture in document.pictures():
            _file(picture, folder).write_bytes(picture.png or picture.svg.encode())
        (folder / "page.typ").write_bytes(TEMPLATE.read_bytes())
        told = msgspec.json.encode(_told(document, words)).decode()
        made = typst.compile(folder / "page.typ", root=folder, sys_inputs={"report": told})
    if not isinstance(made, bytes):
        raise TypeError("typst gave no PDF")
    return made


def _told(document: Document, words: Words) -> dict[str, Any]:
    meta = phrase(
        "Figures for {at}; days are those of the place, {offset}.",
        at=document.at,
        offset=document.utc_offset,
    )
    return {
        "title": document.title,
        "meta": words(meta),
        "language": words.language,
        "footer": f"{document.title}; overblock {__version__}",
        "sections": [
            {
                "title": words(section.title),
                "blocks": [_block(block, words) for block in section.blocks],
            }
            for section in document.sections
        ],
    }


def _block(block: Block, words: Words) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "text": words(block.text), "strong": block.strong}
        case Table():
            return _table(block, words)
        case Picture():
            told = {"file": _file(block, Path()).name, "alt": block.alt}
            return {"kind": "picture", "caption": words(block.caption), **told}
        case Checklist():
            return {"kind": "checklist", "items": [_item(item, words) for item in block.items]}


def _item(item: Any, words: Words) -> dict[str, str]:  # noqa: ANN401  (a safeguard; mypy sees it above)
    state = {None: phrase("not established"), True: phrase("met"), False: phrase("not met")}
    note = " ".join(filter(None, (item.note, item.source)))
    return {"title": words(item.title), "state": words(state[item.met]), "note": note}


def _table(table: Table, words: Words) -> dict[str, Any]:
    columns = [words(column) for column in table.columns]
    rows = [[words(cell) for cell in row] for row in table.rows]
    numbers = [all(_is_number(row[place]) for row in table.rows) for place in range(len(columns))]
    longest = [
        max([len(columns[place]), *(len(row[place]) for row in rows)])
        for place in range(len(columns))
    ]
    return {
        "kind": "table",
        "caption": words(table.caption),
        "columns": columns,
        "widths": [min(max(length, NARROWEST), WIDEST) for length in longest],
        "numbers": numbers,
        "rows": [[_breakable(cell) for cell in row] for row in rows],
    }


def _is_number(cell: Value) -> bool:
    """Whether a cell is a figure, or words around figures."""
    return isinstance(cell, Figure) or (
        isinstance(cell, Phrase) and any(_is_number(value) for value in cell.values.values())
    )


def _breakable(text: str) -> list[list[str]]:
    """The words of a text, those longer than a narrow column in pieces.

    A line may end between two pieces, such as of a digest or an address.  No sign stands there:
    it would be copied with the text, and what is pasted into a filing would be no digest.
    """
    return [
        [word[at : at + PIECE] for at in range(0, len(word), PIECE)] if len(word) > LONG else [word]
        for word in text.split(" ")
    ]


def _file(picture: Picture, folder: Path) -> Path:
    return folder / f"{picture.name}.{'png' if picture.png else 'svg'}"
