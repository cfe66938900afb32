"""Files too large to be held, opened one at a time to be read from beginning to end.

Lists of names reach tens of gigabytes unpacked, so what `overblock.artefacts.opening` does, to hold
a whole file and its bytes as found, is out of the question.  Here a file stays on disk, a pipe is
first written to a temporary file, and the plain bytes are read as they are unpacked.  Members of
archives are held whole, within the limits of archives.
"""

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, BinaryIO

from overblock.artefacts.archives import (
    Accept,
    archive_of,
    foreign_format,
    is_archive_name,
    moment_of,
    plain_basename,
)
from overblock.artefacts.limits import LIMITS, Limits
from overblock.artefacts.opening import open_artefacts
from overblock.artefacts.pipes import pieces
from overblock.artefacts.unpacking import HEAD_BYTES, READ_BYTES, Unpacked, packing_of
from overblock.artefacts.walking import STDIN, check_found, expand, legible, walk
from overblock.errors import FetchFailed, UnsafeArchive

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # exists for type checkers only

STREAM_LIMITS = Limits(max_bytes=256 << 30)  # ten times the largest of these files
NEEDS_SEEKING = b"PAR1"  # Parquet keeps its index at its end


@dataclass(slots=True, kw_only=True)
class Streamed:
    """One file, open at the beginning of its plain bytes; closed when the next is asked for."""

    name: str  # as the user gave it, or the path inside the archive
    member: str  # the path inside the archive; empty for a plain file
    outer: str  # the file that was given: the same as ``name``, or the archive
    fetched_at: datetime | None  # when it was last written; None for what came through a pipe
    raw: Path | bytes  # as found: still compressed if it was
    n_raw: int
    opened: BinaryIO
    counted: "_Counted | None" = None  # where it is unpacked
    cut: bool = False  # known before it is read

    @property
    def truncated(self) -> bool:
        """Whether the end of its compressed data is missing; known once all was read."""
        return self.cut or (self.counted is not None and self.counted.plain.truncated)

    @property
    def n_bytes(self) -> int:
        """How many plain bytes it has; of what is unpacked, how many came so far."""
        return self.counted.n_bytes if self.counted else self.n_raw

    @property
    def n_read(self) -> int:
        """How many plain bytes were read so far."""
        return self.counted.n_bytes if self.counted else self.opened.tell()


def open_streams(
    paths: Sequence[str],
    accept: Accept,
    limits: Limits = STREAM_LIMITS,
    *,
    stdin: BinaryIO | None = None,
) -> Iterator[Streamed]:
    """Open ``paths`` one after the other; see `overblock.artefacts.opening.open_artefacts`.

    Raises:
        FetchFailed: something is missing, unreadable or damaged, or a path holds no wanted file.
        UnsafeArchive: a bomb, more bytes than ``limits`` allow, or an unsafe archive.
    """
    opening = _Opening(accept, limits, stdin or sys.stdin.buffer)
    for given in expand(paths):
        n_found = 0
        for path, taken in _files_of(given, accept):
            for streamed in opening.one(path, taken=taken):
                n_found += 1
                yield streamed
        if not n_found:
            raise FetchFailed(f"{given}: holds no file of this source")


def _files_of(given: str, accept: Accept) -> Iterator[tuple[Path | None, bool]]:
    """The files below a path, and whether each is taken as it is, or only if it is an archive."""
    if given == STDIN:
        yield None, True
    elif not Path(given).is_dir():
        yield Path(given), True
    else:
        for path in walk(Path(given)):
            taken = accept(plain_basename(path.name))
            if taken or is_archive_name(path.name):
                check_found(path, Path(given))
                yield path, taken


