"""The engine: one process beside the workers, which works out what none of them has at hand.

A page that looks through a register's history, or draws, needs memory for some seconds that a
system does not get back from a process that lives on.  So the workers keep what is asked most, and
ask the engine for the rest; they stay small however many pages are opened, and none of their
clients waits while another's picture is drawn.  The engine ends when nobody asked for a while, or
for a minute where it has grown large, and is started anew with the next question.

It speaks HTTP on a socket of this machine, which the process that watches over the workers holds:
who asks while there is no engine waits until there is one.
"""

import asyncio
import faulthandler
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType

import uvicorn

from overblock.errors import UsageError
from overblock.web.serving.counting import Counts

IDLE_SECONDS = 900  # after which it ends
QUIET_SECONDS = 60  # after which it ends if it is large
LARGE_MIB, LARGEST_MIB = 768, 4096  # what needs more than the latter fails
STUCK_SECONDS = 90.0  # without a sign of life
ARRIVE_SECONDS = 0.1  # for a question whose connection was taken
LEAVE_SECONDS = 4  # for answers that were begun
ANEW_SECONDS = 1.0  # between two starts, so that one that cannot start costs little
BACKLOG = 256
TICKS = 10  # of the server in a second
SPAWN = get_context("spawn")


class Engine:
    """The engine as the watching process has it: started when somebody asks."""

    def __init__(self, store: Path, counts: Counts, place: Path) -> None:
        self._given = (store, counts)
        self._listening = _listen(place)
        self._ended, self._end = SPAWN.Pipe(duplex=False)
        self._thread = threading.Thread(target=self._keep, name="engine")

    def start(self) -> None:
        """Start it now, and from then on whenever it has ended and somebody asks."""
        self._thread.start()

    def end(self) -> None:
        """End it for good."""
        self._end.send(None)
        self._thread.join()
        self._listening.close()

    def _keep(self) -> None:
        while not self._live_once():
            if self._ended in wait([self._ended], ANEW_SECONDS):
                return
            if self._ended in wait([self._listening, self._ended]):
                return

    def _live_once(self) -> bool:
        """One engine from its start to its end; whether it was ended for good."""
        try:
            process = self._started()
        except OSError:  # no memory or process to be had: tried anew while somebody asks
            return False
        over = wait([process.sentinel, self._ended])
        if self._ended in over:
            process.terminate()
            process.join(timeout=LEAVE_SECONDS + 1)
            process.kill()
        process.join()
        process.close()
        return self._ended in over

    def _started(self) -> SpawnProcess:
        process = SPAWN.Process(target=_run, args=(*self._given, self._listening), daemon=True)
        process.start()
        return process


def _listen(place: Path) -> socket.socket:
    """A socket of this machine, in a folder that only its user can enter.

    Raises:
        UsageError: the system does not give it, as the path of its temporary files is too long.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(place))
    except OSError as error:
        listening.close()
        raise UsageError(f"cannot listen at {place}: {error}; TMPDIR says where to") from error
    listening.listen(BACKLOG)
    return listening


def _run(store: Path, counts: Counts, listening: socket.socket) -> None:
    """The engine itself."""
    from overblock.web.app import create_app  # noqa: PLC0415  (who watches needs none of it)
    from overblock.web.serving.warming import warm_pages  # noqa: PLC0415  (the same)

    _bound_memory(LARGEST_MIB)
    site = create_app(store, asked_a_minute=0, counts=counts)
    config = uvicorn.Config(
        site.behind,
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        ws="none",
        interface="asgi3",
        loop="asyncio",  # uvloop takes no sockets of this kind
        proxy_headers=True,
        forwarded_allow_ips="*",  # only workers can come here
        timeout_graceful_shutdown=LEAVE_SECONDS,
    )
    warm = partial(warm_pages, site, site.state.answers)
    Server(config, site.is_busy, warm).run(sockets=[listening])


def _bound_memory(mebibytes: int) -> None:
    """Let a question that needs too much fail, before the machine does."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    soft = mebibytes * 2**20
    resource.setrlimit(
        resource.RLIMIT_DATA, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard)
    )


class Server(uvicorn.Server):
    """Ends by itself: with its parent, when idle, when too large; or is ended when stuck."""

    def __init__(
        self,
        config: uvicorn.Config,
        is_busy: Callable[[], bool],
        warm: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        super().__init__(config)
        self._is_busy, self._warm = is_busy, warm
        self._warming: asyncio.Task[None] | None = None
        self.begun = time.monotonic()
        self._seen, self._seen_at = 0, self.begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and to make what will soon be asked for."""
        await super().startup(sockets)
        self._warming = asyncio.create_task(self._warm())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was begun for visitors, and nothing else.

        Who came in the instant in which it was decided to end is answered, too: else he would be
        cut off before a word.  Who comes later waits for the next engine.
        """
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        for server in self.servers:
            server.close()
        await asyncio.sleep(ARRIVE_SECONDS)
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        """Whether it is to end; asked ten times a second."""
        if counter % TICKS == 0:
            faulthandler.dump_traceback_later(STUCK_SECONDS, exit=True)  # unless asked again
            if self.is_over(time.monotonic()):
                faulthandler.cancel_dump_traceback_later()
                return True
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ctrl-C is for the process that watches, which ends this one."""
        if sig != signal.SIGINT:
            super().handle_exit(sig, frame)

    def is_over(self, at: float) -> bool:
        """Whether nobody can ask any more, nobody has for long, or it is too large to go on."""
        parent = parent_process()
        if parent is not None and not parent.is_alive():
            return True
        asked = self.server_state.total_requests
        if self.server_state.connections or self._is_busy() or asked != self._seen:
            self._seen, self._seen_at = asked, at
            return False
        quiet = at - self._seen_at
        return quiet > IDLE_SECONDS or (
            quiet > QUIET_SECONDS and resident_mib(os.getpid()) > LARGE_MIB
        )


def resident_mib(process: int) -> float:
    """The memory of a process, with the pages of libraries; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0.0
    return pages * resource.getpagesize() / 2**20
