"""Answers gathered one by one, as from JSON: in lists, a column each, which make fast frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from overblock.sources import Reading
from overblock.sources._resolutions import ANSWERS, SIGNS, as_answers, reading

_PLAIN = tuple(name for name in ANSWERS if name != "chain")


@dataclass(slots=True)
class Gathered:
    """What a block of records says so far; see `overblock.sources._resolutions.ANSWERS`."""

    columns: dict[str, list[object]] = field(default_factory=lambda: {name: [] for name in _PLAIN})
    chains: list[Sequence[str]] = field(default_factory=list)
    signs: list[tuple[int, str, str, str, str | None]] = field(default_factory=list)

    def add(  # noqa: PLR0913  (a row has so many columns)
        self,
        record: int,
        name: str,
        *,
        address: str | None = None,
        outcome: str | None = None,
        moment: str | None = None,
        vantage: str | None = None,
        chain: Sequence[str] = (),
    ) -> None:
        """Add an answer, or an outcome without one."""
        self._append(record, name, None, name, address, outcome, moment, vantage)
        self.chains.append(chain)

    def refuse(self, record: int, reason: str, value: str) -> None:
        """Add a record that is none."""
        self._append(record, value, reason, "", None, None, None, None)
        self.chains.append(())

    def _append(self, *row: object) -> None:
        for values, value in zip(self.columns.values(), row, strict=True):
            values.append(value)

    def reading(self) -> Reading:
        """What was gathered, judged."""
        kinds = {name: ANSWERS[name] for name in _PLAIN}
        known: dict[str, pl.Expr | pl.Series] = {name: pl.col(name) for name in _PLAIN}
        if any(self.chains):
            chains = [list(chain) for chain in self.chains]
            known["chain"] = pl.Series(chains, dtype=pl.List(pl.String))
        frame = pl.DataFrame(self.columns, schema=kinds)
        signs = pl.DataFrame(self.signs, schema=SIGNS, orient="row")
        return reading(as_answers(frame, **known), signs)
