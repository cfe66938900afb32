"""Who else was hit, as far as it is documented where they lived: the small world of a case.

A case names services that were reported hit, and of some on whose network they stood or at which
address.  These are set beside the networks that stood listed on the day of the report.  That is a
set of documented facts, not a census: a service is here because somebody wrote it down, and a host
has more addresses than were listed.
"""

import ipaddress
import re
from datetime import datetime, timedelta

import polars as pl

from overblock.addresses.intervals import IntervalSet
from overblock.cases.listings import Listings
from overblock.cases.loading import Case
from overblock.instants import microseconds

ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")
OWN = "own network"  # what the column says of services that nobody hosts
STATES = (
    "address_listed",  # its documented address stood in a listed network
    "host_listed",  # networks of its documented host stood listed
    "not_listed",  # neither did
    "not_documented",  # reported after the last day of which the case knows what was listed
    "own_network",  # no documented network is its own
)
HOSTS = pl.Schema(
    {
        "service": pl.String(),
        "domain": pl.String(),
        "sector": pl.String(),
        "hosted_on": pl.String(),
        "address": pl.String(),
        "reported_date": pl.Date(),  # a day of the place; null: any day of the case counts
        "state": pl.String(),
        "network": pl.String(),  # that holds the address, or the host's largest
        "listed_since": pl.Datetime("us", "UTC"),  # the first moment at which it may have stood
        "ipv4": pl.Int64(),  # of the host listed then, each once
        "source_url": pl.String(),
    }
)


def documented_hosts(case: Case) -> pl.DataFrame:
    """The services of a case whose host or address is documented: rows of `HOSTS`.

    A network that may have stood listed at any moment of the day of the report counts; where the
    report has no day, one that stood at any moment of the case.
    """
    rows = [
        _row(case, service)
        for service in case.affected.iter_rows(named=True)
        if service["hosted_on"] is not None or _address(service["effect"]) is not None
    ]
    order = [pl.col("state").cast(pl.Enum(STATES)), "sector", "service"]
    return pl.DataFrame(rows, schema=HOSTS, orient="row").sort(order)


def _row(case: Case, service: dict[str, object]) -> dict[str, object]:
    networks = _listed(case, service["reported_at_first"], service["reported_at_last"])
    address = _address(str(service["effect"]))
    hosted_on = service["hosted_on"]
    own = networks.filter(pl.col("holder") == pl.lit(hosted_on, pl.String))
    holding = networks.clear()
    if address is not None:
        inside = pl.lit(int(ipaddress.IPv4Address(address)), pl.UInt64)
        holding = networks.filter((pl.col("ipv4_from") <= inside) & (inside < pl.col("ipv4_until")))
    witness = holding if len(holding) else own
    size = pl.col("ipv4_until") - pl.col("ipv4_from")
    largest = witness.sort(size, "ipv4_from", descending=[True, False]).head(1)
    day = service["reported_at_first"]
    late = isinstance(day, datetime) and day > case.documented_until.last
    return {
        "service": service["service"],
        "domain": service["domain"],
        "sector": service["sector"],
        "hosted_on": hosted_on,
        "address": address,
        "reported_date": (day + (case.zone.utcoffset(None) or timedelta())).date()
        if isinstance(day, datetime)
        else None,
        "state": "not_documented" if late else _state(hosted_on, address, len(holding), len(own)),
        "network": largest["network"].first(),
        "listed_since": largest["listed_from_first"].first(),
        "ipv4": IntervalSet.of(own["ipv4_from"].to_numpy(), own["ipv4_until"].to_numpy()).size,
        "source_url": service["source_url"],
    }


def _state(hosted_on: object, address: str | None, n_holding: int, n_own: int) -> str:
    if n_holding:
        return "address_listed"
    if address is None and n_own:
        return "host_listed"
    return "own_network" if hosted_on == OWN else "not_listed"


def _listed(case: Case, first: object, last: object) -> pl.DataFrame:
    """The networks that may have stood listed at any moment between two."""
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        first, last = case.documented_from.first, case.documented_until.last
    listings = Listings.of(case.networks)
    begin, end = (microseconds(moment) for moment in (first, last))
    stood = (listings.begun_first <= end) & (listings.gone > begin)
    if first > case.documented_until.last:
        stood[:] = False  # a network that was never seen to go need not have stayed
    return case.networks.filter(pl.Series(stood))


def _address(effect: str) -> str | None:
    """The IPv4 address that a report names; None where it names none, or what only looks so."""
    for found in ADDRESS.findall(effect):
        try:
            return str(ipaddress.IPv4Address(found))
        except ValueError:
            continue
    return None
