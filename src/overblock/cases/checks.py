"""Checks: which measured quantity stands against a published figure, declared beside the case.

A verdict is never typed in.  ``claim_checks.toml`` and ``count_checks.toml`` bind each claim and
each reported count to a quantity of `overblock.cases.quantities` and to a comparison, or say why
no table of the case can test it.  The verdict is then computed by `overblock.cases.verdicts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import Annotated, Literal, TypeAlias

import msgspec
import polars as pl
from msgspec import Meta

from overblock.cases.facts import NO_CONTROLS, Line
from overblock.cases.queries import Number, Query
from overblock.cases.times import Moment, read_moment
from overblock.errors import CaseError

Quantity: TypeAlias = Literal[
    "addresses",  # standing on the register, each counted once
    "ipv4_percent",  # the same, in percent of all 2**32 IPv4 addresses
    "networks",  # rows of networks.csv that stand on the register
    "added",  # addresses of the networks listed within the time
    "released",  # addresses of the networks released within the time
    "networks_released",
    "services",  # services reported hit until then
]
Said: TypeAlias = Literal["exactly", "about", "at_least", "at_most", "nearly", "none"]
Evidence: TypeAlias = Literal["listed", "reported"]
Text = Annotated[str, Meta(max_length=1000, pattern=NO_CONTROLS)]
Names = tuple[Line, ...]


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check as declared; what is left out restricts nothing."""

    quantity: Quantity | None = None  # without a `said` it is shown beside a claim, not judged
    query: Query | None = None  # a figure from any table of the case
    arithmetic: Text = ""  # or one made of ``numbers``
    numbers: dict[Line, Number] = {}
    itself: bool = False  # all numbers are the speaker's own: a difference is a contradiction
    unit: str = ""  # of the figure measured, where it is not the claim's
    at: str = ""  # a day or an instant, as in the tables
    until: str = ""  # its last day, where it is a span of days
    reading: Literal["within", "end"] = "within"  # any moment of the day, or its last one
    scope: Literal["all", "target", "others"] = "all"
    holders: Names = ()
    networks: Names = ()
    decisions: Names = ()
    confidence: Names = ()
    services: Names = ()
    background: bool = False  # add what had been blocked before
    figure: float | None = None  # what is said, where the table's own cell does not hold it
    said: Said | None = None
    rounded_to: Annotated[float, Meta(ge=0)] = 0
    evidence: Evidence = "listed"
    cannot: Text = ""  # why no table can test it
    note: Text = ""  # what a reader of the verdict must know

    @property
    def measured(self) -> str | None:
        """What is measured, in one line; None where nothing is."""
        if self.query is not None:
            return self.query.words()
        if self.arithmetic:
            told = [f"{name} = {number.words()}" for name, number in self.numbers.items()]
            return f"{self.arithmetic} with {', '.join(told)}"
        return self.quantity


