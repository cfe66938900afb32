"""What did one documented block hit, and is what was said of it true?

The answer is one struct that the terminal, files and the web share.  Its numbers keep their
evidence apart: *listed* is what stood on the register, *reported* is what press and users said
failed; neither is a measurement, and they are never added.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
import polars as pl

from overblock.cases.difference import LINES, explain_difference, ordered_addresses
from overblock.cases.loading import Case
from overblock.cases.quantities import IPV4_SPACE, target_addresses
from overblock.cases.replay import (
    CLAIMS,
    COUNTS,
    DECISIONS,
    GROUPS,
    SECTORS,
    SERIES,
    extent_series,
    group_listed,
    judged_claims,
    judged_counts,
    sectors_hit,
    standing_at,
    united,
)
from overblock.cases.verdicts import STATES

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
    first_reported_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A published figure set against the measured one."""

    quantity: str | None
    evidence: str | None
    during_from: datetime | None
    during_until: datetime | None
    low: float | None
    high: float | None
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
    said_at: datetime | None
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
class Difference:
    """The case against the register of its moment; the lines sum to register less case."""

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
    target: str
    documented_from: datetime
    documented_until: datetime
    at: datetime  # of every figure that names no time of its own
    source: str
    background: int
    total: Total
    peak: Point
    decisions: tuple[Group, ...]
    holders: tuple[Group, ...]
    services: int
    sectors: tuple[Sector, ...]
    verdicts: dict[str, int]
    telling: tuple[str, ...]
    claims: tuple[Claim, ...]
    counts: tuple[Count, ...]
    series: tuple[Point, ...]
    networks: tuple[Network, ...]
    difference: Difference | None


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
TABLES: Mapping[str, pl.Schema] = {  # the report's tables by name, as they are written
    "networks": NETWORKS,
    "series": SERIES,
    "counts": COUNTS,
    "claims": CLAIMS,
    "holders": GROUPS,
    "decisions": DECISIONS,
    "sectors": pl.Schema({**SECTORS, "title": pl.String()}),
    "difference": LINES,
}


def replay_case(case: Case, register: pl.DataFrame | None = None) -> CaseReport:
    """Replay ``case``, and explain what the ``register`` of its moment says otherwise.

    ``register`` is a frame of `overblock.tables.REGISTER_ENTRIES`, read from a snapshot
    published at the moment the case gives its figures for.
    """
    facts, at = case.facts, case.figures_at.last
    series, claims = extent_series(case), judged_claims(case)
    counted = dict(claims["verdict"].value_counts().iter_rows())
    sectors = sectors_hit(case).with_columns(
        title=pl.col("sector").replace_strict(facts.sectors, default=pl.col("sector"))
    )
    points = msgspec.convert(series.to_dicts(), tuple[Point, ...])
    return CaseReport(
        format=FORMAT,
        name=facts.name,
        title=facts.title,
        place=facts.place,
        target=facts.target.name,
        documented_from=case.documented_from.first,
        documented_until=case.documented_until.last,
        at=at,
        source=facts.figures_source,
        background=facts.background,
        total=_total(case, at),
        peak=max(points, key=lambda point: point.low),
        decisions=_groups(group_listed(case, at, "decision")),
        holders=_groups(group_listed(case, at, "holder")),
        services=case.affected.height,
        sectors=msgspec.convert(sectors.to_dicts(), tuple[Sector, ...]),
        verdicts={state: counted.get(state, 0) for state in STATES},
        telling=facts.telling,
        claims=msgspec.convert(claims.to_dicts(), tuple[Claim, ...]),
        counts=msgspec.convert(judged_counts(case).to_dicts(), tuple[Count, ...]),
        series=points,
        networks=msgspec.convert(
            standing_at(case, at).select(NETWORKS.names()).to_dicts(), tuple[Network, ...]
        ),
        difference=_difference(case, at, register) if register is not None else None,
    )


def table(report: CaseReport, name: str) -> pl.DataFrame:
    """One of the report's `TABLES` as a frame; empty where the report has none."""
    rows: tuple[object, ...] = getattr(report, name) or ()
    if isinstance(rows, Difference):
        rows = rows.lines
    schema = TABLES[name]
    fields = schema.names()
    values = [tuple(getattr(row, field) for field in fields) for row in rows]
    return pl.DataFrame(values, schema=schema, orient="row")


def _total(case: Case, at: datetime) -> Total:
    networks = standing_at(case, at)
    listed = united(networks)
    target = (listed & target_addresses(case)).size
    return Total(
        ipv4=listed.size,
        ipv4_percent=100 * listed.size / IPV4_SPACE,
        networks=networks.height,
        target=target,
        others=listed.size - target,
        others_share=(listed.size - target) / listed.size if listed.size else 0.0,
    )


def _groups(grouped: pl.DataFrame) -> tuple[Group, ...]:
    return msgspec.convert(grouped.to_dicts(), tuple[Group, ...])


def _difference(case: Case, at: datetime, register: pl.DataFrame) -> Difference:
    listed = united(standing_at(case, at))
    lines = explain_difference(listed, register)
    return Difference(
        case_ipv4=listed.size,
        register_ipv4=ordered_addresses(register).size,
        lines=msgspec.convert(lines.to_dicts(), tuple[Line, ...]),
    )
