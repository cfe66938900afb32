"""Files, folders and archives of measurements as lines, in a memory that no input can raise.

A month of measurements is hundreds of gigabytes, so nothing is held but a piece of a file and the
line that it is in.  What a file is, its first bytes tell.  In folders, what was uploaded
(``.tar.gz``) is passed over where the same measurements lie beside it a line each.
"""

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from overblock.artefacts.archives import (
    archive_of,
    foreign_format,
    is_archive_name,
    plain_basename,
)
from overblock.artefacts.limits import Limits
from overblock.artefacts.pipes import pieces
from overblock.artefacts.tars import read_tar
from overblock.artefacts.unpacking import HEAD_BYTES, READ_BYTES, Unpacked, packing_of, unpack
from overblock.artefacts.walking import STDIN, check_found, expand, legible, walk
from overblock.errors import FetchFailed
from overblock.measurements.batches import Block, line_ends
from overblock.measurements.decoding import LINE_BYTES
from overblock.measurements.files import MeasurementFile, file_of, is_measurements, twin_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer  # exists for type checkers only

LIMITS = Limits(max_bytes=64 << 20)  # of a member of an archive: they are one measurement each
BLOCK_LINES = 2000  # what is made of a line may be far longer than the line
Tell = Callable[[str, str], object]  # the name of a file, and what is wrong with all of it


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is to be read."""

    name: str  # below the folder that was given, if that is all that was given; else the path
    path: Path | None  # None: stdin
    artefact: str = ""  # its digest, where files are kept

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.name if self.path else "stdin"


def find_files(paths: Sequence[str]) -> Iterator[Found]:
    """The files of measurements at ``paths``, in the order of names.

    Raises:
        FetchFailed: something is not there, or a path holds no file of measurements.
    """
    given = expand(paths)
    for path in given:
        if path == STDIN:
            yield Found("stdin", None)
        elif not os.path.isdir(path):  # noqa: PTH112  (paths stay as they were given)
            yield Found(legible(path), Path(path))
        else:
            n_found = 0
            for found in _below(Path(path)):
                name = str(found.relative_to(path)) if len(given) == 1 else str(found)
                n_found += 1
                yield Found(legible(name), found)
            if not n_found:
                raise FetchFailed(f"{path}: holds no file of measurements")


def _below(folder: Path) -> Iterator[Path]:
    here, lines = None, set[str]()
    for path in walk(folder):
        if path.parent != here:
            here = path.parent
            lines = {plain_basename(name) for name in os.listdir(here)}  # noqa: PTH208  (names only)
        wanted = is_measurements(plain_basename(path.name)) or is_archive_name(path.name)
        if wanted and twin_of(path.name) not in lines:
            check_found(path, folder)
            yield path


def read_blocks(
    found: Found,
    tell: Tell,
    *,
    stdin: BinaryIO | None = None,
    most_bytes: int = LINE_BYTES,
) -> Iterator[Block]:
    """The lines of one file, in blocks of whole ones, about a MiB each.

    Where a line is longer than ``most_bytes``, as much of it is given as shows that, or all.
    ``tell`` is told ``cut`` of a file whose end is missing.

    Raises:
        FetchFailed: the file cannot be opened, is damaged, or is of a format not read here.
        UnsafeArchive: a bomb, or an archive whose names leave their folder.
    """
    with closing(_opened(found, stdin)) as opened:
        packing = packing_of(opened.peek(HEAD_BYTES)[:HEAD_BYTES])  # left where it is
        unpacked = Unpacked(opened, packing, found.label, LIMITS) if packing else None
        pieces = unpacked.chunks() if unpacked else iter(lambda: opened.read(READ_BYTES), b"")
        first = next(pieces, b"")
        if wrong := _not_read(first[:HEAD_BYTES]):
            raise FetchFailed(f"{found.label}: {wrong}")
        pieces = chain([first], pieces)
        if archive_of(first[:HEAD_BYTES]) == "tar":
            yield from _members(pieces, found, tell, most_bytes)
        else:
            yield from _blocks(file_of(found.name, found.artefact), pieces, most_bytes)
        if unpacked and unpacked.truncated:
            tell(found.name, "cut")


def _not_read(head: bytes) -> str:
    if foreign := foreign_format(head):
        return f"{foreign} is not opened here; unpack it first"
    if archive_of(head) == "zip":
        return "measurements in a zip archive are not read; unpack it first"
    if head.startswith((b"---", b"###")):
        return "a report in YAML, as until 2017, is not read"
    return ""


def _members(pieces: Iterator[bytes], found: Found, tell: Tell, most_bytes: int) -> Iterator[Block]:
    plain = io.BufferedReader(_Pieces(pieces), HEAD_BYTES)
    for member in read_tar(plain, found.label, _is_member, LIMITS):
        content, cut = unpack(member.raw, f"{found.label}: {member.name}", LIMITS)
        name = f"{found.name}/{legible(member.name)}"
        yield from _blocks(file_of(name, found.artefact), iter([content]), most_bytes)
        if cut or member.truncated:
            tell(name, "cut")


def _is_member(name: str) -> bool:
    return is_measurements(name) or name.endswith(".post")


def _blocks(file: MeasurementFile, pieces: Iterator[bytes], most_bytes: int) -> Iterator[Block]:
    """Pieces to blocks; only a line that reaches over the end of its piece is copied."""
    if file.name.lower().endswith((".json", ".post")):
        pieces = _one_document(pieces, most_bytes)
    record, rest = 1, b""
    for piece in pieces:
        first = piece.find(b"\n")
        if first < 0:
            if len(rest) <= most_bytes:  # what is longer is not held, but passed over
                rest = (rest + piece)[: most_bytes + 1]
            continue
        begun = (rest + piece[:first])[: most_bytes + 1]
        yield Block(file, record, begun, 0, len(begun))
        record += 1
        last = piece.rfind(b"\n")
        if last > first:
            ends, begin = line_ends(piece, first + 1, last), first + 1
            for at in range(0, len(ends), BLOCK_LINES):
                some = ends[at : at + BLOCK_LINES]
                yield Block(file, record + at, piece, begin, some[-1], some)
                begin = some[-1] + 1
            record += len(ends)
        rest = piece[last + 1 :]
    if rest:
        yield Block(file, record, rest, 0, len(rest))


def _one_document(pieces: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
    """A file that is one document over many lines becomes one line; any other stays as it is."""
    begun = io.BytesIO()
    for piece in pieces:
        begun.write(piece)
        if begun.tell() > most_bytes:
            break
    content = begun.getvalue()
    first, newline, after = content.partition(b"\n")
    if newline and after.strip() and len(content) <= most_bytes and not _is_json(first):
        content = content.replace(b"\n", b" ")  # a line end stands in no text of JSON
    yield content
    yield from pieces


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (ValueError, RecursionError):
        return False
    return True


def _opened(found: Found, stdin: BinaryIO | None) -> io.BufferedReader:
    if found.path is None:
        return io.BufferedReader(_Pieces(_waited_for(stdin or sys.stdin.buffer)), READ_BYTES)
    try:
        return io.BufferedReader(io.FileIO(found.path), READ_BYTES)
    except OSError as error:
        raise FetchFailed(f"{found.label}: {error.strerror}") from error


def _waited_for(source: BinaryIO) -> Iterator[bytes]:
    """What comes through a pipe; the first piece is long enough to know what it is."""
    coming, first = pieces(source), b""
    while len(first) < HEAD_BYTES and (piece := next(coming, b"")):
        first += piece
    yield first
    yield from coming


class _Pieces(io.RawIOBase):
    """Pieces as a file; what they come from is not ours to close."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """Yes: a file to read, and nothing else."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Fill ``buffer`` as far as the next piece goes; 0 at the end."""
        while not self._ready:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._ready = memoryview(piece)
        room = memoryview(buffer).cast("B")
        taken = min(len(room), len(self._ready))
        room[:taken] = self._ready[:taken]
        self._ready = self._ready[taken:]
        return taken
