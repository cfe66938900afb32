"""Verdicts to series: how many of each kind an hour or a day had, and where nobody looked.

A series is one feature of one target in one network.  Its denominator is what can be judged:
verdicts that are fine (ok) and verdicts that fail (blocked, partly, throttled).  What says nothing
of blocking (down, refused, challenged, insufficient) is counted beside it and never in it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import polars as pl

from overblock.measurements.flags import AHEAD, BEHIND, FIRST, LAST
from overblock.tables import SERIES

Grain: TypeAlias = Literal["hour", "day"]

SECONDS: dict[Grain, int] = {"hour": 3_600, "day": 86_400}
EVERY: dict[Grain, str] = {"hour": "1h", "day": "1d"}
FINE = ("ok",)
FAILING = ("blocked", "partly", "throttled")
ASIDE = ("down", "refused", "challenged", "insufficient")
STATES = (*FINE, *FAILING, *ASIDE)
KEY = ["test", "probe_cc", "probe_asn", "target", "feature"]
WRONG_CLOCKS = ["future_clock", "old_clock"]  # flags of a start that is not to be believed
UID_MOMENT, MOMENT_SIGNS = r"^\d{14}\.\d{6}_", 21  # with which the collector's keys begin
NOT_COUNTED = ["conflicting_duplicate", "resubmitted"]  # flags of what another stands for
GAP_SCHEMA = pl.Schema(
    {
        "test": pl.String(),
        "probe_cc": pl.String(),
        "kind": pl.String(),
        "silent_from": pl.Datetime("us", "UTC"),
        "silent_until": pl.Datetime("us", "UTC"),
    }
)
UNLIKELY = 12.0  # nats: a silence this unlikely by chance is a gap, one in 160,000
SHORTEST_GAP = 3  # buckets
KNOWN = 24  # buckets with measurements: who has fewer has no usual
LENT = 6.0  # buckets' worth of what is usual in all, where few are alike
NOTHING_JUDGED = 0.9  # of all verdicts insufficient: the control was away


def count_verdicts(
    verdicts: pl.DataFrame, grain: Grain = "hour", envelopes: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Count verdicts by hour or day, network, target and feature.

    Only the verdict on a feature as a whole counts (layer ``all``), not those of its layers; one
    without a time counts nowhere.

    Args:
        verdicts: rows of `VERDICTS`, in any order.
        grain: hour or day, both of UTC.
        envelopes: ``measurement_uid``, ``report_id``, ``received_at`` and ``flags``, of
            `MEASUREMENTS`.  They tell many runs from one (a measurement without a report is a run
            of its own), when a measurement with a wrong clock came in, and which are duplicates.
            Without them ``n_reports`` is null.

    Returns:
        Rows of `SERIES`, sorted by its key.
    """
    rows = verdicts.lazy().filter(pl.col("layer") == "all")
    n_reports = pl.lit(None, pl.UInt32)
    if envelopes is not None:
        known = envelopes.lazy().select("measurement_uid", "report_id", "received_at", "flags")
        rows = _told_by(rows.join(known, on="measurement_uid", how="left"))
        n_reports = pl.coalesce("report_id", "measurement_uid").n_unique().cast(pl.UInt32)
    bucket = pl.col("started_at").dt.truncate(EVERY[grain]).alias("bucket_at")
    counted = (
        rows.filter(pl.col("started_at").is_not_null())
        .group_by(bucket, *KEY)
        .agg(
            *((pl.col("state") == s).sum().cast(pl.UInt32).alias(f"n_{s}") for s in STATES),
            n_reports=n_reports,
        )
    )
    whole = counted.with_columns(grain=pl.lit(grain)).select(*SERIES.schema())
    return whole.sort(SERIES.key, nulls_last=True).collect()


