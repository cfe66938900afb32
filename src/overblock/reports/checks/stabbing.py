"""Which of many intervals, nested or not, meet a range: the answer for one range at a time.

The intervals are in the order of their beginnings, each with the furthest end of all up to it.
Those that begin after the range, and those all of whose forerunners end before it, are cut off by
two searches; what is left between is looked at.
"""

from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.single import Network

Rows = NDArray[np.int64]  # (n,), places in a frame
IPV4 = 4
NONE = np.empty(0, np.int64)
SIDES: tuple[Literal["left", "right"], ...] = ("left", "right")


class Intervals:
    """Intervals whose first and last are held; ``rows`` are their places in the frame."""

    def __init__(self, first: NDArray[Any], last: NDArray[Any], rows: Rows) -> None:
        order = np.argsort(first, kind="stable")
        self.first, self.last = first[order], last[order]
        self.rows = rows[order].astype(np.int32)  # of half the size: there are no more rows
        self._reach = _furthest(self.last)

    def meeting(self, first: Any, last: Any) -> Rows:  # noqa: ANN401  (a number, or sixteen bytes)
        """The rows of those that have anything in common with ``first`` to ``last``.

        >>> held = Intervals(np.array([0, 4]), np.array([9, 5]), np.array([7, 8]))
        >>> held.meeting(6, 6), held.meeting(5, 99)
        (array([7]), array([7, 8]))
        """
        end = int(np.searchsorted(self.first, last, side="right"))
        begin = int(np.searchsorted(self._reach[:end], first))
        near = slice(begin, end)
        found: Rows = self.rows[near][self.last[near] >= first].astype(np.int64)
        return found

    def narrowest(self, first: Any, last: Any) -> int | None:  # noqa: ANN401  (the same)
        """The row of the shortest that meets the range; of alike ones the first."""
        end = int(np.searchsorted(self.first, last, side="right"))
        begin = int(np.searchsorted(self._reach[:end], first))
        places = np.flatnonzero(self.last[begin:end] >= first) + begin
        if not len(places):
            return None
        widths = self.last[places].astype(np.int64) - self.first[places].astype(np.int64)
        return int(self.rows[places[int(np.argmin(widths))]])


class AddressIndex:
    """The addresses and networks of a frame with the four columns of addresses."""

    def __init__(self, frame: pl.DataFrame) -> None:
        four = frame["ipv4_from"].is_not_null().arg_true().to_numpy().astype(np.int64)
        six = frame["ipv6_first"].is_not_null().arg_true().to_numpy().astype(np.int64)
        begins, ends = (frame[name].gather(four).to_numpy() for name in ("ipv4_from", "ipv4_until"))
        self._four = Intervals(begins.astype(np.uint32), (ends - 1).astype(np.uint32), four)
        self._six = Intervals(
            np.array(frame["ipv6_first"].gather(six).to_list(), "S16"),
            np.array(frame["ipv6_last"].gather(six).to_list(), "S16"),
            six,
        )

    def meeting(self, network: Network) -> Rows:
        """The rows that have an address of the network."""
        if network.version == IPV4:
            return self._four.meeting(np.uint32(network.first), np.uint32(network.last))
        first, last = (
            np.array(end.to_bytes(16, "big"), "S16") for end in (network.first, network.last)
        )
        return self._six.meeting(first, last)

    def narrowest(self, network: Network) -> int | None:
        """The row of the narrowest range that meets the network; of IPv6, of the last to begin."""
        if network.version == IPV4:
            return self._four.narrowest(np.uint32(network.first), np.uint32(network.last))
        rows = self.meeting(network)
        return int(rows[-1]) if len(rows) else None


class TextIndex:
    """Where texts stand in a column: a hash of each, which takes less than the texts again."""

    def __init__(self, column: pl.Series) -> None:
        hashes = np.fromiter(map(hash, column), np.int64, len(column))
        self._column = column
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._order = hashes[order], order.astype(np.int32)

    def rows(self, text: str) -> Rows:
        """The places at which a text stands, in order."""
        wanted = hash(text)
        begin, end = (int(np.searchsorted(self._hashes, wanted, side)) for side in SIDES)
        near = self._order[begin:end].astype(np.int64)
        if begin == end or all(self._column[row] == text for row in near.tolist()):
            return near
        return near[[self._column[row] == text for row in near.tolist()]]


def _furthest(last: NDArray[Any]) -> NDArray[Any]:
    """The furthest end up to each; NumPy does not accumulate bytes by itself."""
    if last.dtype.kind != "S":
        return np.maximum.accumulate(last) if len(last) else last
    reach, furthest = last.copy(), b""
    for place, end in enumerate(last.tolist()):
        furthest = max(furthest, end)
        reach[place] = furthest
    return reach
