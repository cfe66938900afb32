"""Who stands behind a name: its holder and country by the witness, its sector and popularity.

Lists of categories and ranks speak of sites: ``www.shop.example`` and ``shop.example`` are one,
while ``mail.shop.example`` is another, of which the list says nothing.  A site with several
sectors counts under the first in the alphabet, one with several ranks under the best, so that
every name has one place and parts sum to the whole.  What no list says is null, and shown.
"""

from dataclasses import dataclass
from typing import Literal, Self, TypeAlias

import numpy as np
import polars as pl

from overblock.addresses.sixteen import from_series
from overblock.collateral.sites import Sites
from overblock.collateral.suffixes import bare
from overblock.holders.join import NOWHERE, LaidOut, keys

Holding: TypeAlias = Literal["holder", "country"]
WORDS = pl.Categorical()  # few different ones, for millions of names
LISTED = pl.Schema([
    ("site", pl.String()), ("sector", WORDS), ("popularity", pl.UInt32()), ("rank", pl.UInt32())
])  # fmt: skip
SAID = (["sector"], ["popularity", "rank"])  # by lists of categories, and of ranks


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Holders:
    """A table of holders, laid out once for all pieces of a world."""

    by: Holding
    said: pl.Series  # of each row of the table
    laid_out: LaidOut

    @classmethod
    def of(cls, ranges: pl.DataFrame, by: Holding) -> Self:
        """Lay out a table `holder_ranges`.

        Raises:
            MissingHolders: no row of ``ranges`` can answer.
        """
        laid_out = LaidOut.of(ranges, by)
        return cls(by=by, said=keys(ranges, by).cast(WORDS), laid_out=laid_out)

    def of_witnesses(self, frame: pl.DataFrame) -> pl.Series:
        """Whose the witness of each name is, of rows with ``ipv4`` and ``ipv6``; null: nobody's."""
        told = self.laid_out.at(frame["ipv4"].fill_null(0).to_numpy().astype(np.uint64))
        told[frame["ipv4"].is_null().to_numpy()] = NOWHERE
        by_six = np.flatnonzero(frame["ipv6"].is_not_null().to_numpy())
        if len(by_six):
            told[by_six] = self.laid_out.at_ipv6(from_series(frame["ipv6"].drop_nulls()))
        rows = pl.DataFrame({"row": told}).select(pl.when(pl.col("row") != NOWHERE).then("row"))
        return self.said.gather(rows.to_series()).alias(self.by)


def held_by(frame: pl.DataFrame, ranges: pl.DataFrame, by: Holding) -> pl.Series:
    """The same of one piece alone.

    Raises:
        MissingHolders: no row of ``ranges`` can answer.
    """
    return Holders.of(ranges, by).of_witnesses(frame)


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
