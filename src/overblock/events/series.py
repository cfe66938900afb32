"""Verdicts to series: how many of each kind an hour or a day had, and where nobody looked.

A series is one feature of one target in one network.  Its denominator is what can be judged:
verdicts that are fine (ok) and verdicts that fail (blocked, partly, throttled).  What says nothing
of blocking (down, refused, challenged, insufficient) is counted beside it and never in it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import polars as pl

from overblock.tables import SERIES

Grain: TypeAlias = Literal["hour", "day"]

SECONDS: dict[Grain, int] = {"hour": 3_600, "day": 86_400}
EVERY: dict[Grain, str] = {"hour": "1h", "day": "1d"}
FINE = ("ok",)
FAILING = ("blocked", "partly", "throttled")
ASIDE = ("down", "refused", "challenged", "insufficient")
STATES = (*FINE, *FAILING, *ASIDE)
KEY = ["test", "probe_cc", "probe_asn", "target", "feature"]
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
NOTHING_JUDGED = 0.9  # of all verdicts insufficient: the control was away


def count_verdicts(
    verdicts: pl.DataFrame, grain: Grain = "hour", reports: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Count verdicts (of `VERDICTS`) by hour or day, network, target and feature.

    Only the verdict on a feature as a whole counts (layer ``all``), not those of its layers; one
    without a time counts nowhere.

    Args:
        verdicts: rows of `VERDICTS`, in any order.
        grain: hour or day, both of UTC.
        reports: ``measurement_uid`` and ``report_id`` (of `MEASUREMENTS`), to tell many runs from
            one; without it ``n_reports`` is null.  A measurement without a report is one of its
            own.

    Returns:
        Rows of `SERIES`, sorted by its key.
    """
    judged = verdicts.lazy().filter((pl.col("layer") == "all") & pl.col("started_at").is_not_null())
    if reports is None:
        n_reports = pl.lit(None, pl.UInt32)
    else:
        known = reports.lazy().select("measurement_uid", "report_id").unique("measurement_uid")
        judged = judged.join(known, on="measurement_uid", how="left")
        n_reports = pl.coalesce("report_id", "measurement_uid").n_unique().cast(pl.UInt32)
    counted = judged.group_by(
        pl.col("started_at").dt.truncate(EVERY[grain]).alias("bucket_at"), *KEY
    )
    return (
        counted.agg(
            *(
                (pl.col("state") == state).sum().cast(pl.UInt32).alias(f"n_{state}")
                for state in STATES
            ),
            n_reports=n_reports,
        )
        .with_columns(grain=pl.lit(grain))
        .select(*SERIES.schema())
        .sort(SERIES.key, nulls_last=True)
        .collect()
    )


def coarsen(series: pl.DataFrame) -> pl.DataFrame:
    """Hours to days.

    A report that runs past midnight or over the hour counts in each, so its number is a bound
    from above.
    """
    counts = [name for name in series.columns if name.startswith("n_") and name != "n_reports"]
    unknown = pl.col("n_reports").is_null().any()
    return (
        series.lazy()
        .group_by(pl.col("bucket_at").dt.truncate("1d"), *KEY)
        .agg(
            pl.col(counts).sum(),
            n_reports=pl.when(~unknown).then(pl.col("n_reports").sum()),
        )
        .with_columns(grain=pl.lit("day"))
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
    that chance makes it once in 160,000 times, by the usual number of measurements in such a
    bucket of the week; ``no_control`` where nine in ten verdicts are insufficient.

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
    grain = series.item(0, "grain")
    step = timedelta(seconds=SECONDS[grain])
    seen = series.group_by("bucket_at").agg(
        n=pl.sum_horizontal(pl.col(f"n_{state}").sum() for state in STATES),
        lost=pl.col("n_insufficient").sum(),
    )
    begins, ends = seen["bucket_at"].min(), seen["bucket_at"].max()
    assert isinstance(begins, datetime) and isinstance(ends, datetime)  # noqa: S101, PT018  (for mypy: there are rows, none without a bucket)
    span = pl.datetime_range(begins, ends, step, time_unit="us", eager=True, time_zone="UTC")
    whole = span.alias("bucket_at").to_frame().join(seen, on="bucket_at", how="left")
    usual = whole.with_columns(pl.col("n", "lost").fill_null(0)).with_columns(
        usual=pl.col("n").mean().over(_of_week(grain)),
    )
    silent = pl.col("n") == 0
    unjudged = ~silent & (pl.col("lost") >= NOTHING_JUDGED * pl.col("n"))
    runs = (
        usual.with_columns(
            kind=pl.when(silent)
            .then(pl.lit("no_measurements"))
            .when(unjudged)
            .then(pl.lit("no_control"))
        )
        .with_columns(run=pl.col("kind").rle_id())
        .group_by("run", "kind", maintain_order=True)
        .agg(
            silent_from=pl.col("bucket_at").first(),
            silent_until=pl.col("bucket_at").last() + step,
            expected=pl.col("usual").sum(),
            length=pl.len(),
        )
    )
    unlikely = (pl.col("expected") >= UNLIKELY) & (pl.col("length") >= SHORTEST_GAP)
    return runs.filter(pl.col("kind").is_not_null() & unlikely).select(
        pl.lit(test, pl.String).alias("test"),
        pl.lit(country, pl.String).alias("probe_cc"),
        *GAP_SCHEMA.names()[2:],
    )


def _of_week(grain: Grain) -> Sequence[pl.Expr]:
    """What a bucket is like: nights and weekends have fewer measurements."""
    weekend = pl.col("bucket_at").dt.weekday() > 5  # noqa: PLR2004  (Saturday and Sunday)
    return [weekend, pl.col("bucket_at").dt.hour()] if grain == "hour" else [weekend]
