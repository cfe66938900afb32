"""Where points fall among sorted numbers: `numpy.searchsorted`, several times as fast for many.

A search for each of a million points in no order misses the cache at every step.  Three things
help.  A table over the first bits of the IPv4 space settles most points with one look, and leaves
most others a step or two from where they fall.  What is then left is sorted, and the fewer are
searched for among the more: numbers among points as well as points among numbers.
"""

from dataclasses import dataclass
from typing import Generic, Self, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.uint64]  # (n,), addresses as integers
Ipv4s: TypeAlias = NDArray[np.uint32]  # (n,)
Places: TypeAlias = NDArray[np.int64]  # (n,), how many of the sorted numbers are <= the point
Answers: TypeAlias = NDArray[np.bool_]  # (n,)
Value = TypeVar("Value", bound=np.integer)
Other = TypeVar("Other", bound=np.integer)

TOP = 2**32  # one past the last IPv4 address
FEW = 1 << 13  # points: below this the table costs more than it saves
CHUNK = 1 << 18  # points: two megabytes of each array stay in the cache
LOW = np.uint64(16)  # bits below a bucket
HALF = np.uint64(32)
MASK = np.uint64(TOP - 1)
OUT, IN, TORN = range(3)  # what a set holds of a bucket: nothing, all of it, some
BUCKETS = np.arange(0, TOP + 1, 1 << 16, dtype=np.uint64)
LEAST_BITS, MOST_BITS = 16, 20  # of a table: four megabytes at the most, which stay in the cache
STEPS = 4  # from the start of a bucket: few buckets hold more, unless somebody made them so


def count_at_or_below(numbers: Points, points: Points) -> Places:
    """Count for each point the ``numbers`` (sorted) that are at or below it.

    >>> count_at_or_below(np.array([10, 20], np.uint64), np.array([9, 10, 99], np.uint64))
    array([0, 1, 2])
    """
    if _few(points):
        return np.searchsorted(numbers, points, side="right")
    return Lookup.of(numbers).count(points)


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """Numbers laid out once, for who asks where points fall among them piece by piece."""

    numbers: Points  # in order, and one that is larger than all
    edges: NDArray[np.int32]  # (buckets + 1,), numbers before each bucket
    low: np.uint64  # bits below a bucket

    @classmethod
    def of(cls, numbers: Points) -> Self:
        """Lay out sorted numbers."""
        within = numbers[: np.searchsorted(numbers, np.uint64(TOP))]
        bits = min(max((2 * len(within)).bit_length(), LEAST_BITS), MOST_BITS)
        low = HALF - np.uint64(bits)
        edges = np.zeros((1 << bits) + 1, np.int32)
        in_each = np.bincount((within >> low).astype(np.intp), minlength=1 << bits)
        np.cumsum(in_each, out=edges[1:])
        return cls(np.append(numbers, np.uint64(2**64 - 1)), edges, low)

    def count(self, points: Points) -> Places:
        """The same as `count_at_or_below`."""
        if _few(points):
            return np.searchsorted(self.numbers[:-1], points, side="right")
        places = np.empty(len(points), np.int64)
        for begin in range(0, len(points), CHUNK):
            part = points[begin : begin + CHUNK]
            bucket = (part >> self.low).astype(np.intp)
            found = self.edges.take(bucket)
            unsettled = np.flatnonzero(self.edges.take(bucket + 1) != found)  # a number is inside
            found[unsettled] = self.stepped(part.take(unsettled), found.take(unsettled))
            places[begin : begin + CHUNK] = found
        return places

    def stepped(self, points: Points, places: NDArray[np.int32]) -> NDArray[np.int32]:
        """Go on from ``places``, where the buckets of points begin, which are written over."""
        places += self.numbers.take(places) <= points
        behind = np.flatnonzero(self.numbers.take(places) <= points)
        for _ in range(STEPS):
            places[behind] += np.int32(1)
            behind = behind[self.numbers.take(places[behind]) <= points[behind]]
        order, sorted_points = _sort(points.take(behind))
        places[behind.take(order)] = _count_in_order(self.numbers[:-1], sorted_points)
        return places


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Segments(Generic[Value]):
    """What holds of each address, laid out once: a value from each edge to the next.

    >>> kind = Segments.of(np.array([10, 20], np.uint64), np.array([1, 0]), 0)
    >>> kind.at(np.array([9, 10, 99], np.uint64))
    array([0, 1, 0])
    """

    lookup: Lookup
    values: NDArray[Value]  # (edges + 1,), the first: before all edges
    direct: NDArray[Value]  # (buckets,), the value at all addresses of each, or `torn`
    torn: Value  # where an edge lies within a bucket; the largest number of its type, no value

    @classmethod
    def of(cls, edges: Points, values: NDArray[Value], before: int) -> Self:
        """Lay out sorted edges, and the value from each on."""
        return cls._laid_out(Lookup.of(edges), np.insert(values, 0, before))

    @classmethod
    def _laid_out(cls, lookup: Lookup, values: NDArray[Value]) -> Self:
        torn = np.iinfo(values.dtype).max
        if values.max() == torn:
            raise ValueError(f"{torn} is no value of a segment")
        within = lookup.numbers[: lookup.edges[-1]]
        up = (within + ((np.uint64(1) << lookup.low) - np.uint64(1))) >> lookup.low
        begun = np.cumsum(np.bincount(up.astype(np.intp), minlength=len(lookup.edges)))[:-1]
        direct = values.take(begun)
        direct[begun != lookup.edges[1:]] = torn
        return cls(lookup=lookup, values=values, direct=direct, torn=values.dtype.type(torn))

    def answered(self, answers: NDArray[Other]) -> "Segments[Other]":
        """The same with what the values, rows of a table, stand for: ``answers[row]``.

        >>> rows = Segments.of(np.array([10, 20], np.uint64), np.array([0, -1]), -1)
        >>> rows.answered(np.array([7, 5])).at(np.array([9, 10], np.uint64))
        array([5, 7])
        """
        return Segments._laid_out(self.lookup, answers.take(self.values))

    def at(self, points: Points | Ipv4s) -> NDArray[Value]:
        """The value at each point."""
        if _few(points):
            return self.values.take(self.lookup.count(points.astype(np.uint64)))
        found = np.empty(len(points), self.values.dtype)
        low = points.dtype.type(self.lookup.low)
        for begin in range(0, len(points), CHUNK):
            part = points[begin : begin + CHUNK]
            bucket = (part >> low).astype(np.intp)
            here = found[begin : begin + CHUNK]
            self.direct.take(bucket, out=here, mode="clip")
            unsettled = np.flatnonzero(here == self.torn)
            place = self.lookup.edges.take(bucket.take(unsettled))
            few = part.take(unsettled).astype(np.uint64)
            here[unsettled] = self.values.take(self.lookup.stepped(few, place))
        return found


