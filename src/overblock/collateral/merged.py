"""Texts found among texts where both are in order: one look along both, and no hash of either.

Names of a world are in order, and so are most lists of millions of sites, but for the sites that
the list has with ``www`` in front, which are in order among themselves.  Going along both takes
half the time of looking each name up, and what is read stays in the cache.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from overblock.collateral.hashed import NOWHERE, Rows, joined

MOST_RUNS = 8  # texts in order after one another, which are merged; more would have to be sorted


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Merged:
    """Texts to be found among texts in order."""

    texts: pl.DataFrame  # ``text``, in order, and the ``row`` where it stood

    @classmethod
    def of(cls, texts: pl.Series) -> Self | None:
        """Lay texts out; None where they are in no order."""
        n_falls = 0
        last = None
        for chunk in filter(len, texts.get_chunks()):
            n_falls += last is not None and chunk[0] < last
            n_falls += int((chunk.slice(1) < chunk.slice(0, len(chunk) - 1)).sum())
            last = chunk[-1]
            if n_falls >= MOST_RUNS:
                return None
        rows = texts.arg_sort()
        return cls(texts=pl.DataFrame({"text": texts.gather(rows).set_sorted(), "row": rows}))

    @property
    def has_twice(self) -> bool:
        """Whether some text comes twice: then either may be found."""
        own = self.texts["text"]
        return bool((own.slice(1) == own.slice(0, max(len(own) - 1, 0))).any())

    def find(self, texts: pl.Series) -> Rows:
        """The row of each text; -1: the list has it not.

        Of texts in no order, or such that come twice, a join tells it.
        """
        own = texts.rechunk()
        rises = own.slice(1) > own.slice(0, max(len(own) - 1, 0))
        if rises.all():
            return self.find_in_order(own)
        return joined(self.texts.sort("row")["text"], own)

    def find_in_order(self, texts: pl.Series) -> Rows:
        """The same of texts that are known to be in order, each once."""
        found = np.full(len(texts), NOWHERE, np.int32)
        if not len(texts):
            return found
        begin = int(self.texts["text"].search_sorted(texts[0]))
        end = int(self.texts["text"].search_sorted(texts[-1], "right"))
        within = self.texts.slice(begin, end - begin)
        ids = _not_before(within["text"], texts)
        same = texts.gather(ids) == within["text"]
        found[ids.filter(same).to_numpy()] = within["row"].filter(same).to_numpy()
        return found


def _not_before(own: pl.Series, texts: pl.Series) -> pl.Series:
    """The place of the first of the texts that is not before each of our own; none: the last."""
    asked = pl.DataFrame({"text": texts.set_sorted()}).with_row_index("id")
    places = own.to_frame().join_asof(
        asked, on="text", strategy="forward", check_sortedness=False
    )  # fmt: skip
    return places["id"].fill_null(len(texts) - 1)
