"""When a register said nothing: no change in silence is not no block."""

from datetime import timedelta

import polars as pl

from overblock.tables import GAPS


def silences(snapshots: pl.DataFrame, silent_after: timedelta) -> pl.DataFrame:
    """The gaps of one register: no snapshot for longer than ``silent_after``."""
    moments = (
        snapshots.filter(pl.col("digest").is_not_null())
        .select("register", silent_from="ordered_at")
        .unique()
        .sort("silent_from")
        .with_columns(silent_until=pl.col("silent_from").shift(-1))
    )
    silent = pl.col("silent_until") - pl.col("silent_from") > silent_after
    return moments.filter(silent).select(*GAPS.schema())
