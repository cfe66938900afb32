"""What is worked out right after the start, before anybody asks: else the first visitor waits.

A worker reads the tables that `check` looks things up in.  The engine makes the pages that most
people open, and when it has been up for a while, those that take long; it goes on answering
meanwhile.  What fails here is told to whoever asks for it.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from overblock.errors import OverblockError
from overblock.reports.checks.check import check
from overblock.reports.checks.standing_desk import WORTH
from overblock.reports.registers.health import registers_here
from overblock.web.asking import Answers
from overblock.web.serving.site import Site

ANYONE = "192.0.2.1"  # an address that is nobody's (RFC 5737)
SOON_SECONDS = 4.0  # after the start
LATER_SECONDS = 20.0  # after the start, for what takes long
MOST_REGISTERS = 4
SLOW = ("/cases/telegram-2018",)


async def warm_check(answers: Answers) -> None:
    """Have the tables of `check` in memory; the engine starts first, as more wait for it."""
    await asyncio.sleep(SOON_SECONDS)
    if answers.there():
        targets, at = [ANYONE] * WORTH, datetime.now(UTC)
        with suppress(OverblockError):
            await answers.ask(
                ("warm",), lambda view: list(check(view, targets, at, answers.rolls)), keep=False
            )


async def warm_pages(site: Site, answers: Answers) -> None:
    """Have the pages made that most people open first, one after the other."""
    registers: list[str] = []
    if answers.there():
        with suppress(OverblockError):
            registers = await answers.ask(("registers",), registers_here)
    for path in _soon(registers[:MOST_REGISTERS]):
        await _open(site, path)
    await asyncio.sleep(LATER_SECONDS)
    for path in (*(f"/registers/{name}/history.svg" for name in registers[:1]), *SLOW):
        await _open(site, path)


def _soon(registers: list[str]) -> Iterator[str]:
    yield "/"
    yield from (f"/registers/{name}" for name in registers)
    yield "/map"


async def _open(site: Site, path: str) -> None:
    """Ask for a page as a visitor would; an error is a page too."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [],
        "client": None,
        "server": None,
        "state": {},
    }

    async def receive() -> dict[str, Any]:
        """There is nothing more to the question."""
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_: Any) -> None:  # noqa: ANN401  (a message)
        """Nobody reads it."""

    await site.behind(scope, receive, send)
