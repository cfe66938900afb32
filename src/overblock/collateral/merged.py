"""Texts found among texts where both are in order: one look along both, and no hash of either.

Names of a world are in order, and so are most lists of millions of sites, but for the sites that
the list has with ``www`` in front, which are in order among themselves.  Going along both takes
half the time of looking each name up; what is read stays in the cache, and nothing as long as the
list need be made.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from overblock.collateral.hashed import NOWHERE, Rows, joined

MOST_RUNS = 8  # texts in order after one another; more are in no order


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Merged:
    """Texts to be found among texts in order."""

    texts: pl.Series  # (n,), each once
    begins: tuple[int, ...]  # of each run of texts in order, and n

    @classmethod
    def of(cls, texts: pl.Series) -> Self | None:
        """Texts, each once, as they stand; None where they are in no order."""
        falls: list[int] = []
        begin = 0
        for chunk in texts.get_chunks():
            if begin and len(chunk) and chunk[0] < texts[begin - 1]:
                falls.append(begin)
            within = (chunk.slice(1) < chunk.slice(0, max(len(chunk) - 1, 0))).arg_true()
            if len(falls) + len(within) >= MOST_RUNS:
                return None
            falls += (within + begin + 1).to_list()
            begin += len(chunk)
        return cls(texts=texts, begins=(0, *falls, begin))

    def find(self, texts: pl.Series) -> Rows:
        """The row of each text; -1: the list has it not.

        Of texts in no order, or such that come twice, a join tells it.
        """
        own = texts.rechunk()  # once, not by each of the steps below
        if not (own.slice(1) > own.slice(0, max(len(own) - 1, 0))).all():
            return joined(self.texts, own)
        found = np.full(len(own), NOWHERE, np.int32)
        if len(own):
            within = self._between(own[0], own[-1])
            ids = _not_before(within["text"], own)
            same = own.gather(ids) == within["text"]
            found[ids.filter(same).to_numpy()] = within["row"].filter(same).to_numpy()
        return found

    def _between(self, first: str, last: str) -> pl.DataFrame:
        """The texts from one to another, in order, with their rows."""
        parts = []
        for begin, end in zip(self.begins, self.begins[1:], strict=False):
            run = self.texts.slice(begin, end - begin)
            at, stop = int(run.search_sorted(first)), int(run.search_sorted(last, "right"))
            part = pl.DataFrame({"text": run.slice(at, stop - at)})
            parts.append(part.with_row_index("row", begin + at))
        within = pl.concat(parts, rechunk=True)
        return within if len(parts) == 1 else within.sort("text")


def _not_before(own: pl.Series, texts: pl.Series) -> pl.Series:
    """The place of the first of the texts that is not before each of our own; none: the last."""
    asked = pl.DataFrame({"text": texts.set_sorted()}).with_row_index("id")
    places = own.to_frame().join_asof(
        asked, on="text", strategy="forward", check_sortedness=False
    )  # fmt: skip
    return places["id"].fill_null(len(texts) - 1)
