"""Rules as data: each says when it holds, what that means and why; the first that holds decides.

A rule looks at one frame of signs, a row each measurement or feature of a service.  Its condition
is a Polars expression, so that a batch is judged at once.  Ids, states and details are public: add,
never rename or redefine.  A null condition does not hold: what is unknown proves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import polars as pl

from overblock.measurements.sign_frames import alike
from overblock.measurements.taking import ALL

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
    bound_sign: str = ""  # the sign that says how sure at most: a whole is no surer than its parts
    answer: str = ""  # to "is it blocked?" where the state does not say it

    @property
    def blocked(self) -> str:
        """The answer to "is it blocked?": yes, no, down or unknown."""
        return self.answer or ANSWERS[self.state]


def first_rule(rules: Sequence[Rule]) -> pl.Expr:
    """The place of the first rule that holds, as u32; null where none does.

    It is asked of a frame with a column a rule, its id, which says whether it holds: one tree of
    all conditions would take many times as long to plan as they take to be answered.

    >>> rule = Rule(id="a", layer="all", when=pl.col("x") > 1, state="ok", confidence=1, because="")
    >>> pl.DataFrame({"a": [False, True]}).select(first_rule([rule])).to_series().to_list()
    [None, 0]
    """
    places = (
        pl.when(pl.col(rule.id)).then(pl.lit(place, pl.UInt32)) for place, rule in enumerate(rules)
    )
    return pl.coalesce(*places, pl.lit(None, pl.UInt32))


class Terms:
    """Conditions that several rules share, each made once, as a column beside the signs.

    A term may rest on terms that were made before it.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._levels: list[dict[str, pl.Expr]] = []

    def make(self, name: str, when: pl.Expr) -> pl.Expr:
        """What stands for ``when`` in rules and in later terms.

        >>> terms = Terms()
        >>> odd = terms.make("is_odd", pl.col("x") % 2 == 1)
        >>> rare = terms.make("is_rare", odd & (pl.col("x") > 7))
        >>> terms.beside(pl.DataFrame({"x": [3, 9]}))["is_rare"].to_list()
        [False, True]
        """
        roots = set(when.meta.root_names())
        rests_on = [at for at, level in enumerate(self._levels) if not roots.isdisjoint(level)]
        level = rests_on[-1] + 1 if rests_on else 0
        if level == len(self._levels):
            self._levels.append({})
        self._levels[level][name] = when
        return pl.col(name)

    def beside(self, signs: pl.DataFrame) -> pl.DataFrame:
        """The signs, and a column a term."""
        for level in self._levels:
            signs = signs.with_columns(**level)
        return signs


HIT = ("blocked", "partly", "throttled")
MECHANISMS: Mapping[Layer, str] = MappingProxyType({"throughput": "throttle"})
_SAID = {
    "feature": pl.String,
    "layer": pl.String,
    "mechanism": pl.String,
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
        self.place = first_rule(self.rules)
        self._said = pl.DataFrame(list(map(_said_by, self.rules)), schema=_SAID, orient="row")
        self._tellers = {
            name: pl.DataFrame({"tells": [rule.detail_sign == name for rule in self.rules]})
            for name in sorted({rule.detail_sign for rule in self.rules if rule.detail_sign})
        }
        self._bounds = {
            name: pl.DataFrame({"told": [rule.bound_sign == name for rule in self.rules]})
            for name in sorted({rule.bound_sign for rule in self.rules if rule.bound_sign})
        }
        self._signs = tuple(dict.fromkeys(name for r in self.rules for name in r.evidence))
        self._shown = [
            tuple(self._signs.index(name) + 1 for name in rule.evidence) for rule in self.rules
        ]

    def judge(self, signs: pl.DataFrame) -> pl.DataFrame:
        """State, answer, rule, confidence, detail and evidence of each row of signs.

        Where no rule holds, all are null but the evidence, which is empty.
        """
        (place,) = places_of([self], signs)
        return self.said(signs, place).hstack([self.evidence(signs, place)])

    def said(self, signs: pl.DataFrame, place: pl.Series) -> pl.DataFrame:
        """The same but the evidence, of rows for which `places_of` gave the rule that decides."""
        said = self._said[place]
        detail = said["detail"]
        for name, told in self._tellers.items():
            detail = signs[name].zip_with(told[place]["tells"], detail)
        bound = pl.repeat(None, len(said), dtype=pl.Float64, eager=True)
        for name, told in self._bounds.items():
            bound = signs[name].zip_with(told[place]["told"], bound)
        return said.with_columns(
            detail.alias("detail"), confidence=pl.min_horizontal("confidence", bound)
        )

    def evidence(self, signs: pl.DataFrame, place: pl.Series) -> pl.Series:
        """The signs that each rule rests on, as ``sign=value`` where the value is known.

        The same few values come again and again, so each list is made once.
        """
        different, places = alike(signs.select(place, *self._signs).rows())
        shown, facts = alike(map(self._shown_of, different))
        lists = pl.Series("evidence", list(map(self._facts, shown)), pl.List(pl.String))
        return lists.to_frame()[facts][places]["evidence"]

    def _shown_of(self, known: tuple[Any, ...]) -> tuple[Any, ...]:
        """Of a place and all signs the place, and the signs that its rule rests on."""
        place = known[0]
        return (place, *(known[at] for at in self._shown[place])) if place is not None else (None,)

    def _facts(self, shown: tuple[Any, ...]) -> list[str]:
        place, *values = shown
        names = self.rules[place].evidence if values else ()
        told = zip(names, values, strict=True)
        return [f"{name}={_told(value)}" for name, value in told if value is not None]


def _said_by(rule: Rule) -> tuple[object, ...]:
    """What a rule says of each row for which it decides, in the order of columns."""
    mechanism = MECHANISMS.get(rule.layer, rule.layer) if rule.state in HIT else None
    said = (rule.state, rule.blocked, rule.id, rule.confidence, rule.detail or None)
    return (ALL, rule.layer, mechanism, *said)


def places_of(books: Sequence[Rulebook], signs: pl.DataFrame) -> list[pl.Series]:
    """Of each book the place of the first rule that holds, a row each row of signs.

    All books are asked at once: to plan a question takes longer than to answer it.
    """
    held = signs.with_columns(**{rule.id: rule.when for book in books for rule in book.rules})
    return held.select(book.place.alias(str(nth)) for nth, book in enumerate(books)).get_columns()


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
