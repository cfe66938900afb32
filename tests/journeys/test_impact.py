"""What a change of a register did to names that nobody named."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from name_worlds import keep
from overblock.store import Store
from register_worlds import DUMP, HOUR, START, dump, ingest, line
from running import Done, inside, refused

DAY = 24 * HOUR
NAMES = [
    ("casino.example", "192.0.2.1"),
    ("museum.example", "192.0.2.1"),
    ("bank.example", "192.0.2.1"),
    ("bank.example", "203.0.113.9"),
    ("school.example", "198.51.100.7"),
    ("shop.example", "198.51.100.7"),
    ("shop.example", "192.0.2.1"),
    ("free.example", "203.0.113.50"),
]
OLD = [line("192.0.2.1", "casino.example"), line("203.0.113.200", decision="9")]
NEW = [
    line("198.51.100.0/24", decision="2", day="2010-01-01"),
    line("203.0.113.9", decision="3"),
    line("203.0.113.200", decision="9"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("impact")
    for number, lines in enumerate((OLD, NEW)):
        (folder / f"dump-{number}-of.csv").write_bytes(dump(START + number * DAY, lines))
    made = Store.create(folder / "observatory")
    ingest(made, [folder])
    keep(made, NAMES, "names_csv@2015-01-01")
    return made.root


def question(store: Path, *words: str) -> Done:
    span = ("--from", "2015-01-01T12:00", "--to", "2015-01-02T12:00")
    return inside("impact", DUMP, "--store", store, *span, *words)


def asked(store: Path) -> Any:
    done = question(store, "--format", "json")
    assert done.code == 0, done
    return json.loads(done.out)


def test_names_are_told_by_what_became_of_them(store: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(question(store, "--format", "csv").out.decode())))
    assert {row["name"]: (row["change"], row["reach_before"], row["reach"]) for row in rows} == {
        "casino.example": ("freed", "fully", "not"),
        "museum.example": ("freed", "fully", "not"),
        "school.example": ("hit", "not", "fully"),
    }  # the bank and the shop were partly hit, and still are
    counts = {(one["change"], one["group"]): one for one in asked(store)["changes"]}
    assert {key: one["count"] for key, one in counts.items() if one["count"]} == {
        ("hit", "bystander"): 1,
        ("freed", "bystander"): 1,
        ("freed", "target"): 1,
    }
    assert counts["hit", "bystander"]["witness"] == "school.example"
    assert counts["hit", "bystander"]["witness_address"] == "198.51.100.7"


def test_the_addresses_networks_and_decisions_that_did_most_come_first(store: Path) -> None:
    answer = asked(store)
    assert (answer["ipv4_added"], answer["ipv4_removed"]) == (257, 1)
    first, second = answer["addresses"]
    assert (first["address"], first["names"], first["decisions"]) == ("198.51.100.7", 2, ["2"])
    assert (second["address"], second["witness"]) == ("203.0.113.9", "bank.example")
    (network,) = answer["networks"]
    assert (network["address"], network["names"]) == ("198.51.100.0/24", 2)
    assert [(one["decision"], one["ipv4"], one["names"]) for one in answer["decisions"]] == [
        ("2", 256, 2),
        ("3", 1, 1),
    ]


def test_the_smallest_decision_of_many_may_hit_the_most_names(tmp_path: Path) -> None:
    many = [line(f"10.{number}.0.0/16", decision=f"2-{number}/2014") for number in range(1, 231)]
    states = [[line("203.0.113.200", decision="9")], [*many, line("192.0.2.1", decision="9")]]
    for number, lines in enumerate(states):
        (tmp_path / f"dump-{number}-of.csv").write_bytes(dump(START + number * DAY, lines))
    made = Store.create(tmp_path / "observatory")
    ingest(made, [tmp_path / f"dump-{number}-of.csv" for number in range(2)])
    keep(made, [*NAMES, ("shop.example", "10.7.0.1")], "names_csv@2015-01-01")
    first, second, *others = asked(made.root)["decisions"]
    assert (first["decision"], first["ipv4"], first["names"]) == ("9", 1, 4)
    assert (second["decision"], second["ipv4"], second["names"]) == ("2-7/2014", 65_536, 1)
    assert {one["names"] for one in others} == {0}


def test_a_target_that_no_entry_names_can_be_given(store: Path) -> None:
    done = question(store, "--target", "school.example", "--format", "json")
    answer = json.loads(done.out)
    counts = {(one["change"], one["group"]): one["count"] for one in answer["changes"]}
    assert (counts["hit", "target"], counts["hit", "bystander"]) == (1, 0)
    assert answer["targets_given"] == ["school.example"]


def test_people_get_one_screen_and_scripts_parquet(store: Path) -> None:
    printed = question(store).out.decode()
    assert "257 newly listed, 1 no longer" in printed
    assert max(map(len, printed.splitlines())) <= 100
    assert len(pl.read_parquet(io.BytesIO(question(store, "--format", "parquet").out))) == 3


def test_no_change_hits_nobody(store: Path) -> None:
    span = ("--from", "2015-01-02T10:00", "--to", "2015-01-02T12:00")
    done = inside("impact", DUMP, "--store", store, *span, "--format", "json")
    answer = json.loads(done.out)
    assert sum(one["count"] for one in answer["changes"]) == 0
    assert answer["addresses"] == answer["networks"] == answer["decisions"] == []


def test_a_span_that_runs_backwards_is_refused(store: Path) -> None:
    words = ("impact", DUMP, "--store", store, "--from", "2015-01-03", "--to", "2015-01-01")
    done = inside(*words)
    assert done.code == 2
    assert "lies after" in done.err


def test_without_names_one_line_says_what_to_do(tmp_path: Path) -> None:
    made = Store.create(tmp_path / "observatory")
    (tmp_path / "dump.csv").write_bytes(dump(START, OLD))
    ingest(made, [tmp_path / "dump.csv"])
    words = ("--from", "2015-01-01T12:00", "--to", "2015-01-02", "--store", made.root)
    assert "no resolutions at hand" in refused(2, "impact", DUMP, *words)
