"""What a case's tables say about a figure: every quantity that a check may name, measured.

Each is a pair, the low and the high reading; they are equal where all dates are sure.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from overblock.addresses.intervals import IntervalSet, Mask
from overblock.cases.checks import Bound, Check
from overblock.cases.listings import Bias, Listings
from overblock.cases.loading import Case
from overblock.cases.times import Moment
from overblock.errors import CaseError

IPV4_SPACE = 2**32


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
