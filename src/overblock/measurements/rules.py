"""Rules as data: each says when it holds, what that means and why; the first that holds decides.

A rule looks at one frame of signs, a row each measurement or feature of a service.  Its condition
is a Polars expression, so that a batch is judged at once.  Ids, states and details are public: add,
never rename or redefine.  A null condition does not hold: what is unknown proves nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

State: TypeAlias = Literal[
    "ok", "down", "blocked", "partly", "throttled", "refused", "challenged", "insufficient"
]
Layer: TypeAlias = Literal["dns", "tcp", "tls", "http", "throughput", "all"]
LAYERS: tuple[Layer, ...] = ("dns", "tcp", "tls", "http", "throughput")
ANSWERS: dict[State, str] = {
    "ok": "no",
    "down": "down",
    "blocked": "yes",
    "partly": "yes",
    "throttled": "yes",
    "refused": "no",
    "challenged": "no",
    "insufficient": "unknown",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule; ``because`` is its line in the reference."""

    id: str
    layer: Layer
    when: pl.Expr
    state: State
    confidence: float  # 0 to 1, a judgement, not a frequency
    because: str
    evidence: tuple[str, ...] = ()  # signs that are shown with the verdict
    detail: str = ""  # how, within the mechanism; empty where a sign says it
    detail_sign: str = ""  # the sign that says it
    answer: str = ""  # to "is it blocked?" where the state does not say it

    @property
    def blocked(self) -> str:
        """The answer to "is it blocked?": yes, no, down or unknown."""
        return self.answer or ANSWERS[self.state]


def first_rule(rules: Sequence[Rule]) -> pl.Expr:
    """The place of the first rule that holds, as u16; null where none does.

    >>> rule = Rule(id="a", layer="all", when=pl.col("x") > 1, state="ok", confidence=1, because="")
    >>> pl.DataFrame({"x": [1, 2]}).select(first_rule([rule])).to_series().to_list()
    [None, 0]
    """
    places = (pl.when(rule.when).then(pl.lit(place, pl.UInt16)) for place, rule in enumerate(rules))
    return pl.coalesce(*places, pl.lit(None, pl.UInt16))


_SAID = {
    "state": pl.String,
    "blocked": pl.String,
    "rule_id": pl.String,
    "confidence": pl.Float64,
    "detail": pl.String,
}


class Rulebook:
    """The rules of one layer, ready to judge frames of signs."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Lay out what the rules say, so that a verdict is gathered from it by its place."""
        self.rules = tuple(rules)
        self._place = first_rule(self.rules)
        self._said = pl.DataFrame(
            [(r.state, r.blocked, r.id, r.confidence, r.detail or None) for r in self.rules],
            schema=_SAID,
            orient="row",
        )
        self._details = [
            pl.when(pl.col("place").is_in(self._shown_by(name))).then(pl.col(name))
            for name in sorted({rule.detail_sign for rule in self.rules if rule.detail_sign})
        ]
        self._signs = tuple(dict.fromkeys(name for r in self.rules for name in r.evidence))
        places = {name: at for at, name in enumerate(self._signs)}
        self._shown = [[places[name] for name in rule.evidence] for rule in self.rules]

    def judge(self, signs: pl.DataFrame, *, evidence: bool = True) -> pl.DataFrame:
        """State, answer, rule, confidence, detail and evidence of each row of signs.

        Where no rule holds, all are null but the evidence, which is empty.  Without ``evidence``,
        which costs as much as all else, there is no such column.
        """
        placed = signs.with_columns(place=self._place)
        said = self._said.select(pl.all().gather(placed["place"]))
        detail = placed.select(detail=pl.coalesce(*self._details, said["detail"]))
        shown = [self._evidence(placed)] if evidence else []
        return said.drop("detail").hstack([detail["detail"], *shown])

    def _shown_by(self, sign: str) -> list[int]:
        """The places of the rules whose detail a sign tells."""
        return [place for place, rule in enumerate(self.rules) if rule.detail_sign == sign]

    def _evidence(self, placed: pl.DataFrame) -> pl.Series:
        """The signs that each rule rests on, as ``sign=value`` where the value is known.

        The same few values come again and again, so each list is made once.
        """
        seen = ["place", *self._signs]
        alike = (
            placed.select(seen).with_row_index("row").group_by(seen, maintain_order=True).agg("row")
        )
        facts = [self._facts(*known) for known in alike.select(seen).iter_rows()]
        rows = alike.with_row_index("fact").select("fact", "row").explode("row").sort("row")
        return pl.Series("evidence", facts, pl.List(pl.String)).gather(rows["fact"])

    def _facts(self, place: int | None, *signs: object) -> list[str]:
        if place is None:
            return []
        return [
            f"{self._signs[at]}={_told(value)}"
            for at in self._shown[place]
            if (value := signs[at]) is not None
        ]


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