def with_collectors_clock(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Verdicts with the moment in their keys where the probe's clock cannot be believed.

    For those that come without their envelopes; the rule is that of the flags of envelopes.
    """
    uid, started = pl.col("measurement_uid"), pl.col("started_at")
    written = pl.when(uid.str.contains(UID_MOMENT)).then(uid.str.slice(0, MOMENT_SIGNS))
    moment = written.str.to_datetime("%Y%m%d%H%M%S%.6f", time_unit="us", strict=False)
    received = moment.dt.replace_time_zone("UTC")
    wrong = started.is_null() | (started < FIRST)
    wrong |= (started - received > AHEAD) | (received - started > BEHIND)
    told = wrong & received.is_between(FIRST, LAST)
    return verdicts.with_columns(started_at=pl.when(told).then(received).otherwise(started))


def _told_by(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Leave duplicates out, and take the collector's time where the probe's clock was wrong."""
    flagged = pl.col("flags").fill_null([])
    wrong = flagged.list.set_intersection(WRONG_CLOCKS).list.len() > 0
    untold = flagged.list.set_intersection(NOT_COUNTED).list.len() == 0
    told = pl.when(wrong | pl.col("started_at").is_null()).then("received_at")
    return rows.filter(untold).with_columns(started_at=told.otherwise("started_at"))


def add_up(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Series that were counted in parts, each measurement in one of them: rows of `SERIES`.

    A report that lies in several parts counts in each, so its number is a bound from above.
    """
    return _summed(pl.concat(parts) if parts else SERIES.empty(), pl.col("bucket_at"))


def coarsen(series: pl.DataFrame) -> pl.DataFrame:
    """Hours to days; a report that runs over the hour counts in each, as in `add_up`."""
    return _summed(series.with_columns(grain=pl.lit("day")), pl.col("bucket_at").dt.truncate("1d"))


def _summed(series: pl.DataFrame, bucket: pl.Expr) -> pl.DataFrame:
    counts = [f"n_{state}" for state in STATES]
    unknown = pl.col("n_reports").is_null().any()
    return (
        series.lazy()
        .group_by("grain", bucket, *KEY)
        .agg(pl.col(counts).sum(), n_reports=pl.when(~unknown).then(pl.col("n_reports").sum()))
        .select(*SERIES.schema())
        .sort(SERIES.key, nulls_last=True)
        .collect()
    )


def failing() -> pl.Expr:
    """Verdicts that fail, of a row of `SERIES`."""
    return pl.sum_horizontal(f"n_{state}" for state in FAILING)


def judged() -> pl.Expr:
    """The denominator of a row of `SERIES`: verdicts that are fine or fail."""
    return pl.sum_horizontal(f"n_{state}" for state in (*FINE, *FAILING))


def gaps(series: pl.DataFrame) -> pl.DataFrame:
    """When a test was silent in a country: no measurement, or none with a working control.

    A run of buckets is a gap (kind ``no_measurements``) when it is three or longer and so long
    that chance makes it once in 160,000 times, by how many buckets of its time of day and week
    have measurements otherwise; ``no_control`` where nine in ten verdicts are insufficient.

    Returns:
        ``test``, ``probe_cc``, ``kind``, ``silent_from``, ``silent_until`` (half-open), sorted.
    """
    if series.is_empty():
        return GAP_SCHEMA.to_frame()
    found = [
        _gaps_of(held, test, country)
        for (test, country), held in series.group_by("test", "probe_cc", maintain_order=True)
    ]
    return pl.concat(found).sort(GAP_SCHEMA.names(), nulls_last=True)


def _gaps_of(series: pl.DataFrame, test: object, country: object) -> pl.DataFrame:
    """The gaps of one test in one country."""
    step = timedelta(seconds=SECONDS[series.item(0, "grain")])
    runs = _buckets(series, step).with_columns(run=pl.col("kind").rle_id())
    usual = runs.group_by("like").agg(
        n_like=pl.len(), n_usual=pl.col("kind").is_null().sum()
    )  # fmt: skip
    n_measured = runs["kind"].null_count()
    if n_measured < KNOWN:
        return GAP_SCHEMA.to_frame()
    ever = n_measured / runs.height
    others = pl.col("n_like") - pl.col("n_own")
    measured = (pl.col("n_usual") + LENT * ever) / (others + LENT)
    unlikely = (
        runs.group_by("run", "like")
        .agg(n_own=pl.len())
        .join(usual, on="like")
        .group_by("run")
        .agg(nats=-(pl.col("n_own") * (1 - measured.clip(0, 0.999)).log()).sum())
    )
    return (
        runs.filter(pl.col("kind").is_not_null())
        .group_by("run", "kind", maintain_order=True)
        .agg(
            silent_from=pl.col("bucket_at").first(),
            silent_until=pl.col("bucket_at").last() + step,
            length=pl.len(),
        )
        .join(unlikely, on="run", maintain_order="left")
        .filter((pl.col("nats") >= UNLIKELY) & (pl.col("length") >= SHORTEST_GAP))
        .select(
            pl.lit(test, pl.String).alias("test"),
            pl.lit(country, pl.String).alias("probe_cc"),
            *GAP_SCHEMA.names()[2:],
        )
    )


def _buckets(series: pl.DataFrame, step: timedelta) -> pl.DataFrame:
    """Every bucket from the first to the last: which are alike, and what is amiss (``kind``)."""
    begins, ends = series["bucket_at"].min(), series["bucket_at"].max()
    assert isinstance(begins, datetime) and isinstance(ends, datetime)  # noqa: S101, PT018  (for mypy: there are rows, none without a bucket)
    span = pl.datetime_range(begins, ends, step, time_unit="us", eager=True, time_zone="UTC")
    seen = series.group_by("bucket_at").agg(
        n=pl.sum_horizontal(pl.col(f"n_{state}").sum() for state in STATES),
        lost=pl.col("n_insufficient").sum(),
    )
    whole = span.alias("bucket_at").to_frame().join(
        seen, on="bucket_at", how="left", maintain_order="left"
    )  # fmt: skip
    unjudged = pl.col("lost") >= NOTHING_JUDGED * pl.col("n")
    return whole.select(
        "bucket_at",
        like=pl.col("bucket_at").dt.hour() // 6 + 4 * (pl.col("bucket_at").dt.weekday() // 6),
        kind=pl.when(pl.col("n").fill_null(0) == 0)
        .then(pl.lit("no_measurements"))
        .when(unjudged)
        .then(pl.lit("no_control")),
    )
