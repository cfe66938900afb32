import hashlib
import struct
import zlib
from pathlib import Path

import pytest

from git_worlds import Made, git, make_repository
from overblock.artefacts import git_packs
from overblock.artefacts.git import History
from overblock.artefacts.git_packs import write_index
from overblock.artefacts.limits import LIMITS
from overblock.errors import FetchFailed, UnsafeArchive

LINES = [b"192.0.2.%d;example.com;;A;%d;2018-04-16\n" % (n, n) for n in range(200)]
GROWING = [Made({"dump.csv": b"".join(LINES[: 100 + n])}) for n in range(30)]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A pack of a growing register, with its deltas and without an index."""
    make_repository(tmp_path / "r", GROWING)
    return repacked(tmp_path / "r")


def repacked(repository: Path, *options: str) -> Path:
    git(repository, "repack", "-adfq", "--depth=20", *options)
    [index] = (repository / "objects" / "pack").glob("*.idx")
    index.rename(index.with_suffix(".git"))  # what git made of it
    return index.with_suffix(".pack")


def sealed(pack: bytes) -> bytes:
    """A pack of which the checksum holds, whatever is in it."""
    return pack + hashlib.sha1(pack, usedforsecurity=False).digest()


def hostile(path: Path, *entries: bytes) -> Path:
    path.write_bytes(sealed(struct.pack(">4sII", b"PACK", 2, len(entries)) + b"".join(entries)))
    return path


def entry(kind: int, content: bytes, size: int | None = None) -> bytes:
    """One object of less than 2 KiB, or one that claims to be of ``size``."""
    size = len(content) if size is None else size
    head = bytes([0x80 | kind << 4 | size & 15, size >> 4 & 0x7F])
    return head + zlib.compress(content)


def delta(distance: int, content: bytes) -> bytes:
    head = bytes([0x80 | 6 << 4 | len(content) & 15, len(content) >> 4, distance])
    return head + zlib.compress(content)


def test_the_index_is_the_same_as_git_makes(pack: Path) -> None:
    assert write_index(pack, LIMITS)
    assert pack.with_suffix(".idx").read_bytes() == pack.with_suffix(".git").read_bytes()


def test_a_bundle_is_opened_without_git_hashing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repository(tmp_path / "r", GROWING)
    git(tmp_path / "r", "bundle", "create", "-q", str(tmp_path / "b"), "main")
    monkeypatch.setattr("overblock.artefacts.git.INDEXING_SECONDS", 0)
    with History(tmp_path / "b") as history:
        found = [version.content for version in history.versions(lambda _: True)]
    assert found == [made.changes["dump.csv"] for made in GROWING]


def test_deltas_named_by_object_are_left_to_git(pack: Path) -> None:
    git(pack.parent, "config", "repack.useDeltaBaseOffset", "false")
    pack.with_suffix(".git").rename(pack.with_suffix(".idx"))
    other = repacked(pack.parent.parent.parent)
    assert not write_index(other, LIMITS)
    with History.from_pack(other) as history:
        oid = git(pack.parent, "hash-object", "--stdin", stdin=b"".join(LINES[:100]))
        assert [blob.content for blob in history.read([oid])] == [b"".join(LINES[:100])]


def test_a_partial_bundle_is_left_to_git(tmp_path: Path) -> None:
    make_repository(tmp_path / "r", GROWING[:3])
    bundle = tmp_path / "b"
    git(tmp_path / "r", "bundle", "create", "-q", "--version=3", str(bundle), "main")
    with History(bundle) as history:
        assert len(history.commits(lambda _: True)) == 3


def test_a_bundle_whose_head_has_no_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"# v2 git bundle\n" + b"x" * 10_000)
    with pytest.raises(FetchFailed, match="whose head has no end"), History(tmp_path / "b"):
        pass


def test_a_damaged_pack_is_left_to_git(pack: Path) -> None:
    whole, theirs = pack.read_bytes(), pack.with_suffix(".git").read_bytes()
    pack.chmod(0o600)
    for spot in range(0, len(whole) - 20, 61):
        damaged = bytearray(whole)
        damaged[spot] ^= 0x55
        pack.write_bytes(damaged)
        assert not write_index(pack, LIMITS)
        pack.write_bytes(sealed(bytes(damaged[:-20])))
        if write_index(pack, LIMITS):  # what is damaged is then another object, not a broken one
            assert pack.with_suffix(".idx").read_bytes() != theirs


def test_a_pack_whose_own_checksum_is_wrong_is_left_to_git(pack: Path) -> None:
    """Its objects may be whole, but it is not the pack that its maker sent."""
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:-1] + b"?")
    assert not write_index(pack, LIMITS)


COPY_ALL = b"\x90\x0a"  # ten bytes from the start


@pytest.mark.parametrize(
    "bad",
    [
        delta(99, b"\x0a\x0a" + COPY_ALL),  # no object begins there
        delta(20, b"\x0b\x0a" + COPY_ALL),  # of another base
        delta(20, b"\x0a\x09" + COPY_ALL),  # more than announced
        delta(20, b"\x0a\x0b" + COPY_ALL),  # less
        delta(20, b"\x0a\x0a\x90\x0b"),  # beyond the end of the base
        delta(20, b"\x0a\x0a\x0bshort"),  # beyond its own end
        delta(20, b"\x0a\x0a\x00"),  # a code that is reserved
        delta(20, b"\x0a"),
        delta(20, b"\x0a\xff\xff\xff\xff\xff\x7f" + COPY_ALL),  # of a terabyte
        delta(20, b""),
        entry(5, b""),
        entry(3, b"ten bytes!", size=9),
        entry(3, b"ten bytes!", size=11),
        entry(3, b"ten bytes!")[:-3],
    ],
)
def test_a_pack_that_contradicts_itself_is_left_to_git(bad: bytes, tmp_path: Path) -> None:
    base = entry(3, b"0123456789")
    assert len(base) == 20
    assert write_index(
        hostile(tmp_path / "good.pack", base, delta(20, b"\x0a\x0a\x90\x0a")), LIMITS
    )
    assert not write_index(hostile(tmp_path / "bad.pack", base, bad), LIMITS)


def test_bytes_after_the_last_object_are_left_to_git(tmp_path: Path) -> None:
    pack = tmp_path / "x.pack"
    pack.write_bytes(sealed(struct.pack(">4sII", b"PACK", 2, 1) + entry(3, b"x") + b"more"))
    assert not write_index(pack, LIMITS)
    pack.write_bytes(b"PACK")
    assert not write_index(pack, LIMITS)


def test_a_pack_that_stands_for_too_much_is_refused(
    pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(git_packs, "HISTORY_FLOOR", 10_000)
    monkeypatch.setattr(git_packs, "HISTORY_RATIO", 2)
    with pytest.raises(UnsafeArchive, match="unpacks to over 2 times its size"):
        write_index(pack, LIMITS)
