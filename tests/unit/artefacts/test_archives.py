import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from overblock.artefacts.archives import archive_of, plain_basename
from overblock.artefacts.limits import Limits
from overblock.artefacts.opening import Artefact, open_artefacts
from overblock.errors import FetchFailed, UnsafeArchive

REGISTER = b"Updated: 2018-05-05 13:25:00 +0000\n"
MOMENT = 1525526700  # 2018-05-05 13:25 UTC


def is_dump(name: str) -> bool:
    return name == "dump.csv"


def opened(packed: bytes, limits: Limits | None = None) -> list[Artefact]:
    return list(open_artefacts(["-"], is_dump, limits or Limits(), stdin=io.BytesIO(packed)))


def tar_entry(name: str, content: bytes = b"", **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(content), MOMENT
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def make_tar(
    *entries: tuple[tarfile.TarInfo, bytes], tar_format: int = tarfile.PAX_FORMAT
) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tar_format) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def one_tar(name: str, content: bytes) -> bytes:
    return make_tar((tar_entry(name, content), content))


def make_zip(members: Sequence[tuple[str | zipfile.ZipInfo, bytes]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def one_zip(name: str, content: bytes) -> bytes:
    return make_zip([(name, content)])


Maker = Callable[[str, bytes], bytes]
makers = pytest.mark.parametrize("make", [one_tar, one_zip])


@makers
def test_the_wanted_member_comes_out(make: Maker, tmp_path: Path) -> None:
    file = tmp_path / "2018.archive"
    file.write_bytes(make("z-i/2018/dump.csv", REGISTER))
    [found] = open_artefacts([str(file)], is_dump)
    assert found.name == found.member == "z-i/2018/dump.csv"
    assert found.path == file
    assert found.raw == found.content == REGISTER


@makers
def test_a_member_that_is_compressed_is_opened_once_more(make: Maker) -> None:
    [found] = opened(make("dump.csv.gz", gzip.compress(REGISTER, mtime=0)))
    assert found.content == REGISTER
    assert found.raw == gzip.compress(REGISTER, mtime=0)


@makers
def test_an_archive_in_a_folder_is_opened(make: Maker, tmp_path: Path) -> None:
    (tmp_path / "2018.tar").write_bytes(make("dump.csv", REGISTER))  # the name may be wrong
    (tmp_path / "notes.txt").write_bytes(make("dump.csv", REGISTER))
    found = list(open_artefacts([str(tmp_path)], is_dump))
    assert [(a.path, a.name) for a in found] == [(tmp_path / "2018.tar", "dump.csv")]


@makers
def test_an_archive_without_a_wanted_file_fails(make: Maker) -> None:
    with pytest.raises(FetchFailed, match="holds no file of this source"):
        opened(make("readme.txt", b""))


@makers
@pytest.mark.parametrize(
    "name", ["../dump.csv", "a/../../dump.csv", "/etc/dump.csv", "C:/dump.csv", "..\\dump.csv"]
)
def test_a_name_that_leaves_its_folder_is_refused(make: Maker, name: str) -> None:
    with pytest.raises(UnsafeArchive, match="leaves its folder"):
        opened(make(name, REGISTER))


@makers
@pytest.mark.parametrize("inner", [one_tar, one_zip])
def test_an_archive_within_an_archive_is_refused(make: Maker, inner: Maker) -> None:
    with pytest.raises(UnsafeArchive, match="an archive within an archive"):
        opened(make("dump.csv", inner("dump.csv", REGISTER)))


@makers
def test_a_member_larger_than_the_limit_is_refused(make: Maker, tmp_path: Path) -> None:
    file = tmp_path / "2018.archive"
    file.write_bytes(make("dump.csv", bytes(2 << 20)))
    with pytest.raises(UnsafeArchive, match=r"dump\.csv: more than 1048576 bytes"):
        list(open_artefacts([str(file)], is_dump, Limits(max_bytes=1 << 20)))


@makers
def test_members_are_counted(make: Maker) -> None:
    with pytest.raises(UnsafeArchive, match="more than 0"):
        opened(make("dump.csv", REGISTER), Limits(max_members=0))


@pytest.mark.parametrize("packed", [True, False])
def test_ten_thousand_members_are_no_burden(*, packed: bool) -> None:
    names = [f"{n}/{'dump.csv' if n % 100 == 0 else 'other'}" for n in range(10_000)]
    if packed:
        archive = make_zip([(name, name.encode()) for name in names])
    else:
        archive = b"".join(
            tar_entry(name, name.encode()).tobuf() + name.encode().ljust(512, b"\0")
            for name in names
        )
    found = opened(archive)
    assert sorted(a.content.decode() for a in found) == sorted(names[::100])


@pytest.mark.parametrize("suffix", ["xz", "gz", "bz2"])
def test_a_compressed_tar_is_a_stream(suffix: str) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=f"w:{suffix}") as archive:  # type: ignore[call-overload]  # the modes are listed one by one
        for n in range(3):
            content = b"%d" % n
            archive.addfile(tar_entry(f"./{n}/dump.csv", content), io.BytesIO(content))
    assert [(a.name, a.content) for a in opened(packed.getvalue())] == [
        ("./0/dump.csv", b"0"),
        ("./1/dump.csv", b"1"),
        ("./2/dump.csv", b"2"),
    ]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "/etc/passwd"),
        (tarfile.LNKTYPE, "other"),
        (tarfile.CHRTYPE, ""),
        (tarfile.FIFOTYPE, ""),
        (tarfile.GNUTYPE_SPARSE, ""),
    ],
)
def test_a_wanted_name_in_a_tar_must_be_a_file(kind: bytes, target: str) -> None:
    archive = tar_entry("dump.csv", type=kind, linkname=target).tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(UnsafeArchive, match="not a file"):
        opened(archive + bytes(1024))


