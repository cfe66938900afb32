"""Finding millions of names in lists of sites, some names at a time.

A join lays the whole list out anew for every piece of a world; here it is laid out once.  Names
and sites meet as numbers, a hash of their text, and what meets is compared as text, so that no
name is taken for another.

A word of the list has the highest bits of a site's number, and below them its row; so the words
in order tell both where a number stands and whose it is.  Most names are on no list, which a few
megabytes of bits tell of nearly all of them: they are all that is looked at then.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.locate import Points
from overblock.collateral.keys import Keys
from overblock.collateral.suffixes import bare
from overblock.collateral.worlds import Ids

Places: TypeAlias = NDArray[np.int32]  # (n,), among the words
Rows: TypeAlias = NDArray[np.int32]  # (n,), of a list; -1: none

SPARE = 2  # bits more for a bit than for a row: one bit in some six is set
STEPS = 8  # from the start of a bucket: few buckets hold more, unless somebody made them so
ALL_BITS = 64
UNRANKED = 2**32 - 1
NOWHERE = -1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sites:
    """A list with a row a site (``site``, without ``www``, and whatever is said of it)."""

    rows: pl.DataFrame  # each site once
    words: Points  # (n + 1,), in order; the last is larger than all others
    begins: Places  # (buckets + 1,), the first word whose highest bits are the bucket's
    below: np.uint64  # bits of a word that are its row
    bits: NDArray[np.uint8]  # whether any word begins so, eight in a byte
    keys: dict[str, Keys]  # what else is said of each row, and of row -1
    ranks: NDArray[np.uint32] | None  # of each row, and of row -1; None: the list gives none

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
        there = np.zeros(1 << (bits + SPARE), np.bool_)
        there[(words >> np.uint64(ALL_BITS - bits - SPARE)).astype(np.intp)] = True
        return cls(
            rows=rows,
            words=np.append(words, np.uint64(2**64 - 1)),
            begins=begins,
            below=below,
            bits=np.packbits(there, bitorder="little"),
            keys={
                column.name: Keys.of(column).with_nobody()
                for column in rows
                if column.name not in {"site", "rank"}
            },
            ranks=_ranks(rows),
        )

    def said_of(self, names: pl.Series) -> pl.DataFrame:
        """What the list says of each name (with ``www`` or without), null where nothing."""
        found = pl.DataFrame({"row": self.rows_of(names)})
        rows = found.select(pl.when(pl.col("row") != NOWHERE).then("row")).to_series()
        return self.rows.drop("site").select(pl.all().gather(rows))

    def rows_of(self, names: pl.Series) -> Rows:
        """The row of each name (with ``www`` or without); -1: the list has it not."""
        return self.find(bare(names))

    def find(self, own: pl.Series) -> Rows:
        """The same of names as they stand."""
        numbers = own.hash().to_numpy()
        found = np.full(len(own), NOWHERE, np.int32)
        left = self._perhaps(numbers)
        numbers = numbers.take(left) >> self.below
        places = self._places(numbers)
        met, rows = self._met(places, numbers)
        for _ in range(STEPS):
            ids = left.take(met)
            same = (self.rows["site"].gather(rows) == own.gather(ids)).to_numpy()
            found[ids[same]] = rows[same]
            met = met[~same]
            if not len(met):
                return found
            places[met] += np.int32(1)  # the number of several sites
            again, rows = self._met(places[met], numbers[met])
            met = met[again]
        found[left[met]] = self._by_text(own.gather(left[met]))
        return found

    def _perhaps(self, numbers: Points) -> Ids:
        """Which of the numbers may be those of sites."""
        shift = np.uint64(ALL_BITS - (len(self.bits) * 8).bit_length() + 1)
        place = (numbers >> shift).astype(np.uint32)
        there = self.bits.take((place >> np.uint32(3)).astype(np.intp))
        there >>= place.astype(np.uint8) & np.uint8(7)
        there &= np.uint8(1)
        return np.flatnonzero(there.view(np.bool_))

    def _met(self, places: Places, numbers: Points) -> tuple[Ids, Rows]:
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


def _ranks(rows: pl.DataFrame) -> NDArray[np.uint32] | None:
    if "rank" not in rows.columns or rows["rank"].null_count() == len(rows):
        return None
    ranks = rows["rank"].fill_null(UNRANKED).to_numpy()
    return np.append(ranks, np.uint32(UNRANKED)).astype(np.uint32)


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
