"""When the engine ends, without one."""

import asyncio
import errno
import socket
from pathlib import Path
from threading import Event
from typing import Any

import pytest
import uvicorn

from overblock.errors import UsageError
from overblock.web.serving import engine
from overblock.web.serving.counting import Counts


async def no_page() -> None:
    """Nothing is made before it is asked for."""


class Server(engine.Server):
    """An engine that serves nobody, of a size and at a time that a test says."""

    def __init__(self) -> None:
        self.busy = False
        super().__init__(uvicorn.Config("no:app"), lambda: self.busy, no_page)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setattr(engine, "LARGE_MIB", 1e6)
    return Server()


def test_it_stays_while_it_is_asked_now_and_then(server: Server) -> None:
    assert not server.is_over(at=server.begun + engine.IDLE_SECONDS - 1)
    server.server_state.total_requests += 1
    assert not server.is_over(at=server.begun + engine.IDLE_SECONDS + 1)
    assert not server.is_over(at=server.begun + 2 * engine.IDLE_SECONDS)
    assert server.is_over(at=server.begun + 2 * engine.IDLE_SECONDS + 2)


def test_it_does_not_end_while_an_answer_is_made_and_sooner_where_it_is_large(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.busy = True
    later = server.begun + 3 * engine.IDLE_SECONDS
    assert not server.is_over(at=later)
    server.busy = False
    assert not server.is_over(at=later + engine.QUIET_SECONDS + 1)
    monkeypatch.setattr(engine, "LARGE_MIB", 1)
    assert not server.is_over(at=later + engine.QUIET_SECONDS - 1)
    assert server.is_over(at=later + engine.QUIET_SECONDS + 1)


def test_where_no_process_is_to_be_had_it_is_tried_again_while_somebody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a moment without memory would leave a site that answers nothing far ever after."""
    tries, thrice = list[int](), Event()

    class Process:
        def __init__(self, **_: object) -> None:
            tries.append(1)
            if len(tries) == 3:
                thrice.set()

        def start(self) -> None:
            raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(engine.SPAWN, "Process", Process)
    monkeypatch.setattr(engine, "ANEW_SECONDS", 0.01)
    place = tmp_path / "engine"
    watched = engine.Engine(tmp_path, Counts(), place)
    watched.start()
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(str(place))
        assert thrice.wait(timeout=60)
        watched.end()


async def answer(scope: Any, _: Any, send: Any) -> None:
    """A page."""
    assert scope["type"] == "http"
    headers = [(b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.mark.parametrize("turns", range(6))
def test_who_asks_in_the_instant_in_which_it_ends_is_answered_or_waits(
    tmp_path: Path, turns: int
) -> None:
    """So many turns of its loop after the question came."""

    async def live(listening: socket.socket, asking: socket.socket) -> None:
        config = uvicorn.Config(
            answer, lifespan="off", log_level="critical", timeout_graceful_shutdown=60
        )
        server = engine.Server(config, lambda: False, no_page)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup([listening.dup()])
        asking.connect(str(tmp_path / "engine"))
        asking.sendall(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        for _ in range(turns):
            await asyncio.sleep(0)
        await server.shutdown()

    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as asking:
        listening.bind(str(tmp_path / "engine"))
        listening.listen()
        asyncio.run(live(listening, asking))
        asking.settimeout(0)
        try:
            told = asking.recv(12)
        except BlockingIOError:  # it waits for the next engine
            return
        assert told == b"HTTP/1.1 200"


def test_a_place_that_cannot_be_listened_at_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="TMPDIR says where to"):
        engine.Engine(tmp_path, Counts(), tmp_path / ("long" * 60))
