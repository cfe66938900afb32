"""Squares of the map of IPv4: what lies in each cell of one network, however deep one looks.

A prefix of an even length ``2 * level`` is a square of the Hilbert curve, at a column and a row
among the ``2**level`` of each side.  Seen as ``2**order`` cells a side it is a tile, as maps on the
web have them.  The cost grows with the intervals within the square and with its cells, never with
the addresses.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from overblock.addresses.hilbert import IPV4_ORDER, hilbert_index, hilbert_xy
from overblock.addresses.intervals import IntervalSet

Counts: TypeAlias = NDArray[np.int64]  # (side, side), rows from the top: [y, x]
Along: TypeAlias = NDArray[np.int64]  # (4**order,), in the order of the addresses
Grid: TypeAlias = NDArray[np.uint32]  # the same, of places on the curve

KEPT = 8  # grids that are kept: four megabytes each at the finest that is drawn, order 10


@dataclass(frozen=True, slots=True)
class Square:
    """A network of the even length ``2 * level``, and where it lies on the map.

    >>> Square.of_network(192 << 24, 1)
    Square(level=1, x=1, y=0)
    >>> Square(1, 1, 0).first >> 24
    192
    """

    level: int
    x: int  # column among 2**level
    y: int  # row, from the top

    @classmethod
    def of_network(cls, first: int, level: int) -> Self:
        """The square of a network, by its first address or any other of it."""
        x, y = hilbert_xy([first >> 2 * (IPV4_ORDER - level)], level)
        return cls(level, int(x[0]), int(y[0]))

    @property
    def first(self) -> int:
        """The first address of the network."""
        place = hilbert_index([self.x], [self.y], self.level)
        return int(place[0]) << 2 * (IPV4_ORDER - self.level)

    @property
    def size(self) -> int:
        """How many addresses it has."""
        return 1 << 2 * (IPV4_ORDER - self.level)


def within(held: IntervalSet, first: int, size: int) -> IntervalSet:
    """The part of a set that lies in one network.

    >>> within(IntervalSet.of([10], [30]), 16, 8)
    IntervalSet([16, 24))
    """
    begin, end = np.uint64(first), np.uint64(first + size)
    low = int(np.searchsorted(held.ends, begin, side="right"))
    high = int(np.searchsorted(held.starts, end, side="left"))
    return IntervalSet(
        np.maximum(held.starts[low:high], begin), np.minimum(held.ends[low:high], end)
    )


def count_cells(held: IntervalSet, square: Square, order: int) -> Counts:
    """How many addresses of a set each cell of a square holds, ``2**order`` cells a side.

    ``order`` may be no finer than one address a cell.

    >>> count_cells(IntervalSet.of([0, 2**31], [2**30, 2**31 + 5]), Square(0, 0, 0), 1).tolist()
    [[1073741824, 0], [0, 5]]
    """
    counts = count_along(held, square, order)
    return counts.take(curve(square, order))


def count_along(held: IntervalSet, square: Square, order: int) -> Along:
    """The same in the order of the addresses.

    An interval fills the cells that lie whole within it, which a running sum does for all at once,
    and parts of the two at its ends.
    """
    n_cells, first = 1 << 2 * order, square.first
    shift = np.int64(2 * (IPV4_ORDER - square.level - order))
    cell = 1 << int(shift)
    part = within(held, first, square.size)
    starts = part.starts.astype(np.int64) - first
    lasts = part.ends.astype(np.int64) - first - 1
    begin, end = starts >> shift, lasts >> shift
    counts = np.zeros(n_cells + 1, np.int64)
    np.add.at(counts, begin, 1)
    np.subtract.at(counts, end, 1)
    np.cumsum(counts, out=counts)
    counts *= cell  # as if each filled all cells from its first to that before its last
    np.subtract.at(counts, begin, starts & (cell - 1))
    np.add.at(counts, end, (lasts & (cell - 1)) + 1)
    return counts[:-1]


def curve(square: Square, order: int) -> Grid:
    """Where on the curve within a square each of its cells lies, ``2**order`` cells a side."""
    level = square.level + order
    ends = np.array([square.first, square.first + square.size - 1], np.uint64)
    x, _ = hilbert_xy(ends >> np.uint64(2 * (IPV4_ORDER - level)), level)
    half = np.uint32(1 << order >> 1)
    turned = bool(order and x[0] & half)  # it begins bottom right
    mirrored = bool(order and (x[1] & half > 0) == turned)  # it ends below or above its beginning
    return _grid(order, turned, mirrored)


@lru_cache(maxsize=KEPT)
def _grid(order: int, turned: bool, mirrored: bool) -> Grid:  # noqa: FBT001  (a key of a cache)
    side = np.arange(1 << order, dtype=np.uint32)
    x, y = np.meshgrid(side, side)
    grid = hilbert_index(x, y, order)
    grid = grid.T if mirrored else grid
    return np.ascontiguousarray(grid[::-1, ::-1] if turned else grid)
