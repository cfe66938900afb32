"""The index of a pack, which bundles lack and without which git reads nothing.

Git can make it, and for anything unusual it is left to git.  But to know the id of an object is to
hash all of it, and git's own SHA-1, which looks for forged collisions on the way, takes a quarter
of a gigabyte a second; the processor's takes one and a half.  A register of a megabyte in thousands
of versions is read in two seconds so, where git takes six to hash it.  A forged collision gains
nothing here: nothing is looked up across packs.

The format is that of gitformat-pack(5); the index is the same to the byte as git's own.
"""

import hashlib
import mmap
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from overblock.artefacts.git_objects import keep_freed_memory
from overblock.artefacts.limits import Limits
from overblock.errors import UnsafeArchive

Pack: TypeAlias = memoryview
Entry: TypeAlias = tuple[bytes, int, int]  # (object id, checksum of its packed bytes, offset)

MOST_OBJECTS = 2_000_000
MOST_BYTES = 512 << 20  # of one object: several are held at a time
MOST_PACK_BYTES = 1 << 31  # beyond it offsets take another form
HISTORY_RATIO = 20_000  # versions to their pack: the history of a growing list reaches a thousand
HISTORY_FLOOR = 16 << 30

_HEADER = struct.Struct(">4sII")
_KINDS = {1: b"commit", 2: b"tree", 3: b"blob", 4: b"tag"}
_OFFSET_DELTA = 6
_HASH_BYTES = 20
_WHOLE_COPY = 0x10000  # what a copy of no length means


class _Unusual(Exception):  # noqa: N818  (no error: git is asked instead)
    """Something that we leave to git: rare, or damaged."""


@dataclass(frozen=True, slots=True)
class _Packed:
    """Where an object stands in the pack, and how."""

    kind: bytes  # empty for a delta
    base: int  # the offset of what a delta is against; 0 for a whole object
    size: int  # unpacked: of the object, or of the delta
    begin: int  # of its compressed bytes


def write_index(path: Path, limits: Limits) -> bool:
    """Write the index of the pack at ``path`` beside it; False if that is left to git.

    Objects are restored one after the other along their deltas, so that few are held at a time.

    Raises:
        UnsafeArchive: a small pack that stands for far more than any history does.
    """
    n_bytes = path.stat().st_size
    if not _HEADER.size + _HASH_BYTES <= n_bytes < MOST_PACK_BYTES:
        return False
    keep_freed_memory()
    with path.open("rb") as file:
        pack = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        entries = _index(pack, path.name, min(MOST_BYTES, limits.max_bytes))
    except (_Unusual, zlib.error, IndexError):
        return False
    index = _format_index(entries, bytes(pack[-_HASH_BYTES:]))
    path.with_suffix(".idx").write_bytes(index)
    return True


def _index(pack: Pack, name: str, max_bytes: int) -> list[Entry]:
    end = len(pack) - _HASH_BYTES
    magic, version, n_objects = _HEADER.unpack_from(pack)
    if (magic, version) != (b"PACK", 2) or n_objects > MOST_OBJECTS:
        raise _Unusual
    if hashlib.sha1(pack[:end], usedforsecurity=False).digest() != pack[end:]:
        raise _Unusual
    places: dict[int, _Packed] = {}
    checksums: dict[int, int] = {}
    at = _HEADER.size
    for _ in range(n_objects):
        packed = _read_entry(pack, at)
        _, stop = _inflate(pack, packed, max_bytes)
        places[at], checksums[at] = packed, zlib.crc32(pack[at:stop])
        at = stop
    if at != end:
        raise _Unusual
    fair = max(HISTORY_FLOOR, HISTORY_RATIO * len(pack))
    entries = list[Entry]()
    for offset, kind, content in _restored(pack, places, max_bytes):
        fair -= len(content)
        if fair < 0:
            raise UnsafeArchive(f"{name}: unpacks to over {HISTORY_RATIO} times its size")
        whole = hashlib.sha1(b"%s %d\0" % (kind, len(content)), usedforsecurity=False)
        whole.update(content)
        entries.append((whole.digest(), checksums[offset], offset))
    return entries


def _read_entry(pack: Pack, at: int) -> _Packed:
    """The head of one object: three bits of kind, its size, and what it is a delta of."""
    offset, byte = at, pack[at]
    kind, size, shift = byte >> 4 & 7, byte & 15, 4
    at += 1
    while byte & 0x80:
        byte = pack[at]
        size |= (byte & 0x7F) << shift
        shift += 7
        at += 1
    if kind in _KINDS:
        return _Packed(_KINDS[kind], 0, size, at)
    if kind != _OFFSET_DELTA:
        raise _Unusual
    byte = pack[at]
    distance = byte & 0x7F
    at += 1
    while byte & 0x80:
        byte = pack[at]
        distance = (distance + 1) << 7 | byte & 0x7F
        at += 1
    return _Packed(b"", offset - distance, size, at)


