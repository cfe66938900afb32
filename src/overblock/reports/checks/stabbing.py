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
from overblock.addresses.sixteen import from_series

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


def held_in_ipv4(table: pl.LazyFrame) -> pl.LazyFrame:
    """Which rows have addresses of IPv4, and which: ``row``, ``first``, ``last``."""
    return _held(table, pl.col("ipv4_from"), pl.col("ipv4_until") - 1).with_columns(
        pl.col("first", "last").cast(pl.UInt32)
    )


def held_in_ipv6(table: pl.LazyFrame) -> pl.LazyFrame:
    """Which rows have addresses of IPv6, and which: ``row``, ``first``, ``last``."""
    return _held(table, pl.col("ipv6_first"), pl.col("ipv6_last"))


def _held(table: pl.LazyFrame, first: pl.Expr, last: pl.Expr) -> pl.LazyFrame:
    rows = table.select(first.alias("first"), last.alias("last")).with_row_index("row")
    return rows.filter(pl.col("first").is_not_null())


def _rows(held: pl.DataFrame) -> Rows:
    return held["row"].to_numpy().astype(np.int64)


class AddressIndex:
    """The addresses and networks of a table, by `held_in_ipv4` and `held_in_ipv6`."""

    def __init__(self, four: pl.DataFrame, six: pl.DataFrame) -> None:
        self._four = Intervals(four["first"].to_numpy(), four["last"].to_numpy(), _rows(four))
        self._six = Intervals(from_series(six["first"]), from_series(six["last"]), _rows(six))

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
    """The furthest end up to each; bytes by their places in order, which NumPy accumulates.

    Of intervals that are not nested, as those of most tables, it is the array itself.
    """
    if (last[1:] >= last[:-1]).all():
        return last
    if last.dtype.kind != "S":
        return np.maximum.accumulate(last)
    order = np.argsort(last, kind="stable")
    places = np.empty(len(last), np.int32)
    places[order] = np.arange(len(last), dtype=np.int32)
    reach: NDArray[Any] = last[order[np.maximum.accumulate(places)]]
    return reach
