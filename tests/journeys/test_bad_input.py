"""Whatever is wrong with what comes in: one clear line, the right exit code, nothing half-kept."""

import io
import json
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from overblock.store import Store
from overblock.tables import LISTINGS, RECORD_REJECTS, SNAPSHOTS
from register_worlds import HOUR, START, dump, line, rows
from running import half_written, inside, refused

FINE = [line(f"192.0.2.{n}") for n in range(10)]
HTML = b"<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1></body></html>\n"
XML_BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE reg [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<reg:register updateTime="2015-03-14T16:00:00+03:00" xmlns:reg="http://rsoc.ru">
<content id="1">&b;</content></reg:register>
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    Store.create(tmp_path / "observatory")
    return tmp_path / "observatory"


def kept(store: Path) -> int:
    assert half_written(store) == []
    return len(rows(Store.open(store), SNAPSHOTS))


def zip_bomb() -> bytes:
    """A megabyte of nothing, a hundred times, packed a thousandfold."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dump.csv", bytes(96 << 20))
    return made.getvalue()


def escaping_tar() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        member = tarfile.TarInfo("../../dump.csv")
        content = dump(START, FINE)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("dump.csv", b"", "line 1 is not a date line: b''"),
        ("dump.csv", HTML, "line 1 is not a date line: b'<!DOCTYPE html>"),
        ("dump.csv", dump(START, FINE)[:20], "line 1 is not a date line"),
        ("dump.csv", dump(START, FINE).decode("cp1251").encode(), "UTF-8, not cp1251"),
        ("dump.csv", dump(START, FINE).decode("cp1251").encode("utf-16"), "not a date line"),
        ("dump.csv", b"Updated: 2015-13-41 00:00:00 +0000\n", "2015-13-41"),
        ("dump.csv.gz", b"\x1f\x8b\x08garbage", "dump.csv.gz"),
        ("dump.csv.xz", lzma.compress(dump(START, FINE))[:40] + b"garbage", "dump.csv.xz"),
        ("dump.csv.zip", b"PK\x03\x04garbage", "dump.csv.zip"),
        ("dump.zip", zip_bomb(), "dump.zip"),
        ("dump.tar", escaping_tar(), "dump.tar"),
        ("dump.csv.rar", b"Rar!\x1a\x07\x00", "unpack it first"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_no_register_is_refused(
    name: str, content: bytes, says: str, store: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    line = refused(3, "ingest", "ru_zapret_csv", tmp_path / name, "--store", store)
    assert says in line
    assert name in line
    assert kept(store) == 0


def test_an_xml_bomb_is_refused(store: Path, tmp_path: Path) -> None:
    (tmp_path / "dump.xml").write_bytes(XML_BOMB)
    line = refused(3, "ingest", "ru_dump_xml", tmp_path / "dump.xml", "--store", store)
    assert "DOCTYPE" in line
    assert kept(store) == 0


def test_what_is_not_there_is_named(store: Path, tmp_path: Path) -> None:
    line = refused(3, "ingest", "ru_zapret_csv", tmp_path / "no.csv", "--store", store)
    assert f"{tmp_path}/no.csv: no such file or folder" in line


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["ingest", "ru_zapret", "x"], 2, "no source is called 'ru_zapret'; there are: "),
        (["extent", "ru_zapret_csv"], 2, "'ru_zapret_csv' is neither a file nor a register"),
        (["history", "nothing"], 2, "'nothing'"),
        (["check", "999.1.1.1"], 2, "'999.1.1.1'"),
        (["check", "192.0.2.1/24"], 2, "192.0.2.0/24"),
        (["check", "192.0.2.0/33"], 2, "'192.0.2.0/33'"),
        (["extent", "x", "--at", "yesterday"], 2, "'yesterday' is not a moment"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_question_that_cannot_be_asked_is_refused_with_its_value(
    words: list[str], code: int, says: str, store: Path
) -> None:
    assert says in refused(code, *words, "--store", store)


def test_where_there_is_no_observatory_it_is_told_how_to_make_one(tmp_path: Path) -> None:
    line = refused(4, "check", "192.0.2.1", "--store", tmp_path / "nowhere")
    assert "overblock init" in line


def test_bad_records_are_rejects_and_the_rest_counts(store: Path, tmp_path: Path) -> None:
    long = ",".join(["x"] * (2 << 20))
    bad = [
        "192.0.2.77;;;суд;1",
        line("192.0.2.78", day="2014-02-30"),
        line("192.0.2.1/24"),
        line("999.1.1.1"),
        line("192.0.2.0/33"),
        line("::ffff:192.0.2.7"),
        line("192.0.2.79\0"),
        line("192.0.2.80", "long.example", f"http://long.example/{long}"),
        "",
    ]
    (tmp_path / "dump.csv").write_bytes(dump(START, [*FINE, *bad]).replace(b"\n", b"\r\n", 3))
    done = inside("ingest", "ru_zapret_csv", tmp_path / "dump.csv", "--store", store)
    assert done.code == 0
    told = rows(Store.open(store), RECORD_REJECTS)
    assert {str(row["reason"]) for row in told} == {
        "too_few_fields",
        "bad_decision_date",
        "host_bits",
        "not_an_address",
        "bad_prefix_length",
        "ipv4_mapped",
        "nul_byte",
        "empty",
    }
    assert {row["record"] for row in told} == {12, 13, 14, 15, 16, 17, 18, 20}
    assert max(len(row["value"]) for row in told) <= 200
    listed = {row["resource"] for row in rows(Store.open(store), LISTINGS)}
    assert "192.0.2.80" in listed
    assert {f"192.0.2.{n}" for n in range(10)} <= listed


@pytest.mark.parametrize(
    ("spoil", "flags"),
    [
        (lambda whole: whole[: len(whole) // 2], ["cut", "shrunken"]),
        (lambda whole: whole[:-1], ["cut"]),
        (lambda whole: b"\n".join(whole.split(b"\n")[:8]) + b"\n", ["shrunken"]),
        (lambda whole: whole + b"nothing of use\n", ["damaged"]),
    ],
    ids=["cut", "without its last sign", "30 % gone", "damaged"],
)
def test_a_broken_state_ends_no_listing(
    spoil: Callable[[bytes], bytes], flags: list[str], store: Path, tmp_path: Path
) -> None:
    (tmp_path / "dump-1st.csv").write_bytes(dump(START, FINE))
    (tmp_path / "dump-2nd.csv").write_bytes(spoil(dump(START + HOUR, FINE)))
    done = inside("ingest", "ru_zapret_csv", tmp_path, "--store", store)
    assert (done.code, "1 flagged" in done.err) == (0, True)
    assert [row["flags"] for row in rows(Store.open(store), SNAPSHOTS)].count(flags) == 1
    extent = json.loads(inside("extent", "ru_zapret_csv", "--store", store, "--format", "json",
                            "--at", "2015-01-01").out)  # fmt: skip
    assert extent["ipv4"]["all"] == 10
    assert extent["snapshot"]["flags"] == flags


def test_one_bad_file_of_several_is_told_and_the_exit_code_says_so(
    store: Path, tmp_path: Path
) -> None:
    (tmp_path / "dump-1.csv").write_bytes(dump(START, FINE))
    (tmp_path / "dump-2.csv").write_bytes(HTML)
    done = inside("ingest", "ru_zapret_csv", tmp_path, "--store", store)
    assert done.code == 3
    (complaint,) = done.complaints
    assert "dump-2.csv" in complaint
    assert kept(store) == 1


def test_a_cut_compressed_file_is_flagged_not_believed(store: Path, tmp_path: Path) -> None:
    noise = [line(f"192.0.2.{n}", f"{os.urandom(40).hex()}.example") for n in range(200)]
    packed = zlib.compressobj(wbits=31)
    whole = packed.compress(dump(START, noise)) + packed.flush()
    (tmp_path / "dump.csv.gz").write_bytes(whole[: len(whole) * 3 // 4])
    assert inside("ingest", "ru_zapret_csv", tmp_path / "dump.csv.gz", "--store", store).code == 0
    (snapshot,) = rows(Store.open(store), SNAPSHOTS)
    assert "cut" in snapshot["flags"]


def watched(store: Path, *words: str | Path) -> str:
    """The line with which a watch refuses before it looks: there is nothing to look at."""
    fleet = store.with_name("fleet.txt")
    fleet.write_text("192.0.2.7")
    return refused(2, "watch", fleet, "--store", store, *words)


def test_a_url_that_names_no_service_is_told_before_a_look(store: Path) -> None:
    told = watched(store, "--notify", "nonsense://hunter2")
    assert "notice 1 (nonsense) is no URL of a known service" in told
    assert "hunter2" not in told


def test_a_watch_prints_in_one_format(store: Path) -> None:
    assert "leave --format csv out" in watched(store, "--jsonl", "--format", "csv")


@pytest.mark.parametrize("option", ["--metrics", "--state"])
def test_no_folder_is_made_for_a_file_that_a_watch_writes(option: str, store: Path) -> None:
    """A folder that is not there is a slip of the pen: nobody would look for the file in it."""
    place = store / "nowhere" / "file"
    assert f"there is no folder {place.parent}" in watched(store, option, place)
    assert not place.parent.exists()
