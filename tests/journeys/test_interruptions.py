"""An ingest that is stopped, killed, starved of disk or not alone: old state or new, never between.

The kills fall at random moments of an ingest of real states; a reader looks in between.
"""

import fcntl
import os
import random
import resource
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from git_worlds import Made, git, make_repository
from overblock.artefacts.git import History
from overblock.store import Store
from overblock.tables import GAPS, LISTINGS, RECORD_REJECTS, RECORDS, RUNS, SNAPSHOTS
from register_worlds import DUMP, HOUR, START, dump, line, rows
from running import PROGRAM, TRACEBACK, half_written, inside, run
from shared_data import shared

N_STATES = 24  # of the real history; a place is kept after each
KILLS = 4
SLOWLY = """
import sys, time
from pathlib import Path
from overblock.cli.main import main
from overblock.pipeline import ingest
from overblock.pipeline.registering import Register

keep = Register.checkpoint

def keep_and_rest(register):
    keep(register)
    time.sleep(0.05)
    while Path({hold!r}).exists():
        time.sleep(0.05)

Register.checkpoint = keep_and_rest
ingest.CHECKPOINT_SECONDS = -1.0
sys.argv[0] = "overblock"
main()
"""
DERIVED = (LISTINGS, GAPS, RECORDS, RECORD_REJECTS, SNAPSHOTS, RUNS)


def everything(store: Path) -> dict[str, list[dict[str, Any]]]:
    there = Store.open(store)
    tables = {table.name: rows(there, table) for table in DERIVED}
    return tables | {"open": rows(there, RUNS, f"{DUMP}+open")}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return Store.create(tmp_path / "observatory").root


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first states of the real history, as a bundle of their own."""
    folder = tmp_path_factory.mktemp("states")
    with History(shared("data", "zi-2012-2015.bundle")) as history:
        commits = history.commits(lambda name: name == "dump.csv")[:N_STATES]
        made = [
            Made({"dump.csv": version.content}, seconds=int(version.committed_at.timestamp()))
            for version in history.read_commits(commits)
            if version.content
        ]
    make_repository(folder / "git", made)
    git(folder / "git", "bundle", "create", "--quiet", str(folder / "states.bundle"), "main")
    return folder / "states.bundle"


def held(store: Path) -> Path:
    """A file that keeps an ingest from going on."""
    return store.with_name("hold")


@contextmanager
def begun(store: Path, path: Path, **more: Any) -> Iterator[subprocess.Popen[str]]:
    """An ingest in a process of its own, which keeps its place after every state and rests there.

    It rests for as long as there is `held(store)`: else a busy machine might see it end before it
    is disturbed.
    """
    slowly = SLOWLY.format(hold=str(held(store)))
    command = [PROGRAM.parent / "python", "-c", slowly, "ingest", DUMP, path, "--store", store]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, **more) as process:  # type: ignore[call-overload]
        yield process
        process.kill()


def wait_for_a_checkpoint(store: Path, process: "subprocess.Popen[str]") -> None:
    manifest, deadline = store / "manifest.json", time.monotonic() + 60
    while b'"building": null' in manifest.read_bytes() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.slow
def test_killed_at_any_moment_it_ends_as_if_it_had_not_been(
    states: Path, store: Path, tmp_path: Path
) -> None:
    undisturbed = Store.create(tmp_path / "undisturbed").root
    assert inside("ingest", DUMP, states, "--store", undisturbed).code == 0
    whole, dice = everything(undisturbed), random.Random(1)  # noqa: S311  (a seeded world)
    for _ in range(KILLS):
        with begun(store, states) as process:
            wait_for_a_checkpoint(store, process)
            time.sleep(dice.random() / 4)
            process.send_signal(signal.SIGKILL)
        assert len(everything(store)["snapshots"]) in {0, len(whole["snapshots"])}
    assert inside("ingest", DUMP, states, "--store", store).code == 0
    assert everything(store) == whole
    assert half_written(store) == []


def test_stopped_by_hand_it_says_so_in_one_line_and_goes_on_later(
    states: Path, store: Path
) -> None:
    held(store).touch()
    with begun(store, states) as process:
        wait_for_a_checkpoint(store, process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert said.strip() == "overblock: interrupted; what was stored before is whole"
    assert half_written(store) == []
    assert everything(store)["snapshots"] == []
    assert inside("ingest", DUMP, states, "--store", store).code == 0
    assert len(everything(store)["snapshots"]) == N_STATES


@pytest.mark.parametrize(
    "words", [("ingest", DUMP), ("ingest", "names_csv"), ("measurements", "ingest"), ("verdicts",)]
)
def test_who_waits_for_a_pipe_that_says_nothing_can_be_stopped(
    words: tuple[str, ...], store: Path
) -> None:
    command = [PROGRAM, *words, "-", *(() if words == ("verdicts",) else ("--store", store))]
    theirs, ours = os.pipe()
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        os.close(theirs)
        os.write(ours, b"Updated")
        while left_in(ours):  # then it waits for more
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
            os.close(ours)
    assert (process.returncode, TRACEBACK in said) == (130, False)
    assert "interrupted" in said


def left_in(pipe: int) -> int:
    """The bytes that wait in a pipe to be read."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def test_two_at_once_the_second_is_told_so(states: Path, store: Path) -> None:
    held(store).touch()  # so that the first is surely still at it
    with begun(store, states) as process:
        wait_for_a_checkpoint(store, process)
        second = run("ingest", DUMP, states, "--store", store)
        made = inside("init", store)
        held(store).unlink()
        _, said = process.communicate(timeout=60)
    assert (second.code, made.code) == (4, 4)
    assert second.complaints == [f"overblock: another process is writing to {store}"]
    assert (process.returncode, TRACEBACK in said) == (0, False)
    assert len(everything(store)["snapshots"]) == N_STATES


