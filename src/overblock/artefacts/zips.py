"""Zip archives: the standard library's reader, kept from believing what the archive declares."""

import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import IO, BinaryIO

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

ENTRY_BYTES = 128  # of the directory, for one member: 46 and its name

_ENCRYPTED = 1  # flag bit
_UTC_TIME = 0x5455  # id of the extra field "UT"; its first flag bit: a modification time follows
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,  # a compression method that nobody uses
    OSError,
    ValueError,  # names that are not in the encoding they claim
)


def read_zip(file: BinaryIO, name: str, accept: Accept, limits: Limits) -> Iterator[Member]:
    """The wanted files of a zip archive, in name order.

    Raises:
        FetchFailed: its directory is missing (a cut download), or a file in it is damaged.
        UnsafeArchive: a bomb, too many members, a bad name, an encrypted file or a link.
    """
    try:
        with zipfile.ZipFile(_Modest(file, name, limits)) as archive:
            fair = max(limits.floor_bytes, file.seek(0, io.SEEK_END) * limits.max_ratio)
            for info in _wanted(archive, name, accept, limits):
                member = _read_member(archive, info, name, min(fair, limits.max_bytes))
                fair -= len(member.raw)  # of all together: members may share their packed bytes
                yield member
    except _DAMAGE as error:
        raise FetchFailed(f"{name}: not a whole zip archive: {error}") from error


class _Modest:
    """A file of which no single read may be large.

    `zipfile` reads the directory in one go and makes an object of every entry before anyone can
    count them; this bounds both.
    """

    def __init__(self, file: BinaryIO, name: str, limits: Limits) -> None:
        self._file, self._name = file, name
        self._most = max(1 << 20, limits.max_members * ENTRY_BYTES)

    def read(self, size: int = -1, /) -> bytes:
        if size > self._most:
            raise UnsafeArchive(f"{self._name}: a zip directory of {size} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True


def _wanted(
    archive: zipfile.ZipFile, name: str, accept: Accept, limits: Limits
) -> list[zipfile.ZipInfo]:
    infos = archive.infolist()
    if len(infos) > limits.max_members:
        raise UnsafeArchive(f"{name}: {len(infos)} members, more than {limits.max_members}")
    for info in infos:
        check_member_name(info.orig_filename, name)
    wanted = [i for i in infos if not i.is_dir() and accept(plain_basename(i.filename))]
    for info in wanted:
        if info.flag_bits & _ENCRYPTED:
            raise UnsafeArchive(f"{name}: {info.filename} is encrypted")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UnsafeArchive(f"{name}: {info.filename} is a link, not a file")
    return sorted(wanted, key=lambda info: info.filename)


def _read_member(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, max_bytes: int
) -> Member:
    with archive.open(info) as opened:
        raw = read_bounded(_pieces(opened), f"{name}: {info.filename}", max_bytes)
    return Member(name=info.filename, modified_at=_modified_at(info.extra), raw=raw)


def _pieces(opened: IO[bytes]) -> Iterator[bytes]:
    while piece := opened.read(READ_BYTES):
        yield piece


def _modified_at(extra: bytes) -> datetime | None:
    """The UTC time among a member's extra fields; a zip's common time has no zone, so is none."""
    while len(extra) >= 4:  # noqa: PLR2004  (the head of a field: its id and its length)
        field, length = struct.unpack_from("<HH", extra)
        if field == _UTC_TIME and length >= 5 and extra[4] & 1:  # noqa: PLR2004  (flags and time)
            return moment_of(int.from_bytes(extra[5:9], "little", signed=True))
        extra = extra[4 + length :]
    return None
