"""What a case says of itself in ``case.toml``: whom it is about, where, when, by which acts.

A key that is not known here is a typing error, and refused.
"""

from datetime import date as Day  # noqa: N812  (the field of that name would hide it)
from itertools import zip_longest
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]*$"
Line = Annotated[str, Meta(min_length=1, max_length=500, pattern=NO_CONTROLS)]


class Target(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the block was meant for; all else that it hit is collateral."""

    name: Line
    holders: tuple[Line, ...] = ()  # as the holder column of networks.csv calls it
    prefixes: tuple[Line, ...] = ()
    asns: tuple[int, ...] = ()
    domains: tuple[Line, ...] = ()


class Safeguard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is established of one of the court's five safeguards."""

    met: bool | None = None  # None: what is documented does not settle it
    note: Line
    source_url: Line


class Safeguards(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The safeguards that the court found missing (Kharitonov v. Russia, 10795/14, 2020)."""

    impact_assessment: Safeguard | None = None  # None: not established
    independent_approval: Safeguard | None = None
    notice_to_third_parties: Safeguard | None = None
    access_to_decision: Safeguard | None = None
    review_of_harm: Safeguard | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A legal act that networks were listed under."""

    number: Line
    date: Day
    authority: Line
    title: Line


class Turn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event before and after which the audiences of ``series.csv`` are compared."""

    event_at: str
    what: Line
    source_url: Line
    service: Line | None = None  # only this one
    metric: Line | None = None
    every: Literal["day", "week", "month"] | None = None  # means, as for views of posts
    changes: bool = False  # from one figure to the next, as for counts of followers


class Translation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a case says of itself in another language; what is missing stays as it is."""

    title: Line | None = None
    headline: Annotated[str, Meta(max_length=80, pattern=NO_CONTROLS)] | None = None
    target: Line | None = None
    figures_source: Line | None = None
    audiences: tuple[Line, ...] = ()  # what happened at each event, in their order
    sectors: dict[str, Line] = {}
    limits: tuple[Line, ...] = ()
    safeguards: dict[str, Line] = {}  # notes, by the safeguard's name


class CaseFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of ``case.toml``."""

    name: Line
    title: Line
    headline: Annotated[str, Meta(max_length=80, pattern=NO_CONTROLS)] = ""  # over the map
    place: Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]  # ISO 3166
    utc_offset: str
    documented_from: str
    documented_until: str  # the last day, counted in
    figures_at: str = ""  # the moment that shares, holders and decisions are given for
    figures_source: str = ""  # what vouches for that moment
    languages: tuple[Line, ...]
    registers: tuple[Line, ...] = ()  # names of sources
    measurements: tuple[Line, ...] = ()  # where measurements of it are published
    authorities: tuple[Line, ...] = ()  # who ordered it
    target: Target
    decisions: tuple[Decision, ...] = ()
    background: Annotated[int, Meta(ge=0, lt=2**32)] = 0  # addresses blocked before it began
    background_source: str = ""
    telling: tuple[Line, ...] = ()  # claims to show first
    sectors: dict[str, Line] = {}  # words for the sector column
    units: dict[str, Line] = {}  # the case's own, with what they mean
    audiences: tuple[Turn, ...] = ()
    safeguards: Safeguards = Safeguards()
    limits: tuple[Line, ...] = ()  # what a reader must know before using it
    translations: dict[Annotated[str, Meta(pattern="^[a-z]{2}$")], Translation] = {}

    def titles(self) -> dict[str, str]:
        """Its title in each language in which the case gives its words."""
        return {name: self.said_in(name).title for name in ("en", *self.translations)}

    def said_in(self, language: str) -> "CaseFacts":
        """The same in the words of a language, as far as the case gives them."""
        told = self.translations.get(language)
        if told is None:
            return self
        return replace(
            self,
            title=told.title or self.title,
            headline=told.headline or self.headline,
            target=replace(self.target, name=told.target or self.target.name),
            figures_source=told.figures_source or self.figures_source,
            audiences=tuple(
                replace(turn, what=what) if what else turn
                for turn, what in zip_longest(self.audiences, told.audiences[: len(self.audiences)])
            ),
            sectors=self.sectors | told.sectors,
            safeguards=_noted(self.safeguards, told.safeguards),
            limits=told.limits or self.limits,
        )


def _noted(safeguards: Safeguards, notes: dict[str, Line]) -> Safeguards:
    """Safeguards with their notes in another language."""
    found = {name: getattr(safeguards, name, None) for name in notes}
    told = {name: replace(one, note=notes[name]) for name, one in found.items() if one}
    return replace(safeguards, **told)
