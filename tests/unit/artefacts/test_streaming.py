"""Files opened as streams: what they are, how much of them, and when they are refused."""

import gzip
import io
import zipfile
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
import zstandard

from overblock.artefacts.limits import Limits
from overblock.artefacts.streaming import STREAM_LIMITS, open_streams
from overblock.errors import FetchFailed, UnsafeArchive

TEXT = b"shop.example 93.184.216.34\n" * 100


def opened(*paths: Path | str, stdin: bytes = b"", limits: Limits = STREAM_LIMITS) -> list[bytes]:
    return [
        file.opened.read()
        for file in open_streams(
            [str(path) for path in paths], any_name, limits, stdin=io.BytesIO(stdin)
        )
    ]


def any_name(name: str) -> bool:
    return name.endswith(".txt")


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
def test_the_plain_bytes_come_whatever_the_packing(pack: object, tmp_path: Path) -> None:
    assert callable(pack)
    path = tmp_path / "names"
    path.write_bytes(pack(TEXT))
    assert opened(path) == [TEXT]
    assert opened("-", stdin=pack(TEXT)) == [TEXT]


def test_a_folder_and_an_archive_give_their_own_files_only(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(TEXT)
    (tmp_path / "b.other").write_bytes(b"no")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("d.txt", b"inside")
        archive.writestr("e.other", b"no")
    assert opened(tmp_path) == [TEXT, b"inside"]


def test_a_bomb_is_met_before_it_fills_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(3 << 20)))
    with pytest.raises(UnsafeArchive, match="over 10 to 1"):
        opened(path, limits=Limits(max_ratio=10, floor_bytes=1 << 20))


def test_more_than_the_limit_is_refused_and_the_message_says_how_to_raise_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "long.gz"
    path.write_bytes(gzip.compress(TEXT))
    with pytest.raises(UnsafeArchive, match="--most-gib raises the limit"):
        opened(path, limits=Limits(max_bytes=len(TEXT) - 1))
    with pytest.raises(UnsafeArchive, match="stdin"):
        opened("-", stdin=TEXT, limits=Limits(max_bytes=len(TEXT) - 1))


def test_a_cut_stream_gives_what_it_has_and_is_marked(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    noise = b"".join(sha256(str(n).encode()).digest() for n in range(2048))
    path.write_bytes(gzip.compress(noise)[:-1000])
    for file in open_streams([str(path)], any_name):
        found = file.opened.read()
        assert found
        assert noise.startswith(found)
        assert file.truncated


def test_what_is_packed_twice_or_unknown_is_refused(tmp_path: Path) -> None:
    (tmp_path / "twice").write_bytes(gzip.compress(gzip.compress(TEXT)))
    (tmp_path / "other").write_bytes(b"7z\xbc\xaf\x27\x1c" + TEXT)
    with pytest.raises(UnsafeArchive, match="compressed twice"):
        opened(tmp_path / "twice")
    with pytest.raises(FetchFailed, match="7z is not opened here"):
        opened(tmp_path / "other")
    with pytest.raises(FetchFailed, match="holds no file of this source"):
        opened(tmp_path)
    with pytest.raises(FetchFailed, match="no such file"):
        opened(tmp_path / "nowhere")


def test_packed_parquet_can_be_searched_from_its_end(tmp_path: Path) -> None:
    plain = io.BytesIO()
    pl.DataFrame({"name": ["shop.example"]}).write_parquet(plain)
    path = tmp_path / "names.parquet.gz"
    path.write_bytes(gzip.compress(plain.getvalue()))
    for file in open_streams([str(path)], any_name):
        assert pl.read_parquet(file.opened)["name"].to_list() == ["shop.example"]
