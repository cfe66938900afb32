"""What this process has begun, and what it shares with it: nothing of either may be left behind."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from overblock.artefacts.measurements import Found
from overblock.pipeline import spreading, waiting
from overblock.pipeline.companions import Answers, Companion


def children() -> list[int]:
    """The processes that this one began and that have not ended."""
    tasks = Path("/proc/self/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def shared_memories() -> int:
    """How many memories without a name this process has open."""
    links = (Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd"))  # noqa: PTH208
    return sum("memfd:overblock" in os.readlink(link) for link in links if link.is_symlink())  # noqa: PTH115


def readers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that others read, in the order in which they get them.

    They are there before the first file is read, and each file is a group.
    """
    names: list[str] = []
    give, enter = Companion.give_files, Companion.__enter__

    def noted(companion: Companion, files: Sequence[Found], n_bytes: int) -> Answers | None:
        answers = give(companion, files, n_bytes)
        names.extend(found.name for found in files if answers)
        return answers

    def entered(companion: Companion) -> Companion:
        companion.hear(wait=True)
        return enter(companion)

    monkeypatch.setattr(Companion, "give_files", noted)
    monkeypatch.setattr(Companion, "__enter__", entered)
    monkeypatch.setattr(spreading, "LARGE_BYTES", 0)
    monkeypatch.setattr(waiting, "GROUP_BYTES", 1)
    return names
