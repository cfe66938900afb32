"""Who shares an address: by resolutions and by the register, heard apart."""

import json
from pathlib import Path
from typing import Any

import pytest

from name_worlds import keep
from overblock.store import Store
from register_worlds import HOUR, START, dump, ingest, line
from running import inside

AT = "2015-01-03"
NAMES = [
    ("shop.example", "192.0.2.1"),
    ("shop.example", "192.0.2.2"),
    ("shop.example", "192.0.2.2"),
    ("museum.example", "192.0.2.1"),
    ("museum.example", "192.0.2.2"),
    ("bank.example", "192.0.2.2"),
    ("bank.example", "2001:db8::1"),
    ("school.example", "2001:db8::1"),
    ("gone.example", None),
]
LISTED = [
    line("192.0.2.1", "casino.example", "http://casino.example/"),
    line("192.0.2.1 | 203.0.113.9", "shop.example", decision="2"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cotenants")
    made = Store.create(folder / "observatory")
    (folder / "dump-0-of.csv").write_bytes(dump(START, LISTED))
    ingest(made, [folder / "dump-0-of.csv"])
    keep(made, NAMES, "names_csv@2015-01-02")
    keep(made, [("late.example", "192.0.2.1")], "names_csv@2016-01-01")
    return made.root


def asked(store: Path, command: str, *targets: str, at: str = AT) -> Any:
    done = inside(command, *targets, "--at", at, "--store", store, "--format", "json")
    assert done.code == 0, done
    return json.loads(done.out)


def test_those_on_an_address_are_told_by_each_witness_apart(store: Path) -> None:
    (answer,) = asked(store, "cotenants", "192.0.2.1")
    assert answer["co_tenants"]["names"] == ["museum.example", "shop.example"]
    assert answer["co_tenants"]["source"] == "names_csv of 2015-01-02"
    assert answer["attached_for"] == ["casino.example", "shop.example"]
    assert answer["age"] > 0


def test_the_neighbours_of_a_name_count_once_and_it_is_not_its_own(store: Path) -> None:
    (answer,) = asked(store, "cotenants", "http://shop.example/page")
    assert answer["co_tenants"]["names"] == ["bank.example", "museum.example"]
    assert answer["co_tenants"]["in_all"] == 2
    there = {one["address"]: one for one in answer["addresses"]}
    assert there.keys() == {"192.0.2.1", "192.0.2.2", "203.0.113.9"}
    assert there["192.0.2.1"]["co_tenants"]["names"] == ["museum.example"]
    assert there["192.0.2.1"]["co_tenants"]["in_all"] == 1
    assert there["203.0.113.9"]["co_tenants"]["in_all"] == 0
    assert there["192.0.2.1"]["attached_for"] == ["casino.example"]


def test_an_ipv6_address_and_a_network_have_tenants_too(store: Path) -> None:
    six, network = asked(store, "cotenants", "2001:db8::1", "192.0.2.0/24")
    assert six["co_tenants"]["names"] == ["bank.example", "school.example"]
    assert network["co_tenants"]["in_all"] == 3


def test_a_name_that_nobody_resolved_has_unknown_neighbours_not_none(store: Path) -> None:
    gone, strange = asked(store, "cotenants", "gone.example", "strange.example")
    assert gone["co_tenants"] is None
    assert strange["co_tenants"] is None


def test_the_resolutions_of_the_moment_answer(store: Path) -> None:
    (answer,) = asked(store, "cotenants", "192.0.2.1", at="2016-01-05")
    assert answer["co_tenants"]["names"] == ["late.example"]


def test_check_tells_who_else_is_there(store: Path) -> None:
    listed, name, strange = asked(store, "check", "192.0.2.1", "shop.example", "strange.example")
    assert listed["co_tenants"]["in_all"] == 2
    assert name["co_tenants"]["names"] == ["bank.example", "museum.example"]
    assert strange["co_tenants"] is None
    told = inside("check", "192.0.2.1", "--at", AT, "--store", store).out.decode()
    assert "2 other names there: museum.example, shop.example (by names_csv of 2015-01-02)" in told


def test_without_resolutions_check_says_nothing_of_them(tmp_path: Path) -> None:
    made = Store.create(tmp_path / "observatory")
    (tmp_path / "dump.csv").write_bytes(dump(START + HOUR, LISTED))
    ingest(made, [tmp_path / "dump.csv"])
    (answer,) = asked(made.root, "check", "192.0.2.1")
    assert answer["co_tenants"] is None
    assert answer["co_listed"]["named_in_all"] == 3


def test_the_csv_has_a_row_a_name_and_targets_come_from_stdin(store: Path) -> None:
    words = ("cotenants", "-", "--at", AT, "--store", store, "--format", "csv")
    done = inside(*words, stdin=b"# mine\n192.0.2.1  # web\n")
    rows = done.out.decode().splitlines()
    assert [row.split(",")[3:5] for row in rows] == [
        ["name", "by"],
        ["museum.example", "resolutions"],
        ["shop.example", "resolutions"],
        ["casino.example", "register"],
        ["shop.example", "register"],
    ]


def test_resolutions_of_a_file_answer_as_those_of_the_observatory_do(
    store: Path, tmp_path: Path
) -> None:
    public = [(name, (a or "").replace("192.0.2", "93.184.216").replace("2001:db8", "2606:2800"))
              for name, a in NAMES]  # fmt: skip
    path = tmp_path / "names.csv"
    path.write_text("name,address\n" + "".join(f"{name},{a}\n" for name, a in public), "utf-8")
    words = ("--names", str(path))
    shop, address, six, gone, network = asked(
        store, "cotenants", "shop.example", "93.184.216.2", "2606:2800::1", "gone.example",
        "93.184.216.0/24", *words,
    )  # fmt: skip
    assert shop["co_tenants"]["names"] == ["bank.example", "museum.example"]
    assert address["co_tenants"]["in_all"] == 3
    assert six["co_tenants"]["names"] == ["bank.example", "school.example"]
    assert gone["co_tenants"] is None
    assert network["co_tenants"]["in_all"] == 3
    assert shop["co_tenants"]["source"] == "names.csv"
    alone = asked(tmp_path / "no observatory", "cotenants", "shop.example", *words)
    assert alone[0]["co_tenants"] == shop["co_tenants"]
