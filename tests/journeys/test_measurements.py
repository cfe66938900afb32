"""Measurements from files into an observatory and out again, by the command line."""

import csv
import gzip
import io
import json
import tarfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard

from overblock.artefacts import measurements as artefacts
from overblock.measurements.batches import Block, digest_of
from overblock.pipeline import ingest_measurements, spreading
from overblock.pipeline.companions import Answers, Companion
from overblock.pipeline.ingest_measurements import MeasurementIngest
from overblock.store import Store
from overblock.tables import (
    MEASUREMENT_FILES,
    MEASUREMENTS,
    OBSERVATIONS,
    RECORD_REJECTS,
    VERDICTS,
    Table,
)
from running import half_written, inside, refused
from shared_data import shared

HOUR = "2024030107_RU_webconnectivity.n1.0.jsonl"
DAY = "2024-03-01"


def uid(number: int) -> str:
    return f"20240301071530.250000_RU_webconnectivity_{number:016x}"


def document(number: int = 0, **changes: object) -> dict[str, Any]:
    site = f"site{number % 7}.example"
    address = f"8.8.8.{number % 7}"
    answers = [{"answer_type": "A", "ipv4": address}]
    return {
        "test_name": "web_connectivity",
        "test_version": "0.5.28",
        "measurement_uid": uid(number),
        "measurement_start_time": f"2024-03-01 07:{number % 60:02d}:00",
        "input": f"http://{site}/",
        "probe_cc": "RU",
        "probe_asn": "AS12389",
        "report_id": f"report{number}",
        "test_keys": {
            "queries": [{"hostname": site, "engine": "udp", "answers": answers}],
            "tcp_connect": [{"ip": address, "port": 80, "status": {"success": True}}],
        },
    } | changes


def lines(*documents: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in documents)


def ingest(store: Path, *paths: Path | str, stdin: bytes = b"") -> dict[str, Any]:
    words = ("measurements", "ingest", *paths, "--processes", "1", "--format", "json")
    done = inside(*words, "--store", store, stdin=stdin)
    assert done.code == 0, done
    kept: dict[str, Any] = json.loads(done.out)
    return {name: value for name, value in kept.items() if value}


def ask(store: Path, *words: str) -> Any:
    done = inside("measurements", *words, "--store", store, "--format", "json")
    assert done.code == 0, done
    return json.loads(done.out)


def keys(store: Path, *words: str) -> list[str]:
    return [row["measurement_uid"] for row in ask(store, "list", *words)["measurements"]]


def rows(store: Path, table: Table, partition: str = DAY) -> pl.DataFrame:
    return Store.open(store).view().read(table, partition)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "observatory"


@pytest.fixture
def hour(tmp_path: Path) -> Path:
    """Twenty measurements of one hour, as OONI publishes them."""
    folder = tmp_path / "raw" / "20240301" / "07" / "RU" / "webconnectivity"
    folder.mkdir(parents=True)
    path = folder / f"{HOUR}.gz"
    path.write_bytes(gzip.compress(lines(*(document(number) for number in range(20)))))
    return path


def test_what_is_read_twice_is_there_once(store: Path, hour: Path) -> None:
    first = ingest(store, hour)
    assert (first["files"], first["measurements"], first["observations"]) == (1, 20, 40)
    before = (store / "manifest.json").read_bytes()
    assert ingest(store, hour) == {"known_files": 1}
    assert (store / "manifest.json").read_bytes() == before
    assert len(rows(store, MEASUREMENTS)) == 20
    assert half_written(store) == []


@pytest.mark.parametrize("form", ["jsonl", "gz", "zst", "tar", "tar.gz", "folder", "stdin"])
def test_the_same_measurements_come_out_of_every_form(
    store: Path, tmp_path: Path, form: str
) -> None:
    documents = [document(number) for number in range(5)]
    plain = lines(*documents)
    path = tmp_path / "given" / f"x.jsonl.{form}"
    path.parent.mkdir()
    if form.startswith("tar"):
        with tarfile.open(path, "w:gz" if form == "tar.gz" else "w") as tar:
            for each in documents:
                content = json.dumps({"format": "json", "content": each}, indent=1).encode()
                member = tarfile.TarInfo(f"07/{each['measurement_uid']}.post")
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    elif form in {"jsonl", "folder"}:
        path = path.with_name("x.jsonl")
        path.write_bytes(plain)
    else:
        packed = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor().compress}
        path.write_bytes(packed.get(form, bytes)(plain))
    given = {"folder": str(path.parent), "stdin": "-"}.get(form, str(path))
    assert ingest(store, given, stdin=plain)["measurements"] == 5
    assert sorted(keys(store)) == [uid(number) for number in range(5)]


