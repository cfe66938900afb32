"""Where points fall among sorted numbers: `numpy.searchsorted`, several times as fast for many.

A search for each of a million points in no order misses the cache at every step.  Two things
help.  Most of the IPv4 space is empty or full, so a table over the first sixteen bits settles
most points with one look; the rest are searched in sorted order, where each search continues
near the last.  Points go through in chunks that stay in the cache.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Points: TypeAlias = NDArray[np.uint64]  # (n,), addresses as integers
Places: TypeAlias = NDArray[np.int64]  # (n,), how many of the sorted numbers are <= the point

TOP = 2**32  # one past the last IPv4 address
FEW = 1 << 13  # points: below this the table costs more than it saves
CHUNK = 1 << 16  # points: half a megabyte of each array
LOW = np.uint64(16)  # bits below a bucket
HALF = np.uint64(32)
MASK = np.uint64(TOP - 1)
BUCKETS = np.arange(0, TOP + 1, 1 << 16, dtype=np.uint64)


def count_at_or_below(numbers: Points, points: Points) -> Places:
    """Count for each point the ``numbers`` (sorted) that are at or below it.

    >>> count_at_or_below(np.array([10, 20], np.uint64), np.array([9, 10, 99], np.uint64))
    array([0, 1, 2])
    """
    if len(points) < FEW or int(points.max()) >= TOP:
        return np.searchsorted(numbers, points, side="right")
    edges = np.searchsorted(numbers, BUCKETS)  # numbers before each bucket
    torn = edges[1:] != edges[:-1]  # a number lies inside the bucket
    places = np.empty(len(points), np.int64)
    for begin in range(0, len(points), CHUNK):
        part = points[begin : begin + CHUNK]
        bucket = (part >> LOW).astype(np.intp)
        found = edges.take(bucket)
        unsettled = np.flatnonzero(torn.take(bucket))
        found[unsettled] = _search_in_order(numbers, part.take(unsettled))
        places[begin : begin + CHUNK] = found
    return places


def _search_in_order(numbers: Points, points: Points) -> Places:
    """Search in sorted order; a point and its place share a word, which sorts fastest."""
    words = points << HALF
    words |= np.arange(len(points), dtype=np.uint64)
    words.sort()
    places = np.empty(len(points), np.int64)
    places[(words & MASK).astype(np.intp)] = np.searchsorted(numbers, words >> HALF, side="right")
    return places
