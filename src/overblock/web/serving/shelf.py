"""Whole answers, kept for a minute: what many ask at once is made once.

A page is a function of the state of the observatory, the minute, its address and the language, so
its bytes can be given again to whoever asks the same.  They are kept in memory for this minute and
the next, and no longer: when a minute is over, the first to ask gets what was said in it, while it
is made anew for those who follow.  When the observatory changes, nothing kept before is given.

Each answer has an ``ETag``, so that who has it already is told so (RFC 9110, 13.1.2); ``HEAD``
gives its headers alone; text is packed by zstd or gzip for those who read it, once for all.
"""

import asyncio
import time
import zlib
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

import zstandard
from litestar.types import ASGIApp, HTTPRequestEvent, HTTPScope, Message, Receive, Scope, Send

from overblock.reports.document.words import LANGUAGES
from overblock.web.pages import accepted

NEVER = ("/metrics", "/health")  # what begins so says how the server itself does
MINUTE = 60.0
MOST_BYTES = 16 * 2**20  # kept of one minute, in one worker
LARGEST = 2 * 2**20  # of one answer: pictures for print are made when they are asked for
LEAST_PACKED = 1024
BESIDE = 3072  # what an answer takes beside its body: a dozen headers
PACKED = ("text/", "application/json", "application/vnd.", "application/atom", "image/svg+xml")
FOUND, NOT_MODIFIED = 200, 304
Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True)
class Answer:
    """A whole answer, and its forms for those who read packed ones."""

    status: int
    headers: Headers
    body: bytes
    packed: dict[str, bytes] = field(default_factory=dict)

    def header(self, name: bytes) -> bytes:
        """A header's value; empty where there is none."""
        return next((value for key, value in self.headers if key == name), b"")

    def form(self, wanted: str) -> tuple[str, bytes]:
        """The name of an encoding that is read, and the body in it; made once."""
        if len(self.body) < LEAST_PACKED or not self._is_text() or not wanted:
            return "", self.body
        if wanted not in self.packed:
            self.packed[wanted] = PACKERS[wanted](self.body)
        return wanted, self.packed[wanted]

    def _is_text(self) -> bool:
        kind = self.header(b"content-type").decode("latin-1")
        return kind.startswith(PACKED) and not self.header(b"content-encoding")


def _gzip(body: bytes) -> bytes:
    packer = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def _zstd(body: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=6).compress(body)


PACKERS: dict[str, Callable[[bytes], bytes]] = {"zstd": _zstd, "gzip": _gzip}  # the best first


