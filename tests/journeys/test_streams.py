"""Where data goes may be full, closed or gone: one line, one exit code, and no word of Python's."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from overblock.store import Store
from register_worlds import DUMP, START, dump, ingest, line, observatory
from running import PROGRAM, TRACEBACK

FULL = Path("/dev/full")
BUFFERED = {"PYTHONUNBUFFERED": ""}  # as on users' machines: what is left is written at the end
QUESTIONS = [
    ("check", "192.0.2.1"),
    *(("check", "192.0.2.1", "--format", form) for form in ("json", "csv", "parquet")),
    ("history", DUMP, "--format", "parquet"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("streams")
    (folder / "dump.csv").write_bytes(dump(START, [line("192.0.2.1")]))
    made = observatory(folder / "observatory")
    ingest(made, [folder / "dump.csv"])
    return made


def shell(store: Store, words: tuple[str, ...], redirected: str) -> tuple[int, str]:
    """A command with its streams as a shell makes them; the exit code, and what it said."""
    asked = [str(PROGRAM), *words, "--store", str(store.root)]
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirected}', "sh", *asked],
        capture_output=True,
        check=False,
        env=os.environ | BUFFERED,
    )
    said = done.stderr.decode()
    assert TRACEBACK not in said, said
    return done.returncode, said


@pytest.mark.skipif(not FULL.exists(), reason="this system has no full device")
@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_a_full_disk_is_told_in_one_line(store: Store, words: tuple[str, ...]) -> None:
    said = shell(store, words, f">{FULL}")
    assert said == (4, "overblock: No space left on device: writing\n")


@pytest.mark.parametrize("words", QUESTIONS[:2], ids=" ".join)
def test_data_that_can_go_nowhere_is_no_success(store: Store, words: tuple[str, ...]) -> None:
    said = shell(store, words, ">&-")
    assert said == (4, "overblock: Bad file descriptor: writing\n")


def test_a_closed_stdin_holds_nothing(store: Store) -> None:
    code, said = shell(store, ("check", "-"), "<&-")
    assert code == 2
    assert "no target" in said


def test_what_cannot_be_told_keeps_no_data_back(store: Store, tmp_path: Path) -> None:
    answer = tmp_path / "answer.json"
    words = ("check", "192.0.2.1", "--at", "2015-01-01", "--format", "json")
    assert shell(store, words, f'>"{answer}" 2>&-') == (0, "")
    assert json.loads(answer.read_bytes())[0]["listed"] is True
