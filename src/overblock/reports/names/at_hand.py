"""Which resolutions answer a question about a moment, and how old they are.

Names move.  So every answer that rests on resolutions says which they were and of what day, and of
those at hand the newest that is not after the moment is taken.  Sources stand beside one another:
what one has seen, another may not have.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from overblock.reports.names.stored import StoredNames
from overblock.store import View
from overblock.tables import (
    NAME_CATEGORIES,
    NAME_RANKS,
    NAME_REJECTS,
    NAME_SIGNS,
    OBSERVATIONS,
    RESOLUTIONS,
    Table,
)

if TYPE_CHECKING:
    import polars as pl  # a third of a second, which `check` must not pay

MAX_AGE = timedelta(days=90)  # older resolutions are taken only where there is nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesTable:
    """Resolutions of one source and day, or of one file; read as often as it is asked for.

    ``batches`` gives frames of `overblock.tables.RESOLUTIONS`, ``signs`` of NAME_SIGNS, each of
    some million rows at most.
    """

    name: str  # source@date, or the name of the file
    dated_at: datetime | None  # the newest resolution in it, or the date of the file
    batches: Callable[[], "Iterator[pl.DataFrame]"]
    signs: Callable[[], "Iterator[pl.DataFrame]"]
    n_rejects: Callable[[], int] = int  # records that could not be read: none, if nobody says
    stored: StoredNames | None = None  # the same rows, where some names can be read by themselves

    def age(self, at: datetime) -> timedelta | None:
        """How old it was at a moment; negative where it is younger."""
        return at - self.dated_at if self.dated_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameFacts:
    """A dated list of ranks or categories."""

    name: str  # source@date
    dated_at: datetime
    rows: "pl.DataFrame"  # of NAME_RANKS or NAME_CATEGORIES


def names_for(view: View | None, at: datetime, max_age: timedelta = MAX_AGE) -> list[NamesTable]:
    """The resolutions at hand for a moment: of each source the newest day not after it.

    Where no source has any within ``max_age`` before the moment, the one day nearest to it, before
    or after.  What measurements have seen in that time stands beside them.  An empty list: there
    are none at all.
    """
    if view is None:
        return []
    chosen = partitions_for(view, RESOLUTIONS, at, max_age)
    stored = [_stored(view, partition) for partition in chosen]
    if not view.partitions(OBSERVATIONS):
        return stored
    from overblock.reports.names.observed import observed_names  # noqa: PLC0415  (imports polars)

    observed = observed_names(view, at, max_age)
    return [*stored, observed] if observed else stored


def ranks_for(view: View | None, at: datetime) -> list[NameFacts]:
    """The lists of ranks at hand, of each source the one nearest in time, newest first."""
    return _facts(view, NAME_RANKS, at)


def categories_for(view: View | None, at: datetime) -> list[NameFacts]:
    """The lists of categories at hand, of each source the one nearest in time, newest first."""
    return _facts(view, NAME_CATEGORIES, at)


def partitions_for(
    view: View | None, table: Table, at: datetime, max_age: timedelta = MAX_AGE
) -> list[str]:
    """The partitions that `names_for` takes, for those who read them by other means."""
    stored = view.partitions(table) if view else []
    fresh = [
        partition for partition in stored if timedelta(0) <= at.date() - _date(partition) <= max_age
    ]
    if fresh:
        newest = {_source(partition): partition for partition in sorted(fresh, key=_date)}
        return sorted(newest.values())
    return sorted(stored, key=lambda partition: (abs(_date(partition) - at.date()), partition))[:1]


def _facts(view: View | None, table: Table, at: datetime) -> list[NameFacts]:
    if view is None:
        return []
    nearest: dict[str, str] = {}
    for partition in sorted(
        view.partitions(table), key=lambda partition: abs(_date(partition) - at.date())
    ):
        nearest.setdefault(_source(partition), partition)
    dated = sorted(nearest.values(), key=lambda partition: (_date(partition), partition))
    return [
        NameFacts(
            name=partition, dated_at=partition_date(partition), rows=view.read(table, partition)
        )
        for partition in reversed(dated)
    ]


def _stored(view: View, partition: str) -> NamesTable:
    return NamesTable(
        name=partition,
        dated_at=partition_date(partition),
        batches=lambda: view.read_parts(RESOLUTIONS, partition),
        signs=lambda: view.read_parts(NAME_SIGNS, partition),
        n_rejects=lambda: _n_rejects(view, partition),
        stored=StoredNames(view, partition),
    )


def _n_rejects(view: View, partition: str) -> int:
    parts = view.read_parts(NAME_REJECTS, partition)
    return sum(part.select("digest", "record").n_unique() for part in parts)


def _source(partition: str) -> str:
    return partition.partition("@")[0]


def _date(partition: str) -> date:
    return date.fromisoformat(partition.partition("@")[2])


def partition_date(partition: str) -> datetime:
    """The day that a partition is of."""
    return datetime.combine(_date(partition), time(), UTC)
