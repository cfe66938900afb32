"""Observations of names to the table of resolutions, so that measurements feed what else uses it.

A probe's answer is where its network leads to; only the control's is where the name really lives.
The column ``vantage`` keeps them apart: ``probe RU AS12389``, or ``control``.
"""

import polars as pl

from overblock.measurements.observations import CONTROL
from overblock.sources import Reading
from overblock.sources._resolutions import as_answers, reading
from overblock.tables import OBSERVATIONS

OUTCOMES = {  # of failure classes; the rest are errors
    "nxdomain": "nxdomain",
    "no_answer": "no_answer",
    "timeout": "timeout",
}
WORDS = {"dns_servfail_error": "servfail", "dns_refused_error": "refused"}


def resolutions_of(observations: pl.DataFrame) -> Reading:
    """`overblock.tables.OBSERVATIONS` to `overblock.tables.RESOLUTIONS`.

    ``record`` is the 1-based place of the observation in the frame.  What has no canonical name,
    or asks for an address in the place of a name, is in ``rejects``.
    """
    OBSERVATIONS.check(observations)
    asked = (
        observations.with_row_index("record", offset=1)
        .filter((pl.col("layer") == "dns") & pl.col("host").is_not_null())
        .with_columns(pl.col("record").cast(pl.UInt32))
    )
    place = pl.concat_str(
        pl.lit("probe"),
        "probe_cc",
        pl.concat_str(pl.lit("AS"), "probe_asn"),
        separator=" ",
        ignore_nulls=True,
    )
    via = pl.col("detail").str.extract(r"(?:^| )via (.*)$").str.split(" ")
    return reading(
        as_answers(
            asked,
            value=pl.col("host"),
            name=pl.col("host"),
            address=pl.col("address"),
            outcome=pl.when(pl.col("address").is_null()).then(_why_none()),
            moment=pl.col("observed_at").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            vantage=pl.when(pl.col("vantage") == CONTROL).then(pl.lit(CONTROL)).otherwise(place),
            chain=via.fill_null(pl.lit([], pl.List(pl.String))),
        )
    )


def _why_none() -> pl.Expr:
    """Why there is no address, in the words of resolutions."""
    known, classes = list(OUTCOMES), pl.col("failure_class")
    return (
        pl.when(pl.col("failure").is_in(list(WORDS)))
        .then(pl.col("failure").replace(WORDS))
        .when(classes.is_in(known))
        .then(classes.replace(OUTCOMES))
        .when(pl.col("failure").is_null())
        .then(pl.lit("no_answer"))
        .otherwise(pl.lit("error"))
    )
