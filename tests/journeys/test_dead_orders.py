"""Orders that miss: by example, and in the real register of 2012 to 2015."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from name_worlds import keep
from overblock.store import Store
from real_registers import answer
from register_worlds import DUMP, HOUR, START, dump, ingest, line
from register_worlds import observatory as new_observatory
from running import inside, refused
from shared_data import ROOT

DAY = 24 * HOUR
STATES = [
    [line("192.0.2.1", "a.example"), line("192.0.2.1", "b.example", decision="2")],
    [line("192.0.2.1", "a.example"), line("192.0.2.3", "c.example", decision="3")],
    [line("192.0.2.1", "a.example"), line("192.0.2.4", "c.example", decision="3")],
    [
        line("192.0.2.1", "a.example"),
        line("192.0.2.5", "a.example", "http://a.example/x", decision="4"),
        line("192.0.2.4", "c.example", decision="3"),
    ],
    [line("192.0.2.1", "a.example"), line("192.0.2.4", "c.example", decision="3")],
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dead")
    for number, lines in enumerate(STATES):
        state = dump(START + number * DAY / 2, lines)
        (folder / f"dump-{number}-of.csv").write_bytes(state)
    made = new_observatory(folder / "observatory")
    ingest(made, [folder])
    return made.root


def signs(store: Path, *words: str) -> dict[str, Any]:
    done = inside("dead", DUMP, "--store", store, "--format", "json", *words)
    assert done.code == 0, done
    return {sign["sign"]: sign for sign in json.loads(done.out)["signs"]}


def test_each_sign_is_met_where_it_stands_and_counted_against_all(store: Path) -> None:
    found = signs(store)
    assert {name: sign["addresses"] for name, sign in found.items()} == {
        "shared": 1,
        "left_behind": 1,
        "corrected": 1,
    }
    assert {sign["attached"] for sign in found.values()} == {4}
    (shared,) = found["shared"]["found"]
    assert (shared["address"], shared["days"]) == ("192.0.2.1", 0.5)
    assert shared["hosts"] == ["a.example", "b.example"]
    (left,) = found["left_behind"]["found"]
    assert (left["address"], left["instead"], left["days"]) == ("192.0.2.1", ["192.0.2.5"], 0.5)
    (back,) = found["corrected"]["found"]
    assert (back["address"], back["instead"]) == ("192.0.2.3", ["192.0.2.4"])


def test_a_time_before_a_sign_has_none_of_it(store: Path) -> None:
    found = signs(store, "--to", "2015-01-01T12:00")
    assert [sign["addresses"] for sign in found.values()] == [1, 0, 0]


def test_every_format_tells_the_same_addresses(store: Path) -> None:
    table = inside("dead", DUMP, "--store", store).out.decode()
    rows = inside("dead", DUMP, "--store", store, "--format", "csv").out.decode().splitlines()
    assert len(rows) == 4
    for row in rows[1:]:
        assert row.split(",")[2] in table


def test_resolutions_say_where_the_named_sites_live(store: Path, tmp_path: Path) -> None:
    made = Store.create(tmp_path / "observatory")
    lines = [
        line("192.0.2.1", "lives.example"),
        line("192.0.2.2", "moved.example", decision="2"),
        line("192.0.2.3", "gone.example", decision="3"),
        line("192.0.2.4", "unasked.example", decision="4"),
    ]
    (tmp_path / "dump.csv").write_bytes(dump(START, lines))
    ingest(made, [tmp_path / "dump.csv"])
    names = [
        ("lives.example", "192.0.2.1"),
        ("moved.example", "203.0.113.9"),
        ("museum.example", "192.0.2.2"),
        ("school.example", "192.0.2.2"),
        ("gone.example", None),
    ]
    keep(made, names, "names_csv@2015-01-01")
    words = ("dead", DUMP, "--to", "2015-01-01", "--store", made.root)
    found = json.loads(inside(*words, "--format", "json").out)["by_names"]
    assert found["verdicts"] == {"lives": 1, "moved": 1, "gone": 1, "unknown": 1}
    assert (found["attached"], found["dead"], found["dead_share"]) == (4, 2, 0.5)
    first, second = found["found"]
    assert (first["address"], first["named"]) == ("192.0.2.2", "moved.example")
    assert (first["bystanders"], first["bystander"]) == (2, "museum.example")
    assert (second["verdict"], second["bystanders"]) == ("gone", 0)
    told = " ".join(inside(*words).out.decode().split())
    assert "2 of 4 pairs of an entry and an attached address (50.0 %)" in told
    attached = signs(made.root, "--to", "2015-01-01")["shared"]["attached"]
    assert f"of {attached} addresses attached in that time" in told
    assert signs(store)["shared"]["addresses"] == 1  # without resolutions the signs alone


def test_a_time_that_ends_before_it_begins_is_refused(store: Path) -> None:
    question = ("dead", DUMP, "--store", store, "--from", "2015-02-01", "--to", "2015-01-02")
    assert "nothing lies between" in refused(2, *question)


@pytest.mark.slow
def test_the_order_against_rutracker_ru_attached_an_address_for_a_day(observatory: Path) -> None:
    found = answer("dead", "ru_zapret_csv", "--to", "2015-06-30", "--store", observatory)
    by_sign = {sign["sign"]: sign for sign in found["signs"]}
    (row,) = [r for r in by_sign["corrected"]["found"] if r["address"] == "195.82.146.114"]
    assert (row["begins"], row["ends"]) == ("2013-12-27T18:05:09Z", "2013-12-28T17:05:07Z")
    assert row["hosts"] == ["rutracker.ru"]
    assert row["instead"][0] == "193.105.240.83"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["explanation/first-dead-orders.md", "howto/who-else-is-hit.md"])
def test_the_pages_show_what_the_commands_print(
    name: str, observatory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python docs/_collateral.py` mends it."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    examples, pages = import_module("_examples"), import_module("_collateral")
    assert name in pages.PAGES
    pages.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    environment = {"OVERBLOCK_STORE": str(observatory)}
    page = (ROOT / "docs" / name).read_text("utf-8")
    assert len(examples.SHOWN.findall(page)) > 1
    assert page == examples.remade(page, lambda command: examples.run(command, environment))
