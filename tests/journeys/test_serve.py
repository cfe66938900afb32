"""`overblock serve` as people start it."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from register_worlds import START, dump, ingest, line, observatory

PROGRAM = Path(sys.executable).parent / "overblock"
PATIENCE = 30.0  # seconds to start on a busy machine


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def first_answer(address: str) -> str:
    """What it says as soon as it listens."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urlopen(f"{address}/now.json") as answer:  # noqa: S310  (of this machine)
                text: str = answer.read().decode()
                return text
        except URLError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_it_answers_logs_no_visitor_refuses_a_huge_address_and_ends_at_once(
    tmp_path: Path,
) -> None:
    store = observatory(tmp_path / "observatory")
    path = tmp_path / "dump.csv"
    path.write_bytes(dump(START, [line("203.0.113.0/24")]))
    ingest(store, [path])
    port = free_port()
    words: list[str | Path] = [PROGRAM, "serve", "--store", store.root, "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        address = f"http://127.0.0.1:{port}"
        assert '"ipv4":256' in first_answer(address)
        with pytest.raises((HTTPError, URLError, ConnectionError)) as refused:
            urlopen(f"{address}/check?q=http://a.example/{'a' * 1_000_000}")  # noqa: S310  (of this machine)
        if isinstance(refused.value, HTTPError):  # else the connection was cut while sending
            assert refused.value.code == 400
            refused.value.close()
        started.send_signal(signal.SIGINT)
        out, told = started.communicate(timeout=PATIENCE)
    assert out == b""
    assert told.count(b"127.0.0.1") == 1  # where it listens; nobody who came
    assert b"Traceback" not in told
