"""Tar archives, read once from start to end.

Only the headers are left to the standard library.  Its stream reader holds every member's record
in memory, takes extended headers of any size whole, ends in silence at a damaged header and loses
the last bytes of a cut member; here each of these is met on purpose.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from overblock.artefacts.archives import (
    Accept,
    Member,
    check_member_name,
    moment_of,
    plain_basename,
)
from overblock.artefacts.limits import Limits
from overblock.artefacts.unpacking import READ_BYTES, read_bounded
from overblock.errors import FetchFailed, UnsafeArchive

EXTENDED_BYTES = 64 << 10  # of one extended header: long names and times take a few KiB
EXTENDED_HEADERS = 16  # before one member: there are three kinds

_LONG_NAME, _LONG_LINK, _PAX, _PAX_ALL = b"L", b"K", b"x", b"g"
_FILES = (b"0", b"\0", b"7")
_WITHOUT_BYTES = (b"1", b"2", b"3", b"4", b"5", b"6")  # links, devices, folders, pipes
_FOLDER = b"5"
_ZEROS = bytes(tarfile.BLOCKSIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    name: str
    kind: bytes
    size: int  # of the bytes that follow
    modified: float
    sparse: bool = False


def read_tar(stream: BinaryIO, name: str, accept: Accept, limits: Limits) -> Iterator[Member]:
    """The wanted files of a tar archive, in its own order.

    A member whose end is missing comes out as truncated, and is the last.

    Raises:
        FetchFailed: the archive is damaged, or its end is missing and no member shows it.
        UnsafeArchive: too many members, a bad name, or a wanted file that is no plain file.
    """
    n_members = 0
    while (header := _next_member(stream, name)) is not None:
        n_members += 1
        if n_members > limits.max_members:
            raise UnsafeArchive(f"{name}: more than {limits.max_members} members")
        check_member_name(header.name, name)
        body = _Body(stream, header.size)
        if not _is_wanted(header, accept, name):
            for _ in body.pieces():
                pass
            if body.missing:
                raise FetchFailed(f"{name}: cut within {header.name}, member {n_members}")
            continue
        raw = read_bounded(body.pieces(), f"{name}: {header.name}", limits.max_bytes)
        cut = body.missing > 0
        yield Member(
            name=header.name, modified_at=moment_of(header.modified), raw=raw, truncated=cut
        )
        if cut:
            return
    while stream.read(READ_BYTES):  # to the end, where the checksum of a compression stands
        pass


def _is_wanted(header: _Header, accept: Accept, name: str) -> bool:
    if header.kind == _FOLDER or header.name.endswith("/"):
        return False
    wanted = accept(plain_basename(header.name))
    if wanted and (header.sparse or header.kind not in _FILES):
        raise UnsafeArchive(f"{name}: {header.name} is a link, a device or sparse, not a file")
    return wanted


class _Body:
    """The bytes of one member, and the padding after them."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self.missing = stream, size

    def pieces(self) -> Iterator[bytes]:
        padding = -self.missing % tarfile.BLOCKSIZE
        while self.missing and (piece := self._stream.read(min(self.missing, READ_BYTES))):
            self.missing -= len(piece)
            yield piece
        self._stream.read(padding)


def _next_member(stream: BinaryIO, name: str) -> _Header | None:
    """The next header that is of a member, with what extended headers before it say."""
    long_name, pax = "", dict[str, str]()
    for _ in range(EXTENDED_HEADERS):
        header = _next_header(stream, name)
        if header is None or header.kind not in (_LONG_NAME, _LONG_LINK, _PAX, _PAX_ALL):
            return header and _extended(header, long_name, pax, name)
        extension = _read_extension(stream, header, name)
        if header.kind == _LONG_NAME:
            long_name = extension.partition(b"\0")[0].decode("utf-8", "surrogateescape")
        elif header.kind == _PAX:
            pax = _read_pax(extension, name)
    raise UnsafeArchive(f"{name}: over {EXTENDED_HEADERS} extended headers before one member")


def _next_header(stream: BinaryIO, name: str) -> _Header | None:
    block = stream.read(tarfile.BLOCKSIZE)
    if not block or block == _ZEROS:
        return None
    if len(block) < tarfile.BLOCKSIZE:
        raise FetchFailed(f"{name}: cut within a tar header")
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except tarfile.TarError as error:
        raise FetchFailed(f"{name}: damaged tar header {block[:60]!r}: {error}") from error
    if info.size < 0:
        raise FetchFailed(f"{name}: {info.name} has a size of {info.size}")
    size = 0 if info.type in _WITHOUT_BYTES else info.size
    return _Header(
        name=info.name,
        kind=info.type,
        size=size,
        modified=info.mtime,
        sparse=info.type == tarfile.GNUTYPE_SPARSE,
    )


def _read_extension(stream: BinaryIO, header: _Header, name: str) -> bytes:
    if header.size > EXTENDED_BYTES:
        raise UnsafeArchive(f"{name}: an extended header of {header.size} bytes")
    body = _Body(stream, header.size)
    extension = b"".join(body.pieces())
    if body.missing:
        raise FetchFailed(f"{name}: cut within an extended tar header")
    return extension


def _read_pax(extension: bytes, name: str) -> dict[str, str]:
    """Records ``LENGTH KEY=VALUE`` and a line end, the length counting itself (POSIX.1-2001)."""
    said = dict[str, str]()
    rest = extension.rstrip(b"\0")
    while rest:
        digits, _, _ = rest.partition(b" ")
        length = int(digits) if digits.isdigit() and len(digits) < len("100000") else 0
        key, equals, value = rest[len(digits) + 1 : length - 1].partition(b"=")
        if not equals or rest[length - 1 : length] != b"\n":
            raise FetchFailed(f"{name}: damaged pax record {rest[:60]!r}")
        said[key.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
        rest = rest[length:]
    return said


def _extended(header: _Header, long_name: str, pax: dict[str, str], name: str) -> _Header:
    try:
        size = int(pax.get("size", header.size))
        modified = float(pax.get("mtime", header.modified))
    except ValueError as error:
        raise FetchFailed(f"{name}: damaged pax record of {header.name}: {error}") from error
    if size < 0:
        raise FetchFailed(f"{name}: {header.name} has a size of {size}")
    return _Header(
        name=pax.get("path", long_name or header.name),
        kind=header.kind,
        size=size if header.kind not in _WITHOUT_BYTES else 0,
        modified=modified,
        sparse=header.sparse or any(key.startswith("GNU.sparse.") for key in pax),
    )
