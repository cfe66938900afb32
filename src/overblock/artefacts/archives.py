"""What zip and tar archives have in common: their members, and which names are believed.

Members are read one at a time and never written to disk.  Their names are judged as if they were:
an archive with a name that is absolute or climbs out of its folder was made to do harm, and
nothing else in it is believed either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from overblock.artefacts.unpacking import HEAD_BYTES
from overblock.errors import UnsafeArchive

Accept: TypeAlias = Callable[[str], bool]  # is a file of this plain basename the source's own?

PACKED_SUFFIXES = (".gz", ".bz2", ".xz", ".zst")
ARCHIVE_SUFFIXES = (".zip", ".tar", ".tgz", ".tbz2", ".txz", ".tzst")

_CHECKSUM = slice(148, 156)  # of a tar header: the sum of its bytes, this field taken as blanks
_FOREIGN = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x1f\x9d": "compress (.Z)",
    b"\x04\x22\x4d\x18": "LZ4",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One wanted file of an archive, as it stands there."""

    name: str
    modified_at: datetime | None
    raw: bytes
    truncated: bool = False


def archive_of(head: bytes) -> Literal["zip", "tar"] | None:
    """Which archive a file that begins with ``head`` (512 bytes) is, if any."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    return "tar" if _is_tar_header(head) else None


def _is_tar_header(head: bytes) -> bool:
    """Every tar, new or old, begins with a header whose checksum holds; text does not."""
    if len(head) < HEAD_BYTES:
        return False
    try:
        declared = int(head[_CHECKSUM].strip(b" \0"), 8)
    except ValueError:
        return False
    return declared == sum(head[:HEAD_BYTES]) - sum(head[_CHECKSUM]) + 8 * ord(" ")


def foreign_format(head: bytes) -> str | None:
    """The name of a format that is known, but not opened here."""
    return next((name for magic, name in _FOREIGN.items() if head.startswith(magic)), None)


def plain_basename(path: str) -> str:
    """The last part of a path, without the suffix of a compression: what ``accept`` is asked.

    >>> plain_basename("2018/dump.csv.gz")
    'dump.csv'
    """
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem, dot, suffix = name.rpartition(".")
    return stem if stem and f"{dot}{suffix.lower()}" in PACKED_SUFFIXES else name


def is_archive_name(path: str) -> bool:
    """Whether a file is called as archives are: ``2018.zip``, ``2018.tar.xz``."""
    return plain_basename(path).lower().endswith(ARCHIVE_SUFFIXES)


def check_member_name(name: str, archive: str) -> None:
    """Refuse a name that would leave the folder of its archive.

    Raises:
        UnsafeArchive: it is absolute, climbs with ``..``, or holds what no name holds.
    """
    parts = name.replace("\\", "/").split("/")
    if not parts[0] or parts[0].endswith(":") or ".." in parts or "\0" in name:
        raise UnsafeArchive(f"{archive}: a member called {name[:200]!r} leaves its folder")


def moment_of(seconds: float) -> datetime | None:
    """A file's time as an instant; None for 0 and for what no calendar holds."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (OverflowError, ValueError, OSError):
        return None
