"""What a worker asks of the engine, and what it makes of bad answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from overblock.errors import Overloaded
from overblock.web.serving import far

WHOLE = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 5\r\n\r\nlines"
Heard = list[bytes]


@asynccontextmanager
async def answering(place: Path, told: bytes, heard: Heard) -> AsyncIterator[None]:
    """An engine that says the same to everybody, and hangs up."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(told)
        if not told:
            await reader.read()  # until who asks hangs up
        writer.close()

    async with await asyncio.start_unix_server(answer, str(place)):
        yield


def asked(place: Path, told: bytes | None, method: str = "GET") -> tuple[list[Any], Heard]:
    """What comes back of one question; ``told`` None: nobody is there."""
    sent: list[Any] = []
    heard: Heard = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def ask() -> None:
        scope: Any = {
            "method": method,
            "scheme": "https",
            "raw_path": b"/check%20it",
            "query_string": b"q=%D1%8F",
            "headers": [(b"host", b"here.example"), (b"cookie", b"secret"), (b"accept", b"*/*")],
        }
        receive: Callable[..., Any] = asyncio.Event().wait
        if told is None:
            await far.asking(place)(scope, receive, send)
            return
        async with answering(place, told, heard):
            await far.asking(place)(scope, receive, send)

    asyncio.run(ask())
    return sent, heard


def test_only_what_an_answer_depends_on_is_passed_on(tmp_path: Path) -> None:
    sent, heard = asked(tmp_path / "engine", WHOLE)
    assert b"".join(heard) == (
        b"GET /check%20it?q=%D1%8F HTTP/1.1\r\nhost: here.example\r\n"
        b"x-forwarded-proto: https\r\nconnection: close\r\n\r\n"
    )
    assert [one.get("status") or one["body"] for one in sent] == [200, b"lines"]
    assert sent[0]["headers"] == [(b"content-type", b"text/plain"), (b"content-length", b"5")]


def test_what_the_engine_says_of_its_own_connection_stays_there(tmp_path: Path) -> None:
    """Else each page would cost its reader a connection."""
    own = b"Connection: close\r\nKeep-Alive: timeout=5\r\n"
    sent, _ = asked(tmp_path / "engine", WHOLE.replace(b"Content-Length", own + b"Content-Length"))
    assert [name for name, _ in sent[0]["headers"]] == [b"content-type", b"content-length"]


def test_other_ways_to_ask_are_passed_on_without_what_was_sent(tmp_path: Path) -> None:
    nothing = b"HTTP/1.1 204 No Content\r\nallow: GET, HEAD, OPTIONS\r\n\r\n"
    sent, heard = asked(tmp_path / "engine", nothing, "OPTIONS")
    assert b"".join(heard).startswith(b"OPTIONS /check%20it?")
    assert [one.get("status", one.get("body")) for one in sent] == [204, b""]
    assert sent[0]["headers"] == [(b"allow", b"GET, HEAD, OPTIONS")]


HALF = {
    "half a body": WHOLE[:-1],
    "half a head": WHOLE[:20],
    "no HTTP": b"nothing of the kind\r\n\r\n",
    "no length": b"HTTP/1.1 200 OK\r\n\r\n",
    "too long": WHOLE.replace(b": 5", b": 99999999999"),
    "no number": WHOLE.replace(b": 5", b": many"),
    "nobody": None,
}


@pytest.mark.parametrize("told", HALF.values(), ids=HALF)
def test_half_an_answer_is_none(tmp_path: Path, told: bytes | None) -> None:
    with pytest.raises(Overloaded, match="has ended"):
        asked(tmp_path / "engine", told)


def test_who_is_silent_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(far, "PATIENCE", 0.05)
    with pytest.raises(Overloaded, match="no answer within"):
        asked(tmp_path / "engine", b"")


def test_what_many_ask_anew_each_time_is_answered_near() -> None:
    near = [path for path in ("/", "/check", "/check.json", "/map", "/health") if far.is_near(path)]
    assert near == ["/check", "/check.json", "/health"]
