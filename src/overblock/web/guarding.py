"""What every answer carries and every visitor is held to.

No answer allows an inline script, a frame, or anything from another host.  How often somebody
asked is counted under a keyed hash of the address; the key is random, and with the counts it is
forgotten each minute, so that nobody can say afterwards who asked.
"""

import hmac
import ipaddress
import os
import time
from collections.abc import Callable

from litestar.datastructures import MutableScopeHeaders
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from overblock.errors import AskedTooOften

POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
    "Cache-Control": "no-cache",
}
WINDOW = 60.0  # seconds
MOST_CLIENTS = 100_000  # counted apart; those beyond share one count
HOME_BITS = 64  # of IPv6: whoever has one address there has them all


async def add_headers(message: Message, _: Scope) -> None:
    """Put the headers on an answer, errors too; what a page set itself stays."""
    if message["type"] == "http.response.start":
        headers = MutableScopeHeaders.from_message(message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)


class Counter:
    """How often each client asked in this minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begin()

    def count(self, address: str) -> int:
        """Count one more of a client; returns how many it were in this minute."""
        if self._clock() - self._begun >= WINDOW:
            self._begin()
        name = hmac.digest(self._key, _home(address).encode(), "sha256")
        if name not in self._counts and len(self._counts) >= MOST_CLIENTS:
            name = b""
        self._counts[name] = self._counts.get(name, 0) + 1
        return self._counts[name]

    def _begin(self) -> None:
        self._begun, self._key = self._clock(), os.urandom(32)
        self._counts: dict[bytes, int] = {}


class RateLimit(ASGIMiddleware):
    """Refuses who asks more than ``most`` times a minute; 0 refuses nobody."""

    def __init__(self, most: int, counter: Counter | None = None) -> None:
        self.most = most
        self.counter = counter or Counter()

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Count the client, then go on."""
        client = scope.get("client")
        if self.most and self.counter.count(client[0] if client else "") > self.most:
            raise AskedTooOften(f"more than {self.most} questions a minute: wait a minute")
        await next_app(scope, receive, send)


def _home(address: str) -> str:
    """An address, or the network that one home has of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # noqa: PLR2004  (the version of the protocol)
        return address
    return str(ipaddress.ip_network((found, HOME_BITS), strict=False))
