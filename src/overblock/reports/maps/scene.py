"""What is written on the map of one network: its children, marks and names, in places of a square.

Places are in units of which the square that is viewed has 1,024 a side, from its top left.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network

import numpy as np

from overblock.addresses.hilbert import IPV4_ORDER, hilbert_xy
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.prefixes import cover
from overblock.addresses.squares import Square, within
from overblock.reports.maps.answer import CHILD_BITS, MapAnswer, MapChild

SIDE = 1024
OCTET = 8  # bits
LEAST_RINGED = 24  # units: what is smaller has a ring
MOST_RINGS = 40
RING = 14  # units


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A rectangle of the scene."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A child, its place, and what stands in its corner."""

    box: Box
    number: str
    child: MapChild


def cells(answer: MapAnswer) -> list[Cell]:
    """The children of the network that is viewed, each in its place."""
    viewed = IPv4Network(answer.network)
    length = viewed.prefixlen + CHILD_BITS
    firsts = [int(IPv4Network(child.network)[0]) for child in answer.children]
    octet = 32 - OCTET * -(-length // OCTET)
    shown = length % OCTET == 0
    return [
        Cell(box=box, number=str(first >> octet & 255) if shown else "", child=child)
        for first, box, child in zip(
            firsts, boxes(viewed, firsts, length), answer.children, strict=True
        )
    ]


def boxes(viewed: IPv4Network, firsts: Iterable[int], length: int) -> list[Box]:
    """Where networks of one length lie within the one that is viewed.

    One of an odd length is two squares side by side.
    """
    level = -(-length // 2)
    corner = Square.of_network(int(viewed[0]), viewed.prefixlen // 2)
    shift = np.uint64(2 * (IPV4_ORDER - level))
    places = np.array(list(firsts), np.uint64) >> shift
    deeper = level - corner.level
    side = SIDE / (1 << deeper)
    x, y = (one.astype(np.int64) for one in hilbert_xy(places, level))
    right, below = (
        (x, y)
        if length % 2 == 0
        else (one.astype(np.int64) for one in hilbert_xy(places + np.uint64(1), level))
    )
    left, top = corner.x << deeper, corner.y << deeper
    return [
        Box(
            x=float(min(a, c) - left) * side,
            y=float(min(b, d) - top) * side,
            width=float(abs(int(a) - int(c)) + 1) * side,
            height=float(abs(int(b) - int(d)) + 1) * side,
        )
        for a, b, c, d in zip(x, y, right, below, strict=True)
    ]


def box_of(viewed: IPv4Network, network: IPv4Network) -> Box:
    """Where one network lies within another."""
    (found,) = boxes(viewed, [int(network[0])], network.prefixlen)
    return found


def rings(answer: MapAnswer, held: IntervalSet) -> list[tuple[float, float]]:
    """Middles of the patches of a set that are too small to be seen, none within another's ring."""
    viewed = IPv4Network(answer.network)
    networks, lengths = cover(within(held, int(viewed[0]), answer.addresses))
    found: list[tuple[float, float]] = []
    for first, length in zip(networks.tolist(), lengths.tolist(), strict=True):
        box = box_of(viewed, IPv4Network((first, length)))
        x, y = box.middle
        if box.width >= LEAST_RINGED or len(found) >= MOST_RINGS:
            continue
        if all(abs(x - a) > RING or abs(y - b) > RING for a, b in found):
            found.append((x, y))
    return found
