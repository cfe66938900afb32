"""Prefixes: the fewest that make up a set, and the narrowest range that holds a point.

Routing picks the longest prefix that matches; `LongestMatch` does so for many points, and for
ranges that are no prefixes: the smallest range wins, of equals the last.  It paints the ranges,
largest first, onto a line once; what shows in the end is disjoint, and a point is found in it by
bisection.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overblock.addresses.intervals import ONE, WIDTH, IntervalSet
from overblock.addresses.locate import Points, Segments, count_at_or_below

Lengths: TypeAlias = NDArray[np.uint8]  # (n,), prefix lengths
Rows: TypeAlias = NDArray[np.int64]  # (n,), places in some other table


def cover(held: IntervalSet) -> tuple[Points, Lengths]:
    """The fewest IPv4 prefixes whose union is ``held``, in order: networks and lengths.

    >>> networks, lengths = cover(IntervalSet.of([1], [8]))
    >>> networks.tolist(), lengths.tolist()
    ([1, 2, 4], [32, 31, 30])
    """
    _, networks, lengths = cover_words(held.starts, held.ends - ONE, int(WIDTH))
    order = np.argsort(networks)
    return networks[order], lengths[order]


def cover_words(first: Points, last: Points, n_bits: int) -> tuple[Rows, Points, Lengths]:
    """The fewest aligned blocks that make up each closed range of ``n_bits`` numbers.

    Level by level from single numbers to ever larger blocks: where a range begins with an odd
    block or ends with an even one, no larger block can hold it, so it is given out.

    Returns:
        The range each block is of, its first number and its prefix length, in no order.
    """
    rows = np.arange(len(first))
    parts: list[tuple[Rows, Points, int]] = [(rows[:0], first[:0], 0)]
    for level in range(n_bits + 1):
        if not len(rows):
            break
        shift, length = np.uint64(level), n_bits - level
        for at_end in (False, True):
            edge = last if at_end else first
            out = (edge & ONE > 0) != at_end
            parts.append((rows[out], edge[out] << shift, length))
            left = ~out | (first < last)  # else that block was the last of its range
            step = out.astype(np.uint64)
            first, last = (first, last - step) if at_end else (first + step, last)
            rows, first, last = rows[left], first[left], last[left]
        first, last = first >> ONE, last >> ONE
    return (
        np.concatenate([part for part, _, _ in parts]),
        np.concatenate([blocks for _, blocks, _ in parts]),
        np.concatenate([np.full(len(part), length, np.uint8) for part, _, length in parts]),
    )


def paint(begins: Rows, ends: Rows, n_edges: int) -> tuple[Rows, Rows, Rows]:
    """Paint ranges of edges ``[begins[i], ends[i])`` one over the other, in order.

    Each range is two blocks of a power of two segments; a block hands its paint down to its two
    halves.  O((n + n_edges) log n_edges), however the ranges overlap.

    Returns:
        What shows in the end, as runs in order: first edge, last edge, and whose paint it is.
    """
    level = np.frexp((ends - begins).astype(np.float64))[1] - 1  # floor of log2
    painted = np.full(n_edges, -1, np.int64)  # the last of them has no segment after it
    for power in range(int(level.max(initial=0)), -1, -1):
        block = np.flatnonzero(level == power)
        np.maximum.at(painted, begins[block], block)
        np.maximum.at(painted, ends[block] - (1 << power), block)
        half = 1 << power >> 1
        if half:
            whole = painted.copy()
            np.maximum(painted[half:], whole[:-half], out=painted[half:])
    run_begins = np.flatnonzero(np.diff(painted, prepend=-1))
    run_ends = np.append(run_begins[1:], n_edges - 1)
    winners = painted[run_begins]
    shows = winners >= 0
    return run_begins[shows], run_ends[shows], winners[shows]


@dataclass(frozen=True, slots=True, eq=False)
class LongestMatch:
    """Which of many IPv4 ranges is the narrowest that holds a point.

    >>> holders = LongestMatch.of_prefixes([0x0A000000, 0x0A010000], [8, 16])
    >>> holders.match([0x0A000001, 0x0A010001, 0x0B000000])
    array([ 0,  1, -1])
    """

    starts: Points  # (n,), disjoint and in order
    ends: Points  # (n,), one past the last
    rows: Rows  # (n,), which of the given ranges shows there

    @classmethod
    def of(cls, starts: ArrayLike, ends: ArrayLike) -> Self:
        """Lay out ranges ``[starts[i], ends[i])``: nested or overlapping; empty ones hold nothing.

        The smallest range wins, of equally large ones the last.
        """
        first, stop = np.asarray(starts, np.uint64), np.asarray(ends, np.uint64)
        rows = np.flatnonzero(first < stop)
        if not len(rows):
            return cls(first[rows], stop[rows], rows)
        rows = rows[np.argsort(~(stop - first)[rows], kind="stable")]  # the largest first
        edges = np.sort(np.concatenate([first[rows], stop[rows]]))
        edges = edges[np.diff(edges, prepend=~edges[0]) != 0]
        begins, ends, winners = paint(
            np.searchsorted(edges, first[rows]), np.searchsorted(edges, stop[rows]), len(edges)
        )
        return cls(edges[begins], edges[ends], rows[winners])

    @classmethod
    def of_prefixes(cls, networks: ArrayLike, lengths: ArrayLike) -> Self:
        """Lay out IPv4 prefixes: the longest wins."""
        first = np.asarray(networks, np.uint64)
        return cls.of(first, first + (ONE << (WIDTH - np.asarray(lengths, np.uint64))))

    def match(self, points: ArrayLike) -> Rows:
        """The row of the range that wins at each point, or -1 where none holds it."""
        wanted = np.asarray(points, np.uint64)
        place = count_at_or_below(self.starts, wanted)
        ends = np.concatenate([np.zeros(1, np.uint64), self.ends])
        rows = np.concatenate([np.full(1, -1), self.rows])
        return np.where(wanted < ends.take(place), rows.take(place), -1)

    def laid_out(self) -> Segments[np.int64]:
        """`match` for who asks of millions of points, some at a time."""
        gap = np.append(self.ends[:-1] != self.starts[1:], np.ones(min(1, len(self.ends)), bool))
        place = np.arange(len(self.starts)) + np.cumsum(gap) - gap
        edges = np.empty(len(gap) + np.count_nonzero(gap), np.uint64)
        rows = np.full(len(edges), -1)
        edges[place], rows[place] = self.starts, self.rows
        edges[place[gap] + 1] = self.ends[gap]
        return Segments.of(edges, rows, -1)

    def flatten(self) -> tuple[Points, Points, Rows]:
        """Disjoint ranges in order, each with the row that wins in it: starts, ends, rows."""
        return self.starts, self.ends, self.rows


def split_by(
    held: IntervalSet, starts: Points, ends: Points, rows: Rows
) -> tuple[Points, Points, Rows]:
    """Cut a set where ranges begin and end: each piece with the row of its range.

    The ranges may be those of `LongestMatch.flatten`; what none of them holds is left out.

    >>> pieces = split_by(IntervalSet.of([5], [25]), *LongestMatch.of([0, 10], [10, 20]).flatten())
    >>> [part.tolist() for part in pieces]
    [[5, 10], [10, 20], [0, 1]]
    """
    begin = np.searchsorted(held.ends, starts, side="right")  # the first interval to reach in
    n_met = np.maximum(np.searchsorted(held.starts, ends, side="left") - begin, 0)
    which = np.repeat(np.arange(len(starts)), n_met)
    offset = np.arange(len(which)) - np.repeat(np.cumsum(n_met) - n_met, n_met)
    interval = np.repeat(begin, n_met) + offset
    first = np.maximum(held.starts[interval], starts[which])
    stop = np.minimum(held.ends[interval], ends[which])
    solid = first < stop
    return first[solid], stop[solid], rows[which][solid]


def overlap_sizes(
    held: IntervalSet, starts: Points, ends: Points, rows: Rows, n_rows: int
) -> NDArray[np.int64]:
    """How many addresses of ``held`` lie in the ranges of each row, from 0 to ``n_rows`` - 1.

    An address that two ranges of one row hold counts twice; `LongestMatch.flatten` has none such.

    >>> ranges = LongestMatch.of([0, 10], [10, 20]).flatten()
    >>> overlap_sizes(IntervalSet.of([5], [25]), *ranges, 2)
    array([ 5, 10])
    """
    sizes = np.zeros(n_rows, np.int64)
    np.add.at(sizes, rows, held.count_below(np.maximum(starts, ends)) - held.count_below(starts))
    return sizes