def test_links_and_folders_that_nobody_wants_are_passed_over() -> None:
    archive = make_tar(
        (tar_entry("dump.csv/", type=tarfile.DIRTYPE), b""),
        (tar_entry("latest", type=tarfile.SYMTYPE, linkname="dump.csv"), b""),
        (tar_entry("dump.csv", REGISTER), REGISTER),
    )
    assert [a.content for a in opened(archive)] == [REGISTER]


@pytest.mark.parametrize("tar_format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_long_names_and_exact_times_are_read(tar_format: int) -> None:
    name = "ё" * 150 + "/dump.csv"
    entry = tar_entry(name, REGISTER, mtime=MOMENT + 0.5)
    [found] = opened(make_tar((entry, REGISTER), tar_format=tar_format))
    assert found.name == name
    assert found.fetched_at is not None
    assert found.fetched_at.replace(microsecond=0) == datetime(2018, 5, 5, 13, 25, tzinfo=UTC)


@pytest.mark.parametrize("seconds", [0, 1e18, -5])
def test_a_time_that_says_nothing_is_none(seconds: float) -> None:
    assert opened(make_tar((tar_entry("dump.csv", mtime=seconds), b"")))[0].fetched_at is None


def test_a_cut_member_comes_out_flagged() -> None:
    content = os.urandom(10_000)
    whole = make_tar((tar_entry("a/dump.csv"), b""), (tar_entry("b/dump.csv", content), content))
    first, second = opened(whole[: 512 + 512 + 700])
    assert not first.truncated
    assert second.truncated
    assert second.content == content[:700]


@pytest.mark.parametrize(
    ("stop", "complaint"),
    [(512 + 512 + 100, "cut within a tar header"), (512 + 100, "cut within other, member 1")],
)
def test_a_tar_cut_elsewhere_fails(stop: int, complaint: str) -> None:
    whole = make_tar((tar_entry("other", b"x" * 500), b"x" * 500), (tar_entry("dump.csv"), b""))
    with pytest.raises(FetchFailed, match=complaint):
        opened(whole[:stop])


def test_a_tar_with_a_damaged_header_gives_what_came_before_and_fails() -> None:
    good = make_tar((tar_entry("dump.csv", REGISTER), REGISTER))[:1024]
    artefacts = open_artefacts(["-"], is_dump, stdin=io.BytesIO(good + b"\x01" * 512))
    assert next(artefacts).content == REGISTER
    with pytest.raises(FetchFailed, match="damaged tar header"):
        next(artefacts)


def test_an_extended_header_may_not_be_large() -> None:
    entry = tar_entry("dump.csv", pax_headers={"comment": "x" * (1 << 20)})
    with pytest.raises(UnsafeArchive, match="an extended header of 1048"):
        opened(make_tar((entry, b"")))


def test_extended_headers_may_not_follow_one_another_for_ever() -> None:
    block = tar_entry("@LongLink", b"x", type=tarfile.GNUTYPE_LONGNAME).tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(UnsafeArchive, match="over 16 extended headers"):
        opened((block + b"x".ljust(512, b"\0")) * 40)


@pytest.mark.parametrize(
    ("records", "complaint"),
    [
        (b"99 path=dump.csv\n", "damaged pax record"),
        (b"x path=dump.csv\n", "damaged pax record"),
        (b"6 a=b\n11 size=-9\n", "has a size of -9"),
        (b"16 size=hundred\n", "damaged pax record of"),
    ],
)
def test_a_damaged_extended_header_is_refused(records: bytes, complaint: str) -> None:
    pax = tar_entry("pax", records, type=tarfile.XHDTYPE).tobuf(tarfile.USTAR_FORMAT)
    packed = pax + records.ljust(512, b"\0") + tar_entry("dump.csv").tobuf() + bytes(1024)
    with pytest.raises(FetchFailed, match=complaint):
        opened(packed)


def test_a_sparse_file_is_refused() -> None:
    """Its size is only declared: a kilobyte of tar may stand for a terabyte of zeros."""
    entry = tar_entry("dump.csv", pax_headers={"GNU.sparse.size": "1099511627776"})
    with pytest.raises(UnsafeArchive, match="sparse"):
        opened(make_tar((entry, b"")))


def test_a_zip_that_lost_its_end_fails() -> None:
    with pytest.raises(FetchFailed, match="not a whole zip archive"):
        opened(one_zip("dump.csv", os.urandom(5000))[:4000])


def test_a_zip_with_a_damaged_member_fails() -> None:
    packed = bytearray(one_zip("dump.csv", os.urandom(5000)))
    packed[2000] ^= 0xFF
    with pytest.raises(FetchFailed, match="not a whole zip archive"):
        opened(bytes(packed))


def test_an_encrypted_member_is_refused() -> None:
    packed = bytearray(one_zip("dump.csv", REGISTER))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnsafeArchive, match=r"dump\.csv is encrypted"):
        opened(bytes(packed))


