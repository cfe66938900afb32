"""What breaks sites: writers that are killed, old and broken stores, floods, and traps in input."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any, Literal

import msgspec
import polars as pl
import pytest
from litestar.testing import TestClient

from overblock.store import Store
from overblock.web.app import create_app
from overblock.web.serving.site import Site
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory
from running import inside

SECONDS = float(os.environ.get("OVERBLOCK_TEST_SECONDS", "1"))  # longer, before a release
WHOLE = "es_hayahora_list"
# A writer that never rests: it reads dumps in, each of which lists one network more.
WRITER = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from register_worlds import HOUR, START, dump, ingest, line
from overblock.store import Store
folder, begin = Path({folder!r}), int(sys.argv[1])
for number in range(begin, begin + 1000):
    path = folder / "dump.csv"
    count = 20 + abs(number % 40 - 20)  # up and down, never by much
    lines = [line(f"203.0.{{n}}.0/24", decision=str(n)) for n in range(count)]
    path.write_bytes(dump(START + number * HOUR, lines))
    ingest(Store(folder / "observatory"), [path])
    print(number, flush=True)
"""


def listed(folder: Path, hours: int = 1) -> Store:
    """An observatory of so many dumps, each of which lists one network more."""
    made = observatory(folder / "observatory")
    for hour in range(hours):
        path = folder / f"{hour}.csv"
        lines = [line(f"203.0.{n}.0/24", decision=str(n)) for n in range(hour + 1)]
        path.write_bytes(dump(START + hour * HOUR, lines))
        ingest(made, [path])
    return made


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return listed(tmp_path_factory.mktemp("hostile"))


READ = (
    *("/now.json", f"/registers/{DUMP}.json", "/check.json?q=203.0.0.9", "/", "/sources.json"),
    *("/check?q=203.0.0.9", f"/registers/{DUMP}", f"/registers/{DUMP}/decisions.json", "/map.json"),
)


def is_whole(path: str, answer: Any) -> bool:
    """Whether all that an answer says is of one state."""
    if path == "/now.json":
        return all(one["ipv4"] == 256 * one["snapshot"]["records"] for one in answer["registers"])
    if path.startswith("/registers/"):
        extent = answer["extent"]
        return bool(extent["ipv4"]["all"] == sum(group["ipv4"] for group in extent["groups"]))
    return True


def test_readers_see_whole_states_while_writers_write_and_are_killed(tmp_path: Path) -> None:
    """`OVERBLOCK_TEST_SECONDS=600` does it for ten minutes."""
    made = listed(tmp_path)
    over, seen, wrong = Event(), [], []

    def read(client: TestClient[Site], path: str) -> None:
        """Ask one thing again and again."""
        while not over.is_set():
            answer = client.get(path)
            told = answer.json() if ".json" in path else None
            seen.append(path)
            if answer.status_code != 200 or not is_whole(path, told):
                wrong.append((path, answer.status_code, answer.text[:300]))

    words = WRITER.format(tests=str(Path(__file__).parents[1]), folder=str(tmp_path))
    with (
        TestClient(create_app(made.root, asked_a_minute=0)) as client,
        ThreadPoolExecutor(len(READ)) as pool,
    ):
        for path in READ:
            pool.submit(read, client, path)
        until, written, lives = time.monotonic() + SECONDS, 0, 0
        while time.monotonic() < until or lives < 2:
            with subprocess.Popen(
                [sys.executable, "-c", words, str(written + 1)], stdout=subprocess.PIPE, text=True
            ) as writer:
                assert writer.stdout is not None
                for _ in range(2 + lives % 3):
                    written = int(writer.stdout.readline())
                time.sleep(lives % 5 * 0.013)  # somewhere in the middle of the next
                writer.send_signal(signal.SIGKILL)
            lives += 1
        over.set()
    assert wrong == []
    assert set(seen) == set(READ)


def test_a_store_of_another_version_is_told_with_what_to_do(tmp_path: Path) -> None:
    made = listed(tmp_path)
    manifest = made.root / "manifest.json"
    told = msgspec.json.decode(manifest.read_bytes())
    manifest.write_bytes(msgspec.json.encode({**told, "format": 0}))
    typed = inside("check", "203.0.0.9", "--store", made.root)
    assert typed.code == 4
    assert "format 0, wanted 1; another version of overblock wrote it" in typed.complaints[0]
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        for path in ("/", "/now.json", "/check.json?q=203.0.0.9", f"/registers/{DUMP}"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert "overblock init NEW" in answer.text
            assert str(tmp_path) not in answer.text
        assert client.get("/cases").status_code == 200  # they need no observatory


def test_a_part_of_another_version_is_named_with_what_to_do(tmp_path: Path) -> None:
    made = listed(tmp_path)
    for path in (made.root / "tables" / "listings").rglob("*.parquet"):
        pl.read_parquet(path).drop("networks").write_parquet(path)
    for words in (["check", "203.0.0.9"], ["extent", DUMP]):
        typed = inside(*words, "--store", made.root)
        assert "another version of overblock wrote it" in (typed.err + typed.out.decode())
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        (told,) = client.get("/now.json").json()["registers"]
        assert "differs from the table listings in networks" in told["broken"]
        answer = client.get(f"/registers/{DUMP}.json")
        assert (answer.status_code, answer.json()["error"]) == (503, "StoreOutdated")


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize("table", ["listings", "snapshots"])
def test_with_a_broken_part_the_rest_works_and_the_part_is_named(
    tmp_path: Path, table: str, gone: Literal[False, True]
) -> None:
    made = listed(tmp_path, 2)
    whole = tmp_path / "blocked-any.txt"
    whole.write_text("198.51.100.1\n")
    os.utime(whole, (START.timestamp(), START.timestamp()))
    ingest(made, [whole], WHOLE)
    for part in (made.root / "tables" / table / DUMP).rglob("*.parquet"):
        part.unlink() if gone else part.write_bytes(b"no parquet")
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        for path in ("/", "/sources", "/check?q=198.51.100.1", f"/registers/{WHOLE}", "/cases"):
            answer = client.get(path)
            assert answer.status_code == 200, path + answer.text[-900:]
        found = client.get("/check.json?q=198.51.100.1").json()[0]
        told = {one["register"]: one["broken"] for one in found["sources"]}
        assert told[WHOLE] is None
        assert f"tables/{table}/{DUMP}" in told[DUMP]
        assert f"tables/{table}/{DUMP}" in client.get("/").text
