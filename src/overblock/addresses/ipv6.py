"""Sets of IPv6 addresses, by the same algebra as IPv4.

An interval is closed, its two ends sixteen bytes each, because one past the last address does not
fit sixteen bytes.  For an operation every edge becomes seventeen bytes, half-open, and then its
rank among all edges in play; ranks are small integers, and `IntervalSet` works on them.

A number of single addresses is never given: sizes are prefixes, and /64s, the network that one
customer gets.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from overblock.addresses.intervals import IntervalSet, Mask
from overblock.addresses.locate import Points
from overblock.addresses.prefixes import Lengths, cover_words
from overblock.addresses.sixteen import N_BYTES, Sixteens, from_words, to_words

EDGE = f"S{N_BYTES + 1}"  # a byte that is 1 only past the last address, then the address
ONE = np.uint64(1)
ALL_ONES = np.uint64(2**64 - 1)
HALF_BITS = 64


@dataclass(frozen=True, slots=True, eq=False)
class Ipv6Set:
    """A set of IPv6 addresses: sorted closed intervals, no two of which meet or touch.

    >>> zero, ones = np.zeros(1, np.uint64), np.full(1, 2**64 - 1, np.uint64)
    >>> held = Ipv6Set.of(from_words(zero, zero), from_words(zero, ones))
    >>> held.n_prefixes, held.n_slash64, held.prefixes()[1]
    (1, 1, array([64], dtype=uint8))
    """

    __hash__ = None  # type: ignore[assignment]  # arrays can be changed: equal, never hashed

    first: Sixteens  # (n,), the first address of each interval
    last: Sixteens  # (n,), its last

    @classmethod
    def of(cls, first: Sixteens, last: Sixteens) -> Self:
        """Unite closed intervals: in any order, overlapping; none where last is before first."""
        edges, begins, ends = _rank(first, last)
        return cls(*_addresses(edges, IntervalSet.of(begins, ends)))

    @classmethod
    def empty(cls) -> Self:
        """The set that holds nothing."""
        return cls(np.empty(0, f"S{N_BYTES}"), np.empty(0, f"S{N_BYTES}"))

    @property
    def n_intervals(self) -> int:
        """The number of intervals: runs of addresses with a gap on both sides."""
        return len(self.first)

    @property
    def n_slash64(self) -> int:
        """The number of /64 networks of which the set holds any address."""
        first, last = to_words(self.first)[0], to_words(self.last)[0]
        n_shared = int((first[1:] == last[:-1]).sum())  # by an interval and the next
        return int((last - first).sum()) + len(first) - n_shared

    @property
    def n_prefixes(self) -> int:
        """The number of prefixes that make up the set, at the fewest."""
        return len(self.prefixes()[1])

    def prefixes(self) -> tuple[Sixteens, Lengths]:
        """The fewest prefixes whose union is the set, in order: networks and lengths.

        An interval is a part of one /64, then whole /64s, then a part of another; a prefix
        crosses no such border, and each part is one of 64-bit numbers.
        """
        high, low = to_words(self.first)
        high_end, low_end = to_words(self.last)
        within = (high == high_end) & ~((low == 0) & (low_end == ALL_ONES))
        headless, tailless = low == 0, low_end == ALL_ONES
        head, tail = ~within & ~headless, ~within & ~tailless
        middle = ~within & (high + head <= high_end - tail)
        zero, full = np.zeros_like(low), np.full_like(low, ALL_ONES)
        parts = [
            _in_slash64(high[within], low[within], low_end[within]),
            _in_slash64(high[head], low[head], full[head]),
            _in_slash64(high_end[tail], zero[tail], low_end[tail]),
            _of_slash64s((high + head)[middle], (high_end - tail)[middle]),
        ]
        networks = np.concatenate([part for part, _ in parts])
        lengths = np.concatenate([part for _, part in parts])
        order = np.argsort(networks)
        return networks[order], lengths[order]

    def covers(self, points: Sixteens) -> Mask:
        """Tell for each point whether the set holds it."""
        begun = np.searchsorted(self.first, points, side="right")
        ended = np.searchsorted(self.last, points, side="left")
        return begun > ended

    def isdisjoint(self, other: Self) -> bool:
        """Tell whether no address is in both sets."""
        return not self & other

    def issubset(self, other: Self) -> bool:
        """Tell whether every address of this set is in the other."""
        return not self - other

    def __bool__(self) -> bool:
        return len(self.first) > 0

    def __or__(self, other: Self) -> Self:
        return self._combine(other, IntervalSet.__or__)

    def __and__(self, other: Self) -> Self:
        return self._combine(other, IntervalSet.__and__)

    def __sub__(self, other: Self) -> Self:
        return self._combine(other, IntervalSet.__sub__)

    def __xor__(self, other: Self) -> Self:
        return self._combine(other, IntervalSet.__xor__)

    def _combine(
        self, other: Self, operation: Callable[[IntervalSet, IntervalSet], IntervalSet]
    ) -> Self:
        edges, begins, ends = _rank(
            np.concatenate([self.first, other.first]), np.concatenate([self.last, other.last])
        )
        n_own = len(self.first)
        here = IntervalSet(begins[:n_own], ends[:n_own])
        there = IntervalSet(begins[n_own:], ends[n_own:])
        return type(self)(*_addresses(edges, operation(here, there)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ipv6Set):
            return NotImplemented
        return np.array_equal(self.first, other.first) and np.array_equal(self.last, other.last)


def _rank(first: Sixteens, last: Sixteens) -> tuple[Sixteens, Points, Points]:
    """All distinct edges in order, and the places of each interval's two in them."""
    edges = np.concatenate([_edges(*to_words(first)), _edges_after(*to_words(last))])
    order = np.argsort(edges, kind="stable")
    edges = edges[order]
    new = np.ones(len(edges), np.bool_)
    new[1:] = edges[1:] != edges[:-1]
    ranks = np.empty(len(edges), np.uint64)
    ranks[order] = np.cumsum(new) - 1
    return edges[new], ranks[: len(first)], ranks[len(first) :]