def held_between(starts: Points, ends: Points, points: Points) -> Answers:
    """Tell for each point whether one of the intervals (sorted, disjoint) holds it.

    >>> starts, ends = np.array([10, 30], np.uint64), np.array([20, 40], np.uint64)
    >>> held_between(starts, ends, np.array([9, 10, 20], np.uint64))
    array([False,  True, False])
    """
    stops = np.concatenate([np.zeros(1, np.uint64), ends])  # the first: of no interval
    if _few(points):
        few: Answers = points < stops[np.searchsorted(starts, points, side="right")]
        return few
    begun, ended = np.searchsorted(starts, BUCKETS), np.searchsorted(ends, BUCKETS)
    state = np.where(begun > ended, np.uint8(IN), np.uint8(OUT))[:-1]
    state[(begun[1:] != begun[:-1]) | (ended[1:] != ended[:-1])] = TORN
    held = np.empty(len(points), np.bool_)
    for begin in range(0, len(points), CHUNK):
        part = points[begin : begin + CHUNK]
        found = state.take((part >> LOW).astype(np.intp))
        answer = found == IN
        unsettled = np.flatnonzero(found == TORN)
        order, sorted_points = _sort(part.take(unsettled))
        answer[unsettled.take(order)] = sorted_points < stops.take(
            _count_in_order(starts, sorted_points)
        )
        held[begin : begin + CHUNK] = answer
    return held


def _few(points: Points | Ipv4s) -> bool:
    return len(points) < FEW or (points.dtype != np.uint32 and int(points.max()) >= TOP)


def _sort(points: Points) -> tuple[Places, Points]:
    """The order of IPv4 points, and the points in it; both share a word, which sorts fastest."""
    words = points << HALF
    words |= np.arange(len(points), dtype=np.uint64)
    words.sort()
    return (words & MASK).astype(np.int64), words >> HALF


def _count_in_order(numbers: Points, points: Points) -> Places:
    if len(points) < len(numbers):
        return np.searchsorted(numbers, points, side="right")
    reached = np.searchsorted(points, numbers)  # the first point that each number is at or below
    return np.cumsum(np.bincount(reached, minlength=len(points) + 1)[:-1])
