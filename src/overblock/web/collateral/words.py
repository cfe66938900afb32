"""How groups, reaches and splits are said, and a split as rows for a table."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from overblock.reports.collateral.answer import CollateralAnswer, Figure
from overblock.reports.document.parts import Phrase, phrase
from overblock.web.measured.words import MeasuredWords

GROUPS: Mapping[str, Phrase] = MappingProxyType({
    "bystander": phrase("bystanders"),
    "target": phrase("targets"),
    "parked": phrase("parked or dead"),
})  # fmt: skip
REACHES: Mapping[str, Phrase] = MappingProxyType({
    "fully": phrase("fully hit"),
    "partly": phrase("partly hit"),
    "not": phrase("not hit"),
    "unknown": phrase("unknown"),
})  # fmt: skip
SPLITS: Mapping[str, Phrase] = MappingProxyType({
    "sector": phrase("sector"),
    "holder": phrase("holder"),
    "country": phrase("country"),
    "popularity": phrase("popularity"),
    "rule": phrase("rule"),
})  # fmt: skip
CHANGES: Mapping[str, Phrase] = MappingProxyType({
    "hit": phrase("newly hit"),
    "freed": phrase("newly free"),
    "worse": phrase("partly before, fully now"),
    "better": phrase("fully before, partly now"),
})  # fmt: skip
SIGNS: Mapping[str, Phrase] = MappingProxyType({
    "shared": phrase("shared: attached under entries that name different sites at the same time"),
    "left_behind": phrase("left behind: every named site was listed anew elsewhere, it stayed"),
    "corrected": phrase("corrected: the first addresses of an entry, taken back within a day"),
    "names": phrase("by names: no site that the entry names lives there"),
})  # fmt: skip
VERDICTS: Mapping[str, Phrase] = MappingProxyType({
    "lives": phrase("the site lives there"),
    "moved": phrase("the site lives elsewhere"),
    "gone": phrase("the site lives nowhere"),
    "unknown": phrase("unknown"),
})  # fmt: skip
HIT = ("fully", "partly")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitRow:
    """One key of a split: its bystanders, or by rule all of its names."""

    key: str | None
    fully: int
    partly: int
    in_all: int
    witness: Figure | None


@dataclass(frozen=True, slots=True)
class CollateralWords(MeasuredWords):
    """The words of collateral in a reader's language."""

    def group(self, name: str) -> str:
        """Who names are."""
        return self.said(GROUPS[name]) if name in GROUPS else name

    def reach(self, name: str) -> str:
        """How far names are hit."""
        return self.said(REACHES[name]) if name in REACHES else name

    def split(self, name: str) -> str:
        """By what names are split."""
        return self.said(SPLITS[name]) if name in SPLITS else name

    def turn(self, name: str) -> str:
        """What a change did to names."""
        return self.said(CHANGES[name]) if name in CHANGES else name

    def sign(self, name: str) -> str:
        """Why an order is taken for dead."""
        return self.said(SIGNS[name]) if name in SIGNS else name

    def verdict(self, name: str) -> str:
        """Where the named site lives."""
        return self.said(VERDICTS[name]) if name in VERDICTS else name

    def key(self, by: str, key: str | None) -> str:
        """A key of a split; one that nobody says is unknown."""
        if key is None:
            return self.reader.say("unknown")
        if by == "popularity" and key.isdecimal():
            return self.reader.say("among the first {n}", n=int(key))
        return self.reader.words(key)

    def days(self, seconds: float) -> int:
        """Whole days."""
        return round(abs(seconds) / 86_400)


def split_rows(answer: CollateralAnswer) -> list[SplitRow]:
    """A row a key, in the order of the answer: those of which most bystanders are hit first."""
    keys: dict[str | None, dict[str, Figure]] = {}
    for figure in answer.split:
        if figure.group == "bystander" or answer.by == "rule":
            keys.setdefault(figure.key, {})[figure.reach] = figure
    return [_row(key, figures) for key, figures in keys.items()]


def _row(key: str | None, figures: Mapping[str, Figure]) -> SplitRow:
    hit = [figures[reach] for reach in HIT if reach in figures]
    fully, partly = (figures[reach].count if reach in figures else 0 for reach in HIT)
    return SplitRow(
        key=key,
        fully=fully,
        partly=partly,
        in_all=next(iter(figures.values())).denominator,
        witness=hit[0] if hit else None,
    )
