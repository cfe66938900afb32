"""How often each client asked in this minute, over all workers together, without knowing who.

A client is counted under a keyed hash of its address, in a table of fixed size that the workers
share.  The key is random, and with the counts it is forgotten each minute, so that nobody can say
afterwards who asked.  The table is a count-min sketch (Cormode and Muthukrishnan, 2005): two
clients may meet in one row but hardly in both, and the smaller count is taken, so that a client
may be counted a little too high among hundreds of thousands, and never too low.

No lock is taken: a worker that is killed must not hold up the others.  Two workers that count in
the same instant may lose one of the two.
"""

import ctypes
import ipaddress
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from multiprocessing import get_context

from overblock.web.serving.tally import Tallied

WINDOW = 60.0  # seconds
ROWS = 2
SLOTS = 1 << 17  # of a row: half a million bytes
KEY_BYTES = 32
HOME_BITS = 64  # of IPv6: whoever has one address there has them all
SPAWN = get_context("spawn")


@dataclass(frozen=True, slots=True)
class Counts:
    """What workers share when they are given it at their start."""

    numbers: "ctypes.Array[ctypes.c_uint32]" = field(
        default_factory=lambda: SPAWN.RawArray(ctypes.c_uint32, ROWS * SLOTS)
    )
    key: "ctypes.Array[ctypes.c_uint8]" = field(
        default_factory=lambda: SPAWN.RawArray(ctypes.c_uint8, KEY_BYTES)
    )
    begun: "ctypes.Array[ctypes.c_double]" = field(
        default_factory=lambda: SPAWN.RawArray(ctypes.c_double, 1)
    )
    tallied: Tallied = field(default_factory=Tallied)  # of answers, not of clients


class Counter:
    """Counts clients: all that came to the workers that have the same counts."""

    def __init__(
        self, counts: Counts | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._counts = counts or Counts()
        self._clock = clock

    def count(self, address: str) -> int:
        """Count one more of a client; returns how many it were in this minute."""
        now, counts = self._clock(), self._counts
        if not counts.begun[0] or now - counts.begun[0] >= WINDOW:
            self._begin(now)
        key = bytes(counts.key)
        name = blake2b(_home(address).encode(), key=key, digest_size=4 * ROWS).digest()
        seen = []
        for row in range(ROWS):
            slot = int.from_bytes(name[4 * row : 4 * row + 4], "big") % SLOTS
            counts.numbers[row * SLOTS + slot] += 1
            seen.append(counts.numbers[row * SLOTS + slot])
        return min(seen)

    def _begin(self, now: float) -> None:
        """Forget all; the time first, so that no other worker begins anew as well."""
        self._counts.begun[0] = now
        self._counts.key[:] = list(os.urandom(KEY_BYTES))
        ctypes.memset(self._counts.numbers, 0, ctypes.sizeof(self._counts.numbers))


def _home(address: str) -> str:
    """An address, or the network that one home has of IPv6."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((found, HOME_BITS), strict=False))
