"""Collateral over HTTP: a made world, read in as users read theirs in."""

import csv
import io

import pytest

from measured_worlds import SCRIPT, STEERING, Client, page, told
from overblock.store import Store
from real_registers import answer as command_answer
from register_worlds import DUMP

AT = "2015-01-02T12:00"
BEFORE = "2015-01-01T12:00"


def test_who_else_is_hit_is_what_the_command_counts(client: Client, measured: Store) -> None:
    answer = told(client, "/collateral.json", at=AT, by="group")
    command = command_answer("collateral", DUMP, "--at", AT, "--store", measured.root)
    assert answer == command
    text = page(client, "/collateral", at=AT, by="rule")
    assert "Of 4 bystanders, 3 are hit: 75 %." in text
    assert "Exposed, not measured" in text


def test_the_names_that_are_hit_are_listed_and_searched(client: Client, measured: Store) -> None:
    listed = told(client, "/collateral/names.json", at=AT)
    names = {row["name"] for row in listed["names"]}
    assert names == {"bank.example", "museum.example", "school.example", "casino.example"}
    assert listed["names"][0]["group"] == "bystander"
    some = told(client, "/collateral/names.json", at=AT, group="bystander", reach="partly")
    assert [row["name"] for row in some["names"]] == ["bank.example"]
    found = told(client, "/collateral/names.json", at=AT, q="SCHOOL")
    assert [row["hit_since"][:10] for row in found["names"]] == ["2015-01-02"]
    assert "since, at the latest" in page(client, "/collateral/names", at=AT)
    assert "самое позднее" in page(client, "/collateral/names", at=AT, lang="ru")
    assert "at the latest, without a break" in page(
        client, "/collateral/name", at=AT, q="school.example"
    )
    words = ("collateral", DUMP, "--at", AT, "--list", "hit", "--store", measured.root)
    command = {row["name"]: row["hit_since"] for row in command_answer(*words)}
    rows = csv.DictReader(io.StringIO(client.get("/collateral/names.csv", params={"at": AT}).text))
    assert {row["name"]: row["hit_since"] for row in rows} == command


@pytest.mark.parametrize(
    ("name", "reach", "group"),
    [
        ("museum.example", "fully", "bystander"),
        ("BANK.example.", "partly", "bystander"),
        ("casino.example", "fully", "target"),
        ("free.example", "not", "bystander"),
    ],
)
def test_one_name_is_told_how_far_it_is_hit_and_by_which_decision(
    client: Client, name: str, reach: str, group: str
) -> None:
    answer = told(client, "/collateral/name.json", at=AT, q=name)
    assert (answer["hit"]["reach"], answer["hit"]["group"]) == (reach, group)
    decisions = {entry["decision"] for one in answer["addresses"] for entry in one["listed_by"]}
    assert decisions == (set() if reach == "not" else {f"=1+{SCRIPT}{STEERING}"})


def test_a_name_that_no_resolution_knows_is_neither_hit_nor_free(client: Client) -> None:
    answer = told(client, "/collateral/name.json", at=AT, q="nobody.example")
    assert (answer["known"], answer["hit"], answer["addresses"]) == (False, None, [])
    assert "Nobody can say" in page(client, "/collateral/name", at=AT, q="nobody.example")


def test_what_a_change_did_is_what_the_command_says(client: Client, measured: Store) -> None:
    asked = {"from": BEFORE, "to": AT}
    answer = told(client, "/collateral/impact.json", **asked)
    words = ("impact", DUMP, "--from", BEFORE, "--to", AT, "--store", measured.root)
    assert answer == command_answer(*words)
    assert "Bystanders newly hit: 1; newly free: 0." in page(client, "/collateral/impact", **asked)
    rows = csv.DictReader(io.StringIO(client.get("/collateral/impact.csv", params=asked).text))
    assert [(row["name"], row["change"]) for row in rows] == [("school.example", "hit")]


def test_dead_orders_are_those_of_the_command(client: Client, measured: Store) -> None:
    answer = told(client, "/collateral/dead.json", to=AT)
    assert answer == command_answer("dead", DUMP, "--to", AT, "--store", measured.root)
    shown = page(client, "/collateral/dead", to=AT)
    assert "These are signs, no proof" in shown
    pairs = answer["by_names"]["attached"]
    assert f"of {pairs} pairs of an entry and an attached address, at " in shown
    assert f"of {answer['signs'][0]['attached']} addresses attached in that time" in shown
    shown = page(client, "/collateral/dead", to=AT, lang="ru")
    assert "из пар «запись и приложенный адрес»" in shown
    assert client.get("/collateral/dead.csv", params={"sign": "shared"}).status_code == 200


def test_names_hit_over_time_are_those_of_the_command_and_drawn(
    client: Client, measured: Store
) -> None:
    answer = told(client, "/collateral/over-time.json", at=AT)
    words = ("collateral", DUMP, "--at", AT, "--over-time", "--store", measured.root)
    assert answer == command_answer(*words)
    rows = csv.DictReader(
        io.StringIO(client.get("/collateral/over-time.csv", params={"at": AT}).text)
    )
    hit = [(row["fully"], row["partly"]) for row in rows if row["group"] == "bystander"]
    assert hit == [("1", "1"), ("2", "1")]
    drawn = client.get("/collateral/over-time.svg", params={"at": AT, "lang": "ru"}).text
    assert "Из посторонних (4) было задето не больше 3" in drawn
    assert client.get("/collateral/over-time.svg?theme=pink").status_code == 400