def test_what_was_uploaded_is_passed_over_where_its_lines_lie_beside_it(
    store: Path, hour: Path
) -> None:
    hour.with_name(HOUR.replace(".jsonl", ".tar.gz")).write_bytes(b"never opened")
    assert ingest(store, hour.parents[4])["files"] == 1
    assert rows(store, MEASUREMENTS)["file"].to_list()[0] == (
        f"20240301/07/RU/webconnectivity/{HOUR}.gz"
    )


def test_a_folder_in_which_the_same_lie_in_two_packings_counts_them_once(
    store: Path, hour: Path
) -> None:
    hour.with_name("again.jsonl").write_bytes(gzip.decompress(hour.read_bytes()))
    kept = ingest(store, hour.parent)
    assert (kept["files"], kept["measurements"], kept["duplicates"]) == (2, 20, 20)
    assert len(rows(store, OBSERVATIONS)) == 40


def test_another_line_under_the_same_key_is_kept_apart_and_counts_for_nothing(
    store: Path, tmp_path: Path
) -> None:
    genuine, forged = document(1), document(1, probe_cc="US")
    for name, each in {"a": genuine, "b": forged, "c": genuine, "d": forged}.items():
        (tmp_path / f"{name}.jsonl").write_bytes(lines(each) + name.encode() + b"\n")
    kept = ingest(store, *(tmp_path / f"{name}.jsonl" for name in "abcd"))
    assert (kept["measurements"], kept["duplicates"], kept["conflicting"]) == (2, 2, 1)
    apart = rows(store, MEASUREMENTS).filter(pl.col("probe_cc") == "US").row(0, named=True)
    digest = digest_of(lines(forged).strip())
    assert apart["measurement_uid"] == f"{uid(1)}#{digest[:16]}"
    assert "conflicting_duplicate" in apart["flags"]
    assert rows(store, OBSERVATIONS)["probe_cc"].unique().to_list() == ["RU"]
    assert rows(store, VERDICTS)["probe_cc"].unique().to_list() == ["RU"]


@pytest.mark.parametrize("calls", [1, 2])
def test_a_report_that_was_sent_twice_has_its_verdicts_once(
    store: Path, tmp_path: Path, calls: int
) -> None:
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for number, path in enumerate(paths):
        path.write_bytes(lines(document(1, measurement_uid=uid(number))))
    if calls == 1:
        ingest(store, *paths)
    else:
        ingest(store, paths[0])
        assert ingest(store, paths[1])["resubmitted"] == 1
    assert rows(store, MEASUREMENTS)["flags"].list.contains("resubmitted").sum() == 1
    assert rows(store, VERDICTS)["measurement_uid"].unique().to_list() == [uid(0)]


def test_a_cut_file_gives_its_whole_lines_and_is_flagged(store: Path, hour: Path) -> None:
    whole = hour.read_bytes()
    hour.write_bytes(whole[: len(whole) * 9 // 10])
    kept = ingest(store, hour)
    assert 0 < kept["measurements"] < 20
    assert kept["cut"] == [str(hour)]
    (file,) = rows(store, MEASUREMENT_FILES, "measurements").to_dicts()
    assert file["flags"] == ["cut"]
    hour.write_bytes(whole)
    again = ingest(store, hour)
    assert again["measurements"] + kept["measurements"] == 20


def test_bad_lines_are_rejects_with_their_place_and_cost_nothing_else(
    store: Path, tmp_path: Path
) -> None:
    path = tmp_path / "x.jsonl"
    good = lines(document(1)), lines(document(2))
    path.write_bytes(good[0] + b"\n{nonsense\n" + b"[]\n" + good[1] + b'{"a": 1}')
    kept = ingest(store, path)
    assert (kept["measurements"], kept["rejects"]) == (2, 3)
    rejects = rows(store, RECORD_REJECTS, "measurements")
    assert rejects.select("record", "reason").rows() == [
        (3, "bad_json"),
        (4, "not_an_object"),
        (6, "no_test_name"),
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"\x04\x22\x4d\x18" + bytes(600), "LZ4"),
        (b"---\nbackend_version: 1.1.4\n", "YAML"),
        (b"PK\x03\x04" + bytes(600), "zip"),
        (gzip.compress(b"x" * 9, mtime=0)[:-9] + b"damaged!!", "damaged"),
    ],
)
def test_what_is_not_read_here_is_refused_by_name(
    store: Path, tmp_path: Path, content: bytes, complaint: str
) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    assert complaint in refused(3, "measurements", "ingest", path, "--store", store)


