"""The names that answer a question, as worlds of a size that fits memory.

Up to some million rows all names are one world.  Beyond that each world is of a stretch of the
alphabet, and what is counted of them adds up.  Of names in the observatory only a stretch is read
at a time; files of one's own, which may be in any order, are first put in order on disk.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, pairwise
from typing import Self

import polars as pl

from overblock.collateral.worlds import World
from overblock.errors import MissingNames
from overblock.reports.collateral.answer import NamesFacts
from overblock.reports.names.at_hand import NamesTable
from overblock.reports.names.put_in_order import put_in_order
from overblock.reports.names.stored import Step, StoredNames
from overblock.tables import NAME_SIGNS

MOST_ROWS = 2_000_000  # of a world, or held of files: some gigabyte with all that is made of them
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
    _in_order: list[StoredNames] = field(default_factory=list, init=False, compare=False)

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
        return _rows(self.tables)

    def worlds(self) -> Iterator[World]:
        """All names, each in one world.

        Raises:
            MissingNames: none of them has an address.
        """
        with ExitStack() as until_asked:
            held = _held(self._files, self.most_rows)
            if held is None:
                signs = chain.from_iterable(table.signs() for table in self._files)
                ordered = put_in_order(_rows(self._files), signs, self.most_rows)
                self._in_order.append(until_asked.enter_context(ordered))
                until_asked.callback(self._in_order.clear)
            yield from self._by_stretches([*self._stored, *self._in_order], held or [])

    @property
    def _stored(self) -> list[StoredNames]:
        return [table.stored for table in self.tables if table.stored]

    @property
    def _files(self) -> list[NamesTable]:
        return [table for table in self.tables if not table.stored]

    def _by_stretches(self, stored: list[StoredNames], held: list[pl.DataFrame]) -> Iterator[World]:
        """The names in the order of the alphabet, some at a time."""
        n_rows = sum(each.n_rows() for each in stored) + sum(map(len, held))
        is_one = n_rows <= self.most_rows
        steps = [] if is_one else [step for each in stored for step in each.steps()]
        has_address = any(step.has_address for step in steps) or any(map(_has_address, held))
        for first, until in pairwise([None, *_cuts(steps, self.most_rows), None]):
            wanted = _between(first, until)
            frames = [each.rows(wanted, World.COLUMNS) for each in stored]
            frames += [frame.filter(wanted) for frame in held]
            if not has_address and not (is_one and any(map(_has_address, frames))):
                raise self._without_addresses(n_rows)
            if is_one:
                held.clear()
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
        told = [] if self._in_order else [table.signs() for table in self._files]
        told.append(_signs([*self._stored, *self._in_order], world.names))
        own = pl.DataFrame({"name": world.names})
        frames = [batch.join(own, on="name", how="semi") for batch in chain.from_iterable(told)]
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


def _rows(tables: Sequence[NamesTable]) -> Iterator[pl.DataFrame]:
    return chain.from_iterable(table.batches() for table in tables)


def _held(tables: Sequence[NamesTable], most_rows: int) -> list[pl.DataFrame] | None:
    """All rows of some tables; None where they are too many."""
    held: list[pl.DataFrame] = []
    n_rows = 0
    for batch in _rows(tables):
        held.append(batch)
        n_rows += len(batch)
        if n_rows > most_rows:
            return None
    return held


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


def _signs(stored: Sequence[StoredNames], names: pl.Series) -> Iterator[pl.DataFrame]:
    """The signs of at least these names, which are in order."""
    if len(names):
        edges = pl.lit(names[0]), pl.lit(names[-1])
        yield from (each.signs(pl.col("name").is_between(*edges)) for each in stored)
