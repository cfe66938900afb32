"""Which sources there are, and how fresh and whole what they last gave is."""

from datetime import datetime, timedelta

import msgspec
import polars as pl

from overblock.errors import StoreDamaged
from overblock.reports.answers import Gap
from overblock.sources import Source, all_sources
from overblock.store import View
from overblock.tables import (
    GAPS,
    HOLDER_RANGES,
    NAME_CATEGORIES,
    NAME_RANKS,
    REGISTER_ENTRIES,
    RESOLUTIONS,
    SNAPSHOTS,
    STATE_CHANGES,
)

DATED = (HOLDER_RANGES, RESOLUTIONS, NAME_RANKS, NAME_CATEGORIES)  # old is not silent
SPEAKING = (REGISTER_ENTRIES, STATE_CHANGES)  # what says nothing for long is silent


NOTHING = "nothing ingested"


class SourceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One source and its newest snapshot; ages in seconds."""

    name: str
    title: str
    country: str | None
    licence: str
    homepage: str
    fills: str
    snapshots: int
    newest_at: datetime | None
    age: float | None
    records: int | None
    flags: list[str]
    health: str  # fine, silent, flagged or none; in words for people
    snapshot: str | None = None  # SHA-256 of the newest
    first_at: datetime | None = None  # of the oldest snapshot at hand
    gaps: int | None = None  # silences that have ended; null: nothing says of it when it is silent
    last_gap: Gap | None = None


def sources_health(view: View | None, now: datetime) -> list[SourceHealth]:
    """Every source overblock can read, with what this observatory has of it."""
    return [_health(source, view, now) for source in all_sources().values()]


class _Newest(msgspec.Struct, frozen=True, kw_only=True):
    count: int
    first_at: datetime | None
    published_at: datetime | None
    records: int | None
    flags: list[str]
    digest: str | None


def _health(source: Source, view: View | None, now: datetime) -> SourceHealth:
    newest, gaps, broken = None, None, ""
    try:
        newest = _newest(source, view, now)
        gaps = _gaps(source, view, now) if newest else None
    except StoreDamaged as error:
        newest, broken = None, view.told(error) if view else ""
    published = newest.published_at if newest else None
    flags = newest.flags if newest else []
    age = now - published if published else None
    return SourceHealth(
        name=source.name,
        title=source.title,
        country=source.country,
        licence=source.licence,
        homepage=source.homepage,
        fills=source.fills.name,
        snapshots=newest.count if newest else 0,
        newest_at=published,
        age=age / timedelta(seconds=1) if age is not None else None,
        records=newest.records if newest else None,
        flags=flags,
        health=f"cannot be read: {broken}" if broken else _in_words(source, age, flags),
        snapshot=newest.digest if newest else None,
        first_at=newest.first_at if newest else None,
        gaps=len(gaps) if gaps is not None else None,
        last_gap=gaps[-1] if gaps else None,
    )


def _newest(source: Source, view: View | None, now: datetime) -> _Newest | None:
    if view is None or not view.paths(SNAPSHOTS, source.name):
        return None
    taken = view.read(SNAPSHOTS, source.name).filter(
        pl.col("ordered_at").is_null() | (pl.col("ordered_at") <= now)
    )
    if taken.is_empty():
        return None
    readable = taken.filter(pl.col("digest").is_not_null())
    if readable.is_empty():
        return _Newest(
            count=len(taken),
            first_at=None,
            published_at=None,
            records=None,
            flags=["unreadable"],
            digest=None,
        )
    ordered = readable.sort("ordered_at", maintain_order=True).with_row_index("place")
    applied = ordered.filter(~pl.col("flags").list.contains("duplicate"))
    row = applied.row(-1, named=True)  # as `check` tells; the first of a state is no duplicate
    later = ordered.filter(pl.col("place") > row["place"])["flags"].explode(empty_as_null=False)
    disorder = [flag for flag in later.unique(maintain_order=True) if flag != "duplicate"]
    return _Newest(
        count=len(taken),
        first_at=ordered.row(0, named=True)["published_at"],
        published_at=row["published_at"],
        records=row["n_records"],
        flags=list(dict.fromkeys([*row["flags"], *disorder])),
        digest=row["digest"],
    )


def _gaps(source: Source, view: View | None, now: datetime) -> list[Gap] | None:
    """The silences of a register that had ended by then, in order."""
    if view is None or source.fills not in SPEAKING:
        return None
    found = view.read(GAPS, source.name).filter(pl.col("silent_until") <= now)
    rows = found.sort("silent_from").select("silent_from", "silent_until")
    return [Gap(**row) for row in rows.iter_rows(named=True)]


def _in_words(source: Source, age: timedelta | None, flags: list[str]) -> str:
    if age is None:
        return NOTHING
    if source.fills in DATED:
        words = ["dated; the nearest in time is used"]
        return "; ".join([*words, *(f"newest file is {flag}" for flag in flags)])
    days = age // timedelta(days=1)
    silent = age > source.silent_after and source.fills in SPEAKING
    words = [f"silent for {days} days: no change is not no block"] if silent else []
    return "; ".join([*words, *(f"newest snapshot is {flag}" for flag in flags)]) or "fine"