def test_measurements_are_found_by_page_host_address_place_network_and_time(
    store: Path, hour: Path
) -> None:
    hour.write_bytes(
        lines(
            document(1),
            document(2, input="https://Site1.example:8443/a", probe_asn="AS8402"),
            document(3, input="http://site10.example/", probe_cc="DE"),
            document(4, test_name="telegram", input=None, measurement_uid=None),
        )
    )
    ingest(store, hour)
    everything = keys(store)
    assert len(everything) == 4
    assert everything[-1].startswith("digest:")
    assert keys(store, "--target", "site1.example") == [uid(1), uid(2)]
    assert keys(store, "--target", "http://SITE1.example/") == [uid(1)]
    assert keys(store, "--address", "8.8.8.2") == [uid(2)]
    assert keys(store, "--address", "2001:db8::1") == []
    assert keys(store, "--probe-cc", "de") == [uid(3)]
    assert keys(store, "--asn", "AS8402") == [uid(2)]
    assert keys(store, "--test", "web_connectivity") == everything[:3]
    assert keys(store, "--since", "2024-03-02") == []
    assert keys(store, "--until", "2024-03-01T07:10") == everything[3:]
    answer = ask(store, "list", "--limit", "2")
    assert (len(answer["measurements"]), answer["more"]) == (2, True)


def test_one_measurement_is_shown_in_full(store: Path, hour: Path) -> None:
    ingest(store, hour)
    answer = ask(store, "show", uid(3))
    assert answer["measurement"]["record"] == 4
    assert [fact["layer"] for fact in answer["observations"]] == ["dns", "tcp"]
    assert answer["kept_as"]["name"] == str(hour)
    assert answer["verdicts"][0]["layer"] == "all"
    raw = gzip.decompress(Store.open(store).raw(answer["measurement"]["artefact"]))
    line = raw.splitlines()[answer["measurement"]["record"] - 1]
    assert json.loads(line)["measurement_uid"] == uid(3)
    assert "no measurement" in refused(2, "measurements", "show", uid(99), "--store", store)


def test_hostile_text_cannot_steer_a_terminal(store: Path, hour: Path) -> None:
    evil = "http://x.example/\x1b[2J\x07"
    hour.write_bytes(lines(document(1, input=evil, software_name="\x1b[31m")))
    ingest(store, hour)
    for words in (("list",), ("show", uid(1))):
        done = inside("measurements", *words, "--store", store)
        assert done.code == 0, done
        assert b"\x1b[2J" not in done.out
        assert b"\x07" not in done.out


def test_an_ingest_that_is_cut_off_goes_on_to_the_same_end(tmp_path: Path) -> None:
    """In the middle of a file, after rows were written: nobody sees half, and nothing is twice."""
    many = tmp_path / "many.jsonl"
    many.write_bytes(lines(*(document(number) for number in range(3900))) + b"{}\n")
    cut_off, whole = Store.create(tmp_path / "cut_off"), Store.create(tmp_path / "whole")

    def cut(*_: object) -> None:
        raise InterruptedError

    now = datetime(2024, 3, 2, tzinfo=UTC)
    first = MeasurementIngest(store=cut_off, now=now, watch=cut, waiting_bytes=1)
    with pytest.raises(InterruptedError):
        first.run([str(many)])
    assert cut_off.view().parts == {}
    assert list(cut_off.root.rglob("*.parquet")) != []
    kept = MeasurementIngest(store=cut_off, now=now).run([str(many)])
    assert kept.measurements + kept.duplicates == 3900
    assert 0 < kept.duplicates < 3900
    MeasurementIngest(store=whole, now=now).run([str(many)])
    for table in (MEASUREMENTS, OBSERVATIONS, VERDICTS):
        there, wanted = (rows(each.root, table).sort(table.key) for each in (cut_off, whole))
        assert there.equals(wanted)
    assert half_written(cut_off.root) == []


