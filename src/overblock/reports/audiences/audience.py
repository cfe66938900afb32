"""Did an audience change at an event?  Each series for itself, and services beside each other.

Series of different definitions stand beside each other and are never put together; where a series
says too little, it is shown with its points and without an estimate.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import polars as pl

from overblock.audiences.interrupted import Interruption, Points, interrupt
from overblock.audiences.migration import Migration, Moved, migrations
from overblock.audiences.series import (
    Every,
    Series,
    averaged,
    changes,
    closed,
    coordinate,
    coordinates,
    sides,
    split_series,
)
from overblock.errors import UsageError
from overblock.reports.audiences.files import figures_of_files

FEW_POINTS = 60  # with fewer, intervals were found too narrow where errors carry on


class AudiencePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of a series."""

    at_first: datetime  # it is of here
    at_last: datetime  # to here
    side: str  # before the event, after it, or across: its period holds the event
    value: float  # as published; the middle of a range
    low: float  # the least that it can mean
    high: float | None  # the most; null: it only says at least how many
    n: int | None  # what it rests on; null: not said


class AudienceEffect(msgspec.Struct, frozen=True, kw_only=True):
    """A change at the event: its estimate, interval and rank among placebo dates."""

    value: float  # in the unit of the series
    low: float  # of the 95 % interval, rounding allowed for
    high: float
    n_larger: int | None  # placebo dates with at least as large a change; null: too few dates
    placebo_p: float | None  # (1 + n_larger) / (1 + placebo dates)


class AudienceSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One series of one definition, and what it says of the event."""

    service: str
    channel: str | None  # null: the service as a whole
    metric: str
    definition: str  # who counted what, where
    unit: str
    period: str  # that each figure is of: instant, day, week, month or year
    state: str  # estimated, or insufficient
    because: str  # why insufficient; empty where it is not
    caution: str  # what to mind about an estimate; empty where there is nothing
    n_before: int  # points
    n_after: int
    n_across: int  # whose period holds the event: of neither side
    n_open: int  # that only say at least how many: in no estimate
    step: float | None  # usual distance of two points: in months where period is month, else days
    expected: float | None  # what the line before gives for the moment of the event
    level: AudienceEffect | None  # change at the event
    trend: AudienceEffect | None  # change of slope, per step
    mean: AudienceEffect | None  # mean of all after, above the line before carried on
    autocorrelation: float | None  # of what the lines leave over, from one point to the next
    n_lags: int | None  # that the error of Newey and West looks back
    n_placebos: int | None  # earlier dates with as many points on both sides; null: too few
    placebo_side: int | None  # points on each side of them
    points: list[AudiencePoint]


class AudienceMoved(msgspec.Struct, frozen=True, kw_only=True):
    """One service or channel at both moments."""

    name: str
    before: float
    after: float
    change: float
    change_low: float  # as the figures are rounded
    change_high: float
    share_before: float | None  # of all that are covered at both moments; null: all are nought
    share_after: float | None


class AudienceMigration(msgspec.Struct, frozen=True, kw_only=True):
    """Services of one definition beside each other; net figures, that follow nobody."""

    metric: str
    definition: str
    unit: str
    period: str
    state: str  # covered, or insufficient
    because: str  # why insufficient; empty where it is not
    before_at: datetime | None  # begin of the period compared, the last before the event
    after_at: datetime | None  # the first after
    lost: float | None  # by those that shrank
    gained: float | None  # by those that grew
    offset_share: float | None  # of what was lost, what others gained; null: nothing was lost
    uncovered: list[str]  # of this definition, but not at both moments
    moved: list[AudienceMoved]


class AudienceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock audience``."""

    event_at: datetime
    service: str | None  # asked for; null: all
    metric: str | None
    every: str | None  # means by day, week or month; null: figures as they are
    changes: bool  # whether from one figure to the next was asked for
    n_undated: int  # figures of nobody knows when: in no series
    n_unsettled: int  # views of posts that were still young: in no series
    n_rejects: int  # parts of pages that could not be read
    cut: list[str]  # pages whose end is missing
    series: list[AudienceSeries]
    migrations: list[AudienceMigration]


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the figures."""

    event_at: datetime
    service: str | None = None  # or a channel
    metric: str | None = None
    every: Every | None = None
    changes: bool = False


def audience_of_files(paths: Sequence[str], question: Question) -> AudienceAnswer:
    """What cases, CSV files or saved pages say of an event.

    Raises:
        UsageError: nothing of what was asked for is in them, or figures contradict each other.
        CaseError, SourceDrift, FetchFailed: as `figures_of_files` has it.
    """
    figures = figures_of_files(paths)
    found = split_series(figures.rows.filter(_asked(question)))
    if not found and (question.service or question.metric):
        raise UsageError("there is no dated figure of that service or metric")
    levels = [averaged(one, question.every) if question.every else one for one in found]
    asked = [changes(one) if question.changes else one for one in levels]
    return AudienceAnswer(
        event_at=question.event_at,
        service=question.service,
        metric=question.metric,
        every=question.every,
        changes=question.changes,
        n_undated=figures.n_undated,
        n_unsettled=figures.n_unsettled,
        n_rejects=figures.n_rejects,
        cut=list(figures.cut),
        series=[series_at(one, question.event_at) for one in asked],
        migrations=[_told(one) for one in migrations(levels, question.event_at)],
    )


def series_at(series: Series, event_at: datetime) -> AudienceSeries:
    """One series and what it says of an event."""
    whole = closed(series)
    where = sides(whole, event_at)
    at = coordinates(whole)
    done = interrupt(_points(whole, event_at))
    return AudienceSeries(
        service=series.service,
        channel=series.subject,
        metric=series.metric,
        definition=series.definition,
        unit=series.unit,
        period=series.period,
        caution=_caution(done),
        n_across=where.count("across"),
        n_open=len(series.points) - len(whole.points),
        step=float(np.median(np.diff(at))) if len(at) > 1 else None,
        points=[
            AudiencePoint(side=side, **row)
            for row, side in zip(
                series.points.iter_rows(named=True), sides(series, event_at), strict=True
            )
        ],
        **_estimates(done),
    )


def _caution(done: Interruption) -> str:
    """What benchmarks/bench_audiences.py shows of short series whose errors carry on."""
    if done.state == "insufficient" or done.n_before + done.n_after >= FEW_POINTS:
        return ""
    return "few points: if each carries on the one before, the interval is too narrow"


def _points(series: Series, event_at: datetime) -> Points:
    """The points on either side, as numbers."""
    where = np.array(sides(series, event_at), np.str_)
    used = where != "across"
    value, low, high = (series.points[name].to_numpy()[used] for name in ("value", "low", "high"))
    return Points(
        at=coordinates(series)[used],
        value=value,
        low=low,
        high=high,
        after=where[used] == "after",
        event=coordinate(event_at, series.period),
        n_across=int(len(where) - used.sum()),
    )


def _asked(question: Question) -> pl.Expr:
    """Which figures are of the service, or channel, and metric."""
    asked = [pl.lit(value=True)]
    if question.service is not None:
        name = question.service.lower().removeprefix("@")
        names = (pl.col(column).str.to_lowercase() for column in ("service", "subject"))
        asked.append(pl.any_horizontal(*(each.eq_missing(name) for each in names)))
    if question.metric is not None:
        asked.append(pl.col("metric") == question.metric)
    return pl.all_horizontal(asked)


def _estimates(done: Interruption) -> dict[str, Any]:
    told = {
        name: getattr(done, name)
        for name in (
            *("state", "because", "n_before", "n_after", "expected", "autocorrelation"),
            *("n_lags", "n_placebos", "placebo_side"),
        )
    }
    effects = {name: getattr(done, name) for name in ("level", "trend", "mean")}
    return told | {
        name: AudienceEffect(**asdict(effect)) if effect else None
        for name, effect in effects.items()
    }


def _told(one: Migration) -> AudienceMigration:
    return AudienceMigration(
        metric=one.metric,
        definition=one.definition,
        unit=one.unit,
        period=one.period,
        state=one.state,
        because=one.because,
        before_at=one.before_at[0] if one.before_at else None,
        after_at=one.after_at[0] if one.after_at else None,
        lost=one.lost,
        gained=one.gained,
        offset_share=one.offset_share,
        uncovered=list(one.uncovered),
        moved=[_moved(each) for each in one.moved],
    )


def _moved(one: Moved) -> AudienceMoved:
    return AudienceMoved(
        name=one.name,
        before=one.before.value,
        after=one.after.value,
        change=one.change.value,
        change_low=one.change.low,
        change_high=one.change.high,
        share_before=one.share_before,
        share_after=one.share_after,
    )
