"""What was answered, line by line in a file that can be gone on with.

The lines of one name are written together as soon as it is answered.  A process that is killed
leaves at worst the lines of one name half written, as each says how many they are: the next call
drops them and asks again.
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

BEGIN = b'{"name":"'
_ENCODER = msgspec.json.Encoder()


class _Kept(msgspec.Struct):
    """As much of a line as tells whether a name is to be asked again."""

    name: str
    seen_at: str
    resolver: str
    outcome: str | None = None
    of: int = 1


_DECODER = msgspec.json.Decoder(_Kept)


class Journal:
    """Where answers go: a file to be gone on with, or a pipe."""

    def __init__(self, file: BinaryIO, answered: AbstractSet[str] = frozenset()) -> None:
        self.answered = answered  # before this run
        self._file = file

    def is_terminal(self) -> bool:
        """Whether a person reads along."""
        return self._file.isatty()

    def keep(self, lines: Sequence[Line]) -> None:
        """Write the lines of one name, all at once, so that a kill takes at most one name."""
        if len(lines) > 1:
            lines = [msgspec.structs.replace(line, of=len(lines)) for line in lines]
        encoded = memoryview(_ENCODER.encode_lines(lines))
        while encoded:  # an unbuffered file may take less, where the disk is almost full
            encoded = encoded[self._file.write(encoded) :]
        self._file.flush()


@contextmanager
def open_journal(path: Path, *, again: bool = False) -> Iterator[Journal]:
    """The file at ``path``, made where there is none, to be written on.

    With ``again``, a name counts as answered only if its last lines tell of no failure.

    Raises:
        UsageError: it is no file, or holds something else; nothing is changed in it.
        StoreBusy: another process is writing to it.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: no file that could be gone on with; pipe stdout instead")
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
    whole_bytes, group_bytes, group = 0, 0, list[_Kept]()
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                _check_torn(line, path, number)
                break
            group.append(_decode(line, path, number))
            group_bytes += len(line)
            if len(group) < group[0].of:
                continue
            name = group[0].name
            answered.add(name)
            failed.discard(name)
            if any(kept.outcome in FAILED for kept in group):
                failed.add(name)
            whole_bytes, group_bytes, group = whole_bytes + group_bytes, 0, []
    return answered, failed, whole_bytes


def _decode(line: bytes, path: Path, number: int) -> _Kept:
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _foreign(line, path, number) from error


def _check_torn(line: bytes, path: Path, number: int) -> None:
    """A line without its end is one of ours if it begins so; a first line has to begin whole."""
    if not line.startswith(BEGIN) and (number == 1 or not BEGIN.startswith(line)):
        raise _foreign(line, path, number)


def _foreign(line: bytes, path: Path, number: int) -> UsageError:
    return UsageError(
        f"{path}: line {number} was not written by resolve, so nothing is added: {line[:80]!r}"
    )
