"""Holders for made worlds: blocks of addresses whose holder and country are plain arithmetic."""

from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.sixteen import from_words, to_series
from overblock.tables import HOLDER_RANGES

Integers: TypeAlias = NDArray[np.int64]  # (n,)

COUNTRIES = ("NL", "US", "RU", "DE")
BLOCK = 20  # bits below a holder's block
INNER = 12  # bits below a customer's block in it
HOLDERS = 1 << (32 - BLOCK)
FREE_SIX, LISTED_SIX = 0x20010DB8_00000000, 0x20010DB8_00010000  # the high words of /48s


def whose(witness: Integers, witness6: Integers, every: int) -> pl.DataFrame:
    """Holder and country of the witnesses of names, by arithmetic: see `ranges`.

    ``witness`` is an IPv4 address (-1: none), ``witness6`` is 1 for a free IPv6 address, 2 for a
    listed one.
    """
    block, inner = witness >> BLOCK, witness >> INNER
    customer = (inner % every == 0) & (witness >= 0)
    frame = pl.DataFrame({"block": block, "six": witness6, "customer": customer})
    block_of = pl.format("Host {}", pl.col("block") % 300)
    holder = (
        pl.when(pl.col("six") > 0).then(pl.format("Six {}", "six"))
        .when(pl.col("block") < 0).then(pl.lit(None))
        .when("customer").then(pl.format("Customer {}", pl.col("block") % 50))
        .otherwise(block_of)
    )  # fmt: skip
    country = pl.when(pl.col("six") > 0).then(pl.lit("SX")).when(pl.col("block") >= 0)
    return frame.select(
        holder=holder, country=country.then(pl.lit(COUNTRIES).list.get(pl.col("block") % 4))
    )


def ranges(every: int) -> pl.DataFrame:
    """Blocks of 2**20 addresses, in some 4096s of them a customer who gives no country."""
    block = np.arange(HOLDERS, dtype=np.int64)
    inner = np.arange(0, 1 << (32 - INNER), every, dtype=np.int64)
    six = from_words(np.array([FREE_SIX, LISTED_SIX], np.uint64), np.zeros(2, np.uint64))
    last = from_words(
        np.array([FREE_SIX, LISTED_SIX], np.uint64) | np.uint64(0xFFFF),
        np.full(2, 2**64 - 1, np.uint64),
    )
    parts = [
        pl.DataFrame({
            "ipv4_from": block << BLOCK, "ipv4_until": (block + 1) << BLOCK,
            "as_name": pl.Series(block % 300).cast(pl.String),
            "country": pl.Series(COUNTRIES).gather(block % 4),
        }).with_columns(pl.format("Host {}", "as_name").alias("as_name")),
        pl.DataFrame({
            "ipv4_from": inner << INNER, "ipv4_until": (inner + 1) << INNER,
            "as_name": pl.Series((inner >> (BLOCK - INNER)) % 50).cast(pl.String),
        }).with_columns(pl.format("Customer {}", "as_name").alias("as_name")),
        pl.DataFrame({
            "ipv6_first": to_series(six), "ipv6_last": to_series(last),
            "as_name": ["Six 1", "Six 2"], "country": "SX",
        }),
    ]  # fmt: skip
    empty = HOLDER_RANGES.empty()
    return pl.concat(
        [empty, *(part.cast({name: empty.schema[name] for name in part.columns})
                  for part in parts)],
        how="diagonal",
    )  # fmt: skip
