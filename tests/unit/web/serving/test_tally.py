"""Answers counted by several workers in memory that they share."""

import os
import subprocess
import sys

import pytest

from overblock.web.serving.tally import MOST_ROWS, Tallied, Tally

PAGE = "/check"


def counted(tally: Tally) -> int:
    (page,) = tally.read()
    return page.answers["2xx"]


def rows_in_use(tallied: Tallied) -> int:
    """Rows that anything was added to."""
    length = len(tallied.numbers) // MOST_ROWS
    return sum(
        any(tallied.numbers[at : at + length]) for at in range(0, len(tallied.numbers), length)
    )


def note_as(process: int, tally: Tally, monkeypatch: pytest.MonkeyPatch, times: int = 1) -> None:
    """What another worker does."""
    monkeypatch.setattr(os, "getpid", lambda: process)
    for _ in range(times):
        tally.note(PAGE, 200, 0.001)
    monkeypatch.undo()


def test_two_workers_never_add_to_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one writes between the other's reading and writing would be lost: counts would fall."""
    tallied = Tallied()
    one, other = Tally([PAGE], tallied), Tally([PAGE], tallied)
    own = os.getpid()
    for worker, process in ((one, own), (other, own - MOST_ROWS)):
        monkeypatch.setattr(os, "kill", lambda *_: None)  # both live
        note_as(process, worker, monkeypatch)
    assert rows_in_use(tallied) == 2
    assert counted(one) == counted(other) == 2


def test_the_next_worker_goes_on_in_the_row_of_one_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    tallied = Tallied()
    note_as(gone.pid, Tally([PAGE], tallied), monkeypatch, times=3)
    after = Tally([PAGE], tallied)
    after.note(PAGE, 200, 0.001)
    assert rows_in_use(tallied) == 1
    assert counted(after) == 4


def test_who_finds_its_row_taken_takes_another() -> None:
    """As when two begin in the same instant."""
    tallied, parent = Tallied(), os.getppid()
    first = Tally([PAGE], tallied)
    first.note(PAGE, 200, 0.001)
    tallied.owners[0] = parent
    first.note(PAGE, 200, 0.001)
    assert tallied.owners[1] == os.getpid()
    assert counted(first) == 2


def test_where_more_count_than_there_are_rows_all_is_counted() -> None:
    tallied = Tallied()
    tallied.owners[:] = [os.getppid()] * MOST_ROWS
    tally = Tally([PAGE], tallied)
    tally.note(PAGE, 200, 0.001)
    tally.note(PAGE, 200, 0.001)
    assert counted(tally) == 2
