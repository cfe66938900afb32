"""Who stands behind a name: its holder and country by the witness, its sector and popularity.

Lists of categories and ranks speak of sites: ``www.shop.example`` and ``shop.example`` are one,
while ``mail.shop.example`` is another, of which the list says nothing.  A site with several
sectors counts under the first in the alphabet, one with several ranks under the best, so that
every name has one place and parts sum to the whole.  What no list says is null, and shown.
"""

from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.sixteen import from_series
from overblock.collateral.sites import Sites
from overblock.collateral.suffixes import bare
from overblock.holders.join import holder_at, holder_at_ipv6, keys

Holding: TypeAlias = Literal["holder", "country"]
WORDS = pl.Categorical()  # few different ones, for millions of names
LISTED = pl.Schema([
    ("site", pl.String()), ("sector", WORDS), ("popularity", pl.UInt32()), ("rank", pl.UInt32())
])  # fmt: skip
SAID = (["sector"], ["popularity", "rank"])  # by lists of categories, and of ranks


def held_by(frame: pl.DataFrame, ranges: pl.DataFrame, by: Holding) -> pl.Series:
    """Whose the witness of each name is, of rows with ``ipv4`` and ``ipv6``; null: nobody's.

    ``ranges`` is of the table `holder_ranges`.

    Raises:
        MissingHolders: no row of ``ranges`` can answer.
    """
    has4, has6 = frame["ipv4"].is_not_null(), frame["ipv6"].is_not_null()
    told = np.full(len(frame), -1, np.int64)
    if has4.any():
        points, place = _distinct(frame["ipv4"].filter(has4).to_numpy())
        told[has4.to_numpy()] = holder_at(points, ranges, by)[place]
    if has6.any():
        told[has6.to_numpy()] = holder_at_ipv6(from_series(frame["ipv6"].drop_nulls()), ranges, by)
    rows, place = _distinct((told + 1).astype(np.uint32))
    said = keys(ranges[np.maximum(rows.astype(np.int64) - 1, 0)], by).cast(WORDS)
    known = pl.Series(rows > 0)
    return (
        said.to_frame("key").select(pl.when(known).then("key")).to_series().gather(place).alias(by)
    )


def lists_of_sites(
    categories: pl.DataFrame | None = None, ranks: pl.DataFrame | None = None
) -> pl.DataFrame:
    """What `name_categories` and `name_ranks` say, a row a site.

    Returns:
        ``site`` (without ``www``), ``sector``, ``popularity`` (the bucket), ``rank`` (the bucket
        where the list gives no rank); in no order.
    """
    sectors, popular = (LISTED.to_frame().select("site", *rest) for rest in SAID)
    if categories is not None:
        # Sectors in the order of the alphabet, so that the first of several is the least.
        words = pl.Enum(categories["sector"].drop_nulls().unique().sort())
        told = pl.DataFrame({"site": bare(categories["name"]), "sector": categories["sector"]})
        sectors = _least(told.with_columns(pl.col("sector").cast(words)))
    if ranks is not None:
        rank = ranks.select(pl.coalesce("rank", "bucket")).to_series()
        named = {"site": bare(ranks["name"]), "popularity": ranks["bucket"], "rank": rank}
        popular = _least(pl.DataFrame(named))
    if ranks is None:
        both = sectors.with_columns(popularity=None, rank=None)
    else:
        both = sectors.join(popular, on="site", how="full", coalesce=True)
    return both.select(*LISTED).cast(LISTED)


def _least(rows: pl.DataFrame) -> pl.DataFrame:
    """Each site once, with the least of what is said of it; most are said of but once."""
    number = rows["site"].hash()
    ordered = number.sort()
    if not (ordered == ordered.shift()).any():
        return rows
    again = number.is_duplicated()
    several = rows.filter(again).group_by("site").agg(pl.all().min())
    return pl.concat([rows.filter(~again), several])


def listed_as(names: pl.Series, lists: pl.DataFrame) -> pl.DataFrame:
    """``sector``, ``popularity`` and ``rank`` of each name, in their order.

    Who asks of many pieces lays the lists out once: `overblock.collateral.sites.Sites`.
    """
    return Sites.of(lists).said_of(names)


def _distinct(values: NDArray[np.uint32]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The different values in order, and the place of each value among them."""
    words = values.astype(np.uint64) << np.uint64(32)
    words |= np.arange(len(values), dtype=np.uint64)
    words.sort()
    ordered = words >> np.uint64(32)
    new = np.ones(len(ordered), np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    place = np.empty(len(values), np.int64)
    place[(words & np.uint64(2**32 - 1)).astype(np.int64)] = np.cumsum(new) - 1
    return ordered[new], place
