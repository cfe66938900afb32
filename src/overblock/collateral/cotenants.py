"""Who shares an address: the world turned round, from addresses to names.

`Tenants` holds the pairs in the order of addresses, so that who lives on an address, or in a
network, is one slice.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.intervals import ONE, IntervalSet
from overblock.addresses.ipv6 import Ipv6Set
from overblock.addresses.sixteen import Sixteens
from overblock.collateral.worlds import BITS, MASK, SIDES, Ids, Ipv4s, World, spread

NameIds = NDArray[np.uint32]  # (n,), places in ``World.names``


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Tenants:
    """Pairs of an address and a name, by address and then by name."""

    world: World
    addresses: Ipv4s  # (m,)
    names: NameIds  # (m,)
    addresses6: Sixteens  # (k,)
    names6: NameIds  # (k,)

    @classmethod
    def of(cls, world: World) -> Self:
        """The same pairs as the world's, in the other order."""
        words = world.addresses.astype(np.uint64) << BITS
        words |= np.repeat(np.arange(world.n_names, dtype=np.uint64), np.diff(world.offsets))
        words.sort()
        owner6 = np.repeat(np.arange(world.n_names), np.diff(world.offsets6))
        order6 = np.argsort(world.addresses6, kind="stable")
        return cls(
            world=world,
            addresses=(words >> BITS).astype(np.uint32),
            names=(words & MASK).astype(np.uint32),
            addresses6=world.addresses6[order6],
            names6=owner6[order6].astype(np.uint32),
        )

    def within(self, ipv4: IntervalSet, ipv6: Ipv6Set | None = None) -> Ids:
        """The names that have an address in one of the sets: in order, each once."""
        first, last = ipv4.starts.astype(np.uint32), (ipv4.ends - ONE).astype(np.uint32)
        begins = np.searchsorted(self.addresses, first, side="left")
        ends = np.searchsorted(self.addresses, last, side="right")
        parts = [self.names[spread(begins, ends)]]
        if ipv6:
            begins = np.searchsorted(self.addresses6, ipv6.first, side="left")
            ends = np.searchsorted(self.addresses6, ipv6.last, side="right")
            parts.append(self.names6[spread(begins, ends)])
        return _distinct(np.concatenate(parts))

    def on(self, ipv4: int) -> pl.Series:
        """The names on one IPv4 address, in order."""
        return self.world.names.gather(self.within(IntervalSet.of([ipv4], [ipv4 + 1])))

    def on6(self, ipv6: bytes) -> pl.Series:
        """The names on one IPv6 address (sixteen bytes), in order."""
        one = np.frombuffer(ipv6, "S16")
        return self.world.names.gather(self.within(IntervalSet.empty(), Ipv6Set.of(one, one)))


def cotenants(tenants: Tenants, name_id: int) -> pl.DataFrame:
    """The names that share an address with a name, and on how many addresses they do.

    Returns:
        ``name``, ``n_shared``; the closest neighbours first, then by name.  The name itself is
        not among them.
    """
    world = tenants.world
    own = world.addresses[world.offsets[name_id] : world.offsets[name_id + 1]]
    own6 = world.addresses6[world.offsets6[name_id] : world.offsets6[name_id + 1]]
    places = (
        np.searchsorted(held, wanted, side=side)
        for held, wanted in ((tenants.addresses, own), (tenants.addresses6, own6))
        for side in SIDES
    )
    begins, ends, begins6, ends6 = places
    met = np.concatenate([
        tenants.names[spread(begins, ends)], tenants.names6[spread(begins6, ends6)]
    ])  # fmt: skip
    found = pl.DataFrame({"id": met[met != name_id]}).group_by("id").agg(n_shared=pl.len())
    return (
        found.select(world.names.gather(found["id"]).alias("name"), "n_shared")
        .sort("n_shared", "name", descending=[True, False])
    )  # fmt: skip


def _distinct(ids: NameIds) -> Ids:
    ids = np.sort(ids)
    first = np.ones(len(ids), np.bool_)
    first[1:] = ids[1:] != ids[:-1]
    return ids[first].astype(np.int64)
