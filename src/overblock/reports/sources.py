"""Which sources there are, and how fresh and whole what they last gave is."""

from datetime import datetime, timedelta

import msgspec
import polars as pl

from overblock.errors import StoreDamaged
from overblock.sources import Source, all_sources
from overblock.store import View
from overblock.tables import (
    HOLDER_RANGES,
    NAME_CATEGORIES,
    NAME_RANKS,
    REGISTER_ENTRIES,
    RESOLUTIONS,
    SNAPSHOTS,
    STATE_CHANGES,
)

DATED = (HOLDER_RANGES, RESOLUTIONS, NAME_RANKS, NAME_CATEGORIES)  # old is not silent


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


def sources_health(view: View | None, now: datetime) -> list[SourceHealth]:
    """Every source overblock can read, with what this observatory has of it."""
    return [_health(source, view, now) for source in all_sources().values()]


def _health(source: Source, view: View | None, now: datetime) -> SourceHealth:
    broken = ""
    try:
        newest = _newest(source, view, now)
    except StoreDamaged as error:
        newest, broken = None, view.told(error) if view else ""
    count, published, records, flags = newest or (0, None, None, [])
    age = now - published if published else None
    return SourceHealth(
        name=source.name,
        title=source.title,
        country=source.country,
        licence=source.licence,
        homepage=source.homepage,
        fills=source.fills.name,
        snapshots=count,
        newest_at=published,
        age=age / timedelta(seconds=1) if age is not None else None,
        records=records,
        flags=flags,
        health=f"cannot be read: {broken}" if broken else _in_words(source, age, flags),
    )


def _newest(
    source: Source, view: View | None, now: datetime
) -> tuple[int, datetime | None, int | None, list[str]] | None:
    if view is None or not view.paths(SNAPSHOTS, source.name):
        return None
    taken = view.read(SNAPSHOTS, source.name).filter(
        pl.col("ordered_at").is_null() | (pl.col("ordered_at") <= now)
    )
    if taken.is_empty():
        return None
    readable = taken.filter(pl.col("digest").is_not_null())
    if readable.is_empty():
        return len(taken), None, None, ["unreadable"]
    row = readable.sort("ordered_at", maintain_order=True).row(-1, named=True)
    return len(taken), row["published_at"], row["n_records"], row["flags"]


def _in_words(source: Source, age: timedelta | None, flags: list[str]) -> str:
    if age is None:
        return "nothing ingested"
    if source.fills in DATED:
        words = ["dated; the nearest in time is used"]
        return "; ".join([*words, *(f"newest file is {flag}" for flag in flags)])
    days = age // timedelta(days=1)
    silent = age > source.silent_after and source.fills in {REGISTER_ENTRIES, STATE_CHANGES}
    words = [f"silent for {days} days: no change is not no block"] if silent else []
    return "; ".join([*words, *(f"newest snapshot is {flag}" for flag in flags)]) or "fine"
