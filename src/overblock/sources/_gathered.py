"""Answers gathered one by one, as from JSON: in lists, a column each, which make fast frames."""

from dataclasses import dataclass, field

import polars as pl

from overblock.sources import Reading
from overblock.sources._resolutions import ANSWERS, SIGNS, as_answers, reading

_PLAIN = tuple(name for name in ANSWERS if name != "chain")
_KINDS = {name: ANSWERS[name] for name in _PLAIN}


@dataclass(slots=True)
class Gathered:
    """What a block of records says so far; see `overblock.sources._resolutions.ANSWERS`."""

    rows: list[tuple[object, ...]] = field(default_factory=list)
    signs: list[tuple[int, str, str, str, str | None]] = field(default_factory=list)

    def add(  # noqa: PLR0913, PLR0917  (a row has so many columns, and this is called for each)
        self,
        record: int,
        name: str,
        address: str | None = None,
        outcome: str | None = None,
        moment: str | None = None,
        vantage: str | None = None,
        chain: list[str] | None = None,
    ) -> None:
        """Add an answer, or an outcome without one."""
        self.rows.append((record, name, None, name, address, outcome, moment, vantage, chain))

    def refuse(self, record: int, reason: str, value: str) -> None:
        """Add a record that is none."""
        self.rows.append((record, value, reason, "", None, None, None, None, None))

    def reading(self) -> Reading:
        """What was gathered, judged."""
        columns = dict(zip(ANSWERS, zip(*self.rows, strict=True), strict=False))
        chains = columns.pop("chain", ())
        frame = pl.DataFrame({name: columns.get(name, ()) for name in _PLAIN}, schema=_KINDS)
        known: dict[str, pl.Expr | pl.Series] = {name: pl.col(name) for name in _PLAIN}
        if any(chains):
            told = [chain or [] for chain in chains]
            known["chain"] = pl.Series(told, dtype=pl.List(pl.String))
        signs = pl.DataFrame(self.signs, schema=SIGNS, orient="row")
        return reading(as_answers(frame, **known), signs)
