"""What did one documented block hit, and is what was said of it true?

`overblock.reports.cases.screen` shows the answer, `overblock.reports.cases.files` writes it.
"""

from datetime import datetime
from typing import Any, TypeVar

import msgspec
import polars as pl

from overblock.cases.difference import explain_difference, ordered_addresses
from overblock.cases.facts import CaseFacts
from overblock.cases.hosts import documented_hosts
from overblock.cases.loading import Case
from overblock.cases.quantities import IPV4_SPACE, target_addresses
from overblock.cases.replay import (
    Grouping,
    extent_series,
    group_listed,
    judged_claims,
    judged_counts,
    sectors_hit,
    services_hit,
    standing_at,
    united,
)
from overblock.cases.verdicts import STATES
from overblock.reports.cases.answer import (
    EVENTS,
    FORMAT,
    NETWORKS,
    TIMELINE,
    Act,
    CaseReport,
    Claim,
    Count,
    Difference,
    Event,
    Group,
    Hosted,
    Line,
    Network,
    Point,
    Sector,
    Total,
)
from overblock.reports.cases.people import COMPLAINTS, MEASUREMENTS, Complaint, Probed

T = TypeVar("T")


def replay_case(
    case: Case, register: pl.DataFrame | None = None, *, published_at: datetime | None = None
) -> CaseReport:
    """Replay ``case``, and explain what the ``register`` of its moment says otherwise.

    ``register`` is a frame of `overblock.tables.REGISTER_ENTRIES`, read from a snapshot
    published at the moment the case gives its figures for; ``published_at`` says when it was.
    """
    at = case.figures_at.last
    claims, points = judged_claims(case), _points(case)
    counted = dict(claims["verdict"].value_counts().iter_rows())
    return CaseReport(
        **_facts(case.facts),
        documented_from=case.documented_from.first,
        documented_until=case.documented_until.last,
        at=at,
        total=_total(case, at),
        peak=max(points, key=lambda point: point.low, default=None),
        decisions=_groups(case, at, "decision"),
        holders=_groups(case, at, "holder"),
        services=services_hit(case).height or None,
        sectors=_sectors(case),
        hosts=_structs(documented_hosts(case), tuple[Hosted, ...]),
        verdicts={state: counted.get(state, 0) for state in STATES},
        claims=_structs(claims, tuple[Claim, ...]),
        counts=_structs(judged_counts(case), tuple[Count, ...]),
        series=points,
        networks=_networks(case, at),
        events=_told(case, "events", EVENTS, tuple[Event, ...]),
        timeline=_told(case, "timeline", TIMELINE, tuple[Act, ...]),
        difference=_difference(case, register, published_at),
        complaints=_people(case, "complaints", COMPLAINTS, tuple[Complaint, ...]),
        measurements=_people(case, "measurements", MEASUREMENTS, tuple[Probed, ...]),
    )


def _facts(facts: CaseFacts) -> dict[str, Any]:
    """What the report takes from `case.toml` as it stands there."""
    return {
        "format": FORMAT,
        "name": facts.name,
        "title": facts.title,
        "place": facts.place,
        "utc_offset": facts.utc_offset,
        "headline": facts.headline or facts.title,
        "target": facts.target.name,
        "target_holders": facts.target.holders,
        "source": facts.figures_source,
        "background": facts.background,
        "telling": facts.telling,
    }


def _structs(frame: pl.DataFrame, kind: type[T]) -> T:
    return msgspec.convert(frame.to_dicts(), kind)


def _people(case: Case, name: str, schema: pl.Schema, kind: type[T]) -> T:
    return _structs(case.table(name).select(schema.names()), kind)


def _told(case: Case, name: str, schema: pl.Schema, kind: type[T]) -> T:
    rows = case.table(name).select(schema.names()).sort("at_first", "at_last")
    return msgspec.convert(rows.to_dicts(), kind)


def _points(case: Case) -> tuple[Point, ...]:
    if case.networks.is_empty():
        return ()
    return msgspec.convert(extent_series(case).to_dicts(), tuple[Point, ...])


def _networks(case: Case, at: datetime) -> tuple[Network, ...]:
    listed = standing_at(case, at).select(NETWORKS.names())
    return msgspec.convert(listed.to_dicts(), tuple[Network, ...])


def _sectors(case: Case) -> tuple[Sector, ...]:
    titles = case.facts.sectors
    rows = [
        row | {"title": titles.get(row["sector"], row["sector"])}
        for row in sectors_hit(case).to_dicts()
    ]
    return msgspec.convert(rows, tuple[Sector, ...])


def _total(case: Case, at: datetime) -> Total | None:
    if case.networks.is_empty():
        return None
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


def _groups(case: Case, at: datetime, by: Grouping) -> tuple[Group, ...]:
    return msgspec.convert(group_listed(case, at, by).to_dicts(), tuple[Group, ...])


def _difference(
    case: Case, register: pl.DataFrame | None, published_at: datetime | None
) -> Difference | None:
    if register is None:
        return None
    listed = united(standing_at(case, case.figures_at.last))
    lines = explain_difference(listed, register)
    return Difference(
        published_at=published_at,
        case_ipv4=listed.size,
        register_ipv4=ordered_addresses(register).size,
        lines=msgspec.convert(lines.to_dicts(), tuple[Line, ...]),
    )