def big_dump(folder: Path) -> Path:
    """A dump whose tables take a few hundred kilobytes."""
    dice = random.Random(2)  # noqa: S311  (a seeded world)
    lines = [line(f"192.0.2.{n % 256}", f"{dice.randbytes(16).hex()}.example") for n in range(8000)]
    folder.mkdir()
    (folder / "dump.csv").write_bytes(dump(START + HOUR, lines))
    return folder / "dump.csv"


@pytest.mark.parametrize("kilobytes", [1, 200])
def test_a_file_that_may_grow_no_further_leaves_the_old_state(
    kilobytes: int, store: Path, tmp_path: Path
) -> None:
    """A quota on a file's size: the raw bytes, a part or the manifest does not fit."""
    (tmp_path / "dump.csv").write_bytes(dump(START, [line("192.0.2.1")]))
    assert inside("ingest", DUMP, tmp_path / "dump.csv", "--store", store).code == 0
    before = everything(store)

    def starve() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes << 10, kilobytes << 10))

    with begun(store, big_dump(tmp_path / "big"), preexec_fn=starve) as process:
        _, said = process.communicate(timeout=60)
    assert process.returncode == 4
    assert len(said.splitlines()) == 1, said
    assert said.startswith("overblock: ")
    assert half_written(store) == []
    assert everything(store) == before
    assert inside("ingest", DUMP, tmp_path / "big", "--store", store).code == 0
    assert len(everything(store)["snapshots"]) == 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 700 kB; only root can make one."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", str(place)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("left out: no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_told_and_leaves_the_old_state(small_disk: Path, tmp_path: Path) -> None:
    store = Store.create(small_disk / "observatory").root
    (tmp_path / "dump.csv").write_bytes(dump(START, [line("192.0.2.1")]))
    assert inside("ingest", DUMP, tmp_path / "dump.csv", "--store", store).code == 0
    before = everything(store)
    path = big_dump(tmp_path / "big")
    done = run("ingest", DUMP, path, "--store", store)
    assert done.code == 4
    (complaint,) = done.complaints
    assert complaint.startswith(f"overblock: no space left for {store}")
    assert half_written(store) == []
    assert everything(store) == before
    again = inside("extent", DUMP, "--store", store, "--at", "2015-01-02", "--format", "json")
    assert again.code == 0