def _edges(high: Points, low: Points, *, past: NDArray[np.bool_] | None = None) -> Sixteens:
    raw = np.zeros((len(high), N_BYTES + 1), np.uint8)
    raw[:, 1:] = from_words(high, low).view(np.uint8).reshape(-1, N_BYTES)
    if past is not None:
        raw[:, 0] = past
    return raw.view(EDGE).reshape(-1)


def _edges_after(high: Points, low: Points) -> Sixteens:
    after = low + ONE
    high_after = high + (after == 0)
    return _edges(high_after, after, past=(after == 0) & (high_after == 0))


def _addresses(edges: Sixteens, ranks: IntervalSet) -> tuple[Sixteens, Sixteens]:
    """Closed intervals of addresses, of half-open intervals of ranks."""
    return (
        _before(edges[ranks.starts.astype(np.intp)]),
        _last_before(edges[ranks.ends.astype(np.intp)]),
    )


def _before(edges: Sixteens) -> Sixteens:
    """The address that begins at each edge."""
    raw = np.ascontiguousarray(edges).view(np.uint8).reshape(-1, N_BYTES + 1)
    return np.ascontiguousarray(raw[:, 1:]).view(f"S{N_BYTES}").reshape(-1)


def _last_before(edges: Sixteens) -> Sixteens:
    """The address that ends at each edge; past the last of all, zero borrows to all ones."""
    high, low = to_words(_before(edges))
    return from_words(high - (low == 0), low - ONE)


def _in_slash64(high: Points, low: Points, low_end: Points) -> tuple[Sixteens, Lengths]:
    rows, networks, lengths = cover_words(low, low_end, HALF_BITS)
    return from_words(high[rows], networks), lengths + np.uint8(HALF_BITS)


def _of_slash64s(high: Points, high_end: Points) -> tuple[Sixteens, Lengths]:
    _, networks, lengths = cover_words(high, high_end, HALF_BITS)
    return from_words(networks, np.zeros_like(networks)), lengths
