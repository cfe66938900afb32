"""Reports that were sent twice: the same run under another key, which counts once.

Whoever counts measurements asks here, so that files say the same as an observatory made of them.
"""

import polars as pl

from overblock.measurements.flags import RESUBMITTED
from overblock.tables.measurements import UNDATED

ONE_RUN = ("report_id", "test", "target", "started_at")  # the same run, whatever its key


def flag(name: str) -> pl.Expr:
    """The ``flags`` with one more, in order."""
    return pl.col("flags").list.concat(pl.lit([name], pl.List(pl.String))).list.sort()


def day_of() -> pl.Expr:
    """The day of receipt, as text; of what has none, that of its start."""
    moment = pl.coalesce("received_at", "started_at")
    return moment.dt.strftime("%Y-%m-%d").fill_null(UNDATED)


def with_resubmitted(envelopes: pl.DataFrame, *within: str) -> pl.DataFrame:
    """Flag what ran at the same moment of the same report as one before it.

    ``within`` are columns that must be alike too.  Where there is a column ``met``, what is true in
    it ran before any of these rows.
    """
    again = pl.int_range(pl.len()).over(*ONE_RUN, *within) > 0
    if "met" in envelopes.columns:
        again |= pl.col("met").fill_null(value=False)
    named = pl.col("report_id").is_not_null() & pl.col("started_at").is_not_null()
    return envelopes.with_columns(
        flags=pl.when(named & again).then(flag(RESUBMITTED)).otherwise("flags")
    )
