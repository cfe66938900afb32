"""What is listed at one moment, as sets: ordered and attached apart, and their union.

Reports never mix the two kinds (docs/decisions/0003), so every question about names is asked of
both and of the union.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.intervals import IntervalSet
from overblock.addresses.ipv6 import Ipv6Set
from overblock.addresses.locate import TOP, Ipv4s, Points, Segments
from overblock.addresses.sixteen import Sixteens
from overblock.registers.extent import ipv4_set, ipv6_set

Kinds: TypeAlias = NDArray[np.uint8]  # (n,), of each address: the sum of the two, 0: not listed
ORDERED, ATTACHED = np.uint8(1), np.uint8(2)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Listed:
    """Listed addresses; ``ipv4`` and ``ipv6`` are the unions of the two kinds."""

    ordered: IntervalSet
    attached: IntervalSet
    ordered6: Ipv6Set
    attached6: Ipv6Set
    ipv4: IntervalSet
    ipv6: Ipv6Set
    laid_out: Segments[np.uint8]  # the kinds of IPv4 addresses

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Self:
        """The sets of rows with ``kind`` and the four columns of addresses, such as listings."""
        ordered, attached = (
            rows.filter(pl.col("kind") == kind) for kind in ("ordered", "attached")
        )
        return cls.of_sets(
            ordered=ipv4_set(ordered),
            attached=ipv4_set(attached),
            ordered6=ipv6_set(ordered),
            attached6=ipv6_set(attached),
        )

    @classmethod
    def of_sets(
        cls,
        *,
        ordered: IntervalSet,
        attached: IntervalSet,
        ordered6: Ipv6Set | None = None,
        attached6: Ipv6Set | None = None,
    ) -> Self:
        """The same of sets that are at hand; no IPv6 where none is given."""
        six, six_attached = ordered6 or Ipv6Set.empty(), attached6 or Ipv6Set.empty()
        return cls(
            ordered=ordered,
            attached=attached,
            ordered6=six,
            attached6=six_attached,
            ipv4=ordered | attached,
            ipv6=six | six_attached,
            laid_out=_laid_out(ordered, attached),
        )

    def kinds(self, points: Points | Ipv4s) -> Kinds:
        """How each IPv4 address is listed: one look for both kinds."""
        return self.laid_out.at(points)

    def kinds6(self, addresses: Sixteens) -> Kinds:
        """How each IPv6 address is listed."""
        ordered, attached = self.ordered6.covers(addresses), self.attached6.covers(addresses)
        return ordered * ORDERED | attached * ATTACHED


def _laid_out(ordered: IntervalSet, attached: IntervalSet) -> Segments[np.uint8]:
    sides = (ordered.starts, ordered.ends, attached.starts, attached.ends)
    edges = np.sort(np.concatenate(sides))
    edges = edges[edges < np.uint64(TOP)]
    kinds = ordered.covers(edges) * ORDERED | attached.covers(edges) * ATTACHED
    return Segments.of(edges, kinds, 0)
