"""The Hilbert curve: IPv4 space as a square in which neighbours stay neighbours.

A curve of order ``n`` visits each cell of a square of ``2**n`` by ``2**n``; every prefix of an
even length is a square of its own in it.  As on the maps of the internet that people know, 0.0.0.0
lies top left, 64.0.0.0 bottom left, 128.0.0.0 bottom right, 192.0.0.0 top right.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from overblock.addresses.intervals import IntervalSet
from overblock.addresses.prefixes import cover

IPV4_ORDER = 16  # at this order a cell is one address

Words = NDArray[np.uint32]


def hilbert_xy(index: ArrayLike, order: int) -> tuple[Words, Words]:
    """Column and row, from the top left, of the cells that the curve visits at ``index``.

    >>> x, y = hilbert_xy([0, 1, 2, 3], 1)
    >>> list(zip(x.tolist(), y.tolist()))
    [(0, 0), (0, 1), (1, 1), (1, 0)]
    """
    left = np.array(index, np.uint32)  # two bits a level, the finest level first
    x, y = np.zeros_like(left), np.zeros_like(left)
    for level in range(order):
        right = left >> np.uint32(1) & np.uint32(1)
        down = (left ^ right) & np.uint32(1)
        x, y = _turn(x, y, right, down, level)
        x += right << np.uint32(level)
        y += down << np.uint32(level)
        left >>= np.uint32(2)
    return x, y


def hilbert_index(x: ArrayLike, y: ArrayLike, order: int) -> Words:
    """When the curve visits the cells at column ``x`` and row ``y``: the inverse of `hilbert_xy`.

    >>> hilbert_index([1], [0], 1).tolist()
    [3]
    """
    across, along = np.array(x, np.uint32), np.array(y, np.uint32)
    index = np.zeros_like(across)
    for level in reversed(range(order)):
        right = across >> np.uint32(level) & np.uint32(1)
        down = along >> np.uint32(level) & np.uint32(1)
        index = index << np.uint32(2) | (right << np.uint32(1)) + (right ^ down)
        inside = np.uint32((1 << level) - 1)
        across, along = _turn(across & inside, along & inside, right, down, level)
    return index


def _turn(x: Words, y: Words, right: Words, down: Words, level: int) -> tuple[Words, Words]:
    """Turn a square of order ``level`` as the curve turns in it.

    In both upper quarters it is mirrored along the diagonal, in the right one also turned
    upside down: such a quarter is its own inverse, so one function serves both ways.
    """
    flip = (right & ~down & np.uint32(1)) * np.uint32((1 << level) - 1)
    x, y = x ^ flip, y ^ flip
    swap = (x ^ y) * (down ^ np.uint32(1))
    return x ^ swap, y ^ swap


def density(held: IntervalSet, order: int) -> NDArray[np.float32]:
    """The share of each cell of the map of order ``order`` that the set holds, 0 to 1.

    Order 12 has a /24 a cell.  The set is taken as prefixes: one of an even length that is no
    smaller than a cell is a square and is filled at once, one of an odd length is two of them,
    so the cost grows with the prefixes and not with the addresses.

    >>> density(IntervalSet.of([0, 2**31], [2**30, 2**31 + 2**29]), 1).tolist()
    [[1.0, 0.0], [0.0, 0.5]]

    Returns:
        (2**order, 2**order), rows from the top: ``[y, x]``.
    """
    networks, lengths = cover(held)
    side = 1 << order
    picture = np.zeros((side, side), np.float32)
    small = lengths > 2 * order
    shares = np.ldexp(np.float32(1), 2 * order - lengths[small].astype(np.int32))
    x, y = hilbert_xy(networks[small] >> _shift(order), order)
    np.add.at(picture, (y, x), shares)
    for level in range(order + 1):
        squares = picture.reshape(1 << level, side >> level, 1 << level, side >> level)
        for lengthen in range(2 if level else 1):  # an odd length is the two of the next
            index = networks[lengths == 2 * level - lengthen] >> _shift(level)
            for half in range(1 + lengthen):
                x, y = hilbert_xy(index + np.uint64(half), level)
                squares[y, :, x, :] = 1
    return picture


def _shift(order: int) -> np.uint64:
    return np.uint64(2 * (IPV4_ORDER - order))
