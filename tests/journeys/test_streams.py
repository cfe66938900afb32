"""Where data goes may be full, closed or gone: one line, one exit code, and no word of Python's."""

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from overblock.store import Store
from register_worlds import DUMP, START, dump, ingest, line, observatory
from running import PROGRAM, TRACEBACK, inside, run

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


@pytest.mark.parametrize("form", ["table", "csv"])
def test_data_is_utf_8_in_any_locale(store: Store, form: str) -> None:
    """Registers are Russian, and a locale of long ago is no reason to say nothing."""
    words = ("extent", DUMP, "--at", "2015-01-01", "--by", "authority", "--format", form)
    done = run(*words, "--store", store.root, PYTHONIOENCODING="latin-1")
    assert done.code == 0
    assert "суд" in done.out.decode("utf-8")


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """A file of which the name is no UTF-8, as those on old disks and in old archives are."""
    path = tmp_path / os.fsdecode(b"fl\xffeet.txt")
    path.write_text("192.0.2.1\n")
    return path


def test_a_file_may_be_called_anything(store: Store, odd: Path) -> None:
    at = ("--store", store.root, "--at", "2015-01-01", "--format", "json")
    watched = inside("watch", odd, *at)
    assert watched.code == 10
    (told,) = json.loads(watched.out)["inventories"]
    assert told["name"].endswith("/fl\\xffeet.txt")
    judged = inside("verdicts", odd, "--format", "csv")
    assert b"/fl\\xffeet.txt,1," in judged.out
    read = inside("ingest", "plain_list", odd, "--store", store.root)
    assert (read.code, "1 snapshot added" in read.err) == (0, True)
    with tarfile.open(odd.with_name("odd.tar"), "w") as archive:
        archive.add(odd, arcname=odd.name)
    assert inside("watch", odd.with_name("odd.tar"), *at).code == 10
