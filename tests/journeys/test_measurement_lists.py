"""What ``overblock measurements list`` answers to people and to programs."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from overblock.reports.checks import connections
from running import inside


def uid(number: int) -> str:
    return f"20240301071530.250000_RU_webconnectivity_{number:016x}"


def document(number: int, test: str, page: str | None) -> dict[str, Any]:
    return {
        "test_name": test,
        "measurement_uid": uid(number),
        "measurement_start_time": "2024-03-01 07:10:00",
        "input": page,
        "probe_cc": "RU",
        "probe_asn": "AS12389",
        "report_id": f"report{number}",
    }


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists")
    measured = [
        document(1, "web_connectivity", "http://site1.example/"),
        document(4, "telegram", None),
        document(5, "facebook_messenger", None),
    ]
    (folder / "x.jsonl").write_text("\n".join(map(json.dumps, measured)), "utf-8")
    store = folder / "observatory"
    done = inside("measurements", "ingest", folder / "x.jsonl", "--store", store)
    assert done.code == 0, done
    return store


def keys(store: Path, *words: str) -> list[str]:
    done = inside("measurements", "list", *words, "--store", store, "--format", "json")
    return [row["measurement_uid"] for row in json.loads(done.out)["measurements"]]


def test_a_service_is_found_by_the_name_that_its_verdicts_bear(filled: Path) -> None:
    assert keys(filled, "--target", "telegram") == [uid(4)]
    assert keys(filled, "--target", "Facebook_Messenger") == [uid(5)]
    assert keys(filled, "--target", "tele") == []


def test_target_and_key_stand_whole_in_the_list_for_people(filled: Path) -> None:
    out = inside("measurements", "list", "--store", filled).out.decode()
    assert uid(1) in out
    assert "http://site1.example/" in out
    assert max(map(len, out.splitlines())) <= 80


def test_a_list_without_rows_still_has_its_columns(filled: Path) -> None:
    words = ("measurements", "list", "--store", filled, "--since", "2030-01-01", "--format")
    none = list(csv.reader(io.StringIO(inside(*words, "csv").out.decode())))
    assert none[0][0] == "measurement_uid"
    assert len(none) == 1
    rows = inside("measurements", "list", "--store", filled, "--format", "parquet").out
    empty = pl.read_parquet(io.BytesIO(inside(*words, "parquet").out))
    assert empty.schema == pl.read_parquet(io.BytesIO(rows)).schema
    assert empty.is_empty()


@pytest.mark.parametrize("asn", ["AS12389", "as12389", "12389"])
@pytest.mark.parametrize("command", ["list", "events"])
def test_a_network_is_written_with_its_letters_or_without(
    filled: Path, command: str, asn: str
) -> None:
    words = ("events",) if command == "events" else ("measurements", "list")
    done = inside(*words, "--asn", asn, "--store", filled, "--format", "json")
    assert done.code == 0, done
    told = json.loads(done.out)
    assert told.get("n_networks", 1) == 1
    assert len(told.get("measurements", [None] * 3)) == 3
    refused = inside(*words, "--asn", "AS0", "--store", filled)
    assert refused.code == 2
    assert "write AS12389" in refused.err


@pytest.mark.parametrize("command", ["list", "events", "collateral"])
@pytest.mark.parametrize("code", ["RUS", "R1", "", "Россия"])
def test_what_is_no_country_is_refused(filled: Path, command: str, code: str) -> None:
    words = {"list": ("measurements", "list"), "collateral": ("collateral", "observed")}
    done = inside(*words.get(command, (command,)), "--probe-cc", code, "--store", filled)
    assert done.code == 2
    assert "write two letters" in done.err


def test_one_connection_serves_one_question_after_the_other(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To make one takes longer than most questions; that a key is not there is an answer too."""
    made, connect = list[duckdb.DuckDBPyConnection](), duckdb.connect

    def counted(**settings: Any) -> duckdb.DuckDBPyConnection:
        """Make one, and remember it."""
        made.append(connect(**settings))
        return made[-1]

    monkeypatch.setattr(connections, "_IDLE", [])
    monkeypatch.setattr(duckdb, "connect", counted)
    assert keys(filled, "--target", "telegram") == [uid(4)]
    for number, code in ((1, 0), (9, 2), (4, 0)):
        assert inside("measurements", "show", uid(number), "--store", filled).code == code
    assert keys(filled, "--address", "192.0.2.1") == []
    assert keys(filled, "--target", "facebook_messenger") == [uid(5)]
    assert len(made) == 1
