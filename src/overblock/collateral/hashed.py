"""Texts found by their numbers: a hash of each, laid out once for whoever asks piece by piece.

A join lays the whole list out anew for every piece that is asked for; here it is laid out once.
Texts meet as numbers, and what meets is compared as text, so that none is taken for another.

A word of the list has the highest bits of a text's number, and below them its row; so the words
in order tell both where a number stands and whose it is.  Most texts that are asked for are not on
the list, which a few megabytes of bits tell of nearly all of them: they are all that is looked at.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.locate import Points
from overblock.collateral.worlds import Ids

Places: TypeAlias = NDArray[np.int32]  # (n,), among the words
Rows: TypeAlias = NDArray[np.int32]  # (n,), of a list; -1: none

SPARE = 2  # bits more for a bit than for a row: one bit in some six is set
STEPS = 8  # from the start of a bucket: few buckets hold more, unless somebody made them so
ALL_BITS = 64
NOWHERE = -1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hashed:
    """Texts in any order, to be found among texts in any order."""

    texts: pl.Series  # each once; of one that comes twice either may be found
    words: Points  # (n + 1,), in order; the last is larger than all others
    begins: Places  # (buckets + 1,), the first word whose highest bits are the bucket's
    below: np.uint64  # bits of a word that are its row
    bits: NDArray[np.uint8]  # whether any word begins so, eight in a byte

    @classmethod
    def of(cls, texts: pl.Series) -> Self:
        """Lay texts out."""
        below = np.uint64(max(len(texts).bit_length(), 1))
        words = texts.hash().to_numpy() >> below << below
        words |= np.arange(len(texts), dtype=np.uint64)
        words.sort()
        bits = max(len(texts).bit_length(), 1)
        in_each = np.bincount(
            (words >> np.uint64(ALL_BITS - bits)).astype(np.intp), minlength=1 << bits
        )
        begins = np.zeros((1 << bits) + 1, np.int32)
        np.cumsum(in_each, out=begins[1:])
        there = np.zeros(1 << (bits + SPARE), np.bool_)
        there[(words >> np.uint64(ALL_BITS - bits - SPARE)).astype(np.intp)] = True
        return cls(
            texts=texts,
            words=np.append(words, np.uint64(2**64 - 1)),
            begins=begins,
            below=below,
            bits=np.packbits(there, bitorder="little"),
        )

    def find(self, texts: pl.Series) -> Rows:
        """The row of each text; -1: the list has it not."""
        numbers = texts.hash().to_numpy()
        found = np.full(len(texts), NOWHERE, np.int32)
        left = self._perhaps(numbers)
        numbers = numbers.take(left) >> self.below
        places = self._places(numbers)
        met, rows = self._met(places, numbers)
        for _ in range(STEPS):
            ids = left.take(met)
            same = (self.texts.gather(rows) == texts.gather(ids)).to_numpy()
            found[ids[same]] = rows[same]
            met = met[~same]
            if not len(met):
                return found
            places[met] += np.int32(1)  # the number of several texts
            again, rows = self._met(places[met], numbers[met])
            met = met[again]
        found[left[met]] = joined(self.texts, texts.gather(left[met]))
        return found

    def find_in_order(self, texts: pl.Series) -> Rows:
        """The same; it makes no difference here that they are in order."""
        return self.find(texts)

    def _perhaps(self, numbers: Points) -> Ids:
        """Which of the numbers may be those of texts of the list."""
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
        real = rows < len(self.texts)
        return (met, rows) if real.all() else (met[real], rows[real])

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


def joined(texts: pl.Series, wanted: pl.Series) -> Rows:
    """The same by a join, which lays all the texts out for itself."""
    rows = texts.alias("text").to_frame().with_row_index("row")
    found = wanted.alias("text").to_frame().join(
        rows, on="text", how="left", maintain_order="left"
    )  # fmt: skip
    return found["row"].cast(pl.Int32).fill_null(NOWHERE).to_numpy()


def mask(bits: np.uint64) -> np.uint64:
    """The lowest bits of a word."""
    return (np.uint64(1) << bits) - np.uint64(1)