@dataclass(frozen=True, slots=True)
class _Opening:
    """How files are opened in one call."""

    accept: Accept
    limits: Limits
    stdin: BinaryIO

    def one(self, path: Path | None, *, taken: bool) -> Iterator[Streamed]:
        """What a file holds; None is stdin."""
        label = legible(str(path)) if path else "stdin"
        try:
            with ExitStack() as stack:
                place = path or self._spooled(stack)
                if archive_of(_plain_head(place, label, self.limits)):
                    yield from self._members(place, label, piped=path is None)
                elif taken:
                    streamed = self._single(stack, place, label)
                    if path is None:
                        streamed.name, streamed.outer, streamed.fetched_at = STDIN, STDIN, None
                    yield streamed
        except OSError as error:
            raise FetchFailed(f"{label}: {error.strerror or error}") from error

    def _single(self, stack: ExitStack, place: Path, label: str) -> Streamed:
        file = stack.enter_context(place.open("rb"))
        status = place.stat()
        streamed = Streamed(
            name=label,
            member="",
            outer=label,
            fetched_at=moment_of(status.st_mtime),
            raw=place,
            n_raw=status.st_size,
            opened=file,
        )
        packing = packing_of(file.read(HEAD_BYTES))
        file.seek(0)
        if packing is None:
            return streamed
        unpacked = Unpacked(file, packing, label, self.limits)
        streamed.counted = _Counted(unpacked, label, self.limits)
        plain = io.BufferedReader(streamed.counted, READ_BYTES)
        streamed.opened = plain
        if plain.peek(HEAD_BYTES).startswith(NEEDS_SEEKING):
            place = self._copied(stack, plain, label)
            streamed.opened = stack.enter_context(place.open("rb"))
        return streamed

    def _members(self, place: Path, label: str, *, piped: bool) -> Iterator[Streamed]:
        written = None if piped else moment_of(place.stat().st_mtime)
        for artefact in open_artefacts([str(place)], self.accept, LIMITS):
            yield Streamed(
                name=artefact.name,
                member=artefact.member,
                outer=label,
                fetched_at=artefact.fetched_at or written,
                raw=artefact.raw,
                n_raw=len(artefact.raw),
                opened=io.BytesIO(artefact.content),
                cut=artefact.truncated,
            )

    def _spooled(self, stack: ExitStack) -> Path:
        return self._copied(stack, self.stdin, "stdin")

    def _copied(self, stack: ExitStack, source: BinaryIO, label: str) -> Path:
        """All of a stream in a file that is gone afterwards."""
        folder = stack.enter_context(TemporaryDirectory(prefix="overblock-"))
        place, n_bytes = Path(folder, "stream"), 0
        with place.open("wb") as target:
            for piece in pieces(source):
                n_bytes += len(piece)
                _check_total(n_bytes, label, self.limits)
                target.write(piece)
        return place


def _plain_head(place: Path, label: str, limits: Limits) -> bytes:
    """How the plain bytes of a file begin.

    Raises:
        FetchFailed: it is of a format that is not opened here.
        UnsafeArchive: it is compressed twice.
    """
    with place.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if foreign := foreign_format(head):
            raise FetchFailed(f"{label}: {foreign} is not opened here; unpack it first")
        packing = packing_of(head)
        if packing is None:
            return head
        file.seek(0)
        plain = io.BufferedReader(Unpacked(file, packing, label, limits), READ_BYTES)
        head = plain.read(HEAD_BYTES)
    if again := packing_of(head):
        raise UnsafeArchive(f"{label}: compressed twice, {packing} and then {again}")
    return head


def _check_total(n_bytes: int, label: str, limits: Limits) -> None:
    if n_bytes > limits.max_bytes:
        raise UnsafeArchive(
            f"{label}: more than {limits.max_bytes >> 30} GiB of plain bytes; "
            "--most-gib raises the limit"
        )


class _Counted(io.RawIOBase):
    """Plain bytes that are counted as they come, so that no file can go on without end."""

    def __init__(self, plain: Unpacked, label: str, limits: Limits) -> None:
        super().__init__()
        self.n_bytes = 0
        self.plain, self._label, self._limits = plain, label, limits

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        taken = self.plain.readinto(buffer)
        self.n_bytes += taken
        _check_total(self.n_bytes, self._label, self._limits)
        return taken
