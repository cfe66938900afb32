"""Files written whole or not at all, and what the disk refused said in one line."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import IO

from overblock.errors import NotAStore, StoreFull


def put(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside its place, make it durable, and rename it in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")  # of nobody else
    try:
        with beside.open("wb") as target:
            fill(target)
            target.flush()
            os.fsync(target.fileno())
        beside.replace(path)
    except BaseException:  # also when interrupted: nothing half-written stays
        beside.unlink(missing_ok=True)
        raise


def remove_left(beside: Path) -> None:
    """Remove what `put` had begun, unless the process that did is still at it."""
    process = beside.suffixes[-2].removeprefix(".") if len(beside.suffixes) > 1 else ""
    if not (process.isdecimal() and int(process) != os.getpid() and lives(int(process))):
        beside.unlink(missing_ok=True)


def lives(process: int) -> bool:
    """Whether a process of this number is there; none has the number 0."""
    if not process:
        return False
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is somebody else's
        return True
    return True


def put_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: a reader sees what was there before, or all of this.

    Raises:
        StoreFull: the disk is full; what was there is untouched.
        NotAStore: the folder cannot be written.
    """
    with disk(path.parent):
        put(path, lambda target: target.write(content))


@contextmanager
def disk(root: Path) -> Iterator[None]:
    """Say in one line what the disk refused."""
    try:
        yield
    except OSError as error:
        if error.errno in {ENOSPC, EDQUOT}:
            raise StoreFull(f"no space left for {root}; what was there is untouched") from error
        if isinstance(error, (PermissionError, NotADirectoryError, FileExistsError)):
            raise NotAStore(f"{root} cannot be written: {error.strerror}") from error
        raise
