"""The manifest of a bundle: every file in it, what it was made of, and every figure with its query.

A bundle is a folder.  ``manifest.json`` names each other file by its SHA-256, so that one flipped
bit anywhere is found; its own bytes are canonical (RFC 8785), so that the same facts always are
the same bytes, and a signature or a time stamp of these bytes covers all the rest.
"""

from collections.abc import Iterator, Mapping
from hashlib import file_digest
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import msgspec
import rfc8785
from msgspec import Meta

from overblock.errors import BundleError

FORMAT = "overblock-manifest/1"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
STAMP = "manifest.tsr"
APART = frozenset({MANIFEST, SIGNATURE, STAMP})  # they cannot name themselves
MAX_BYTES = 64 << 20  # of a manifest: a hundred thousand files
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of the bundle, and what it was made of."""

    path: str  # from the bundle's folder, parted by /
    sha256: Digest
    n_bytes: int
    made_of: list[Digest] = []  # of other files of the bundle; empty: an input
    source: str = ""  # of an input: its publisher, as the source's name or an address
    fetched_at: str = ""  # of an input, UTC; empty where nobody knows
    licence: str = ""
    signed: str = ""  # what is known of the publisher's own signature


class Figure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure of the report: who recomputes ``query`` from ``inputs`` must get ``value``."""

    query: str
    value: str  # as the report has it, so that no number is ever rounded on its way
    unit: str
    inputs: list[Digest]


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `manifest.json` holds."""

    format: str
    overblock: str  # version of the program that made it
    made_at: str  # UTC
    title: str
    files: list[File]
    figures: dict[str, Figure]
    redacted: list[str]  # in words: what was left out to protect people


def encode_manifest(manifest: Manifest) -> bytes:
    """The canonical bytes of a manifest (RFC 8785)."""
    return canonical(manifest)


def canonical(facts: msgspec.Struct) -> bytes:
    """The bytes that the same facts always are (RFC 8785)."""
    plain: dict[str, Any] = msgspec.to_builtins(facts)
    return rfc8785.dumps(plain)


def decode_manifest(raw: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        BundleError: it is of another version, broken, or not in its canonical form.
    """
    try:
        head = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
        told = msgspec.json.decode(head.get("format", b"null"), type=str | None)
        if told != FORMAT:
            raise BundleError(f"{MANIFEST} is of the form {str(told)[:40]!r}, not {FORMAT!r}")
        manifest = msgspec.json.decode(raw, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BundleError(f"{MANIFEST}: {error}") from error
    if encode_manifest(manifest) != raw:
        raise BundleError(f"{MANIFEST} is not in its canonical form: somebody has edited it")
    return manifest


def read_manifest(folder: Path) -> tuple[Manifest, bytes]:
    """The manifest of a bundle, and its bytes as they stand."""
    path = folder / MANIFEST
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BundleError(f"{folder} is no bundle: {MANIFEST}: {error.strerror}") from error
    if len(raw) > MAX_BYTES:
        raise BundleError(f"{MANIFEST} is larger than {MAX_BYTES >> 20} MiB")
    return decode_manifest(raw), raw


def describe(folder: Path, path: str, told: Mapping[str, Any] | None = None) -> File:
    """A file of a bundle as its manifest names it."""
    place = folder / path
    return File(path=path, sha256=digest_of(place), n_bytes=place.stat().st_size, **(told or {}))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()


def differences(folder: Path, manifest: Manifest) -> Iterator[str]:
    """What in the folder is not as its manifest says, one line each; none where all agrees.

    Raises:
        BundleError: a path in the manifest leaves the folder.
    """
    named = set()
    for file in manifest.files:
        path = _inside(folder, file.path)
        named.add(file.path)
        if path.is_symlink() or not path.is_file():
            yield f"{file.path}: missing"
        elif path.stat().st_size != file.n_bytes:
            yield f"{file.path}: {path.stat().st_size} bytes, the manifest says {file.n_bytes}"
        elif digest_of(path) != file.sha256:
            yield f"{file.path}: its bytes are not those of the manifest"
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder).as_posix()
        if (path.is_symlink() or not path.is_dir()) and relative not in named | APART:
            yield f"{relative}: not in the manifest"


def _inside(folder: Path, relative: str) -> Path:
    pure = PurePosixPath(relative)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in relative:
        raise BundleError(f"{MANIFEST} names {relative[:80]!r}, which is not inside the bundle")
    place = folder / pure
    if not place.parent.resolve().is_relative_to(folder.resolve()):
        raise BundleError(f"{MANIFEST} names {relative[:80]!r}, which leads out of the bundle")
    return place