class Shelf:
    """Keeps the whole answers of an application, in bounds of bytes and of time."""

    def __init__(
        self, state: Callable[[], Hashable], clock: Callable[[], float] = time.time
    ) -> None:
        self._state, self._clock = state, clock
        self._minute = -1
        self._kept: dict[Hashable, Answer] = {}
        self._before: dict[Hashable, Answer] = {}  # of the minute before
        self._weight = 0
        self._making: dict[Hashable, asyncio.Task[Answer]] = {}

    async def serve(self, scope: HTTPScope, receive: Receive, send: Send, app: ASGIApp) -> None:
        """Answer a request: from the shelf, or by the application."""
        headers = {name: value for name, value in scope["headers"] if name in ASKED_BY}
        wanted = _wanted(headers.get(b"accept-encoding", b""))
        bare, given = scope["method"] == "HEAD", headers.get(b"if-none-match", b"")
        if scope["method"] not in {"GET", "HEAD"}:
            answer = await _made(scope, receive, app)
        elif scope["path"].startswith(NEVER):
            answer = await _made(_plain(scope), receive, app)
        else:
            answer = await self._found(scope, headers, app)
        await _send(answer, wanted, given, send, bare=bare)

    async def _found(self, scope: HTTPScope, headers: dict[bytes, bytes], app: ASGIApp) -> Answer:
        """What is kept of this minute; else of the last one, while a new one is made; else new."""
        key = (
            self._state(),
            *(scope["scheme"], headers.get(b"host"), scope["path"], scope["query_string"]),
            _language(headers.get(b"accept-language", b"")),
        )
        self._turn()
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        making = self._making.get(key)
        if making is None:
            making = self._making[key] = asyncio.create_task(self._make(key, scope, app))
            making.add_done_callback(_look_at)  # who waits is told; maybe nobody does
        old = self._before.get(key)
        return old if old is not None else await asyncio.shield(making)

    async def _make(self, key: Hashable, scope: HTTPScope, app: ASGIApp) -> Answer:
        """Ask the application and keep what it says, if that is good and not too much."""
        try:
            answer = await _made(_plain(scope), _nothing, app)
        finally:
            self._making.pop(key, None)
        if answer.status == FOUND and len(answer.body) <= LARGEST:
            if not answer.header(b"etag"):
                digest = blake2b(answer.body, digest_size=12).hexdigest()
                answer.headers.append((b"etag", f'W/"{digest}"'.encode()))
            self._keep(key, answer)
        return answer

    def _keep(self, key: Hashable, answer: Answer) -> None:
        while self._kept and self._weight + _room(answer) > MOST_BYTES:
            self._weight -= _room(self._kept.pop(next(iter(self._kept))))
        self._kept[key] = answer
        self._weight += _room(answer)

    def _turn(self) -> None:
        """Begin a new minute: what is older than the last is forgotten."""
        minute = int(self._clock() // MINUTE)
        if minute != self._minute:
            self._before = self._kept if minute == self._minute + 1 else {}
            self._minute, self._kept, self._weight = minute, {}, 0


def _room(answer: Answer) -> int:
    """The bytes that an answer may come to take, as it may be packed later."""
    return 2 * len(answer.body) + BESIDE


def _look_at(made: "asyncio.Task[Answer]") -> None:
    if not made.cancelled():
        made.exception()


ASKED_BY = {b"host", b"accept-language", b"accept-encoding", b"if-none-match"}


@lru_cache(1024)
def _language(header: bytes) -> str:
    """The language that a page would take of a browser's wishes."""
    wanted = accepted(header.decode("latin-1"))
    return next((name for told in wanted for name in LANGUAGES if told == name), LANGUAGES[0])


@lru_cache(1024)
def _wanted(header: bytes) -> str:
    """The best packing that a client says it reads; empty for none."""
    told: dict[str, bool] = {}
    for part in header.decode("latin-1").lower().split(",")[:20]:
        name, _, weight = part.replace(" ", "").partition(";q=")
        told[name] = weight.strip("0.") != "" or not weight
    return next((name for name in PACKERS if told.get(name)), "")


def _plain(scope: HTTPScope) -> HTTPScope:
    """The same question by anybody: the whole answer is wanted."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"if-none-match"]
    asked: HTTPScope = {**scope, "method": "GET", "headers": headers, "state": {}}
    return asked


async def _nothing() -> HTTPRequestEvent:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _made(scope: Scope, receive: Receive, app: ASGIApp) -> Answer:
    """The whole answer of the application."""
    answer, parts = Answer(500, [], b""), []

    async def take(message: Message) -> None:
        """What the application would send."""
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [
                (name.lower(), value)
                for name, value in message["headers"]
                if name.lower() != b"content-length"
            ]
        elif message["type"] == "http.response.body":
            parts.append(message["body"])

    await app(scope, receive, take)
    answer.body = b"".join(parts)
    return answer


async def _send(answer: Answer, wanted: str, given: bytes, send: Send, *, bare: bool) -> None:
    """Send an answer in the form that is read; to whom has it already, only that it holds."""
    tag = answer.header(b"etag")
    if tag and _same(tag, given):
        keep = [(name, value) for name, value in answer.headers if name in STAY]
        await _tell(NOT_MODIFIED, keep, b"", send)
        return
    encoding, body = answer.form(wanted)
    length = [(b"content-length", str(len(body)).encode())]
    packing = [(b"content-encoding", encoding.encode())] if encoding else []
    headers = [*_varied(answer.headers), *packing, *length]
    await _tell(answer.status, headers, b"" if bare else body, send)


STAY = {b"etag", b"cache-control", b"vary", b"content-language", b"content-security-policy"}


async def _tell(
    status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, send: Send
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _same(tag: bytes, given: bytes) -> bool:
    """Whether a client has the answer already (weak comparison: RFC 9110, 8.8.3.2)."""
    bare = tag.removeprefix(b"W/")
    return any(one.strip().removeprefix(b"W/") in {bare, b"*"} for one in given.split(b","))


def _varied(headers: Headers) -> Headers:
    """The headers, saying that the packing depends on who asks."""
    told = next((value for name, value in headers if name == b"vary"), b"")
    rest = [(name, value) for name, value in headers if name != b"vary"]
    parts = [part.strip() for part in told.split(b",") if part.strip()]
    wanted = parts if b"Accept-Encoding" in parts else [*parts, b"Accept-Encoding"]
    return [*rest, (b"vary", b", ".join(wanted))]
