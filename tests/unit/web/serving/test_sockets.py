"""Requests that are endless, or that never come to their end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from overblock.web.serving import sockets
from overblock.web.serving.sockets import BoundedProtocol

PATIENCE = 60.0
QUIET_SECONDS = 0.2
ANSWER = b"HTTP/1.1 200"
WHOLE = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POSTED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Says how long a body it was sent."""
    assert scope["type"] == "http"
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    body = str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    config = uvicorn.Config(
        app, port=0, http=BoundedProtocol, ws="none", lifespan="off", log_level="critical"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    yield reader, writer
    writer.close()
    server.should_exit = True
    await running


def answers_to(*parts: bytes, n: int | None = None) -> bytes:
    """All that comes back until the connection is closed; or ``n`` answers, and then nothing."""

    async def live() -> bytes:
        told = b""
        async with connected() as (reader, writer):
            for part in parts:
                writer.write(part)
                await asyncio.sleep(0.01)
            try:
                while more := await asyncio.wait_for(
                    reader.read(65_536),
                    QUIET_SECONDS if n is not None and told.count(ANSWER) == n else None,
                ):
                    told += more
            except TimeoutError:
                told += b"(open)"
            except ConnectionError:  # it was cut while more was on its way
                told += b"(cut)"
        return told

    return asyncio.run(asyncio.wait_for(live(), PATIENCE))


def test_requests_one_after_the_other_and_large_bodies_are_answered() -> None:
    told = answers_to(WHOLE, POSTED % 200_000 + b"a" * 200_000, WHOLE, n=3)
    assert told.count(ANSWER) == 3
    assert b"200000" in told
    assert told.endswith(b"(open)")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /?q=" + b"a" * 100_000,
        b"GET / HTTP/1.1\r\nX: " + b"a" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 20_000,
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["address", "header", "headers", "whole"],
)
def test_an_endless_head_is_refused(head: bytes) -> None:
    told = answers_to(head, b"a" * 10, b"a" * 10)
    assert told == b"(cut)" or told.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("begun", [b"", b"GET / HT", POSTED % 10 + b"abc", WHOLE + b"GET /"])
def test_a_request_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(sockets, "COME_SECONDS", 0.2)
    assert answers_to(begun).count(ANSWER) == begun.count(WHOLE)  # and then it is closed
