"""One series of verdicts over time: one feature of one target in a network, or in a country.

What is counted here is what events are found in (`overblock.events.series`): the share that fails
is of what can be judged, and what says nothing of blocking stands beside it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import polars as pl

from overblock.events.series import (
    ASIDE,
    FAILING,
    GAP_SCHEMA,
    SECONDS,
    STATES,
    Grain,
    coarsen,
    failing,
    gaps,
    judged,
)
from overblock.reports.measured.events import Selection, SeriesGap, is_wanted, series_in_store
from overblock.store import View
from overblock.tables import VERDICTS

ONE_DAY = timedelta(days=1)
ENOUGH = 5  # verdicts that can be judged, in an hour on average
MOST_HOURS = 1_000
MOST_READ = 5_000_000  # verdicts whose counts may be held
MOST_HELD_BYTES = 64 << 20
COUNTS = [f"n_{state}" for state in STATES]


class SeriesPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The verdicts of one hour or day; an hour without any has no point."""

    at: datetime
    n_judged: int  # ok, or failing
    n_failing: int  # blocked, partly or throttled
    failing_share: float | None  # n_failing / n_judged; null: nothing could be judged
    states: dict[str, int]  # how many verdicts of each state there are, where any
    n_networks: int


class SeriesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts of one feature of one target, in one network or in all of a country."""

    selection: Selection
    grain: str  # hour or day
    begins: datetime | None  # of the first point; null: there is none
    ends: datetime | None  # one past the last
    n_judged: int
    n_failing: int
    n_aside: int  # down, refused, challenged or insufficient: in no share
    networks: list[int]  # those that measured, in order of number
    points: list[SeriesPoint]
    gaps: list[SeriesGap]  # when the test as a whole was silent there, as far as it was looked at


@dataclass(frozen=True, slots=True)
class Measured:
    """The verdicts of an observatory as counts by the hour: held, or read for each question."""

    view: View
    held: pl.DataFrame | None = None  # of `held_series`

    def hours(self, selection: Selection, before: timedelta = ONE_DAY) -> pl.DataFrame:
        """Rows of `SERIES` of what is asked for; nothing of the time around it is cut off."""
        if self.held is None:
            return series_in_store(self.view, selection, "hour", before)
        return self.held.filter(is_wanted(selection))


def held_series(view: View) -> pl.DataFrame | None:
    """All counts by the hour, to be held; None where they are too many for that."""
    days = view.partitions(VERDICTS)
    n_rows = sum(view.scan(VERDICTS, day).select(pl.len()).collect().item() for day in days)
    if n_rows > MOST_READ:
        return None
    found = series_in_store(view, Selection())
    return found if found.estimated_size() <= MOST_HELD_BYTES else None


def series_of(measured: Measured, selection: Selection, grain: Grain | None = None) -> SeriesAnswer:
    """The series that is asked for, as far as the observatory has measured it.

    A selection of several targets, features or countries is counted as one.  Without a grain it is
    told by the hour where hours have enough to say something, else by the day.
    """
    hours = within(measured.hours(selection), selection)
    if grain is None:
        n_hours = hours["bucket_at"].n_unique()
        n_judged: int = hours.select(judged().sum()).item()
        grain = "hour" if n_judged >= ENOUGH * n_hours and n_hours <= MOST_HOURS else "day"
    return answer_of(coarsen(hours) if grain == "day" else hours, selection, grain)


def answer_of(rows: pl.DataFrame, selection: Selection, grain: Grain) -> SeriesAnswer:
    """Rows of `SERIES`, added up by hour or day."""
    by_time = (
        rows.lazy()
        .group_by("bucket_at")
        .agg(pl.col(COUNTS).sum(), n_networks=pl.col("probe_asn").drop_nulls().n_unique())
        .with_columns(n_judged=judged(), n_failing=failing())
        .sort("bucket_at")
        .collect()
    )
    points = [_point(row) for row in by_time.iter_rows(named=True)]
    total = by_time.select(
        n_judged=pl.col("n_judged").sum(),
        n_failing=pl.col("n_failing").sum(),
        n_aside=pl.sum_horizontal(pl.col(f"n_{state}").sum() for state in ASIDE),
    ).row(0, named=True)
    step = timedelta(seconds=SECONDS[grain])
    return SeriesAnswer(
        selection=selection,
        grain=grain,
        begins=points[0].at if points else None,
        ends=points[-1].at + step if points else None,
        **total,
        networks=rows["probe_asn"].drop_nulls().unique().sort().to_list(),
        points=points,
        gaps=gaps_of(rows),
    )


def gaps_of(rows: pl.DataFrame) -> list[SeriesGap]:
    """When whoever was asked about was silent."""
    found = gaps(rows) if len(rows) else GAP_SCHEMA.to_frame()
    return [SeriesGap(**row) for row in found.iter_rows(named=True)]


def within(rows: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """The rows of the time that is asked for."""
    parts: list[pl.Expr] = []
    if selection.since:
        parts.append(pl.col("bucket_at") >= selection.since)
    if selection.until:
        parts.append(pl.col("bucket_at") < selection.until)
    return rows.filter(*parts) if parts else rows


def commonest_failing(states: dict[str, int]) -> str:
    """What most failing verdicts say; of equals the gravest."""
    return max(FAILING, key=lambda state: states.get(state, 0))


def _point(row: dict[str, Any]) -> SeriesPoint:
    return SeriesPoint(
        at=row["bucket_at"],
        n_judged=row["n_judged"],
        n_failing=row["n_failing"],
        failing_share=row["n_failing"] / row["n_judged"] if row["n_judged"] else None,
        states={state: row[f"n_{state}"] for state in STATES if row[f"n_{state}"]},
        n_networks=row["n_networks"],
    )
