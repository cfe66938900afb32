import bz2
import gzip
import io
import lzma
import os
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from overblock.artefacts.limits import Limits
from overblock.artefacts.opening import Artefact, open_artefacts
from overblock.errors import FetchFailed, UnsafeArchive
from shared_data import shared

REGISTER = b"Updated: 2018-05-05 13:25:00 +0000\n192.0.2.7;;;A;1;2018-04-16\n" * 50

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.ZstdCompressor().compress,
}
packers = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)


def is_dump(name: str) -> bool:
    return name == "dump.csv"


def opened(*paths: Path | str, limits: Limits | None = None) -> list[Artefact]:
    return list(open_artefacts([str(path) for path in paths], is_dump, limits or Limits()))


def test_a_plain_file_is_taken_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "some-name"
    file.write_bytes(REGISTER)
    os.utime(file, (1525526700, 1525526700))
    [found] = opened(file)
    assert (found.name, found.path, found.member) == (str(file), file, "")
    assert found.content == REGISTER
    assert found.raw is found.content
    assert found.fetched_at == datetime(2018, 5, 5, 13, 25, tzinfo=UTC)
    assert not found.truncated


@packers
def test_a_compression_is_known_by_its_bytes(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    file = tmp_path / "dump.csv"  # no suffix says it
    file.write_bytes(pack(REGISTER))
    [found] = opened(file)
    assert found.content == REGISTER
    assert found.raw == pack(REGISTER)


@packers
def test_streams_that_follow_one_another_are_one_file(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    file = tmp_path / "dump"
    file.write_bytes(pack(REGISTER) + pack(b"more") + pack(b"") + b"\0" * 8)
    assert opened(file)[0].content == REGISTER + b"more"


@packers
def test_a_cut_stream_gives_what_it_holds_and_says_so(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    noise = os.urandom(2_000_000)  # several blocks, so that whole ones come before the cut
    file = tmp_path / "dump"
    file.write_bytes(pack(noise)[:1_500_000])
    [found] = opened(file)
    assert found.truncated
    assert len(found.content) > 800_000
    assert noise.startswith(found.content)


@packers
def test_a_stream_cut_before_its_first_byte_fails(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    file = tmp_path / "dump"
    file.write_bytes(pack(REGISTER)[:10])
    with pytest.raises(FetchFailed, match="cut before its first byte"):
        opened(file)


@packers
def test_a_damaged_stream_is_refused(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    packed = bytearray(pack(REGISTER))
    packed[len(packed) * 2 // 3] ^= 0xFF
    file = tmp_path / "dump"
    if pack is PACKERS["zst"]:
        packed = bytearray(b"\x28\xb5\x2f\xfd" + bytes([0xFF]) * 60)  # no checksum by default
    file.write_bytes(packed)
    with pytest.raises(FetchFailed, match="damaged after"):
        opened(file)


@packers
def test_what_follows_a_stream_must_be_one(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    file = tmp_path / "dump"
    file.write_bytes(pack(REGISTER) + b"<html>not found</html>")
    with pytest.raises(FetchFailed, match=r"after the .* data comes b'<html>not '"):
        opened(file)


@packers
def test_a_bomb_is_met_by_its_ratio(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    file = tmp_path / "dump"
    file.write_bytes(pack(bytes(4 << 20)))
    with pytest.raises(UnsafeArchive, match="over 20 to 1"):
        opened(file, limits=Limits(max_ratio=20, floor_bytes=1 << 20))


@packers
def test_a_file_larger_than_the_limit_is_refused(
    pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    file = tmp_path / "dump"
    file.write_bytes(pack(bytes(2 << 20)))
    with pytest.raises(UnsafeArchive, match="more than 1048576 bytes"):
        opened(file, limits=Limits(max_bytes=1 << 20))


def test_a_real_bomb_stays_small_in_memory(tmp_path: Path) -> None:
    """A quarter of a gigabyte in ten kilobytes: the default ratio stops it, a step at a time."""
    file = tmp_path / "bomb.bz2"
    file.write_bytes(bz2.compress(bytes(4 << 20)) * 64)
    with pytest.raises(UnsafeArchive, match="over 1000 to 1"):
        opened(file)


def test_an_xz_header_that_asks_for_gigabytes_is_refused(tmp_path: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 12}]
    packed = bytearray(lzma.compress(REGISTER, filters=filters))
    packed[16] = 37  # a dictionary of 1.5 GiB
    packed[20:24] = zlib.crc32(bytes(packed[12:20])).to_bytes(4, "little")
    (tmp_path / "dump.xz").write_bytes(packed)
    with pytest.raises(FetchFailed, match=r"[Mm]emory"):
        opened(tmp_path / "dump.xz")


def test_a_file_compressed_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "dump.csv.gz.xz"
    file.write_bytes(lzma.compress(gzip.compress(REGISTER)))
    with pytest.raises(UnsafeArchive, match="compressed twice, xz and then gzip"):
        opened(file)


def test_formats_that_are_not_opened_are_named(tmp_path: Path) -> None:
    file = tmp_path / "dump.7z"
    file.write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    with pytest.raises(FetchFailed, match="7z is not opened here"):
        opened(file)


def test_an_empty_file_is_an_empty_artefact(tmp_path: Path) -> None:
    """Whether a source may be empty is for its reader to say."""
    (tmp_path / "dump.csv").touch()
    assert opened(tmp_path / "dump.csv")[0].content == b""


def test_a_folder_gives_the_files_of_the_source_in_name_order(tmp_path: Path) -> None:
    for name in ("b/dump.csv", "a/dump.csv.gz", "a/readme.txt", ".git/dump.csv", "c/DUMP.CSV"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "a/dump.csv.gz").write_bytes(gzip.compress(b"zipped"))
    assert [(a.name, a.content) for a in opened(tmp_path)] == [
        (str(tmp_path / "a/dump.csv.gz"), b"zipped"),
        (str(tmp_path / "b/dump.csv"), b"b/dump.csv"),
    ]


def test_a_folder_without_a_file_of_the_source_fails(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").touch()
    with pytest.raises(FetchFailed, match="holds no file of this source"):
        opened(tmp_path)


def test_a_link_that_leads_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "dump.csv").symlink_to("../secret")
    with pytest.raises(UnsafeArchive, match="leads out"):
        opened(tmp_path / "folder")


def test_a_link_within_its_folder_and_a_loop_of_folders_are_fine(tmp_path: Path) -> None:
    (tmp_path / "2018.csv").write_bytes(REGISTER)
    (tmp_path / "dump.csv").symlink_to("2018.csv")
    (tmp_path / "loop").symlink_to(".")
    assert [a.content for a in opened(tmp_path)] == [REGISTER]


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "dump.csv")
    with pytest.raises(FetchFailed, match="not a file"):
        opened(tmp_path)


def test_a_pipe_that_the_user_names_is_read() -> None:
    """So that a shell's ``<(command)`` works."""
    reading, writing = os.pipe()
    os.write(writing, gzip.compress(REGISTER))
    os.close(writing)
    [found] = opened(f"/dev/fd/{reading}")
    os.close(reading)
    assert found.content == REGISTER
    assert found.fetched_at is None


def test_globs_are_expanded_in_order(tmp_path: Path) -> None:
    for name in ("2.csv", "1.csv", "x/3.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    assert [a.content for a in opened(tmp_path / "*.csv")] == [b"1.csv", b"2.csv"]
    assert len(opened(tmp_path / "**/*.csv")) == 3
    (tmp_path / "[x].csv").write_bytes(b"literal")
    assert opened(tmp_path / "[x].csv")[0].content == b"literal"


@pytest.mark.parametrize("name", ["missing.csv", "missing-*.csv"])
def test_a_missing_path_fails_before_anything_is_opened(name: str, tmp_path: Path) -> None:
    (tmp_path / "dump.csv").touch()
    artefacts = open_artefacts([str(tmp_path / "dump.csv"), str(tmp_path / name)], is_dump)
    with pytest.raises(FetchFailed, match=r"missing.*no such file"):
        next(artefacts)


@packers
def test_stdin_may_be_compressed(pack: Callable[[bytes], bytes]) -> None:
    [found] = open_artefacts(["-"], is_dump, stdin=io.BytesIO(pack(REGISTER)))
    assert (found.name, found.path, found.content) == ("-", None, REGISTER)
    assert found.fetched_at is None


def test_real_registers_open() -> None:
    [csv] = open_artefacts([str(shared("data", "ru-rkn-2018-05-05.csv.xz"))], is_dump)
    assert csv.content.startswith(b"Updated: 2018-05-05 13:25:00 +0000\n")
    xml = shared("data", "ru-rkn-xml-2014-2015.tar.xz")
    members = list(open_artefacts([str(xml)], lambda name: name.endswith(".xml")))
    assert members
    assert all(m.content.startswith(b"<?xml") and not m.truncated for m in members)
