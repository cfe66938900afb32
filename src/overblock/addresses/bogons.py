"""Millions of addresses judged by the table of `overblock.addresses.special`."""

import numpy as np
from numpy.typing import NDArray

from overblock.addresses.sixteen import Sixteens, to_words
from overblock.addresses.special import ipv4_edges, ipv6_edges

MASK = (1 << 64) - 1


def bogons_ipv4(addresses: NDArray[np.uint32] | NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of the IPv4 addresses ``(n,)`` no site of the public internet can live on.

    >>> bogons_ipv4(np.array([0x7F000001, 0x08080808], np.uint32)).tolist()
    [True, False]
    """
    edges = np.array(ipv4_edges(), np.uint64)
    begun: NDArray[np.int64] = np.searchsorted(edges, addresses.astype(np.uint64), side="right")
    return (begun & 1).astype(np.bool_)


def bogons_ipv6(addresses: Sixteens) -> NDArray[np.bool_]:
    """The same for IPv6 addresses ``(n,)``, sixteen bytes each."""
    high, low = to_words(addresses)
    inside = np.zeros(len(high), np.bool_)
    for edge in ipv6_edges():
        if edge >> 128:
            break  # one past the last address: nothing lies beyond
        first, second = np.uint64(edge >> 64), np.uint64(edge & MASK)
        inside ^= (high > first) | ((high == first) & (low >= second))
    return inside