def test_tables_are_drawn_anew_from_the_kept_files_row_for_row(store: Path, hour: Path) -> None:
    again = hour.with_name("again.jsonl")
    again.write_bytes(lines(document(3), document(77)) + b"nonsense\n")
    first = ingest(store, hour, again)
    kept = (MEASUREMENTS, OBSERVATIONS, VERDICTS)
    before = [rows(store, table) for table in kept]
    hour.unlink()
    done = inside("measurements", "rebuild", "--store", store, "--processes", "1", "-q")
    assert done.code == 0, done
    assert all(old.equals(rows(store, table)) for old, table in zip(before, kept, strict=True))
    assert ingest(store, again) == {"known_files": 1}
    assert len(rows(store, RECORD_REJECTS, "measurements")) == first["rejects"] == 1


def test_files_of_one_name_are_told_apart_when_tables_are_drawn_anew(
    store: Path, tmp_path: Path
) -> None:
    """Each came from a folder of its own, below which its name stands."""
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "x.jsonl").write_bytes(lines(document(number)))
        ingest(store, folder)
    before = rows(store, VERDICTS)
    inside("measurements", "rebuild", "--store", store, "--processes", "1", "-q")
    assert set(before["file"]) == {"x.jsonl"}
    assert rows(store, VERDICTS).equals(before)


def test_block_pages_that_are_known_are_looked_for(store: Path, hour: Path, tmp_path: Path) -> None:
    fingerprints = tmp_path / "known.csv"
    fingerprints.write_text(
        "name,location_found,pattern_type,pattern,scope,expected_countries\n"
        "a.page,dns,full,8.8.8.1,nat,RU\n"
    )
    ingest(store, hour)
    words = ("measurements", "rebuild", "--store", store, "--processes", "1", "--format", "json")
    assert json.loads(inside(*words, "--fingerprints", fingerprints).out)["measurements"] == 20
    states = {row["target"]: row["state"] for row in ask(store, "list")["measurements"]}
    assert states["http://site1.example/"] == "blocked"
    assert states["http://site2.example/"] != "blocked"


def test_two_processes_say_the_same_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None is worked on here before the other process is there to be given some."""
    many = tmp_path / "many.jsonl"
    padding = "x" * 1000
    many.write_bytes(lines(*(document(number, x=padding) for number in range(450))))
    given: list[Answers | None] = []
    give = Companion.give

    def noted(companion: Companion, batch: Sequence[Block]) -> Answers | None:
        if not given:
            companion.hear(wait=True)
        given.append(give(companion, batch))
        return given[-1]

    monkeypatch.setattr(Companion, "give", noted)
    monkeypatch.setattr(artefacts, "READ_BYTES", 1 << 15)
    monkeypatch.setattr(ingest_measurements, "GO_BYTES", 1 << 16)
    monkeypatch.setattr(spreading, "ALONE", 1)
    tables = []
    for processes in ("1", "2"):
        store = tmp_path / processes
        words = ("measurements", "ingest", many, "--processes", processes, "--store", store)
        assert inside(*words).code == 0
        tables.append([rows(store, table) for table in (MEASUREMENTS, OBSERVATIONS, VERDICTS)])
    assert all(one.equals(two) for one, two in zip(*tables, strict=True))
    assert len(tables[0][0]) == 450
    assert sum(answer is not None for answer in given) > 3


def test_the_samples_are_listed_as_a_table_of_csv(store: Path) -> None:
    kept = ingest(store, shared("samples", "ooni"))
    assert kept["measurements"] + kept["known_files"] == 112
    done = inside("measurements", "list", "--limit", "500", "--store", store, "--format", "csv")
    listed = list(csv.DictReader(io.StringIO(done.out.decode())))
    assert len(listed) == kept["measurements"]
    assert {row["state"] for row in listed} >= {"ok", "blocked", "down", "insufficient"}
