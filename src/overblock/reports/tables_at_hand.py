"""Which tables of holders answer a question about a moment: of those at hand, the nearest in time.

A table of the whole address space (origins, delegations) gives the answer; the range files of the
clouds know their own space better and are laid over it.
"""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from overblock.errors import MissingHolders
from overblock.holders.join import NEEDS, By
from overblock.sources import geoip2fast_bundle
from overblock.store import View
from overblock.tables import HOLDER_RANGES

BUNDLED = geoip2fast_bundle.SOURCE.name
WHOLE: dict[By, tuple[str, ...]] = {  # tables of all address space that can answer
    "holder": ("caida_pfx2as", "iptoasn", BUNDLED),
    "country": ("iptoasn", "rir_delegated", BUNDLED),
    "origin-as": ("caida_pfx2as", "iptoasn"),
    "service": (),
}
CLOUDS: dict[By, tuple[str, ...]] = {  # tables of one firm's space
    "holder": ("aws_ranges", "cloudflare_ranges", "google_ranges", "telegram_ranges"),
    "country": (),
    "origin-as": (),
    "service": ("aws_ranges", "google_ranges"),
}


@dataclass(frozen=True, slots=True)
class HolderTable:
    """Tables of holders under one another, and what to call them: each with its date."""

    name: str
    ranges: pl.DataFrame


def holder_table(view: View | None, at: datetime, by: By) -> HolderTable:
    """The tables that answer ``by`` at a moment.

    Raises:
        MissingHolders: there is none; the message says what to ingest.
    """
    chosen = nearest_tables(view, at, by)
    frames = [view.read(HOLDER_RANGES, name) for name in chosen] if view else []
    if BUNDLED in WHOLE[by] and not any(_source(name) in WHOLE[by] for name in chosen):
        reading = geoip2fast_bundle.read_installed("ipv4")
        published = reading.published_at or at
        chosen.insert(0, f"{BUNDLED}@{published:%Y-%m-%d}")
        frames.insert(0, reading.rows)
    if not chosen:
        lacks, sources = NEEDS[by]
        raise MissingHolders(
            f"by {by}: the tables of holders at hand have {lacks}; ingest {sources}"
        )
    told = ", ".join(name.replace("@", " of ") for name in chosen)
    return HolderTable(told, pl.concat(frames))


def nearest_tables(view: View | None, at: datetime, by: By) -> list[str]:
    """Which of the stored tables answer ``by`` at a moment; none: the one that ships does."""
    stored = view.partitions(HOLDER_RANGES) if view else []
    return [
        *_nearest([name for name in stored if _source(name) in WHOLE[by]], at),
        *(
            partition
            for source in CLOUDS[by]
            for partition in _nearest([name for name in stored if _source(name) == source], at)
        ),
    ]


def _nearest(partitions: list[str], at: datetime) -> list[str]:
    """The partition nearest in time, if there is any."""
    return sorted(partitions, key=lambda name: abs(_date(name) - at.date()))[:1]


def _source(partition: str) -> str:
    return partition.partition("@")[0]


def _date(partition: str) -> date:
    return date.fromisoformat(partition.partition("@")[2])
