"""Whole answers that are kept: for whom, for how long, in what form."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import zstandard

from overblock.web.serving import shelf as shelves
from overblock.web.serving.shelf import Shelf

BODY = b"<p>" + b"what is blocked now " * 100


class World:
    """A clock, a state, an application that counts how often it is asked, and what was sent."""

    def __init__(self) -> None:
        self.now, self.state, self.asked, self.status = 60.0, 1, 0, 200
        self.headers = [
            (b"Content-Type", b"text/html; charset=utf-8"),
            (b"Vary", b"Accept-Language"),
        ]
        self.shelf = Shelf(lambda: self.state, lambda: self.now)
        self.body: Callable[[], Awaitable[bytes]] = self._body

    async def _body(self) -> bytes:
        return BODY + str(self.asked).encode()

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        """What makes the answers."""
        assert scope["method"] == "GET"
        assert callable(receive)
        self.asked += 1
        body = await self.body()
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    async def get(self, path: str = "/", method: str = "GET", **headers: str) -> "Told":
        """One question."""
        told = Told()
        given = [(name.replace("_", "-").encode(), one.encode()) for name, one in headers.items()]
        scope: Any = {"type": "http", "method": method, "path": path, "scheme": "http"}
        scope |= {"query_string": b"", "headers": given}
        await self.shelf.serve(scope, told.receive, told.send, self.app)
        await asyncio.sleep(0)
        return told


class Told:
    """What was answered."""

    status = 0
    body = b""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}

    async def receive(self) -> Any:
        """Nothing more of the request."""
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Any) -> None:
        """Take a part of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.body += message["body"]


def test_what_was_answered_is_given_again_until_the_observatory_changes() -> None:
    async def live() -> None:
        world = World()
        first, second = await world.get(), await world.get()
        assert first.body == second.body
        assert world.asked == 1
        world.state = 2
        assert (await world.get()).body != first.body
        assert world.asked == 2

    asyncio.run(live())


def test_in_a_new_minute_the_first_gets_what_was_said_and_those_after_the_new() -> None:
    async def live() -> None:
        world = World()
        old = await world.get()
        world.now += 60
        assert (await world.get()).body == old.body
        for _ in range(100):  # turns of the loop, not seconds
            await asyncio.sleep(0)
        assert (await world.get()).body != old.body
        assert world.asked == 2

    asyncio.run(live())


def test_after_two_minutes_nothing_is_left() -> None:
    async def live() -> None:
        world = World()
        old = await world.get()
        world.now += 120
        assert (await world.get()).body != old.body

    asyncio.run(live())


def test_many_who_ask_at_once_wait_for_one_answer() -> None:
    async def live() -> None:
        world = World()
        told = await asyncio.gather(*(world.get() for _ in range(50)))
        assert {one.body for one in told} == {BODY + b"1"}
        assert world.asked == 1

    asyncio.run(live())


def test_language_host_path_and_the_like_are_told_apart() -> None:
    async def live() -> None:
        world = World()
        for headers in (
            {},
            {"accept_language": "ru"},
            {"host": "a"},
            {"accept_language": "de, ru"},
        ):
            await world.get(**headers)
        assert world.asked == 3  # who reads German and Russian gets the Russian page
        await world.get("/other")
        assert world.asked == 4

    asyncio.run(live())


@pytest.mark.parametrize("path", ["/metrics", "/health"])
def test_how_the_server_does_is_asked_each_time(path: str) -> None:
    async def live() -> None:
        world = World()
        assert (await world.get(path)).body != (await world.get(path)).body

    asyncio.run(live())


@pytest.mark.parametrize("status", [404, 429, 500, 503])
def test_what_is_no_answer_is_not_kept(status: int) -> None:
    async def live() -> None:
        world = World()
        world.status = status
        await world.get()
        world.status = 200
        assert (await world.get()).status == 200

    asyncio.run(live())


def test_an_application_that_fails_fails_for_all_who_wait_and_is_asked_anew() -> None:
    async def live() -> None:
        world = World()

        async def broken() -> bytes:
            raise RuntimeError("broken")

        whole, world.body = world.body, broken
        told = await asyncio.gather(world.get(), world.get(), return_exceptions=True)
        assert all(isinstance(one, RuntimeError) for one in told)
        world.body = whole
        assert (await world.get()).status == 200

    asyncio.run(live())


def test_who_has_an_answer_is_told_so_and_whoever_asks_for_heads_gets_them() -> None:
    async def live() -> None:
        world = World()
        told = await world.get()
        tag = told.headers["etag"]
        for given in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
            again = await world.get(if_none_match=given)
            assert (again.status, again.body) == (304, b"")
            assert again.headers["etag"] == tag
        assert (await world.get(if_none_match='"other"')).status == 200
        head = await world.get(method="HEAD")
        assert (head.body, head.headers["content-length"]) == (b"", str(len(told.body)))

    asyncio.run(live())


@pytest.mark.parametrize(
    ("header", "packing"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0, gzip;q=0.5", "gzip"),
        ("identity", ""),
        ("", ""),
        ("gzip;q=0.0", ""),
    ],
)
def test_text_is_packed_as_the_reader_can_read_it(header: str, packing: str) -> None:
    unpack: dict[str, Callable[[bytes], bytes]] = {
        "gzip": lambda body: zlib.decompress(body, 31),
        "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
        "": lambda body: body,
    }

    async def live() -> None:
        world = World()
        told = await world.get(accept_encoding=header)
        assert told.headers.get("content-encoding", "") == packing
        assert told.headers["vary"] == "Accept-Language, Accept-Encoding"
        assert unpack[packing](told.body) == BODY + b"1"
        assert told.headers["content-length"] == str(len(told.body))

    asyncio.run(live())


def test_pictures_are_not_packed_again() -> None:
    async def live() -> None:
        world = World()
        world.headers = [(b"content-type", b"image/png")]
        assert "content-encoding" not in (await world.get(accept_encoding="gzip")).headers

    asyncio.run(live())


def test_a_flood_of_addresses_leaves_the_shelf_within_its_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shelves, "MOST_BYTES", 20 * len(BODY))

    async def live() -> None:
        world = World()
        for number in range(100):
            await world.get(f"/{number}", accept_encoding="gzip")
        await world.get("/99")
        assert world.asked == 100
        await world.get("/0")
        assert world.asked == 101

    asyncio.run(live())