class CountCheck(Check, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check of one reported count, which is known by its three cells."""

    count_at: Text = ""  # empty where the moment has no reported count
    metric: str = ""
    value: int | None = None
    moment: Text = ""  # its line in the table of moments; empty where it has none
    reported: Text = ""  # the count in the reporter's words


class CountChecks(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole of ``count_checks.toml``."""

    count: tuple[CountCheck, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A check bound to what it checks."""

    subject: str  # the claim's id, or what counts.csv calls the count
    where: str  # for messages
    check: Check
    during: Moment | None  # None where no time matters
    figure_low: float | None
    figure_high: float | None
    source_url: str


def bind_claims(
    claims: pl.DataFrame, checks: Mapping[str, Check], zone: timezone
) -> tuple[Bound, ...]:
    """Bind each claim to its check, in the order of the claims.

    Raises:
        CaseError: a claim without a check, a check without a claim, or a check that says too
            little to be made.
    """
    ids = claims["claim_id"].to_list()
    if strange := sorted(set(checks) - set(ids)):
        raise CaseError(f"claim_checks.toml: {strange[0]!r} is no claim of claims.csv")
    if missing := [claim for claim in ids if claim not in checks]:
        raise CaseError(f"claim_checks.toml: claim {missing[0]!r} has no check")
    return tuple(
        _bind(
            row["claim_id"],
            f"claim_checks.toml [{row['claim_id']}]",
            checks[row["claim_id"]],
            zone,
            (row["figure_low"], row["figure_high"], row["source_url"]),
        )
        for row in claims.iter_rows(named=True)
    )


def bind_counts(counts: pl.DataFrame, checks: CountChecks, zone: timezone) -> tuple[Bound, ...]:
    """Bind each reported count to its check, in the order of the checks.

    Raises:
        CaseError: a count without a check, a check of no count, or one that says too little.
    """
    unchecked = {
        (row["at_first"], row["at_precision"], row["metric"], row["value"]): row
        for row in counts.iter_rows(named=True)
    }
    bound = []
    for number, check in enumerate(checks.count, start=1):
        where = f"count_checks.toml [[count]] {number}"
        if check.value is None:
            bound.append(_bind(check.moment, where, check, zone, (None, None, "")))
            continue
        at = _moment(where, check.count_at, "", zone)
        row = unchecked.pop((at.first, at.precision, check.metric, check.value), None)
        if row is None:
            raise CaseError(
                f"{where}: counts.csv has no {check.metric} of {check.value} at {check.count_at}"
            )
        figures = (float(check.value), float(check.value), row["source_url"])
        bound.append(_bind(f"counts.csv row {row['row']}", where, check, zone, figures))
    for row in unchecked.values():
        raise CaseError(f"count_checks.toml: counts.csv row {row['row']} has no check")
    return tuple(bound)


def _bind(
    subject: str,
    where: str,
    check: Check,
    zone: timezone,
    told: tuple[float | None, float | None, str],
) -> Bound:
    low, high, source_url = told
    if check.figure is not None:
        low = high = check.figure
    if check.said == "none":
        low = high = 0.0
    during = _moment(where, check.at, check.until, zone) if check.at else None
    _check_declared(where, check, low, during)
    return Bound(
        subject=subject,
        where=where,
        check=check,
        during=during,
        figure_low=low,
        figure_high=high,
        source_url=source_url,
    )


def _check_declared(where: str, check: Check, low: float | None, during: Moment | None) -> None:
    """Refuse a check that says too little, or two things at once."""
    measures = [check.quantity is not None, check.query is not None, bool(check.arithmetic)]
    if sum(measures) > 1:
        raise CaseError(f"{where}: it names more than one of quantity, query and arithmetic")
    if not any(measures) and not check.cannot:
        raise CaseError(f"{where}: it names neither a quantity nor why it cannot be tested")
    if check.said is not None and (not any(measures) or low is None):
        raise CaseError(
            f"{where}: there is nothing to compare, as the quantity or figure is missing"
        )
    if during is None and check.quantity not in {None, "services"}:
        raise CaseError(f"{where}: {check.quantity} needs a time")
    if bool(check.numbers) != bool(check.arithmetic):
        raise CaseError(f"{where}: arithmetic and its numbers go together")
    for name, number in check.numbers.items():
        given = [bool(number.claim), number.query is not None, number.figure is not None]
        if sum(given) != 1:
            raise CaseError(f"{where}: number {name!r} is to have one of claim, query and figure")
        if number.figure is not None and not number.source:
            raise CaseError(f"{where}: number {name!r} has a figure and no source")


def _moment(where: str, at: str, until: str, zone: timezone) -> Moment:
    try:
        begin = read_moment(at, zone)
        end = read_moment(until, zone) if until else begin
    except ValueError as error:
        raise CaseError(f"{where}: {error}") from None
    if end.last - begin.first < timedelta(0):
        raise CaseError(f"{where}: {until} is before {at}")
    return Moment(first=begin.first, last=end.last)