def test_a_link_in_a_zip_is_refused() -> None:
    info = zipfile.ZipInfo("dump.csv")
    info.external_attr = 0o120777 << 16
    with pytest.raises(UnsafeArchive, match="is a link"):
        opened(make_zip([(info, b"/etc/passwd")]))


def test_members_of_a_zip_are_counted_together() -> None:
    """Members may share their packed bytes, so that each alone is fair and all are not."""
    packed = make_zip([(f"{n}/dump.csv", bytes(900_000)) for n in range(5)])
    with pytest.raises(UnsafeArchive, match=r"1/dump\.csv: more than"):
        opened(packed, Limits(floor_bytes=1 << 20, max_ratio=100))


def test_a_zip_directory_of_gigabytes_is_not_read() -> None:
    packed = bytearray(one_zip("dump.csv", REGISTER))
    struct.pack_into("<I", packed, packed.index(b"PK\x05\x06") + 12, 1 << 31)
    with pytest.raises((UnsafeArchive, FetchFailed)):
        opened(bytes(packed))


def test_a_zip_time_is_known_only_with_its_zone() -> None:
    info = zipfile.ZipInfo("dump.csv", (2018, 5, 5, 13, 25, 0))
    assert opened(make_zip([(info, REGISTER)]))[0].fetched_at is None
    info.extra = struct.pack("<HHB", 0x9999, 1, 0) + struct.pack("<HHBi", 0x5455, 5, 1, MOMENT)
    found = opened(make_zip([(info, REGISTER)]))[0].fetched_at
    assert found == datetime(2018, 5, 5, 13, 25, tzinfo=UTC)


def test_a_compressed_zip_is_refused() -> None:
    with pytest.raises(UnsafeArchive, match="compressed once more"):
        opened(lzma.compress(one_zip("dump.csv", REGISTER)))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("dump.csv", "dump.csv"),
        ("a/b/dump.csv.XZ", "dump.csv"),
        ("a\\dump.csv.zst", "dump.csv"),
        ("2018.tar.gz", "2018.tar"),
        (".gz", ".gz"),
        ("dump.csv.gz.gz", "dump.csv.gz"),
    ],
)
def test_a_plain_basename_has_lost_its_folders_and_one_suffix(path: str, name: str) -> None:
    assert plain_basename(path) == name


def test_text_is_no_archive() -> None:
    assert archive_of(b"1" * 512) is None
    assert archive_of(b"PK") is None
