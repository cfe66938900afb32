"""Finding millions of names in lists of sites, some names at a time.

A join lays the whole list out anew for every piece of a world; here it is laid out once.  Names
and sites meet as numbers, a hash of their text, and what meets is compared as text, so that no
name is taken for another.

A word of the list has the highest bits of a site's number, and below them its row; so the words
in order tell both where a number stands and whose it is.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Self, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.locate import Points
from overblock.collateral.keys import Keys
from overblock.collateral.suffixes import bare

Places: TypeAlias = NDArray[np.int32]  # (n,), among the words
Rows: TypeAlias = NDArray[np.int32]  # (n,), of a list; -1: none

STEPS = 8  # from the start of a bucket: few buckets hold more, unless somebody made them so
ALL_BITS = 64
UNRANKED = 2**32 - 1
NOWHERE = -1


@dataclass(frozen=True, eq=False, kw_only=True)
class Sites:
    """A list with a row a site (``site``, without ``www``, and whatever is said of it)."""

    rows: pl.DataFrame  # each site once
    words: Points  # (n + 1,), in order; the last is larger than all others
    begins: Places  # (buckets + 1,), the first word whose highest bits are the bucket's
    below: np.uint64  # bits of a word that are its row

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Self:
        """Lay out a list, in any order; of a site that comes twice the least is said."""
        below = np.uint64(max(len(rows).bit_length(), 1))
        words = rows["site"].hash().to_numpy() >> below << below
        words |= np.arange(len(rows), dtype=np.uint64)
        words.sort()
        same = np.flatnonzero(words[1:] >> below == words[:-1] >> below)
        if len(same):
            met = np.concatenate([words[same], words[same + 1]]) & mask(below)
            alike = rows["site"].gather(pl.Series(met).unique())
            if alike.is_duplicated().any():
                return cls.of(least(rows))
        bits = max(len(rows).bit_length(), 1)
        in_each = np.bincount(
            (words >> np.uint64(ALL_BITS - bits)).astype(np.intp), minlength=1 << bits
        )
        begins = np.zeros((1 << bits) + 1, np.int32)
        np.cumsum(in_each, out=begins[1:])
        return cls(
            rows=rows, words=np.append(words, np.uint64(2**64 - 1)), begins=begins, below=below
        )

    @cached_property
    def keys(self) -> dict[str, Keys]:
        """What is said of each row, and of row -1, where somebody says something."""
        told = (column for column in self.rows if column.name not in {"site", "rank"})
        return {
            column.name: Keys.of(column).with_nobody()
            for column in told
            if column.null_count() < len(column)
        }

    @cached_property
    def ranks(self) -> NDArray[np.uint32] | None:
        """The rank of each row, and of row -1; None: the list gives none."""
        if "rank" not in self.rows.columns or self.rows["rank"].null_count() == len(self.rows):
            return None
        ranks = self.rows["rank"].fill_null(UNRANKED).to_numpy()
        return np.append(ranks, np.uint32(UNRANKED))

    def said_of(self, names: pl.Series) -> pl.DataFrame:
        """What the list says of each name (with ``www`` or without), null where nothing."""
        found = pl.DataFrame({"row": self.rows_of(names)})
        rows = found.select(pl.when(pl.col("row") != NOWHERE).then("row")).to_series()
        return self.rows.drop("site").select(pl.all().gather(rows))

    def rows_of(self, names: pl.Series) -> Rows:
        """The row of each name (with ``www`` or without); -1: the list has it not."""
        own = bare(names)
        numbers = own.hash().to_numpy() >> self.below
        places = self._places(numbers)
        found = np.full(len(names), NOWHERE, np.int32)
        left, rows = self._met(places, numbers)
        for _ in range(STEPS):
            same = (self.rows["site"].gather(rows) == own.gather(left)).to_numpy()
            found[left[same]] = rows[same]
            left = left[~same]
            if not len(left):
                return found
            places[left] += np.int32(1)  # the number of several sites
            again, rows = self._met(places[left], numbers[left])
            left = left[again]
        found[left] = self._by_text(own.gather(left))
        return found

    def _met(self, places: Places, numbers: Points) -> tuple[NDArray[np.int64], Rows]:
        """Which of the words at some places are of the numbers, and their rows."""
        words = self.words.take(places, mode="clip")
        met = np.flatnonzero(words >> self.below == numbers)
        rows = (words.take(met) & mask(self.below)).astype(np.int32)
        real = rows < len(self.rows)
        return (met, rows) if real.all() else (met[real], rows[real])

    def _by_text(self, sites: pl.Series) -> Rows:
        rows = self.rows.select("site").with_row_index("row")
        joined = sites.alias("site").to_frame().join(
            rows, on="site", how="left", maintain_order="left"
        )  # fmt: skip
        return joined["row"].cast(pl.Int32).fill_null(NOWHERE).to_numpy()

    def _places(self, numbers: Points) -> Places:
        """How many of the words are below each number, which is without the bits of rows."""
        shift = np.uint64(ALL_BITS - len(self.begins).bit_length() + 1) - self.below
        places = self.begins.take((numbers >> shift).astype(np.intp))
        wanted = numbers << self.below
        below = np.flatnonzero(self.words.take(places) < wanted)
        for _ in range(STEPS):
            places[below] += np.int32(1)
            below = below[self.words.take(places[below]) < wanted[below]]
        places[below] = np.searchsorted(self.words, wanted[below])
        return places


def mask(bits: np.uint64) -> np.uint64:
    """The lowest bits of a word."""
    return (np.uint64(1) << bits) - np.uint64(1)


def least(rows: pl.DataFrame) -> pl.DataFrame:
    """Each site once, with the least of what is said of it; most are said of but once."""
    numbers = rows["site"].hash()
    ordered = numbers.sort()
    if not (ordered == ordered.shift()).any():
        return rows
    again = numbers.is_duplicated()
    several = rows.filter(again).group_by("site").agg(pl.all().min())
    return pl.concat([rows.filter(~again), several])
