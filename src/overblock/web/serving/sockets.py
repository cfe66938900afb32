"""The site on a socket that one or several workers share, until somebody ends it.

uvicorn does the work: a process that answers nobody watches over the workers, starts one anew that
died, and ends all at one Ctrl-C.  Beside the workers it keeps an engine for what they do not answer
themselves (`overblock.web.serving.engine`).  What it leaves open is closed here: a request whose
head is endless, or that never comes to its end, is cut, so that nobody can fill the memory or hold
all connections.
"""

import asyncio
import os
import signal
import socket
import threading
from functools import partial
from multiprocessing import parent_process
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import Multiprocess

from overblock.errors import UsageError
from overblock.web.serving.counting import Counts
from overblock.web.serving.engine import Engine

HEAD_BYTES = 1 << 16  # of a request: its address and its headers
COME_SECONDS = 30.0  # for a request to come whole
MOST_CONNECTIONS = 1_000  # of one worker; who comes beyond is told to come again
LEAVE_SECONDS = 5  # for answers that were begun when it ends
IDLE_SECONDS = 20  # between two requests on a connection
BACKLOG = 1024
# Memory that an answer needed goes back to the system at once: Polars' allocator, and glibc's,
# keep it else for what may never come.  A worker reads these as it starts.
THRIFTY = {
    "_RJEM_MALLOC_CONF": "dirty_decay_ms:0,muzzy_decay_ms:0",
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_TRIM_THRESHOLD_": "1000000",
}


def listen(host: str, port: int) -> socket.socket:
    """A socket that others can already connect to; port 0 is any free one.

    Raises:
        UsageError: the system does not give it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise UsageError(f"cannot listen on {host}, port {port}: {error.strerror}") from error


def serve(
    store: Path, opened: socket.socket, *, workers: int, asked_a_minute: int, proxies: str = ""
) -> None:
    """Answer on a socket until the process is told to end.

    ``proxies`` are the hosts whose ``X-Forwarded-For`` is believed, with commas; none by default.
    """
    for name, value in THRIFTY.items():
        os.environ.setdefault(name, value)
    counts = Counts()
    with TemporaryDirectory(prefix="overblock-") as folder:
        place = Path(folder) / "engine"
        engine = Engine(store.absolute(), counts, place)
        config = uvicorn.Config(
            partial(_site, store, asked_a_minute, counts, place),
            factory=True,
            workers=workers,
            access_log=False,
            log_level="warning",
            server_header=False,
            http=BoundedProtocol,
            ws="none",
            backlog=BACKLOG,
            limit_concurrency=MOST_CONNECTIONS,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=proxies or None,
            timeout_keep_alive=IDLE_SECONDS,
            timeout_graceful_shutdown=LEAVE_SECONDS,
        )
        engine.start()
        try:
            Multiprocess(config, [opened]).run()
        finally:
            engine.end()


def _site(store: Path, asked_a_minute: int, counts: Counts, engine: Path) -> Any:  # noqa: ANN401  (Litestar's)
    """The application, made in the process that runs it: the one that watches needs no polars."""
    from overblock.web.serving.worker import create_worker  # noqa: PLC0415

    _end_with_watcher()
    return create_worker(store, asked_a_minute=asked_a_minute, counts=counts, engine=engine)


def _end_with_watcher() -> None:
    """Let this worker end when who watches is gone without a word: else the port stays taken."""
    watcher = parent_process()
    if watcher is None:
        return

    def leave() -> None:
        """Wait for the end of the one, then end the other as it would have."""
        watcher.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=leave, name="watcher", daemon=True).start()


class BoundedProtocol(HttpToolsProtocol):
    """HTTP/1.1, each request of which is bounded in the size of its head and in time."""

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401  (as uvicorn gives them)
        super().__init__(*given, **named)
        self._in_head = True  # waiting for a request, or in its head
        self._head = 0  # bytes of it so far
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is here; its request must follow."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        super().connection_lost(exc)
        self._wait_no_more()

    def data_received(self, data: bytes) -> None:
        """More of a request has come."""
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """A request begins: it must come to its end."""
        super().on_message_begin()
        if self._deadline is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """A head is whole: too large a one is refused by the parser, which closes."""
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_BYTES:
            raise ValueError(f"a head of {size} bytes")
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """A request is whole; another may follow."""
        super().on_message_complete()
        self._in_head, self._head = True, 0
        self._wait_no_more()

    def _wait(self) -> None:
        self._deadline = self.loop.call_later(COME_SECONDS, self._too_late)

    def _wait_no_more(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        self._deadline = None
        if self.transport is not None and not self.transport.is_closing():
            self.transport.close()
