"""What lists say of sites, said of millions of names, some names at a time.

A list that is in order is merged with the names (`overblock.collateral.merged`); in any other the
names are looked up (`overblock.collateral.hashed`).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.collateral.hashed import NOWHERE, Hashed, Rows
from overblock.collateral.keys import Keys
from overblock.collateral.merged import Merged
from overblock.collateral.suffixes import bare_parts
from overblock.collateral.worlds import World

UNRANKED = 2**32 - 1


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sites:
    """A list with a row a site (``site``, without ``www``, and whatever is said of it)."""

    rows: pl.DataFrame  # each site once
    laid_out: Merged | Hashed  # the sites
    keys: dict[str, Keys]  # what else is said of each row, and of row -1
    ranks: NDArray[np.uint32] | None  # of each row, and of row -1; None: the list gives none

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Self:
        """Lay out a list, in any order; of a site that comes twice the least is said."""
        own, laid_out = rows, Merged.of(rows["site"])
        if laid_out is None or laid_out.has_twice:
            own = least(rows)
            laid_out = Merged.of(own["site"])
        return cls(
            rows=own,
            laid_out=laid_out or Hashed.of(own["site"]),
            keys={
                column.name: Keys.of(column).with_nobody()
                for column in own
                if column.name not in {"site", "rank"}
            },
            ranks=_ranks(own),
        )

    def said_of(self, names: pl.Series) -> pl.DataFrame:
        """What the list says of each name (with ``www`` or without), null where nothing."""
        found = pl.DataFrame({"row": self.rows_of(names)})
        rows = found.select(pl.when(pl.col("row") != NOWHERE).then("row")).to_series()
        return self.rows.drop("site").select(pl.all().gather(rows))

    def rows_of(self, names: pl.Series) -> Rows:
        """The row of each name (with ``www`` or without); -1: the list has it not."""
        return np.concatenate([self.laid_out.find(part) for part in bare_parts(names)])

    def rows_of_world(self, world: World) -> Rows:
        """The same of the names of a world, which are in order, each once."""
        rows = [
            self.laid_out.find_in_order(part)
            if part.flags["SORTED_ASC"]
            else self.laid_out.find(part)
            for part in bare_parts(world.names)
        ]
        return np.concatenate(rows)


def _ranks(rows: pl.DataFrame) -> NDArray[np.uint32] | None:
    if "rank" not in rows.columns or rows["rank"].null_count() == len(rows):
        return None
    ranks = rows["rank"].fill_null(UNRANKED).to_numpy()
    return np.append(ranks, np.uint32(UNRANKED)).astype(np.uint32)


def least(rows: pl.DataFrame) -> pl.DataFrame:
    """Each site once, with the least of what is said of it; most are said of but once."""
    numbers = rows["site"].hash()
    ordered = np.sort(numbers.to_numpy())
    if not (ordered[1:] == ordered[:-1]).any():
        return rows
    again = numbers.is_duplicated()
    several = rows.filter(again).group_by("site").agg(pl.all().min())
    return pl.concat([rows.filter(~again), several])
