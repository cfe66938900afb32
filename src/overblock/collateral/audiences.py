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
from numpy.typing import NDArray

from overblock.addresses.locate import Ipv4s, Segments
from overblock.addresses.sixteen import Sixteens, from_series
from overblock.collateral.keys import Keys, in_words
from overblock.collateral.reach import Hits
from overblock.collateral.sites import Sites, least
from overblock.collateral.suffixes import bare_apart
from overblock.holders.join import LaidOut, keys

Holding: TypeAlias = Literal["holder", "country"]
LISTED = pl.Schema([
    ("site", pl.String()), ("sector", pl.String()),
    ("popularity", pl.UInt32()), ("rank", pl.UInt32()),
])  # fmt: skip
SAID = (["sector"], ["popularity", "rank"])  # by lists of categories, and of ranks


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Holders:
    """A table of holders, laid out once for all pieces of a world."""

    by: Holding
    said: Keys  # of each row of the table, and of row -1
    segments: Segments[np.integer]  # the codes of IPv4 addresses
    laid_out: LaidOut

    @classmethod
    def of(cls, ranges: pl.DataFrame, by: Holding) -> Self:
        """Lay out a table `holder_ranges`.

        Raises:
            MissingHolders: no row of ``ranges`` can answer.
        """
        laid_out = LaidOut.of(ranges, by)
        said = Keys.of(keys(ranges, by)).with_nobody()
        (segments,) = laid_out.segments
        return cls(by=by, said=said, segments=segments.answered(said.codes), laid_out=laid_out)

    def of_hits(self, hits: Hits) -> Keys:
        """Whose the witness of each name is."""
        return self._at(hits.ipv4(), hits.witness < 0, hits.ids6, hits.ipv6())

    def of_witnesses(self, frame: pl.DataFrame) -> pl.Series:
        """The same of rows with ``ipv4`` and ``ipv6``, as text; null: nobody's."""
        six = np.flatnonzero(frame["ipv6"].is_not_null().to_numpy())
        told = self._at(
            frame["ipv4"].fill_null(0).to_numpy(),
            frame["ipv4"].is_null().to_numpy(),
            six,
            from_series(frame["ipv6"].drop_nulls()),
        )
        return told.series().alias(self.by)

    def _at(
        self, ipv4: Ipv4s, none: NDArray[np.bool_], ids6: NDArray[np.int64], ipv6: Sixteens
    ) -> Keys:
        codes = self.segments.at(ipv4)
        codes[none] = len(self.said.words)
        if len(ids6):
            codes[ids6] = self.said.codes.take(self.laid_out.at_ipv6(ipv6))
        return Keys(words=self.said.words, codes=codes)


def held_by(frame: pl.DataFrame, ranges: pl.DataFrame, by: Holding) -> pl.Series:
    """The same of one piece alone.

    Raises:
        MissingHolders: no row of ``ranges`` can answer.
    """
    return Holders.of(ranges, by).of_witnesses(frame)


def lists_of_sites(
    categories: pl.DataFrame | None = None, ranks: pl.DataFrame | None = None
) -> pl.DataFrame:
    """What `name_categories` and `name_ranks` say of sites; where both are given, a row a site.

    Returns:
        ``site`` (without ``www``), ``sector``, ``popularity`` (the bucket), ``rank`` (the bucket
        where the list gives no rank); in no order.
    """
    sectors, popular = (LISTED.to_frame().select("site", *rest) for rest in SAID)
    if categories is not None:
        sites, places = bare_apart(categories["name"])
        sectors = pl.DataFrame({
            "site": sites, "sector": in_words(categories["sector"]).gather(places)
        })  # fmt: skip
    if ranks is not None:
        sites, places = bare_apart(ranks["name"])
        said = ranks.select(popularity="bucket", rank=pl.coalesce("rank", "bucket"))
        popular = said[places].insert_column(0, sites.alias("site"))
    if ranks is None:
        both = sectors.with_columns(popularity=None, rank=None)
    else:
        both = least(sectors).join(least(popular), on="site", how="full", coalesce=True)
    return both.select(*LISTED).cast({"popularity": pl.UInt32, "rank": pl.UInt32})


def listed_as(names: pl.Series, lists: pl.DataFrame) -> pl.DataFrame:
    """``sector``, ``popularity`` and ``rank`` of each name, in their order.

    Who asks of many pieces lays the lists out once: `overblock.collateral.sites.Sites`.
    """
    return Sites.of(lists).said_of(names)
