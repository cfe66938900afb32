"""Who shares an address, kept in memory while the observatory stays the same.

`overblock.reports.collateral.neighbours` asks DuckDB of the files, which costs a server a twentieth
of a second for each target.  Here the resolutions of a moment are read once into arrays, some
forty bytes a row, and a question costs a fraction of a millisecond.  Both give the same answers
(tests/property/test_neighbour_laws.py).  More resolutions than `MOST_ROWS` stay in their files: a
web worker has 300 MiB for everything.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.single import Network
from overblock.addresses.sixteen import from_series
from overblock.reports.answers import CoTenants
from overblock.reports.checks.stabbing import IPV4
from overblock.reports.collateral.neighbours import MOST_NAMED, host_of
from overblock.reports.names.at_hand import partition_date
from overblock.reports.targets import Target
from overblock.store import View
from overblock.tables import RESOLUTIONS

Ids: TypeAlias = NDArray[np.int32]  # (n,), places of names in alphabetical order
Chosen: TypeAlias = tuple[str, ...]  # partitions of resolutions that answer together
WORTH = 3  # questions in a row of the same resolutions from which on they are read into memory
MOST_ROWS = 200_000
MOST_HELD = 64  # different resolutions, also those that are too many
MOST_BYTES = 12 * 2**20  # of their names, which may be long
BITS = np.uint64(32)
ADDRESSES = ("ipv4", "ipv6")


class NameBook:
    """Names in alphabetical order, as bytes end to end: a list of strings takes twice as much."""

    def __init__(self, names: pl.Series) -> None:
        lengths = names.str.len_bytes().to_numpy()
        self._ends = np.zeros(len(names) + 1, np.uint32)
        np.cumsum(lengths, out=self._ends[1:])
        self._text: bytes = names.str.join("").item().encode()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def name(self, place: int) -> str:
        """The name at a place."""
        return self._bytes(place).decode()

    def place(self, name: str) -> int | None:
        """Where a name stands; None where it does not.

        >>> book = NameBook(pl.Series(["a.example", "b.example"]))
        >>> book.place("b.example"), book.place("c.example")
        (1, None)
        """
        wanted = name.encode(errors="replace")
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self._bytes(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self) and self._bytes(low) == wanted else None

    def _bytes(self, place: int) -> bytes:
        return self._text[self._ends[place] : self._ends[place + 1]]


class Homes:
    """Which names live on which addresses of one version of IP."""

    def __init__(self, addresses: NDArray[Any], ids: Ids) -> None:
        self._addresses, self._ids = addresses, ids  # by address, then by name

    def on(self, first: Any, last: Any) -> Ids:  # noqa: ANN401  (a number, or sixteen bytes)
        """Who lives on the addresses ``first`` to ``last``; on a single one, in order and once.

        >>> homes = Homes(np.array([5, 5, 9]), np.array([0, 2, 1], np.int32))
        >>> homes.on(5, 5), homes.on(6, 9), homes.of(2)
        (array([0, 2], dtype=int32), array([1], dtype=int32), array([5]))
        """
        begin = np.searchsorted(self._addresses, first)
        return self._ids[begin : np.searchsorted(self._addresses, last, side="right")]

    def of(self, place: int) -> NDArray[Any]:
        """The addresses of a name: all are looked through, as an index would take as much again."""
        found: NDArray[Any] = self._addresses[self._ids == place]
        return found


class TenantRolls:
    """The resolutions of some partitions, by address and by name."""

    def __init__(self, view: View, chosen: Chosen) -> None:
        read = [view.choose(RESOLUTIONS, partition, _addressed) for partition in chosen]
        rows = pl.concat(read).sort("name").with_columns(id=pl.col("name").rle_id())
        del read  # each step lets go of what it was made of: the peak counts, too
        self._book = NameBook(rows["name"].rle().struct.field("value"))
        rows = rows.drop("name")
        self._four = Homes(*_pairs_of_ipv4(rows.select("ipv4", "id").drop_nulls()))
        six = rows.select("ipv6", "id").drop_nulls().unique().sort("ipv6", "id")
        self._six = Homes(from_series(six["ipv6"]), _ids(six))
        self._source = ", ".join(name.replace("@", " of ") for name in chosen)
        self._dated_at: datetime = min(partition_date(name) for name in chosen)

    def tenants(self, target: Target) -> CoTenants | None:
        """Who shares an address with a target; None for a name that no resolution knows."""
        if target.network is not None:
            return self._answer(self._on(target.network))
        place = self._book.place(host_of(target) or "")
        if place is None:
            return None
        found = [self._four.on(address, address) for address in self._four.of(place)]
        found += [self._six.on(address, address) for address in self._six.of(place)]
        together = found[0] if len(found) == 1 else self._once(found)
        return self._answer(together[together != place])

    def _on(self, network: Network) -> Ids:
        ends = (network.first, network.last)
        if network.version == IPV4:
            found = self._four.on(*(np.uint32(end) for end in ends))
        else:
            found = self._six.on(*(np.array(end.to_bytes(16, "big"), "S16") for end in ends))
        return found if network.first == network.last else self._once([found])

    def _once(self, found: Iterable[Ids]) -> Ids:
        """Each of them once, in order."""
        here = np.zeros(len(self._book), bool)
        for ids in found:
            here[ids] = True
        return np.flatnonzero(here).astype(np.int32)

    def _answer(self, ids: Ids) -> CoTenants:
        return CoTenants(
            names=[self._book.name(place) for place in ids[:MOST_NAMED].tolist()],
            in_all=len(ids),
            source=self._source,
            dated_at=self._dated_at,
        )


def _pairs_of_ipv4(rows: pl.DataFrame) -> tuple[NDArray[np.uint32], Ids]:
    """Addresses and names, each pair once, in order: as one number each, which sorts in place."""
    pairs = rows["ipv4"].to_numpy().astype(np.uint64) << BITS | _ids(rows).astype(np.uint64)
    pairs.sort()
    once = pairs[np.diff(pairs, append=~pairs[-1:]) != 0]
    return (once >> BITS).astype(np.uint32), once.astype(np.int32)


def _ids(rows: pl.DataFrame) -> Ids:
    return rows["id"].to_numpy().astype(np.int32)


class NameRolls:
    """The resolutions that are in memory: those last asked about, up to `MOST_ROWS`."""

    def __init__(self) -> None:
        self._held: OrderedDict[Chosen, tuple[Hashable, int, TenantRolls | None]] = OrderedDict()
        self._missed: tuple[Hashable, int] = (None, 0)
        self._lock = Lock()

    def of(self, view: View, chosen: Chosen, n_targets: int) -> TenantRolls | None:
        """The resolutions of some partitions; None: ask the files, as it does not pay to read them.

        It pays where they were asked about time and again, and nothing else in between that is not
        in memory either, and where they are not too many.
        """
        parts = tuple(tuple(view.parts[RESOLUTIONS.name][partition]) for partition in chosen)
        with self._lock:  # who comes meanwhile waits for what is being read, and finds it
            held = self._held.get(chosen)
            if held is not None and held[0] == parts:
                self._held.move_to_end(chosen)
                return held[2]
            key, missed = self._missed
            missed = missed + n_targets if key == (chosen, parts) else n_targets
            self._missed = (chosen, parts), missed
            return self._read(view, chosen, parts) if missed >= WORTH else None

    def _read(self, view: View, chosen: Chosen, parts: Hashable) -> TenantRolls | None:
        self._held.pop(chosen, None)
        n_rows = _size(view, chosen)
        if n_rows is not None:
            while n_rows + sum(rows for _, rows, _ in self._held.values()) > MOST_ROWS:
                self._held.popitem(last=False)
        made = None if n_rows is None else TenantRolls(view, chosen)
        self._held[chosen] = (parts, n_rows or 0, made)
        while len(self._held) > MOST_HELD:
            self._held.popitem(last=False)
        return made


def _size(view: View, chosen: Chosen) -> int | None:
    """How many rows would be in memory; None where they or their names are too many."""
    n_rows = _sum(view, chosen, lambda rows: rows.select(pl.len()))  # by the files' heads
    if n_rows > MOST_ROWS:
        return None
    n_bytes = _sum(view, chosen, lambda rows: rows.select(pl.col("name").str.len_bytes().sum()))
    return n_rows if n_bytes <= MOST_BYTES else None


def _sum(view: View, chosen: Chosen, of: Callable[[pl.LazyFrame], pl.LazyFrame]) -> int:
    found = (view.choose(RESOLUTIONS, partition, of).item() for partition in chosen)
    return sum(map(int, found))


def _addressed(rows: pl.LazyFrame) -> pl.LazyFrame:
    """The names that have an address, with it."""
    held = rows.select("name", *ADDRESSES)
    return held.filter(pl.any_horizontal(pl.col(ADDRESSES).is_not_null()))
