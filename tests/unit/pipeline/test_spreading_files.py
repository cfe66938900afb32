"""Files that are read in several processes: what one process says of them, in its order."""

import gzip
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from operator import itemgetter
from pathlib import Path

import pytest
import zstandard

from companies import children, readers, shared_memories
from overblock.artefacts.measurements import Found, find_files
from overblock.errors import CompanionLost, FetchFailed, OverblockError, UnsafeArchive
from overblock.measurements.batches import Block
from overblock.pipeline import companions, spreading
from overblock.pipeline.companions import Companion
from overblock.pipeline.reading import BATCH_BYTES
from overblock.pipeline.spreading import spread_files

FIRST, THIRD = itemgetter(0), itemgetter(2)  # work that any process can import
N_FILES = 12


def lines(name: object, n_lines: int = 3) -> bytes:
    return b"".join(b"%s %d\n" % (str(name).encode(), number) for number in range(n_lines))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(N_FILES):
        (tmp_path / f"{number:02}.jsonl.gz").write_bytes(gzip.compress(lines(number), mtime=0))
    return tmp_path


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files that others read."""
    yield readers(monkeypatch)
    assert children() == []
    assert shared_memories() == 0


Said = tuple[list[tuple[str, bytes]], list[tuple[str, str]], str]


def said(*paths: Path, processes: int, work: Callable[[list[Block]], Block] = FIRST) -> Said:
    """The first line of each batch, what is told of files, and what ended it all."""
    answers: list[tuple[str, bytes]] = []
    told: list[tuple[str, str]] = []
    found = find_files([str(path) for path in paths])
    try:
        answers.extend(
            (block.file.name, next(block.lines()).raw)
            for block in spread_files(work, found, lambda *what: told.append(what), processes)
        )
    except OverblockError as error:
        return answers, told, f"{type(error).__name__}: {error}"
    return answers, told, ""


@pytest.mark.parametrize("processes", [2, 3])
def test_files_that_others_read_are_answered_in_their_order(
    folder: Path, given: list[str], processes: int
) -> None:
    answers, told, ended = said(folder, processes=processes)
    assert [name for name, _ in answers] == [f"{n:02}.jsonl.gz" for n in range(N_FILES)]
    assert [line for _, line in answers] == [b"%d 0" % number for number in range(N_FILES)]
    assert given[0] == "01.jsonl.gz"
    assert not told
    assert not ended


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def damage(path: Path) -> None:
    raw = bytearray(gzip.compress(os.urandom(1 << 16), mtime=0))
    raw[-6] ^= 255  # of its checksum
    path.write_bytes(bytes(raw))


def bomb(path: Path) -> None:
    path.write_bytes(zstandard.compress((b"x" * 65535 + b"\n") * 1100))


@pytest.mark.parametrize("harm", [cut, damage, Path.unlink])
@pytest.mark.parametrize("at", [0, 1, N_FILES - 1])
def test_of_files_with_a_bad_one_others_say_what_one_process_says(
    folder: Path, given: list[str], harm: Callable[[Path], None], at: int
) -> None:
    """Whoever reads it, it is told after what came before it, and before what comes after."""
    paths = sorted(folder.iterdir())
    harm(paths[at])
    if not paths[at].exists():
        paths[at].symlink_to("nowhere")
    alone = said(folder, processes=1)
    assert not given
    assert said(folder, processes=2) == alone
    assert given or at == 0 or harm is not cut  # what is long beside the rest is read here
    assert bool(alone[1]) == (harm is cut)
    assert bool(alone[2]) == (harm is not cut)
    assert len({name for name, _ in alone[0]}) >= (N_FILES if harm is cut else at)


def test_what_is_wrong_is_told_by_its_name(folder: Path, given: list[str]) -> None:
    paths = sorted(folder.iterdir())
    cut(paths[1])
    cut(paths[5])
    bomb(paths[9])
    answers, told, ended = said(folder, processes=2)
    assert "01.jsonl.gz" in given
    assert told == [("01.jsonl.gz", "cut"), ("05.jsonl.gz", "cut")]
    assert list(dict(answers)) == [path.name for path in paths[:10]]  # the last as far as allowed
    assert ended.startswith(f"{UnsafeArchive.__name__}: 09.jsonl.gz: ")


def test_what_is_not_found_is_told_after_what_was(folder: Path, given: list[str]) -> None:
    (empty := folder / "empty").mkdir()
    alone = said(*sorted(folder.glob("*.gz")), empty, processes=1)
    assert said(*sorted(folder.glob("*.gz")), empty, processes=2) == alone
    assert given
    assert len(alone[0]) == N_FILES
    assert alone[2] == f"{FetchFailed.__name__}: {empty}: holds no file of measurements"


def test_a_fault_of_the_program_is_raised_here(folder: Path, given: list[str]) -> None:
    with pytest.raises(IndexError):
        said(folder, processes=2, work=THIRD)  # no batch has a third block
    assert children() == []
    assert len(given) < N_FILES


@pytest.mark.parametrize("heard", [1 << 16, companions.MOST_HEARD])
def test_answers_that_are_longer_than_their_slot_wait_until_they_are_asked_for(
    tmp_path: Path, given: list[str], monkeypatch: pytest.MonkeyPatch, heard: int
) -> None:
    monkeypatch.setattr(companions, "MOST_HEARD", heard)
    line = b"x" * (1 << 16)
    for name, n_bytes in (("a", 1 << 20), ("b", 12 << 20), ("c", 12 << 20), ("d", 1)):
        (tmp_path / f"{name}.jsonl").write_bytes((line + b"\n") * (n_bytes // len(line) or 1))
    longest = itemgetter(-1)  # of the blocks of a batch
    alone = said(tmp_path, processes=1, work=longest)
    assert said(tmp_path, processes=2, work=longest) == alone
    assert "b.jsonl" in given
    assert len(alone[0]) > (24 << 20) // BATCH_BYTES


def begun(folder: Path) -> Iterator[Block]:
    """Answers, the first of them taken; another process hangs, as a file of its does not end."""
    endless = folder / "00a.jsonl"
    os.mkfifo(endless)
    names = ["00.jsonl.gz", endless.name, *(f"{n:02}.jsonl.gz" for n in range(1, N_FILES))]
    found = [Found(name, folder / name) for name in names]
    answers = spread_files(FIRST, found, lambda *_: None, 2)
    assert next(answers).file.name == "00.jsonl.gz"
    return answers


def test_a_process_that_dies_while_it_reads_is_told_in_one_line(
    folder: Path, given: list[str]
) -> None:
    answers = begun(folder)
    assert given[0] == "00a.jsonl"
    [pid] = children()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(CompanionLost, match=r"ended by signal 9: was there memory enough\?"):
        list(answers)


def test_who_stops_asking_leaves_no_process_that_reads(folder: Path, given: list[str]) -> None:
    with closing(begun(folder)):  # type: ignore[type-var]  # a generator
        assert len(children()) == 1
    assert children() == []
    assert given


def test_an_interruption_ends_those_that_read(folder: Path, given: list[str]) -> None:
    """As it comes to this process, which waits for the other one."""
    answers = begun(folder)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    with pytest.raises(KeyboardInterrupt):
        list(answers)
    assert children() == []
    assert given


def test_little_to_read_begins_no_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def begin(_self: Companion, _work: object) -> None:
        raise AssertionError("there is little to do")

    monkeypatch.setattr(Companion, "__init__", begin)
    assert len(said(folder, processes=2)[0]) == 1  # all of them are one group, and one batch


def test_where_much_lies_on_the_disk_others_begin_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Much is what unpacks to much: the file itself need not be long."""
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(os.urandom(1 << 16), 0))
    monkeypatch.setattr(spreading, "LARGE_BYTES", 1 << 18)
    answers = spread_files(FIRST, find_files([str(path)]), lambda *_: None, 2)
    next(answers)
    assert len(children()) == 1
    answers.close()
    assert children() == []
