"""Figures of audiences to series: one service or channel, one definition, one kind of period.

A panel's monthly reach, a company's own count, a channel's followers and its views are not steps
of one series, however alike they look in a chart.  So figures are parted by who counted what, and
by whether they are of moments, days or months; what is asked of one series refuses several.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from overblock.errors import UsageError
from overblock.instants import TICK
from overblock.tables import AUDIENCES

Period: TypeAlias = Literal["instant", "day", "week", "month", "year"]
Every: TypeAlias = Literal["day", "week", "month"]
Side: TypeAlias = Literal["before", "across", "after"]
Floats: TypeAlias = npt.NDArray[np.float64]

KEY = ["service", "subject", "metric", "definition", "unit"]
BUCKETS: dict[Every, str] = {"day": "1d", "week": "1w", "month": "1mo"}
LONGEST: tuple[tuple[timedelta, Period], ...] = (  # of a period, and what it is then
    (timedelta(), "instant"),
    (timedelta(days=1), "day"),
    (timedelta(days=7), "week"),
    (timedelta(days=31), "month"),
)
DAY_SECONDS = 86_400
MOST_SERIES = 2_000  # at once; whoever has more asks for one service after the other


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Figures that can be compared with each other, in the order of time."""

    service: str
    subject: str | None  # a channel; None: the service
    metric: str
    definition: str
    unit: str
    period: Period  # that each figure is of
    points: pl.DataFrame  # at_first, at_last, value, low, high (null: open), n

    @property
    def name(self) -> str:
        """The channel, or the service."""
        return self.subject or self.service


def split_series(figures: pl.DataFrame) -> list[Series]:
    """The series in figures of `AUDIENCES`, by service, channel, metric and definition.

    A post seen on several pages counts once, with its newest, highest count.  Figures without a
    time are in no series.

    Raises:
        UsageError: two figures of one definition contradict each other, or there are too many
            series.
    """
    kinds = [pl.col("at_last") - pl.col("at_first") <= longest for longest, _ in LONGEST]
    words = [word for _, word in LONGEST]
    period = pl.coalesce(
        *(pl.when(kind).then(pl.lit(word)) for kind, word in zip(kinds, words, strict=True)),
        pl.lit("year"),
    )
    dated = figures.drop_nulls(["at_first", "at_last"]).with_columns(period=period)
    posts = dated.drop_nulls("post").sort("value", descending=True).unique("post", keep="first")
    rest = dated.filter(pl.col("post").is_null())
    whole = pl.concat([rest, posts]).sort(*KEY, "period", "at_first", "at_last", "post", "value")
    n_series = whole.select(*KEY, "period").n_unique()
    if n_series > MOST_SERIES:
        raise UsageError(
            f"these figures are of {n_series:,} series, more than {MOST_SERIES:,}: "
            "ask for one service or metric, or give fewer files"
        )
    parts = whole.partition_by([*KEY, "period"], maintain_order=True)
    return [one_series(part.drop("period")) for part in parts]


def one_series(figures: pl.DataFrame) -> Series:
    """The one series that dated figures of `AUDIENCES` are.

    Raises:
        UsageError: they are of several definitions, or two of them contradict each other.
    """
    periods = {_period(row[1] - row[0]) for row in figures.select("at_first", "at_last").rows()}
    keys = figures.select(KEY).unique().rows(named=True)
    if len(keys) != 1 or len(periods) != 1:
        told = "; ".join(sorted(f"{row['metric']} ({row['definition']})" for row in keys))
        raise UsageError(
            f"these figures are of several definitions and make no series: {told}; "
            f"of each {', '.join(sorted(periods))}"
        )
    columns = ["at_first", "at_last", "value", "low", "high", "n"]
    points = figures.select(*columns, "post").unique(maintain_order=True)
    single = pl.concat(
        [
            _finest(points.filter(pl.col("post").is_null()), keys[0]["definition"]),
            points.drop_nulls("post"),
        ]
    )
    whole = single.sort("at_first", "at_last", maintain_order=True).select(columns)
    return Series(**keys[0], period=periods.pop(), points=whole)


