"""AS numbers and names, grouped into the holders that people know.

Amazon is AMAZON-02, AMAZON-AES and Amazon Data Services Ireland Ltd; a reader wants one line.
The groups stand in ``known_holders.csv`` beside this module, reviewed by hand: each row says a
holder, an AS number (``AS16509``) or a pattern for whole AS names (a regular expression; case
does not matter), and why.  A number beats a name, as names are reused.  What the table does not
know keeps its AS name, or where there is none, its AS number; nothing is guessed.
"""

import re
from functools import cache
from importlib import resources

import polars as pl

TABLE = "known_holders.csv"
NUMBER = r"^AS\d+$"


@cache
def known_holders() -> pl.DataFrame:
    """The reviewed table: ``holder``, ``match``, ``why``."""
    return pl.read_csv(
        resources.files("overblock.holders").joinpath(TABLE).read_bytes(),
        schema=dict.fromkeys(("holder", "match", "why"), pl.String),
    )


def with_holder(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the column ``holder`` to a frame with ``asn`` and ``as_name``; null where both are.

    >>> frame = pl.DataFrame({"asn": [None, 16509], "as_name": ["OVH SAS", None]})
    >>> with_holder(frame)["holder"].to_list()
    ['OVH', 'Amazon']
    """
    names = frame.select(pl.col("as_name").unique()).filter(pl.col("as_name").is_not_null())
    number = pl.col("asn").cast(pl.Int64)
    return (
        frame.with_columns(number.alias("_number"))
        .join(_by_number(), left_on="_number", right_on="number", how="left", maintain_order="left")
        .join(name_groups(names), on="as_name", how="left", maintain_order="left")
        .with_columns(
            holder=pl.coalesce(
                "_by_number", "_by_name", "as_name", pl.concat_str(pl.lit("AS"), "_number")
            )
        )
        .drop("_number", "_by_number", "_by_name")
    )


def name_groups(names: pl.DataFrame) -> pl.DataFrame:
    """Those of the different ``as_name`` that a pattern knows, each with its holder ``_by_name``.

    One pass with all patterns together finds the few names that matter; only they are held
    against the patterns one by one.
    """
    anything = "|".join(pattern.pattern for _, pattern in _patterns())
    known = names.filter(pl.col("as_name").str.contains(f"^(?i:{anything})$"))
    found = [_holder_named(name) for name in known["as_name"]]
    return known.with_columns(_by_name=pl.Series(found, dtype=pl.String))


def _holder_named(name: str) -> str | None:
    return next((holder for holder, pattern in _patterns() if pattern.fullmatch(name)), None)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    by_name = known_holders().filter(~pl.col("match").str.contains(NUMBER))
    pairs = by_name.select("holder", "match").iter_rows()
    return [(holder, re.compile(match, re.IGNORECASE)) for holder, match in pairs]


@cache
def _by_number() -> pl.DataFrame:
    numbers = known_holders().filter(pl.col("match").str.contains(NUMBER))
    return numbers.select(
        pl.col("match").str.slice(2).cast(pl.Int64).alias("number"),
        pl.col("holder").alias("_by_number"),
    )
