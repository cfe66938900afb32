"""How much address space is listed: at one moment, by group, and over the whole history.

A figure is always the size of a *union*: an address counts once, however many entries list it.
Groups may overlap (two decisions can list the same network), so their sum may exceed the union.
IPv6 is given as prefixes and /64s, never as a count of addresses.
"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from overblock.addresses.coverage import NEVER, coverage_over_time
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.ipv6 import Ipv6Set
from overblock.instants import microseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv4Size:
    """Sizes of unions; ordered and attached may share addresses, so they need not add up."""

    all: int
    ordered: int
    attached: int
    listed: IntervalSet  # the union that ``all`` is the size of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ipv6Size:
    """Minimal prefixes that cover what is listed, and the /64s it touches."""

    prefixes: int
    slash64s: int


def ipv4_set(rows: pl.DataFrame) -> IntervalSet:
    """The union of the IPv4 addresses of rows with ``ipv4_from`` and ``ipv4_until``."""
    held = rows.select("ipv4_from", "ipv4_until").drop_nulls()
    return IntervalSet.of(held["ipv4_from"].to_numpy(), held["ipv4_until"].to_numpy())


def ipv6_set(rows: pl.DataFrame) -> Ipv6Set:
    """The union of the IPv6 addresses of rows with ``ipv6_first`` and ``ipv6_last``."""
    held = rows.select("ipv6_first", "ipv6_last").drop_nulls()
    return Ipv6Set.of(*(_sixteen_bytes(held[name]) for name in ("ipv6_first", "ipv6_last")))


def ipv4_size(rows: pl.DataFrame) -> Ipv4Size:
    """How many IPv4 addresses rows with a ``kind`` list."""
    narrow = rows.select("kind", "ipv4_from", "ipv4_until")
    ordered, attached = (
        ipv4_set(narrow.filter(pl.col("kind") == kind)) for kind in ("ordered", "attached")
    )
    listed = ordered | attached
    return Ipv4Size(all=listed.size, ordered=ordered.size, attached=attached.size, listed=listed)


def ipv6_size(rows: pl.DataFrame) -> Ipv6Size:
    """How much IPv6 space rows list."""
    held = ipv6_set(rows)
    return Ipv6Size(prefixes=held.n_prefixes, slash64s=held.n_slash64)


def counted_until(listings: pl.DataFrame, gaps: pl.DataFrame) -> pl.Series:
    """Until when a listing counts: its end, or the end of the silence in which it was lost.

    After a gap only what was seen again counts; the rest stays listed, as unconfirmed, until a
    whole snapshot leaves it out.  Microseconds; `NEVER` where it still counts.
    """
    ends = listings["listed_until"].dt.timestamp("us").fill_null(NEVER).to_numpy()
    seen = listings["last_seen_at"].dt.timestamp("us").to_numpy()
    silent = gaps.sort("silent_from")
    begins = silent["silent_from"].dt.timestamp("us").to_numpy()
    stops = np.append(silent["silent_until"].dt.timestamp("us").to_numpy(), NEVER)
    lost = stops[np.searchsorted(begins, seen, side="left")]
    return pl.Series("counted_until", np.minimum(ends, lost), dtype=pl.Int64)


def alive_at(listings: pl.DataFrame, gaps: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """Listings at a moment, with ``confirmed``: seen since the register's last silence."""
    moment = pl.lit(at)
    until = pl.col("listed_until")
    alive = listings.filter(
        (pl.col("listed_from") <= moment) & (until.is_null() | (until > moment))
    )
    counted = counted_until(alive, gaps) > microseconds(at)
    return alive.with_columns(confirmed=counted)


def extent_series(
    listings: pl.DataFrame, gaps: pl.DataFrame, by: str | None = None
) -> pl.DataFrame:
    """The size of the union after every moment at which it changed, by one sweep over history.

    Returns:
        ``at``, ``key`` (of ``by``; absent without), ``ipv4``; sorted by time, then key.
    """
    held = listings.with_columns(counted_until=counted_until(listings, gaps)).filter(
        pl.col("ipv4_from").is_not_null()
    )
    groups = keys = None
    if by:
        keys = held[by].unique(maintain_order=True).sort(nulls_last=True)
        numbers = pl.DataFrame({by: keys, "number": np.arange(len(keys), dtype=np.int64)})
        held = held.join(numbers, on=by, how="left", nulls_equal=True, maintain_order="left")
        groups = held["number"].to_numpy()
    changes = coverage_over_time(
        held["ipv4_from"].to_numpy(),
        held["ipv4_until"].to_numpy(),
        held["listed_from"].dt.timestamp("us").to_numpy(),
        held["counted_until"].to_numpy(),
        groups,
    )
    listed = changes.times < NEVER
    series = pl.DataFrame({"at": changes.times[listed], "ipv4": changes.sizes[listed]}).cast(
        {"at": pl.Datetime("us", "UTC"), "ipv4": pl.UInt64}
    )
    if keys is not None:
        series.insert_column(1, keys.gather(changes.groups[listed]).alias("key"))
    return series.sort("at", *(["key"] if by else []))


def _sixteen_bytes(column: pl.Series) -> "np.ndarray[tuple[int], np.dtype[np.bytes_]]":
    return np.frombuffer(b"".join(column.to_list()), dtype="S16")
