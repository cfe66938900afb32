"""What this process has begun, and what it shares with it: nothing of either may be left behind."""

import os
from pathlib import Path


def children() -> list[int]:
    """The processes that this one began and that have not ended."""
    tasks = Path("/proc/self/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def shared_memories() -> int:
    """How many memories without a name this process has open."""
    links = (Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd"))  # noqa: PTH208
    return sum("memfd:overblock" in os.readlink(link) for link in links if link.is_symlink())  # noqa: PTH115
