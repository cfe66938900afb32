"""How large the union of many listings is, at every moment it changes.

To unite the listings of each moment anew would cost the whole register thousands of times.  Here
the address line is cut once, at every edge of every listing.  No listing ends inside such a
segment, so in a segment time is all that is left: its runs of being listed are united, and each
run adds the segment's size when it begins and takes it away when it ends.  A running sum gives
every moment.

Moments are ``int64`` (microseconds in overblock, though any unit will do).  `NEVER` as the end of
a listing says that it lasts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overblock.addresses.intervals import IntervalSet

Integers: TypeAlias = NDArray[np.int64]  # (n,)

NEVER = int(np.iinfo(np.int64).max)
Number = TypeVar("Number", np.int64, np.uint64)
ROOM = 1 << 20  # listings in segments at a time: some 100 MB of work arrays
SPAN = 1 << 62  # groups times segments times moments at a time: they share a word


@dataclass(frozen=True, slots=True)
class Changes:
    """Sizes over time: from ``times[i]`` on, the union in ``groups[i]`` is of ``sizes[i]``.

    Sorted by group, then time; a group begins with its first address and has a row only where
    its size changes, so that between two rows it stays.
    """

    times: Integers  # (n,)
    groups: Integers  # (n,)
    sizes: Integers  # (n,)


@dataclass(frozen=True, slots=True)
class _Listings:
    """Listings in places rather than values: of segments, of distinct moments."""

    begins: Integers  # (n,), first segment
    ends: Integers  # (n,), one past the last
    since: Integers  # (n,), place of the first moment
    until: Integers  # (n,), place of the last
    groups: Integers  # (n,)

    def only(self, wanted: NDArray[np.bool_]) -> Self:
        return replace(
            self,
            begins=self.begins[wanted],
            ends=self.ends[wanted],
            since=self.since[wanted],
            until=self.until[wanted],
            groups=self.groups[wanted],
        )


def size_by_group(starts: ArrayLike, ends: ArrayLike, groups: ArrayLike, n_groups: int) -> Integers:
    """How many addresses the union of ``[starts[i], ends[i])`` holds, for each group of rows.

    Groups are numbers from 0 to ``n_groups`` - 1.

    >>> size_by_group([0, 5, 0], [10, 15, 4], [0, 0, 1], 2)
    array([15,  4])
    """
    first, stop = np.asarray(starts, np.uint64), np.asarray(ends, np.uint64)
    stride = stop.max(initial=np.uint64(0)) + np.uint64(1)  # so that two groups never touch
    shift = np.asarray(groups, np.uint64) * stride
    united = IntervalSet.of(first + shift, stop + shift)
    sizes = np.zeros(n_groups, np.int64)
    of = (united.starts // stride).astype(np.int64)
    np.add.at(sizes, of, (united.ends - united.starts).astype(np.int64))
    return sizes


def coverage_over_time(
    starts: ArrayLike,
    ends: ArrayLike,
    begins: ArrayLike,
    finishes: ArrayLike,
    groups: ArrayLike | None = None,
) -> Changes:
    """Follow the size of the union of listings, per group, through all moments.

    Listing ``i`` holds the addresses ``[starts[i], ends[i])`` during ``[begins[i],
    finishes[i])``; one that is empty in either way counts for nothing.  Without ``groups`` all
    are of group 0.  O(m log m) for m listings in segments; memory is bounded whatever m is.

    >>> changes = coverage_over_time([0, 5], [10, 15], [1, 2], [3, NEVER])
    >>> changes.times.tolist(), changes.sizes.tolist()
    ([1, 2, 3], [10, 15, 10])
    """
    first, stop = np.asarray(starts, np.uint64), np.asarray(ends, np.uint64)
    since, until = np.asarray(begins, np.int64), np.asarray(finishes, np.int64)
    group = np.zeros(len(first), np.int64) if groups is None else np.asarray(groups, np.int64)
    solid = (first < stop) & (since < until)
    edges, segments = _places(first[solid], stop[solid])
    moments, spans = _places(since[solid], until[solid])
    names, lines = _places(group[solid])
    listings = _Listings(*segments, *spans, *lines)
    sizes = np.diff(edges).astype(np.int64)
    parts = [
        _steps(part, sizes, len(moments))
        for some in _groups_at_a_time(listings, len(names), len(edges) * len(moments))
        for part in _segments_at_a_time(some, len(edges))
    ]
    keys, steps = _sum_by_key(
        np.concatenate([key for key, _ in parts] or [np.empty(0, np.int64)]),
        np.concatenate([step for _, step in parts] or [np.empty(0, np.int64)]),
    )
    # Every group ends with nothing (at NEVER, if not before), so one sum runs through them all.
    of, moment = np.divmod(keys, max(len(moments), 1))
    seen = moments[moment] != NEVER
    return Changes(moments[moment][seen], names[of][seen], np.cumsum(steps)[seen])


def _places(*columns: NDArray[Number]) -> tuple[NDArray[Number], list[Integers]]:
    """The distinct values of all columns, in order, and where each column's values are in them.

    `numpy.unique` takes a hundred times as long for integers.
    """
    values = np.sort(np.concatenate(columns))
    first = np.ones(len(values), np.bool_)
    first[1:] = values[1:] != values[:-1]
    distinct = values[first]
    return distinct, [np.searchsorted(distinct, column) for column in columns]


def _groups_at_a_time(listings: _Listings, n_groups: int, n_places: int) -> Iterator[_Listings]:
    """Part the listings by group where all groups, segments and moments do not fit one word."""
    n_at_once = max(SPAN // max(n_places, 1), 1)
    for begin in range(0, n_groups, n_at_once):
        yield listings.only((begin <= listings.groups) & (listings.groups < begin + n_at_once))


def _segments_at_a_time(listings: _Listings, n_edges: int) -> Iterator[_Listings]:
    """Cut the line of segments so that the listings of each part, in segments, find room."""
    depth = np.bincount(listings.begins, minlength=n_edges)
    depth = np.cumsum(depth - np.bincount(listings.ends, minlength=n_edges))
    load = np.cumsum(depth)  # listings in segments up to and with each segment
    begin = 0
    while begin < n_edges - 1:
        done = int(load[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(load, done + ROOM, side="right")), begin + 1)
        end = min(end, n_edges - 1)
        part = listings.only((listings.begins < end) & (listings.ends > begin))
        yield replace(part, begins=np.maximum(part.begins, begin), ends=np.minimum(part.ends, end))
        begin = end


def _steps(listings: _Listings, sizes: Integers, n_moments: int) -> tuple[Integers, Integers]:
    """What each group gains (or loses) at each moment, keyed by ``group * n_moments + moment``."""
    if not len(listings.groups):
        return listings.groups, listings.groups
    n_segments = listings.ends - listings.begins
    which = np.repeat(np.arange(len(n_segments)), n_segments)
    offset = np.arange(len(which)) - (np.cumsum(n_segments) - n_segments)[which]
    segment = listings.begins[which] + offset
    lowest = int(listings.groups.min())
    # A line for each group and segment, one after the other; moments are places on it.
    line = ((listings.groups[which] - lowest) * len(sizes) + segment) * n_moments
    runs = IntervalSet.of(line + listings.since[which], line + listings.until[which])
    keys, steps = [], []
    for edges, sign in ((runs.starts, 1), (runs.ends, -1)):
        line, moment = np.divmod(edges.astype(np.int64), n_moments)
        group, segment = np.divmod(line, len(sizes))
        keys.append((group + lowest) * n_moments + moment)
        steps.append(sizes[segment] * sign)
    return _sum_by_key(np.concatenate(keys), np.concatenate(steps))


def _sum_by_key(keys: Integers, steps: Integers) -> tuple[Integers, Integers]:
    """Each key once, in order, with the sum of its steps; none where they cancel out."""
    if not len(keys):
        return keys, steps
    order = np.argsort(keys)
    keys, steps = keys[order], steps[order]
    first = np.flatnonzero(np.diff(keys, prepend=keys[0] - 1))
    keys, steps = keys[first], np.add.reduceat(steps, first)
    return keys[steps != 0], steps[steps != 0]
