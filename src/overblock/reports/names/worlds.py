"""The names that answer a question, as worlds of a size that fits memory.

Up to some million rows all names are one world.  Beyond that each world is of some of the names,
and what is counted of them adds up.  Names in the observatory are read a stretch of the alphabet
at a time, each about once; a file of one's own, which may be in any order, is read several times,
each time another share of its names.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise
from typing import Self

import polars as pl

from overblock.collateral.streams import shares
from overblock.collateral.worlds import World
from overblock.errors import MissingNames
from overblock.reports.collateral.answer import NamesFacts
from overblock.reports.names.at_hand import NamesTable
from overblock.reports.names.stored import Step, StoredNames
from overblock.tables import NAME_SIGNS

MOST_ROWS = 8_000_000  # in one world: some two and a half gigabytes with all that is made of it
STRETCH_ROWS = 2_000_000  # of stored names: a quarter of that, as they are read but once
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
    most_rows: int = MOST_ROWS
    stretch_rows: int = STRETCH_ROWS

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

    def worlds(self) -> Iterator[World]:
        """All names, each in one world.

        Raises:
            MissingNames: none of them has an address.
        """
        stored = [table.stored for table in self.tables if table.stored]
        if sum(each.n_rows() for each in stored) > self.stretch_rows:
            others = [table for table in self.tables if not table.stored]
            loose = _gathered(others, self.most_rows)
            if loose.frames is not None:
                yield from self._by_stretches(stored, loose)
                return
        rows = _gathered(self.tables, self.most_rows)
        if not rows.has_address:
            raise self._without_addresses(rows.n_rows)
        if rows.frames is None:
            n_shares = -(-rows.n_rows // self.most_rows) + 1
            yield from map(World.of, shares(self.batches, n_shares))
            return
        world = World.of(rows.frames)
        rows.frames.clear()  # while the world is asked, its rows need no room
        yield world

    def _by_stretches(self, stored: list[StoredNames], loose: "_Rows") -> Iterator[World]:
        """The names in the order of the alphabet, some at a time."""
        steps = [step for each in stored for step in each.steps()]
        if not loose.has_address and not any(step.has_address for step in steps):
            raise self._without_addresses(loose.n_rows + sum(step.n_rows for step in steps))
        for first, until in pairwise([None, *_cuts(steps, self.stretch_rows), None]):
            wanted = _between(first, until)
            frames = [each.rows(wanted, World.COLUMNS) for each in stored]
            frames += [frame.filter(wanted) for frame in loose.frames or ()]
            world = World.of(frames)
            frames.clear()  # while the world is asked, its rows need no room
            if world.n_names:
                yield world

    def _without_addresses(self, n_rows: int) -> MissingNames:
        there = "1 name" if n_rows == 1 else f"{n_rows:,} names"
        return MissingNames(
            f"{self.source}: {there} and no address; resolve first (overblock resolve), "
            "or give names with their addresses"
        )

    def signs(self, world: World) -> pl.DataFrame:
        """What is known of the names of a world besides their addresses."""
        own = pl.DataFrame({"name": world.names})
        told = chain.from_iterable(_signs(table, world.names) for table in self.tables)
        frames = [batch.join(own, on="name", how="semi") for batch in told]
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


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of some tables, as far as they may be held."""

    n_rows: int
    has_address: bool  # in any of them
    frames: list[pl.DataFrame] | None  # None: they are too many


def _gathered(tables: Sequence[NamesTable], most_rows: int) -> _Rows:
    held: list[pl.DataFrame] | None = []
    n_rows, has_address = 0, False
    for batch in chain.from_iterable(table.batches() for table in tables):
        n_rows += len(batch)
        has_address = has_address or _has_address(batch)
        if held is not None:
            held.append(batch)
        if n_rows > most_rows:
            held = None
    return _Rows(n_rows, has_address, held)


def _has_address(batch: pl.DataFrame) -> bool:
    return len(batch) > batch["ipv4"].null_count() or len(batch) > batch["ipv6"].null_count()


def _cuts(steps: list[Step], n_rows: int) -> Iterator[str]:
    """Names between which there are about so many rows; each once, in order."""
    held, last = 0, ""
    for step in sorted(steps):
        if held >= n_rows and step.name > last:
            yield step.name
            held, last = 0, step.name
        held += step.n_rows


def _between(first: str | None, until: str | None) -> pl.Expr:
    """Names of a stretch: from the first on, before the other one; None: to the end."""
    name = pl.col("name")
    after = name >= first if first is not None else pl.lit(value=True)
    return after & (name < until) if until is not None else after


def _signs(table: NamesTable, names: pl.Series) -> Iterator[pl.DataFrame]:
    """The signs of at least these names, which are in order."""
    if table.stored is None:
        yield from table.signs()
    elif len(names):
        edges = pl.lit(names[0]), pl.lit(names[-1])
        yield table.stored.signs(pl.col("name").is_between(*edges))
