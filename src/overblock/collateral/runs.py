"""When the addresses of a world were listed: the history of a register, cut to where names live.

The line of addresses is cut at every edge of every listing.  No listing ends inside such a
*segment*, so all addresses of a segment have one history: its runs, in which it was listed by
anybody.  A network of a million addresses is one segment, and most segments are empty of names.

IPv6 addresses fit no machine word; they are numbered by the edges of the listings (edge ``i`` is
2 ``i`` + 1, what lies before it 2 ``i``) and stand on the same line, beyond IPv4.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.intervals import ONE, IntervalSet
from overblock.addresses.locate import Points
from overblock.addresses.sixteen import Sixteens, from_series
from overblock.collateral.worlds import Ids, World, offsets_of, spread
from overblock.registers.extent import counted_until

BEYOND = np.uint64(2**33)  # where IPv6 begins on the line
ROOM = 1 << 21  # listings in segments at a time: some 100 MB of work arrays
Moments: TypeAlias = NDArray[np.int64]  # (n,), microseconds since 1970
Number = TypeVar("Number", np.int64, np.uint64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Segments in which names live, each with its runs in order, disjoint and apart.

    Those of segment ``i`` are ``since[offsets[i]:offsets[i + 1]]`` and ``until`` likewise: places
    in ``moments``, whose last is `overblock.addresses.coverage.NEVER`.
    """

    offsets: Ids  # (segments + 1,)
    since: Ids  # (runs,)
    until: Ids  # (runs,)
    moments: Moments  # in order, each once
    of_pair: Ids  # (m,) segment of each IPv4 pair of the world; -1: never listed
    of_pair6: Ids  # (k,) the same for IPv6


@dataclass(frozen=True, slots=True)
class _Ranges:
    """Listings as ranges of the line, from one place among the moments to another."""

    starts: Points
    ends: Points
    since: Ids
    until: Ids


def runs_of(world: World, listings: pl.DataFrame, gaps: pl.DataFrame) -> Runs:
    """The runs of all segments in which names of the world live.

    ``listings`` and ``gaps`` are of one register; a listing counts as in `counted_until`.
    """
    ranges, points, points6, moments = _laid_out(world, listings, gaps)
    edges = _distinct(np.concatenate([ranges.starts, ranges.ends]))
    place, place6 = (np.searchsorted(edges, each, side="right") - 1 for each in (points, points6))
    populated = np.zeros(len(edges) + 1, np.bool_)  # the last: before the first edge
    populated[place] = populated[place6] = True
    populated[-1] = False
    number = np.cumsum(populated) - 1
    begins, ends = (number[np.searchsorted(edges, each)] + ~populated[np.searchsorted(edges, each)]
                    for each in (ranges.starts, ranges.ends))  # fmt: skip
    segment, since, until = _united(begins, ends, ranges, len(moments))
    n_segments = int(populated.sum())
    number[~populated] = -1
    return Runs(
        offsets=offsets_of(segment, n_segments),
        since=since,
        until=until,
        moments=moments,
        of_pair=number[place],
        of_pair6=number[place6],
    )


def _laid_out(
    world: World, listings: pl.DataFrame, gaps: pl.DataFrame
) -> tuple[_Ranges, Points, Points, Moments]:
    """The listings and the world's addresses on one line."""
    dated = listings.select(
        "ipv4_from", "ipv4_until", "ipv6_first", "ipv6_last",
        since=pl.col("listed_from").dt.timestamp("us"),
        until=counted_until(listings, gaps),
    ).filter(pl.col("since") < pl.col("until"))  # fmt: skip
    four, six = (
        dated.filter(pl.col(column).is_not_null()) for column in ("ipv4_from", "ipv6_first")
    )
    firsts, lasts = from_series(six["ipv6_first"]), from_series(six["ipv6_last"])
    edges = np.sort(np.concatenate([firsts, lasts]), kind="stable")
    times = pl.concat([four, six]).select("since", "until")
    never = np.full(1, np.iinfo(np.int64).max)
    moments = _distinct(
        np.concatenate([times["since"].to_numpy(), times["until"].to_numpy(), never])
    )
    ranges = _Ranges(
        np.concatenate([four["ipv4_from"].to_numpy(), _numbered(edges, firsts)]),
        np.concatenate([four["ipv4_until"].to_numpy(), _numbered(edges, lasts) + ONE]),
        np.searchsorted(moments, times["since"].to_numpy()),
        np.searchsorted(moments, times["until"].to_numpy()),
    )
    return (
        ranges,
        world.addresses.astype(np.uint64),
        _numbered(edges, world.addresses6),
        moments,
    )  # fmt: skip


def _numbered(edges: Sixteens, addresses: Sixteens) -> Points:
    found: Ids = np.searchsorted(edges, addresses)
    if not len(edges):
        return found.astype(np.uint64) + BEYOND
    on_edge = (found < len(edges)) & (edges.take(found, mode="clip") == addresses)
    numbers: Points = (2 * found + on_edge).astype(np.uint64) + BEYOND
    return numbers


def _united(begins: Ids, ends: Ids, ranges: _Ranges, n_moments: int) -> tuple[Ids, Ids, Ids]:
    """The runs of all segments: segment, since, until; by segment, then time."""
    found = [(begins[:0], begins[:0], begins[:0])]
    for some in _few_segments(begins, ends):
        low, high = some
        first, last = np.maximum(begins, low), np.minimum(ends, high)
        meets = first < last
        segment = spread(first[meets], last[meets])
        which = np.repeat(np.flatnonzero(meets), (last - first)[meets])
        line = (segment - low) * n_moments
        runs = IntervalSet.of(line + ranges.since[which], line + ranges.until[which])
        of, since = np.divmod(runs.starts.astype(np.int64), n_moments)
        found.append((of + low, since, runs.ends.astype(np.int64) - of * n_moments))
    segments, since, until = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return segments, since, until


def _few_segments(begins: Ids, ends: Ids) -> Iterator[tuple[int, int]]:
    """Cut the segments so that the listings of each part, in segments, find room."""
    n_segments = int(ends.max(initial=0))
    depth = np.bincount(begins, minlength=n_segments + 1)
    depth = np.cumsum(depth - np.bincount(ends, minlength=n_segments + 1))
    load = np.cumsum(depth)
    low = 0
    while low < n_segments:
        done = int(load[low - 1]) if low else 0
        high = max(int(np.searchsorted(load, done + ROOM, side="right")), low + 1)
        yield low, min(high, n_segments)
        low = high


def _distinct(values: NDArray[Number]) -> NDArray[Number]:
    values = np.sort(values)
    first = np.ones(len(values), np.bool_)
    first[1:] = values[1:] != values[:-1]
    return values[first]