def _inflate(pack: Pack, packed: _Packed, max_bytes: int) -> tuple[bytes, int]:
    """The bytes of one object or delta, and where they end in the pack."""
    if packed.size > max_bytes:
        raise _Unusual
    most = packed.size + (packed.size >> 9) + 64  # what is stored and not packed takes no more
    given = pack[packed.begin : packed.begin + most]
    inflate = zlib.decompressobj()
    content = inflate.decompress(given, packed.size + 1)
    if not inflate.eof or len(content) != packed.size:
        raise _Unusual
    return content, packed.begin + len(given) - len(inflate.unused_data)


def _restored(
    pack: Pack, places: dict[int, _Packed], max_bytes: int
) -> Iterator[tuple[int, bytes, bytes]]:
    """Every object whole: its offset, kind and content; each base just before its deltas.

    A base is let go when its last delta is restored; as the delta with most below it comes last,
    no more are held than there are doublings of the number of objects.
    """
    deltas: defaultdict[int, list[int]] = defaultdict(list)
    n_below = dict.fromkeys(places, 1)
    for offset in reversed(places):  # a base stands before its deltas
        packed = places[offset]
        if not packed.kind:
            if packed.base not in places:
                raise _Unusual
            deltas[packed.base].append(offset)
            n_below[packed.base] += n_below[offset]
    for of_base in deltas.values():
        of_base.sort(key=n_below.__getitem__, reverse=True)  # taken from the end
    for root, packed in places.items():
        if not packed.kind:
            continue
        waiting: list[tuple[int, bytes]] = [(root, b"")]
        while waiting:
            offset, base = waiting.pop()
            content, _ = _inflate(pack, places[offset], max_bytes)
            if offset != root:
                content = apply_delta(base, content, max_bytes)
            del base
            yield offset, packed.kind, content
            waiting.extend((delta, content) for delta in deltas.pop(offset, ()))
            del content


def apply_delta(base: bytes, delta: bytes, max_bytes: int) -> bytes:
    """What ``delta`` makes of ``base``: pieces of the base and pieces of its own, in a row."""
    source_size, at = _read_size(delta, 0)
    target_size, at = _read_size(delta, at)
    if source_size != len(base) or target_size > max_bytes:
        raise _Unusual
    pieces, made = list[memoryview](), 0
    source, given = memoryview(base), memoryview(delta)
    while at < len(delta):
        code = delta[at]
        at += 1
        if code & 0x80:
            offset, size, at = _read_copy(delta, at, code)
            piece = source[offset : offset + size]
        else:
            size, piece = code, given[at : at + code]
            at += code
        made += size
        if len(piece) != size or not size or made > target_size:
            raise _Unusual
        pieces.append(piece)
    if made != target_size:
        raise _Unusual
    return b"".join(pieces)


def _read_copy(delta: bytes, at: int, code: int) -> tuple[int, int, int]:
    """From where in the base, and how much; each bit of ``code`` says which of the bytes follow."""
    offset = size = 0
    for bit in range(4):
        if code >> bit & 1:
            offset |= delta[at] << 8 * bit
            at += 1
    for bit in range(3):
        if code >> bit & 0x10:
            size |= delta[at] << 8 * bit
            at += 1
    return offset, size or _WHOLE_COPY, at


def _read_size(delta: bytes, at: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        byte = delta[at]
        at += 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004  (the last byte has no high bit)
            return size, at


def _format_index(entries: Sequence[Entry], pack_hash: bytes) -> bytes:
    """Version 2: counts by first byte, then ids, checksums and offsets in the order of ids."""
    ordered = sorted(entries)
    counts = [0] * 256
    for oid, _, _ in ordered:
        counts[oid[0]] += 1
    n_up_to, fan_out = 0, []
    for count in counts:
        n_up_to += count
        fan_out.append(n_up_to)
    index = b"".join(
        [
            b"\xfftOc",
            struct.pack(">I256I", 2, *fan_out),
            *(oid for oid, _, _ in ordered),
            struct.pack(f">{len(ordered)}I", *(checksum for _, checksum, _ in ordered)),
            struct.pack(f">{len(ordered)}I", *(offset for _, _, offset in ordered)),
            pack_hash,
        ]
    )
    return index + hashlib.sha1(index, usedforsecurity=False).digest()
