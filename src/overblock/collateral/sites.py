"""Finding millions of names in lists of sites, some names at a time.

A join lays the whole list out anew for every piece of a world; here it is laid out once.  Names
and sites meet as numbers of 64 bits, and what meets is compared as text, so that no name is taken
for another.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.locate import Points
from overblock.collateral.suffixes import bare

Places: TypeAlias = NDArray[np.int64]  # (n,), rows of a list

STEPS = 8  # from the start of a bucket: few buckets hold more, unless somebody made them so
ALL_BITS = 64


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sites:
    """A list with a row a site (``site``, without ``www``, and whatever is said of it)."""

    rows: pl.DataFrame  # in the order of ``numbers``
    numbers: Points  # (n + 1,), of the sites, in order; the last is larger than all others
    begins: NDArray[np.int32]  # (buckets,), the first number whose highest bits are the bucket's
    shift: np.uint64  # bits of a number below those of its bucket
    distinct: bool  # no two sites have one number

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Self:
        """Lay out a list, in any order."""
        numbered = rows.with_columns(rows["site"].hash().alias("number")).sort("number")
        numbers = numbered["number"].to_numpy()
        bits = max(len(numbers).bit_length(), 1)
        shift = np.uint64(ALL_BITS - bits)
        buckets = np.arange(1 << bits, dtype=np.uint64) << shift
        return cls(
            rows=numbered.drop("number"),
            numbers=np.append(numbers, np.uint64(2**64 - 1)),
            begins=np.searchsorted(numbers, buckets).astype(np.int32),
            shift=shift,
            distinct=bool((numbers[1:] != numbers[:-1]).all()),
        )

    def said_of(self, names: pl.Series) -> pl.DataFrame:
        """What the list says of each name (with ``www`` or without), null where nothing."""
        told = self.rows.drop("site")
        if not self.distinct:
            own = bare(names).alias("site").to_frame()
            return own.join(self.rows, on="site", how="left", maintain_order="left").drop("site")
        numbers = _numbers_of(names)
        places = self._places(numbers)
        met = np.flatnonzero(self.numbers.take(places) == numbers)
        met = met[places[met] < len(told)]
        same = self.rows["site"].gather(places[met]) == bare(names.gather(met))
        met = met[same.to_numpy()]
        where = np.full(len(names), len(told), np.uint32)
        where[met] = places[met]
        row = pl.DataFrame({"row": where}).select(
            pl.when(pl.col("row") < len(told)).then("row")
        )  # fmt: skip
        return told.select(pl.all().gather(row.to_series()))

    def _places(self, numbers: Points) -> Places:
        """How many of the list's numbers are below each number."""
        places = self.begins.take((numbers >> self.shift).astype(np.int64)).astype(np.int64)
        below = np.flatnonzero(self.numbers.take(places) < numbers)
        for _ in range(STEPS):
            places[below] += 1
            below = below[self.numbers.take(places[below]) < numbers[below]]
        places[below] = np.searchsorted(self.numbers, numbers[below])
        return places


def _numbers_of(names: pl.Series) -> Points:
    """The numbers of the sites that names stand for; only those with ``www`` are written anew."""
    numbers = names.hash().to_numpy()
    begins = names.str.starts_with("www.")
    if begins.any():
        numbers = numbers.copy()
        numbers[begins.to_numpy()] = bare(names.filter(begins)).hash().to_numpy()
    return numbers
