"""What did one documented block hit, and is what was said of it true?"""

from datetime import datetime

import msgspec
import polars as pl

from overblock.cases.difference import explain_difference, ordered_addresses
from overblock.cases.loading import Case
from overblock.cases.quantities import IPV4_SPACE, target_addresses
from overblock.cases.replay import (
    Grouping,
    extent_series,
    group_listed,
    judged_claims,
    judged_counts,
    sectors_hit,
    standing_at,
    united,
)
from overblock.cases.verdicts import STATES
from overblock.reports.case_answer import (
    FORMAT,
    NETWORKS,
    CaseReport,
    Claim,
    Count,
    Difference,
    Group,
    Line,
    Network,
    Point,
    Sector,
    Total,
)
from overblock.reports.case_files import write_case
from overblock.reports.case_screen import render_case

__all__ = ["CaseReport", "render_case", "replay_case", "write_case"]


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
        utc_offset=facts.utc_offset,
        headline=facts.headline or facts.title,
        target=facts.target.name,
        target_holders=facts.target.holders,
        documented_from=case.documented_from.first,
        documented_until=case.documented_until.last,
        at=at,
        source=facts.figures_source,
        background=facts.background,
        total=_total(case, at),
        peak=max(points, key=lambda point: point.low),
        decisions=_groups(case, at, "decision"),
        holders=_groups(case, at, "holder"),
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


def _groups(case: Case, at: datetime, by: Grouping) -> tuple[Group, ...]:
    return msgspec.convert(group_listed(case, at, by).to_dicts(), tuple[Group, ...])


def _difference(case: Case, at: datetime, register: pl.DataFrame) -> Difference:
    listed = united(standing_at(case, at))
    lines = explain_difference(listed, register)
    return Difference(
        case_ipv4=listed.size,
        register_ipv4=ordered_addresses(register).size,
        lines=msgspec.convert(lines.to_dicts(), tuple[Line, ...]),
    )
