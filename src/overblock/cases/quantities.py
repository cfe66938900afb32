"""What a case's tables say about a figure: every quantity that a check may name, measured.

Each is a pair, the low and the high reading; they are equal where all dates are sure.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import polars as pl

from overblock.addresses.intervals import IntervalSet, Mask
from overblock.cases.checks import Bound, Check
from overblock.cases.listings import Bias, Listings
from overblock.cases.loading import Case
from overblock.cases.queries import Number, ask, calculate
from overblock.cases.times import Moment
from overblock.errors import CaseError

IPV4_SPACE = 2**32
MAX_RANGES = 8  # in one arithmetic: each doubles the ways to combine them


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A quantity in its two readings."""

    low: float
    high: float


def measure(case: Case, bound: Bound) -> Measured | None:
    """Measure what a check names, or None where it names nothing.

    Raises:
        CaseError: it picks a holder, network, decision or service that the case does not have.
    """
    check = bound.check
    if check.query is not None:
        asked = ask(check.query, case.tables, bound.where)
        return Measured(low=asked, high=asked)
    if check.arithmetic:
        return _calculated(case, bound)
    if check.quantity is None:
        return None
    if check.quantity == "services":
        return _services(case, bound)
    if bound.during is None:
        raise CaseError(f"{bound.where}: {check.quantity} needs a time")
    listings = Listings.of(_picked(case, bound))
    if check.quantity in {"added", "released", "networks_released"}:
        return _turnover(listings, check, bound.during)
    extra = case.facts.background if check.background else 0
    at = bound.during
    if check.reading == "end":
        at = Moment(first=at.last, last=at.last)
    found = _extremes(listings, at, _counted(listings, check))
    low, high = found.low + extra, found.high + extra
    percent = 100 / IPV4_SPACE if check.quantity == "ipv4_percent" else 1
    return Measured(low=low * percent, high=high * percent)


def _calculated(case: Case, bound: Bound) -> Measured:
    """What an arithmetic gives; the two readings are those of the claims' ranges in it.

    Each number is taken at both its ends, and the extremes of all ways to combine them count: the
    operations are monotone in each number wherever no range crosses zero.
    """
    ends = {
        name: _ends(case, number, f"{bound.where} number {name!r}")
        for name, number in bound.check.numbers.items()
    }
    if sum(low != high for low, high in ends.values()) > MAX_RANGES:
        raise CaseError(f"{bound.where}: more than {MAX_RANGES} numbers are ranges")
    ways = product(*(sorted(set(pair)) for pair in ends.values()))
    found = [
        calculate(bound.check.arithmetic, dict(zip(ends, way, strict=True)), bound.where)
        for way in ways
    ]
    return Measured(low=min(found), high=max(found))


def _ends(case: Case, number: Number, where: str) -> tuple[float, float]:
    if number.query is not None:
        found = ask(number.query, case.tables, where)
        return found, found
    if number.figure is not None:
        return number.figure, number.figure
    rows = case.claims.filter(pl.col("claim_id") == number.claim)
    if rows.is_empty() or rows["figure_low"][0] is None:
        raise CaseError(f"{where}: no claim {number.claim!r} with a figure")
    low, high = float(rows["figure_low"][0]), float(rows["figure_high"][0])
    return {"low": (low, low), "high": (high, high), "": (low, high)}[number.end]


def target_addresses(case: Case) -> IntervalSet:
    """All addresses that a case gives to the target itself."""
    own = case.networks.filter(pl.col("holder").is_in(list(case.facts.target.holders)))
    return IntervalSet.of(own["ipv4_from"].to_numpy(), own["ipv4_until"].to_numpy())


def _counted(listings: Listings, check: Check) -> Callable[[Mask], int]:
    if check.quantity == "networks":
        return lambda held: int(held.sum())
    return lambda held: listings.addresses(held).size


def _extremes(listings: Listings, during: Moment, counted: Callable[[Mask], int]) -> Measured:
    """The least of the low reading and the most of the high one, within a time."""
    instants = list(listings.changes(during))
    return Measured(
        low=min(counted(listings.standing(at, "low")) for at in instants),
        high=max(counted(listings.standing(at, "high")) for at in instants),
    )


def _turnover(listings: Listings, check: Check, during: Moment) -> Measured:
    def reading(bias: Bias) -> int:
        if check.quantity == "added":
            return listings.addresses(listings.begun_within(during, bias)).size
        gone = listings.gone_within(during)
        return (
            int(gone.sum())
            if check.quantity == "networks_released"
            else (listings.addresses(gone).size)
        )

    return Measured(low=reading("low"), high=reading("high"))


def _picked(case: Case, bound: Bound) -> pl.DataFrame:
    check, networks = bound.check, case.networks
    for column, wanted in (
        ("holder", check.holders),
        ("network", check.networks),
        ("decision_number", check.decisions),
        ("confidence", check.confidence),
    ):
        networks = _only(networks, column, wanted, bound.where)
    target = pl.col("holder").is_in(list(case.facts.target.holders)).fill_null(value=False)
    if check.scope == "target":
        return networks.filter(target)
    return networks.filter(~target) if check.scope == "others" else networks


def _services(case: Case, bound: Bound) -> Measured:
    """Services reported hit until then: undated reports count in the high reading only."""
    affected = _only(case.affected, "service", bound.check.services, bound.where)
    if bound.during is None:
        return Measured(low=affected.height, high=affected.height)
    dated = affected.filter(pl.col("reported_at_first") <= bound.during.last).height
    return Measured(low=dated, high=dated + affected["reported_at_first"].null_count())


def _only(frame: pl.DataFrame, column: str, wanted: tuple[str, ...], where: str) -> pl.DataFrame:
    if not wanted:
        return frame
    if missing := sorted(set(wanted) - set(frame[column].drop_nulls())):
        raise CaseError(f"{where}: no row has {missing[0]!r} as its {column}")
    return frame.filter(pl.col(column).is_in(list(wanted)))
