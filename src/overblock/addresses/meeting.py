"""Which ranges of one list meet which of another: every pair, found by bisection.

Two ranges meet if one of them begins within the other.  So each pair is found once: as a range of
the first list that begins within one of the second, or as one of the second that begins within
one of the first, behind its beginning.  The cost is that of sorting and of the pairs there are.
"""

import numpy as np
from numpy.typing import NDArray

from overblock.addresses.locate import Points
from overblock.addresses.prefixes import Rows
from overblock.addresses.sixteen import Sixteens

Ends = Points | Sixteens  # (n,), all of one kind


def meet(firsts: Ends, lasts: Ends, other_firsts: Ends, other_lasts: Ends) -> tuple[Rows, Rows]:
    """Pairs of ranges that share an address, both given as closed ranges in any order.

    Returns:
        The place in the first list and that in the second, by the first, then by the second.

    >>> ten, twenty = np.array([10], np.uint64), np.array([20], np.uint64)
    >>> some = np.array([0, 12, 20, 21], np.uint64)
    >>> [places.tolist() for places in meet(ten, twenty, some, some + np.uint64(1))]
    [[0, 0], [1, 2]]
    """
    begin_within = _between(firsts, other_firsts, other_lasts, "left")
    reach = _between(other_firsts, firsts, lasts, "right")
    mine = np.concatenate([begin_within[1], reach[0]])
    others = np.concatenate([begin_within[0], reach[1]])
    order = np.lexsort((others, mine))
    return mine[order], others[order]


def _between(
    points: Ends, firsts: Ends, lasts: Ends, side: "np._SortSide"
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of a range and a point in it; with ``side`` right the range's own first is none."""
    order = np.argsort(points, kind="stable")
    in_order = points[order]
    begins = np.searchsorted(in_order, firsts, side=side)
    ends = np.searchsorted(in_order, lasts, side="right")
    n_met = np.maximum(ends - begins, 0)
    ranges = np.repeat(np.arange(len(firsts)), n_met)
    offsets = np.arange(len(ranges)) - np.repeat(np.cumsum(n_met) - n_met, n_met)
    return ranges, order[np.repeat(begins, n_met) + offsets].astype(np.int64)
