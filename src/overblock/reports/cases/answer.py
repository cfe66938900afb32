"""The answer of a documented case: one struct that the terminal, files and the web share.

Its numbers keep their evidence apart: *listed* is what stood on the register, *reported* is what
press and users said failed; neither is a measurement, and they are never added.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from overblock.addresses.intervals import IntervalSet
from overblock.cases.difference import LINES
from overblock.cases.hosts import HOSTS
from overblock.cases.replay import CLAIMS, COUNTS, DECISIONS, GROUPS, SECTORS, SERIES
from overblock.reports.cases.people import COMPLAINTS, MEASUREMENTS, Complaint, Probed

FORMAT = "overblock-case/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """What stood listed at the moment of the figures, each address once."""

    ipv4: int
    ipv4_percent: float  # of all 2**32
    networks: int
    target: int  # of ipv4, the target's own
    others: int  # of ipv4, all else: the collateral
    others_share: float  # others / ipv4


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A network that stood listed at the moment of the figures."""

    network: str
    holder: str | None
    decision_number: str | None
    listed_from_first: datetime
    listed_from_last: datetime
    confidence: str
    source_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """All that was blocked from ``at`` to the next point, in the two readings."""

    at: datetime
    low: int
    high: int
    target_low: int
    target_high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What one holder has, or what one decision listed."""

    key: str | None  # None: not established
    ipv4: int
    share: float  # of Total.ipv4
    networks: int
    since: datetime
    since_date: date
    witness: str
    authority: str | None = None
    decision_date: date | None = None
    days_before_listing: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """Services of one sector that were reported hit; reports, not measurements."""

    sector: str
    title: str
    services: int
    share: float  # of all services reported
    dated: int
    with_domain: int
    with_host: int
    first_reported_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosted:
    """A service reported hit of which it is documented where it lived: no census, no measurement.

    ``state``, on the day of the report: address_listed, host_listed, not_listed, not_documented
    (the report came after the last day documented) or own_network.
    """

    service: str
    domain: str | None
    sector: str
    hosted_on: str | None
    address: str | None
    reported_date: date | None  # None: any day of the case counts
    state: str
    network: str | None  # that holds the address, or the host's largest then listed
    listed_since: datetime | None
    ipv4: int  # of the host listed then, each once
    source_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A published figure set against the measured one."""

    quantity: str | None
    evidence: str | None
    during_from: datetime | None
    during_until: datetime | None
    low: float | None
    high: float | None
    measured_unit: str | None  # of low and high, where it is not the claim's
    said: str | None
    verdict: str
    off_by: float | None
    off_share: float | None
    why: str | None
    source_url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Judged):
    """Somebody's statement and its verdict."""

    claim_id: str
    said_by: str
    said_date: date | None
    about: str
    figure: str | None
    unit: str | None
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Judged):
    """A reported total and its verdict; one without a value is a moment nobody reported on."""

    moment: str | None
    reported: str | None
    count_at: str | None
    metric: str | None
    value: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the difference between the case and a register."""

    line: str
    resource: str | None
    authority: str | None
    decision_number: str | None
    decision_date: date | None
    resources: int
    ipv4: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A restriction that was documented: what was done to which feature of which service."""

    at_first: datetime
    at_last: datetime
    at_precision: str
    service: str
    feature: str
    action: str
    region: str | None
    networks_or_isps: str | None
    technique: str
    source_url: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """An order, a ruling, a law, a report: what was decided and said around it."""

    at_first: datetime
    at_last: datetime
    at_precision: str
    kind: str
    actor: str
    summary: str
    source_url: str
    confidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The case against the register of its moment; the lines sum to register less case."""

    published_at: datetime | None  # of the register's snapshot; None where nobody said
    case_ipv4: int
    register_ipv4: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReport:
    """The whole answer."""

    format: str
    name: str
    title: str
    place: str
    utc_offset: str  # of the place: dates are its days, instants are in UTC
    headline: str
    target: str
    target_holders: tuple[str, ...]
    documented_from: datetime
    documented_until: datetime
    at: datetime  # of every figure that names no time of its own
    source: str
    background: int
    total: Total | None  # None where the case has no networks
    peak: Point | None
    decisions: tuple[Group, ...]
    holders: tuple[Group, ...]
    services: int | None  # None where the case has no table of them
    sectors: tuple[Sector, ...]
    hosts: tuple[Hosted, ...]  # of the services, those whose host or address is documented
    verdicts: dict[str, int]
    telling: tuple[str, ...]
    claims: tuple[Claim, ...]
    counts: tuple[Count, ...]
    series: tuple[Point, ...]
    networks: tuple[Network, ...]
    events: tuple[Event, ...]
    timeline: tuple[Act, ...]
    difference: Difference | None
    complaints: tuple[Complaint, ...] = ()
    measurements: tuple[Probed, ...] = ()


NETWORKS = pl.Schema(
    {
        "network": pl.String(),
        "holder": pl.String(),
        "decision_number": pl.String(),
        "listed_from_first": pl.Datetime("us", "UTC"),
        "listed_from_last": pl.Datetime("us", "UTC"),
        "confidence": pl.String(),
        "source_url": pl.String(),
    }
)
_SPAN = {
    "at_first": pl.Datetime("us", "UTC"),
    "at_last": pl.Datetime("us", "UTC"),
    "at_precision": pl.String(),
}
EVENTS = pl.Schema(
    {
        **_SPAN,
        **{
            name: pl.String()
            for name in (
                "service",
                "feature",
                "action",
                "region",
                "networks_or_isps",
                "technique",
                "source_url",
                "confidence",
            )
        },
    }
)
TIMELINE = pl.Schema(
    {
        **_SPAN,
        **{name: pl.String() for name in ("kind", "actor", "summary", "source_url", "confidence")},
    }
)
TABLES: Mapping[str, pl.Schema] = {  # the report's tables by name, as they are written
    "networks": NETWORKS,
    "series": SERIES,
    "counts": COUNTS,
    "claims": CLAIMS,
    "holders": GROUPS,
    "decisions": DECISIONS,
    "sectors": pl.Schema({**SECTORS, "title": pl.String()}),
    "hosts": HOSTS,
    "events": EVENTS,
    "timeline": TIMELINE,
    "difference": LINES,
    "complaints": COMPLAINTS,
    "measurements": MEASUREMENTS,
}


def table(report: CaseReport, name: str) -> pl.DataFrame:
    """One of the report's `TABLES` as a frame; empty where the report has none."""
    rows: tuple[object, ...] = getattr(report, name) or ()
    if isinstance(rows, Difference):
        rows = rows.lines
    schema = TABLES[name]
    fields = schema.names()
    values = [tuple(getattr(row, field) for field in fields) for row in rows]
    return pl.DataFrame(values, schema=schema, orient="row")


def held_by(report: CaseReport, holders: Iterable[str | None]) -> IntervalSet:
    """The addresses listed of some holders, each once; None stands for those not established."""
    wanted = set(holders)
    networks = [
        ipaddress.IPv4Network(one.network) for one in report.networks if one.holder in wanted
    ]
    return IntervalSet.of(
        [int(network.network_address) for network in networks],
        [int(network.broadcast_address) + 1 for network in networks],
    )
