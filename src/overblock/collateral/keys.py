"""What names count under: a few words for millions of names, as small numbers.

Counting by text costs more than all that comes before it.  So what a table or a list says is
numbered once, and each name is given a number.
"""

from dataclasses import dataclass, replace
from typing import Self, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.integer]  # (n,), two or four bytes each
Rows: TypeAlias = NDArray[np.integer]  # (n,), rows of a table; -1: none

SMALL = 2**16 - 1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Keys:
    """What is said of each of many things.

    >>> said = Keys.of(pl.Series(["shop", "bank"])).with_nobody()
    >>> said.words.to_list(), said.codes.tolist()
    (['bank', 'shop'], [1, 0, 2])
    >>> said.at(np.array([1, -1, 0])).series().to_list()
    ['bank', None, 'shop']
    """

    words: pl.Series  # text, each once
    codes: Codes  # (n,), the place of the word; past all words: nobody says

    @classmethod
    def of(cls, said: pl.Series) -> Self:
        """Number a column; null: nobody says."""
        if said.null_count() == len(said):
            nothing = pl.Series("key", [], pl.String)
            return cls(words=nothing, codes=np.zeros(len(said), np.uint16))
        if said.dtype.is_integer():
            words = said.drop_nulls().unique().sort()
            places = words.search_sorted(said).zip_with(said.is_not_null(), pl.Series([None]))
        else:
            own = in_words(said)
            words, places = _kind(own).categories, own.to_physical()
        kind = pl.UInt16() if len(words) < SMALL else pl.UInt32()
        codes = places.cast(pl.UInt32).fill_null(len(words)).cast(kind).to_numpy()
        return cls(words=words.cast(pl.String).rename("key"), codes=codes)

    def with_nobody(self) -> Self:
        """The same with one thing more, the last, of which nobody says anything."""
        nobody = np.array([len(self.words)], self.codes.dtype)
        return replace(self, codes=np.concatenate([self.codes, nobody]))

    def at(self, rows: Rows) -> Self:
        """What is said of some of the things; -1 is the last."""
        return replace(self, codes=self.codes.take(rows))

    def series(self) -> pl.Series:
        """The words themselves; null where nobody says."""
        places = pl.Series("key", self.codes)
        known = pl.DataFrame(places).select(pl.when(places < len(self.words)).then(places))
        return self.words.gather(known.to_series()).alias("key")


def in_words(said: pl.Series) -> pl.Series:
    """Text as an enumeration of its words, in the order of the alphabet.

    >>> in_words(pl.Series(["shop", None, "bank"])).to_physical().to_list()
    [1, None, 0]
    """
    return said if isinstance(said.dtype, pl.Enum) else said.cast(pl.String).cast(_kind(said))


def _kind(said: pl.Series) -> pl.Enum:
    if isinstance(said.dtype, pl.Enum):
        return said.dtype
    return pl.Enum(said.cast(pl.String).drop_nulls().unique().sort())
