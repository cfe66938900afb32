"""What a worker does not answer itself: it asks the engine over a socket of this machine."""

import asyncio
from pathlib import Path
from typing import Any

from litestar.types import ASGIApp, HTTPScope, Receive, Send

from overblock.errors import Overloaded
from overblock.web.asking import SECONDS

NEAR = ("/check", "/static/", "/health")  # what begins so, a worker answers itself
PASSED_ON = (b"host", b"accept-language")  # all that an answer depends on, beside its address
# Of one connection alone (RFC 9110, 7.6.1): what the engine says of its own is not the visitor's.
OF_ONE_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"upgrade"}
PATIENCE = SECONDS + 10  # seconds: the engine says itself, before, that it takes too long
EMPTY = 204
MOST_BYTES = 64 * 2**20  # of one answer


def is_near(path: str) -> bool:
    """Whether a worker answers a path itself."""
    return path.startswith(NEAR)


def asking(place: Path) -> ASGIApp:
    """An application that has the engine at ``place`` answer; it raises `Overloaded`."""

    async def ask(scope: Any, receive: Receive, send: Send) -> None:  # noqa: ANN401, ARG001  (as Litestar has it)
        """Pass a question on, and its answer back."""
        try:
            told = await asyncio.wait_for(_told(place, _question(scope)), PATIENCE)
        except TimeoutError as error:
            raise Overloaded(f"no answer within {PATIENCE:.0f} seconds: ask once more") from error
        except (OSError, ValueError, asyncio.LimitOverrunError) as error:
            raise Overloaded(
                "the process that works out this page has ended: ask once more"
            ) from error
        status, headers, body = told
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return ask


def _question(scope: HTTPScope) -> bytes:
    """A request of HTTP/1.1; what its lines are made of was parsed as such, so no line ends.

    What comes with it stays here: the engine takes nothing, and says so of other ways to ask.
    """
    path, query = scope["raw_path"], scope["query_string"]
    method = scope["method"].encode("ascii")
    lines = [b"%b %b%b HTTP/1.1" % (method, path, b"?" + query if query else b"")]
    lines += [b"%b: %b" % (name, value) for name, value in scope["headers"] if name in PASSED_ON]
    lines += [b"x-forwarded-proto: %b" % scope["scheme"].encode(), b"connection: close"]
    return b"\r\n".join([*lines, b"", b""])


async def _told(place: Path, question: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body.

    Raises:
        ValueError: it is no whole answer.
    """
    reader, writer = await asyncio.open_unix_connection(str(place))
    try:
        writer.write(question)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].split(b"\r\n")
        pairs = (line.partition(b":") for line in lines)
        headers = [(name.strip().lower(), value.strip()) for name, _, value in pairs]
        status = int(first.split()[1])
        length = 0 if status == EMPTY else int(dict(headers)[b"content-length"])
        if length > MOST_BYTES:
            raise ValueError(f"an answer of {length} bytes")
        kept = [(name, value) for name, value in headers if name not in OF_ONE_HOP]
        return status, kept, await reader.readexactly(length)
    except (EOFError, KeyError) as error:  # of asyncio's: a part of it
        raise ValueError("half an answer") from error
    finally:
        writer.close()
