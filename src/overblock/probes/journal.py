"""What was answered, line by line in a file that can be gone on with.

The lines of one name are written together as soon as it is answered.  A process that is killed
leaves at worst a half-written last line: the next call drops it, with the other lines of its name.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import msgspec

from overblock.errors import StoreBusy, UsageError
from overblock.probes.answers import FAILED, Line

_ENCODER = msgspec.json.Encoder()


class _Kept(msgspec.Struct):
    """As much of a line as tells whether a name is to be asked again."""

    name: str
    seen_at: str
    resolver: str
    outcome: str | None = None


_DECODER = msgspec.json.Decoder(_Kept)


class Journal:
    """Where answers go: a file to be gone on with, or a pipe."""

    def __init__(self, file: BinaryIO, answered: AbstractSet[str] = frozenset()) -> None:
        self.answered = answered  # before this run
        self._file = file

    def keep(self, lines: Sequence[Line]) -> None:
        """Write the lines of one name, all at once, so that a kill takes at most one name."""
        encoded = memoryview(b"".join(_ENCODER.encode(line) + b"\n" for line in lines))
        while encoded:  # an unbuffered file may take less, where the disk is almost full
            encoded = encoded[self._file.write(encoded) :]
        self._file.flush()


@contextmanager
def open_journal(path: Path, *, again: bool = False) -> Iterator[Journal]:
    """The file at ``path``, made where there is none, to be written on.

    With ``again``, a name counts as answered only if its last lines tell of no failure.

    Raises:
        UsageError: it holds something else; nothing is changed in it.
        StoreBusy: another process is writing to it.
    """
    with path.open("a+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreBusy(f"another process is writing to {path}") from error
        answered, failed, whole_bytes = _read(path)
        if whole_bytes < os.fstat(file.fileno()).st_size:
            file.truncate(whole_bytes)
        yield Journal(file, answered - failed if again else answered)


def _read(path: Path) -> tuple[set[str], set[str], int]:
    """The names in a journal, those of them that failed last, and how far it is whole."""
    answered: set[str] = set()
    failed: set[str] = set()
    at, begins, last = 0, 0, ""  # where the lines of the last name begin
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                _check_torn(line, path, number)
                answered.discard(last)
                return answered, failed, begins
            kept = _decode(line, path, number)
            if kept.name != last:
                begins, last = at, kept.name
                failed.discard(last)
            answered.add(last)
            if kept.outcome in FAILED:
                failed.add(last)
            at += len(line)
    return answered, failed, at


def _decode(line: bytes, path: Path, number: int) -> _Kept:
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: line {number} was not written by resolve, so nothing is added: {line[:80]!r}"
        ) from error


def _check_torn(line: bytes, path: Path, number: int) -> None:
    begin = b'{"name":"'
    if line[: len(begin)] != begin[: len(line)]:
        raise UsageError(
            f"{path}: line {number} was not written by resolve, so nothing is added: {line[:80]!r}"
        )
