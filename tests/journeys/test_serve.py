"""`overblock serve` as people start it: real processes, real sockets."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from litestar.testing import TestClient

from overblock.store import Store
from overblock.web.app import create_app
from register_worlds import DUMP, START, dump, ingest, line, observatory

PROGRAM = Path(sys.executable).parent / "overblock"
PATIENCE = 60.0  # seconds to start on a busy machine; longer than the site itself waits


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("serve")
    made = observatory(folder / "observatory")
    path = folder / "dump.csv"
    path.write_bytes(dump(START, [line("203.0.113.0/24")]))
    ingest(made, [path])
    return made


@contextmanager
def started(
    store: Store, *words: str, told: list[str] | None = None, ended: signal.Signals = signal.SIGINT
) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """The site on a free port, and its process; ended as people end it, or as a system does."""
    command = [str(PROGRAM), "serve", "--store", str(store.root), "--port", "0", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stderr is not None
        first = server.stderr.readline()
        port = re.search(r"port (\d+)", first)
        assert port, first
        yield int(port[1]), server
        server.send_signal(ended)
        if ended != signal.SIGINT:
            return  # it has no time to say anything
        out, rest = server.communicate(timeout=PATIENCE)
    assert out == ""
    assert server.returncode == 0
    if told is not None:
        told.append(first + rest)


def ask(port: int, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """One question over a connection of its own: any worker may answer."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def assert_one_connection_is_enough(port: int, paths: Iterable[str]) -> None:
    """Who reads page after page need not connect anew."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.connect()
    opened = connection.sock
    for path in paths:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.headers.get("Vary", "").count("Accept-Encoding") == 1, path
        assert connection.sock is opened, path
    connection.close()


def answer_to_a_huge_address(port: int) -> bytes:
    """The first bytes of it; none where the connection is cut while sending."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as huge:
        try:
            huge.sendall(b"GET /check?q=%b HTTP/1.1\r\n\r\n" % (b"a" * 1_000_000))
            return huge.recv(12)
        except ConnectionError:
            return b""


def workers(process: int) -> list[int]:
    """The processes that answer; one more only counts what is shared."""
    return spawned(Path(f"/proc/{process}/task/{process}"))


def spawned(task: Path) -> list[int]:
    """The processes that a thread began and that live; any may end while it is looked at."""
    children = told_by(task / "children").split()
    return [
        int(one)
        for one in children
        if b"spawn_main" in told_by(Path(f"/proc/{one.decode()}/cmdline"))
    ]


def told_by(path: Path) -> bytes:
    """What the system says of a process; nothing of one that is gone."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_it_answers_logs_no_visitor_refuses_a_huge_address_and_ends_at_once(store: Store) -> None:
    told: list[str] = []
    with started(store, "--most-a-minute", "8", told=told) as (port, _):
        assert '"ipv4":256' in ask(port, "/now.json")[1]
        assert ask(port, "/now.json", "HEAD") == (200, "")
        assert ask(port, "/sources", **{"If-None-Match": "*"}) == (304, "")
        assert answer_to_a_huge_address(port) in {b"", b"HTTP/1.1 400"}
        posing = [ask(port, "/health", **{"X-Forwarded-For": f"192.0.2.{n}"})[0] for n in range(7)]
    assert 429 in posing  # no proxy was named, so nobody is believed to be one
    (all_told,) = told
    assert all_told.count("127.0.0.1") == 1  # where it listens; nobody who came
    assert "192.0.2" not in all_told
    assert "Traceback" not in all_told, all_told


def test_workers_count_a_client_together_and_one_that_is_killed_is_started_anew(
    store: Store,
) -> None:
    words = ("--workers", "2", "--most-a-minute", "20", "--proxied", "127.0.0.1")
    with started(store, *words) as (port, server):
        alice, bob = ({"X-Forwarded-For": f"192.0.2.{n}"} for n in (1, 2))
        told = [ask(port, "/health", **alice)[0] for _ in range(24)]
        assert told[:20] == [200] * 20
        assert 429 in told[20:]  # a minute may have ended in between
        assert ask(port, "/health", **bob)[0] == 200
        first = workers(server.pid)
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        until = time.monotonic() + PATIENCE
        while first[0] in (now := workers(server.pid)) or len(now) < 2:
            assert time.monotonic() < until
            asker = {"X-Forwarded-For": f"198.51.100.{time.monotonic_ns() % 250}"}
            assert ask(port, "/health", **asker)[0] == 200  # the other answers meanwhile
            time.sleep(0.05)
    assert [one for one in {*first, *now} if Path(f"/proc/{one}").exists()] == []


def engines(process: int, known: Iterable[int] = ()) -> list[int]:
    """The engine: another thread started it than the one that starts workers."""
    found = (spawned(task) for task in Path(f"/proc/{process}/task").iterdir())
    others = {*workers(process), *known}
    return [one for ones in found for one in ones if one not in others]


def wait_for(found: Callable[[], list[int]]) -> int:
    """The process that comes up."""
    until = time.monotonic() + PATIENCE
    while not (there := found()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return there[0]


def test_the_engine_answers_as_one_process_would_and_all_end_with_who_watches(
    store: Store,
) -> None:
    """Also where who watches has no time to end it."""
    alike = ("/sources?at=2026-01-01", "/method.json", f"/registers/{DUMP}/diff.csv", "/no-such")
    with started(store, "--most-a-minute", "0", ended=signal.SIGKILL) as (port, server):
        first = wait_for(lambda: engines(server.pid))
        here = {"Host": f"127.0.0.1:{port}", "Accept-Language": "ru"}
        with TestClient(create_app(store.root)) as client:
            for path in alike:
                made = client.get(path, headers=here)
                assert ask(port, path, **here) == (made.status_code, made.text), path
            for method in ("POST", "OPTIONS", "DELETE"):
                for path in ("/now.json", "/no-such"):
                    made = client.request(method, path, headers=here)
                    assert ask(port, path, method, **here) == (made.status_code, made.text)
        assert_one_connection_is_enough(port, alike)
        os.kill(first, signal.SIGKILL)
        assert ask(port, "/glossary.json")[0] == 200  # nobody asked for it before
        second, left = wait_for(lambda: engines(server.pid, [first])), workers(server.pid)
    until = time.monotonic() + PATIENCE
    while [one for one in (second, *left) if Path(f"/proc/{one}").exists()]:
        assert time.monotonic() < until
        time.sleep(0.05)
    socket.create_server(("127.0.0.1", port)).close()  # nobody holds the port any more


def test_a_port_that_is_taken_is_one_clear_line(store: Store) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        found = subprocess.run(
            [PROGRAM, "serve", "--store", store.root, "--port", port],
            capture_output=True,
            text=True,
            check=False,
        )
    assert found.returncode == 2
    assert f"cannot listen on 127.0.0.1, port {port}: Address already in use" in found.stderr
    assert "Traceback" not in found.stderr