def _finest(points: pl.DataFrame, definition: str) -> pl.DataFrame:
    """One figure a moment: of those that agree within their rounding, the finest.

    Raises:
        UsageError: two of one moment cannot both be true.
    """
    width = (pl.col("high") - pl.col("low")).fill_null(float("inf"))
    ordered = points.sort("at_first", "at_last", width, "value", maintain_order=True)
    best = [pl.col(name).first().over("at_first", "at_last") for name in ("low", "high")]
    open_end = pl.lit(float("inf"))
    apart = (pl.col("low") > best[1].fill_null(open_end)) | (
        pl.col("high").fill_null(open_end) < best[0]
    )
    wrong = ordered.filter(apart)
    if not wrong.is_empty():
        row = wrong.row(0, named=True)
        raise UsageError(
            f"two figures of {definition} contradict each other: at "
            f"{row['at_first']:%Y-%m-%d %H:%M} UTC one is {row['value']:,.10g}, another is not"
        )
    return ordered.unique(["at_first", "at_last"], keep="first", maintain_order=True)


def averaged(series: Series, every: Every) -> Series:
    """The mean of each day, week (from Monday) or month that has figures, in UTC.

    The figures of a bucket weigh alike.  An open figure (at least so many) leaves its bucket open.
    """
    bucket = pl.col("at_first").dt.truncate(BUCKETS[every])
    points = (
        series.points.group_by(bucket, maintain_order=True)
        .agg(
            at_last=pl.col("at_first").first().dt.truncate(BUCKETS[every]),
            value=pl.col("value").mean(),
            low=pl.col("low").mean(),
            high=pl.when(pl.col("high").null_count() == 0).then(pl.col("high").mean()),
            n=pl.len().cast(pl.UInt64),
        )
        .with_columns(at_last=pl.col("at_first").dt.offset_by(BUCKETS[every]) - TICK)
    )
    definition = f"{series.definition}, mean by {every}"
    return _like(series, points.select(series.points.columns), definition, every)


def changes(series: Series) -> Series:
    """What came or went from one figure to the next, per step, dated between the two.

    For stocks, such as followers: each carries all that ever happened on to the next, so their
    own levels say little.  What is missing between two figures is spread over the steps.
    """
    if len(series.points) < 2:  # noqa: PLR2004  (one figure is no change)
        return _like(series, series.points.clear(), f"{series.definition}, change", series.period)
    at = coordinates(series)
    steps = np.maximum(1.0, np.diff(at) / np.median(np.diff(at)))
    was, now = pl.all().shift(1), pl.all()
    before, after = series.points.select(was)[1:], series.points.select(now)[1:]
    points = after.with_columns(
        at_first=before["at_first"] + (before["at_last"] - before["at_first"]) / 2,
        at_last=after["at_first"] + (after["at_last"] - after["at_first"]) / 2,
        value=(after["value"] - before["value"]) / steps,
        low=(after["low"] - before["high"]) / steps,
        high=(after["high"] - before["low"]) / steps,
    )
    # Below, an open figure leaves no bound at all: then nothing is known of the change.
    known = points.drop_nulls("low")
    return _like(series, known, f"{series.definition}, change per step", series.period)


def closed(series: Series) -> Series:
    """The series without figures that only say at least how many."""
    return _like(series, series.points.drop_nulls("high"), series.definition, series.period)


def sides(series: Series, event_at: datetime) -> list[Side]:
    """On which side of an event each point lies; one whose period holds it lies across."""
    return [
        "before" if last < event_at else "after" if first >= event_at else "across"
        for first, last in series.points.select("at_first", "at_last").rows()
    ]


def coordinates(series: Series) -> Floats:
    """The middle of each point: in months where it is of months or years, else in days."""
    spans = series.points.select("at_first", "at_last").rows()
    middles = [coordinate(first + (last - first) / 2, series.period) for first, last in spans]
    return np.array(middles, np.float64)


def coordinate(at: datetime, period: Period) -> float:
    """A moment as a number: of months where they are compared, as these are not all as long."""
    if period not in {"month", "year"}:
        return at.timestamp() / DAY_SECONDS
    begins = at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    ends = (begins + timedelta(days=32)).replace(day=1)
    return 12 * at.year + at.month + (at - begins) / (ends - begins)


def _like(series: Series, points: pl.DataFrame, definition: str, period: Period) -> Series:
    return Series(
        service=series.service,
        subject=series.subject,
        metric=series.metric,
        definition=definition,
        unit=series.unit,
        period=period,
        points=points,
    )


def _period(span: timedelta) -> Period:
    return next((word for longest, word in LONGEST if span <= longest), "year")


def figures_of(rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    """Rows of `AUDIENCES`, numbered from 1; what a row does not name is null."""
    whole = [
        dict.fromkeys(AUDIENCES.schema()) | {"record": number} | row
        for number, row in enumerate(rows, start=1)
    ]
    return pl.DataFrame(whole, AUDIENCES.schema())
