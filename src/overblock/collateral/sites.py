"""Finding millions of names in lists of sites, some names at a time.

A join lays the whole list out anew for every piece of a world; here it is laid out once.  Names
and sites meet as numbers of 64 bits, and what meets is compared as text, so that no name is taken
for another.
"""

from collections.abc import Sequence
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
    begins: NDArray[
        np.int32
    ]  # (buckets + 1,), the first number whose highest bits are the bucket's
    shift: np.uint64  # bits of a number below those of its bucket
    distinct: bool  # no two sites have one number

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Self:
        """Lay out a list, in any order."""
        numbered = rows.with_columns(rows["site"].hash().alias("number")).sort("number")
        numbers = numbered["number"].to_numpy()
        bits = max(len(numbers).bit_length(), 1)
        shift = np.uint64(ALL_BITS - bits)
        begins = np.zeros((1 << bits) + 1, np.int32)
        in_each = np.bincount((numbers >> shift).astype(np.intp), minlength=1 << bits)
        np.cumsum(in_each, out=begins[1:])
        return cls(
            rows=numbered.drop("number"),
            numbers=np.append(numbers, np.uint64(2**64 - 1)),
            begins=begins,
            shift=shift,
            distinct=bool((numbers[1:] != numbers[:-1]).all()),
        )

    def said_of(self, names: pl.Series, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """What the list says of each name (with ``www`` or without), null where nothing.

        ``columns`` are those wanted; all if it is None.
        """
        told = self.rows.select(columns) if columns else self.rows.drop("site")
        own = bare(names).alias("site")
        if not self.distinct:
            rows = self.rows.select("site", *told.columns)
            return (
                own.to_frame().join(rows, on="site", how="left", maintain_order="left").drop("site")
            )
        numbers = own.hash().to_numpy()
        places = self._places(numbers)
        met = np.flatnonzero(self.numbers.take(places) == numbers)
        met = met[places[met] < len(told)]
        same = self.rows["site"].gather(places[met]) == own.gather(met)
        met = met[same.to_numpy()]
        rows = places[met]
        return told.select(
            pl.Series([None], dtype=column.dtype)
            .new_from_index(0, len(names))
            .scatter(met, column.gather(rows))
            .alias(column.name)
            for column in told
        )

    def _places(self, numbers: Points) -> Places:
        """How many of the list's numbers are below each number."""
        places = self.begins.take((numbers >> self.shift).astype(np.int64)).astype(np.int64)
        below = np.flatnonzero(self.numbers.take(places) < numbers)
        for _ in range(STEPS):
            places[below] += 1
            below = below[self.numbers.take(places[below]) < numbers[below]]
        places[below] = np.searchsorted(self.numbers, numbers[below])
        return places
