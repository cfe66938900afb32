"""The resolvers that are asked in turn: where they are, and how each of them does.

One that only fails is put aside for a while, and asked again later.  A list of dead names fails
too, so before that it is asked for something that every working resolver knows: the root's SOA.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

import dns.exception
import dns.resolver

from overblock.errors import FetchFailed, UsageError
from overblock.probes.pace import Pace

PORT = 53
RESOLV_CONF = "/etc/resolv.conf"
FAILURES_IN_A_ROW = 20
MOST_PAUSES = 3  # in a row: who is silent after that will be so for long
_WRITTEN = re.compile(
    r"\[(?P<six>[^\]]+)\](?::(?P<port6>\d{1,5}))?|(?P<four>[^:]+):(?P<port4>\d{1,5})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a resolver listens."""

    address: str
    port: int = PORT

    def __str__(self) -> str:
        if self.port == PORT:
            return self.address
        return (
            f"[{self.address}]:{self.port}"
            if ":" in self.address
            else f"{self.address}:{self.port}"
        )


@dataclass(slots=True, kw_only=True)
class Resolver:
    """A resolver in use: its own pace, what came of asking it, and whether it rests."""

    place: Place
    pace: Pace
    stock: frozenset[str] = frozenset()  # the addresses that it gives for names that cannot exist
    n_asked: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    failures_in_a_row: int = 0
    pauses_in_a_row: int = 0
    n_pauses: int = 0
    aside_until: float = 0.0  # by the clock of the run
    in_doubt: bool = False  # the root's SOA is being asked for

    def note(self, outcome: str, *, failed: bool) -> None:
        """Keep in mind how a question ended."""
        self.n_asked += 1
        self.outcomes[outcome] += 1
        if failed:
            self.failures_in_a_row += 1
        else:
            self.failures_in_a_row = self.pauses_in_a_row = 0

    def put_aside(self, now: float, seconds: float) -> float:
        """Rest: ``seconds``, and twice as long each further time; how long it is now."""
        rest = seconds * 2.0**self.pauses_in_a_row
        self.aside_until = now + rest
        self.pauses_in_a_row += 1
        self.n_pauses += 1
        self.failures_in_a_row = FAILURES_IN_A_ROW - 1  # the next failure decides
        return rest


class Rotation:
    """Which resolver is asked next: each in its turn, those put aside left out."""

    def __init__(self, resolvers: Sequence[Resolver]) -> None:
        self.resolvers = tuple(resolvers)
        self._turn = 0

    def choose(self, n: int, now: float, avoid: Collection[Place] = ()) -> list[Resolver]:
        """The next ``n`` or fewer that do not rest; none of ``avoid`` while there is another."""
        ready = [one for one in self.resolvers if one.aside_until <= now]
        if not ready:
            return []
        start = self._turn % len(ready)
        self._turn += 1
        ordered = ready[start:] + ready[:start]
        ordered.sort(key=lambda one: one.place in avoid)  # stable: the turn stays within
        return ordered[:n]

    def rest_from(self, now: float) -> float:
        """How long until the first of the resting comes back.

        Raises:
            FetchFailed: all of them have been tried in vain too often.
        """
        if all(one.pauses_in_a_row > MOST_PAUSES for one in self.resolvers):
            places = ", ".join(str(one.place) for one in self.resolvers)
            raise FetchFailed(
                f"no resolver answers ({places}); what was answered before is kept, and the same"
                " call goes on from there"
            )
        return max(0.0, min(one.aside_until for one in self.resolvers) - now)


def parse_place(written: str) -> Place:
    """Read ``ADDR``, ``ADDR:PORT``, or an IPv6 address in brackets with a port after it.

    Raises:
        UsageError: it is none of these; a resolver's name would itself have to be resolved.
    """
    match = _WRITTEN.fullmatch(written)
    parts = match.groupdict() if match else {}
    address = parts.get("six") or parts.get("four") or written
    port = int(parts.get("port6") or parts.get("port4") or PORT)
    try:
        plain = str(ip_address(address))
    except ValueError as error:
        raise UsageError(f"not a resolver's address: {written[:80]!r}") from error
    if not 0 < port < 1 << 16:
        raise UsageError(f"not a port: {port} in {written[:80]!r}")
    return Place(address=plain, port=port)


def system_places(path: str = RESOLV_CONF) -> list[Place]:
    """The resolvers that this machine uses.

    Raises:
        UsageError: it names none.
    """
    try:
        found = dns.resolver.Resolver(path)
    except dns.exception.DNSException as error:
        raise UsageError(f"{path} names no resolver; name one with --resolver") from error
    written = [server for server in found.nameservers if isinstance(server, str)]
    return [Place(address=address, port=found.port) for address in written]
