"""The names that answer a question, as worlds of a size that fits memory.

Up to some million rows all names are one world.  Beyond that the rows are read several times, each
time another share of the names, and what is counted of the shares adds up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Self

import polars as pl

from overblock.collateral.streams import shares
from overblock.collateral.worlds import World
from overblock.errors import MissingNames
from overblock.reports.collateral.answer import NamesFacts
from overblock.reports.names.at_hand import NamesTable
from overblock.tables import NAME_SIGNS

MOST_ROWS = 8_000_000  # in one world: some two and a half gigabytes with all that is made of it
HOW_TO_HAVE_NAMES = (
    "ingest names with their addresses (overblock ingest names_csv FILE), or give --names FILE"
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is told of a world once it is counted and gone."""

    oldest: datetime | None
    newest: datetime | None
    n_names: int
    n_pairs: int

    @classmethod
    def of(cls, world: World) -> Self:
        """The facts of a world, without what it holds."""
        return cls(world.oldest, world.newest, world.n_names, world.n_pairs)


@dataclass(frozen=True, slots=True)
class Names:
    """Resolutions of one or several sources that answer together."""

    tables: Sequence[NamesTable]

    def __post_init__(self) -> None:
        """Refuse to answer of nothing.

        Raises:
            MissingNames: there are no resolutions.
        """
        if not self.tables:
            raise MissingNames(f"no resolutions at hand: {HOW_TO_HAVE_NAMES}")

    @property
    def source(self) -> str:
        """What to call them, each with its day."""
        return ", ".join(table.name.replace("@", " of ") for table in self.tables)

    def batches(self) -> Iterator[pl.DataFrame]:
        """All rows, some at a time."""
        return chain.from_iterable(table.batches() for table in self.tables)

    def worlds(self, most_rows: int = MOST_ROWS) -> Iterator[World]:
        """All names, each in one world.

        Raises:
            MissingNames: none of them has an address.
        """
        n_rows, held = self._gathered(most_rows)
        if held is None:
            yield from map(World.of, shares(self.batches, -(-n_rows // most_rows) + 1))
            return
        world = World.of(held)
        held.clear()  # while the world is asked, its rows need no room
        yield world

    def _gathered(self, most_rows: int) -> tuple[int, list[pl.DataFrame] | None]:
        """How many rows there are, and they themselves where they are not too many."""
        held: list[pl.DataFrame] | None = []
        n_rows, has_address = 0, False
        for batch in self.batches():
            n_rows += len(batch)
            has_address = has_address or _has_address(batch)
            if held is not None:
                held.append(batch)
            if n_rows > most_rows:
                held = None
        if not has_address:
            there = "1 name" if n_rows == 1 else f"{n_rows:,} names"
            raise MissingNames(
                f"{self.source}: {there} and no address; resolve first (overblock resolve), "
                "or give names with their addresses"
            )
        return n_rows, held

    def signs(self, world: World) -> pl.DataFrame:
        """What is known of the names of a world besides their addresses."""
        own = pl.DataFrame({"name": world.names})
        frames = [
            batch.join(own, on="name", how="semi")
            for table in self.tables
            for batch in table.signs()
        ]
        return pl.concat([NAME_SIGNS.empty(), *frames])

    def facts(self, at: datetime, seen: Sequence[Seen]) -> NamesFacts:
        """What is told of them beside every figure."""
        days = [table.dated_at for table in self.tables if table.dated_at]
        newest = max((each.newest for each in seen if each.newest), default=None)
        last = newest or max(days, default=None)
        return NamesFacts(
            source=self.source,
            dated_at=min(days, default=None),
            oldest=min((each.oldest for each in seen if each.oldest), default=None),
            newest=newest,
            age=(at - last).total_seconds() if last else None,
            n_names=sum(each.n_names for each in seen),
            n_pairs=sum(each.n_pairs for each in seen),
            n_rejects=sum(table.n_rejects() for table in self.tables),
        )


def _has_address(batch: pl.DataFrame) -> bool:
    return len(batch) > batch["ipv4"].null_count() or len(batch) > batch["ipv6"].null_count()
