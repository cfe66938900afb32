"""Whatever a user has at hand, as one stream of artefacts: files, folders, globs, archives, stdin.

What a file is, its first bytes tell; its name only says whether it is wanted.  A file that the
user names is always taken; one that is merely found in a folder or an archive is taken if the
source calls it its own.  Git repositories are left to `overblock.artefacts.git`.
"""

import io
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from overblock.artefacts.archives import (
    Accept,
    Member,
    archive_of,
    foreign_format,
    is_archive_name,
    moment_of,
    plain_basename,
)
from overblock.artefacts.limits import LIMITS, Limits
from overblock.artefacts.pipes import pieces
from overblock.artefacts.tars import read_tar
from overblock.artefacts.unpacking import (
    HEAD_BYTES,
    READ_BYTES,
    Unpacked,
    packing_of,
    read_bounded,
    unpack,
)
from overblock.artefacts.walking import STDIN, check_found, expand, legible, walk
from overblock.artefacts.zips import read_zip
from overblock.errors import FetchFailed, UnsafeArchive


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """One file as it was found, and what it holds."""

    name: str  # as the user gave it, or the path inside the archive
    path: Path | None  # the outer file on disk; None for stdin
    member: str  # the path inside the archive; empty for a plain file
    fetched_at: datetime | None  # when the file or member was last written, if that is known
    raw: bytes  # as found: still compressed if it was
    content: bytes  # unpacked; the same object as ``raw`` where nothing was to unpack
    truncated: bool = False  # the end is missing: ``content`` is what came before


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file to open: on disk, or stdin."""

    name: str
    path: Path | None
    taken: bool  # as it is; else it is opened only if it is an archive

    @property
    def label(self) -> str:
        """What messages call it."""
        return self.name if self.path else "stdin"


def open_artefacts(
    paths: Sequence[str],
    accept: Accept,
    limits: Limits = LIMITS,
    *,
    stdin: BinaryIO | None = None,
) -> Iterator[Artefact]:
    """Open ``paths`` one after the other, holding one artefact at a time.

    ``accept`` is given the basename of a file found in a folder or an archive, without the
    suffix of its compression.  Folders are walked in name order, archives in them are opened, and
    hidden git folders are passed over.

    Raises:
        FetchFailed: something is missing, unreadable or damaged, or a path holds no wanted file.
        UnsafeArchive: a bomb, or an archive that tries to leave its folder.
    """
    for given in expand(paths):
        n_found = 0
        for file in _files_of(given, accept):
            try:
                for artefact in _open_file(file, accept, limits, stdin):
                    n_found += 1
                    yield artefact
            except OSError as error:
                raise FetchFailed(f"{file.label}: {error.strerror or error}") from error
        if not n_found:
            raise FetchFailed(f"{given}: holds no file of this source")


def _files_of(given: str, accept: Accept) -> Iterator[_File]:
    if given == STDIN:
        yield _File(name=STDIN, path=None, taken=True)
    elif not os.path.isdir(given):  # noqa: PTH112  (paths stay as they were given)
        yield _File(name=given, path=Path(given), taken=True)
    else:
        for path in walk(Path(given)):
            taken = accept(plain_basename(path.name))
            if taken or is_archive_name(path.name):
                check_found(path, Path(given))
                yield _File(name=str(path), path=path, taken=taken)


def _open_file(
    file: _File, accept: Accept, limits: Limits, stdin: BinaryIO | None
) -> Iterator[Artefact]:
    with _seekable(file, limits, stdin) as opened:
        head = opened.read(HEAD_BYTES)
        if foreign := foreign_format(head):
            raise FetchFailed(f"{file.label}: {foreign} is not opened here; unpack it first")
        packed = packing_of(head) is not None
        opened.seek(0)
        if packed:
            head = _plain(opened, file.label, limits).read(HEAD_BYTES)
            opened.seek(0)
        if archive_of(head) == "tar":
            tar = _plain(opened, file.label, limits) if packed else opened
            yield from _members(read_tar(tar, file.label, accept, limits), file, limits)
        elif archive_of(head) == "zip":
            if packed:
                raise UnsafeArchive(f"{file.label}: a zip archive that is compressed once more")
            yield from _members(read_zip(opened, file.label, accept, limits), file, limits)
        elif file.taken:
            yield _single(opened, file, limits)


def _single(opened: BinaryIO, file: _File, limits: Limits) -> Artefact:
    raw = read_bounded(pieces(opened), file.label, limits.max_bytes)
    content, truncated = unpack(raw, file.label, limits)
    return Artefact(
        name=legible(file.name),
        path=file.path,
        member="",
        fetched_at=_modified_at(opened),
        raw=raw,
        content=content,
        truncated=truncated,
    )


def _members(members: Iterator[Member], file: _File, limits: Limits) -> Iterator[Artefact]:
    for member in members:
        label = f"{file.label}: {member.name}"
        content, truncated = unpack(member.raw, label, limits)
        if archive_of(content[:HEAD_BYTES]) or foreign_format(content):
            raise UnsafeArchive(f"{label}: an archive within an archive")
        yield Artefact(
            name=legible(member.name),
            path=file.path,
            member=legible(member.name),
            fetched_at=member.modified_at,
            raw=member.raw,
            content=content,
            truncated=truncated or member.truncated,
        )


def _seekable(file: _File, limits: Limits, stdin: BinaryIO | None) -> BinaryIO:
    """The file, open at its start; what cannot be wound back is read into memory."""
    if file.path is None:
        source = stdin or sys.stdin.buffer
        return io.BytesIO(read_bounded(pieces(source), file.label, limits.max_bytes))
    opened = _open_path(file.path, file.label)
    if stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
        return opened
    with opened:
        return io.BytesIO(read_bounded(pieces(opened), file.label, limits.max_bytes))


def _open_path(path: Path, name: str) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise FetchFailed(f"{name}: {error.strerror}") from error


def _plain(opened: BinaryIO, name: str, limits: Limits) -> BinaryIO:
    packing = packing_of(opened.read(HEAD_BYTES))
    opened.seek(0)
    if packing is None:
        return opened
    return io.BufferedReader(Unpacked(opened, packing, name, limits), READ_BYTES)


def _modified_at(opened: BinaryIO) -> datetime | None:
    if isinstance(opened, io.BytesIO):
        return None  # it came through a pipe
    return moment_of(os.fstat(opened.fileno()).st_mtime)
