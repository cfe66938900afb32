"""Collateral, measurements and events over HTTP: a made world, read in as users read theirs in."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from measured_worlds import (
    BEGINS,
    BLOCKED_AT,
    DAYS,
    HOURS,
    NETWORKS,
    SCRIPT,
    SHOP,
    STEERING,
    TURNED,
    Client,
    hostile,
    page,
    told,
)
from overblock.reports.measured.matrix import state_of
from overblock.store import Store
from overblock.web.app import create_app
from real_registers import answer as command_answer
from register_worlds import DUMP, START, dump, ingest, line, observatory

AT = "2015-01-02T12:00"
BEFORE = "2015-01-01T12:00"
N_EACH = len(NETWORKS) * len(HOURS) * DAYS  # measurements of one target


def onset(client: Client, asn: int | None = None) -> dict[str, Any]:
    rows = told(client, "/events.json")["rows"]
    (found,) = [row for row in rows if row["probe_asn"] == asn]
    assert isinstance(found, dict)
    return found


def without_places(answer: Any) -> Any:
    """What a command tells, with the name of each file in the place of its path."""
    named = re.sub(r'"/[^"]*/(measured\.jsonl)"', r'"\1"', json.dumps(answer))
    return json.loads(named)


def test_a_cell_is_the_share_that_fails_of_what_can_be_judged(client: Client) -> None:
    answer = told(client, "/measurements.json")
    rows = {(row["target"], row["feature"]): row for row in answer["rows"]}
    assert [column["probe_asn"] for column in answer["columns"]] == list(NETWORKS)
    shop, telegram = rows[SHOP, "all"], rows["telegram", "dc"]
    assert [cell["state"] for cell in shop["cells"]] == ["blocked", "blocked"]
    assert sum(cell["n_failing"] for cell in shop["cells"]) == N_EACH / 2
    assert shop["n_judged"] == telegram["n_judged"] == N_EACH
    assert {cell["state"] for cell in telegram["cells"]} == {"ok"}
    assert answer["rows"].index(telegram) < answer["rows"].index(shop)  # services come first


def test_days_stand_in_columns_where_asked_and_a_day_without_measurement_is_empty(
    client: Client,
) -> None:
    answer = told(client, "/measurements.json", columns="days", cc="xa")
    days = [column["day"] for column in answer["columns"]]
    assert (days[0], len(days)) == (f"{BEGINS:%Y-%m-%d}", DAYS)
    (shop,) = [row for row in answer["rows"] if row["target"] == SHOP]
    assert [cell["state"] for cell in shop["cells"]] == 4 * ["ok"] + 4 * ["blocked"]
    (odd,) = [row for row in answer["rows"] if SCRIPT in row["target"]]
    assert [cell is None for cell in odd["cells"]].count(False) == 1


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"ok": 9, "blocked": 1}, "ok"),  # one alone is an accident
        ({"ok": 18, "blocked": 2}, "mixed"),
        ({"ok": 5, "blocked": 2, "throttled": 3}, "throttled"),
        ({"ok": 1, "partly": 1}, "partly"),
        ({"down": 3, "insufficient": 2}, "down"),
        ({"down": 1, "refused": 2}, "insufficient"),
        ({}, "insufficient"),
    ],
)
def test_the_state_of_a_cell_follows_from_its_counts(counts: dict[str, int], state: str) -> None:
    assert state_of(counts) == state


def test_the_matrix_says_each_state_in_words_and_by_a_sign(client: Client) -> None:
    text = page(client, "/measurements")
    assert "✕ blocked 16 of 32" in text
    assert "✓ works 0 of 32" in text
    assert "telegram: servers of the program" in text
    in_russian = page(client, "/measurements", lang="ru")
    assert "✕ заблокировано 16 из 32" in in_russian


def test_rows_of_the_matrix_are_a_cell_each(client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/measurements.csv").text)))
    cells = [row for row in rows if row["target"] == SHOP]
    assert {(row["probe_asn"], row["state"], row["n_failing"]) for row in cells} == {
        (str(network), "blocked", "16") for network in NETWORKS
    }


def test_a_part_of_a_name_finds_its_rows(client: Client) -> None:
    answer = told(client, "/measurements.json", target="MUSEUM")
    assert [row["target"] for row in answer["rows"]] == ["https://museum.example/"]
    assert told(client, "/measurements.json", target="nowhere")["rows"] == []
    assert "nobody can say" in page(client, "/measurements", target="nowhere")


def test_measurements_are_listed_as_the_command_lists_them(client: Client, measured: Store) -> None:
    asked = {"target": SHOP, "asn": "AS64500"}
    listed = told(client, "/measurements/list.json", **asked)
    words = ("measurements", "list", "--target", SHOP, "--asn", "AS64500", "--store", measured.root)
    assert listed == without_places(command_answer(*words))
    text = page(client, "/measurements/list", **asked)
    assert "✕ blocked tcp https://shop.example/ XA AS64500" in text


def test_one_measurement_tells_its_verdict_its_rule_and_its_facts(
    client: Client, measured: Store
) -> None:
    (newest, *_) = told(client, "/measurements/list.json", target=SHOP)["measurements"]
    uid = newest["measurement_uid"]
    one = told(client, f"/measurements/{uid}.json")
    shown = command_answer("measurements", "show", uid, "--store", measured.root)
    assert one == without_places(shown)
    text = page(client, f"/measurements/{uid}")
    rules = {rule["rule_id"]: rule for rule in told(client, "/measurements/rules.json")}
    for verdict in one["verdicts"]:
        assert rules[verdict["rule_id"]]["because"].split("'")[0] in text
        assert verdict["rule_id"] in text
        assert all(fact in text for fact in verdict["evidence"])
    assert "✕ generic_timeout_error" in text
    rows = list(csv.DictReader(io.StringIO(client.get(f"/measurements/{uid}.csv").text)))
    assert len(rows) == len(one["observations"])


def test_every_rule_has_an_anchor_to_be_linked_to(client: Client) -> None:
    text = client.get("/measurements/rules").text
    rules = told(client, "/measurements/rules.json")
    assert len(rules) > 100
    assert [rule["rule_id"] for rule in rules if f'id="{rule["rule_id"]}"' not in text] == []


def test_a_series_counts_what_its_measurements_say(client: Client) -> None:
    asked = {"target": SHOP, "feature": "all", "cc": "XA", "asn": "64500", "by": "day"}
    series = told(client, "/measurements/series.json", **asked)
    assert [point["n_failing"] for point in series["points"]] == [0] * 4 + [4] * 4
    assert all(point["n_judged"] == len(HOURS) for point in series["points"])
    assert "Of 32 verdicts" in page(client, "/measurements/series", **asked)
    drawn = client.get("/measurements/series.svg", params=asked).text
    assert "Of 32 verdicts that can be judged, 16 fail" in drawn
    assert "blocked began: 6 March 2026" in drawn
    rows = list(csv.DictReader(io.StringIO(
        client.get("/measurements/series.csv", params=asked).text
    )))  # fmt: skip
    assert [row["states"] for row in rows] == ["ok 4"] * 4 + ["blocked 4"] * 4


def test_events_are_those_of_the_command_and_networks_that_may_be_one_are_one_line(
    client: Client, measured: Store
) -> None:
    assert told(client, "/events.json") == command_answer("events", "--store", measured.root)
    text = page(client, "/events")
    assert "1 changes" in text
    assert "✕ blocked began https://shop.example/ XA, networks: 2 AS64500 AS64501" in text
    assert "at most 1 false event is expected in 1,000 days" in text


@pytest.mark.parametrize(
    ("asked", "n_events"),
    [
        ({"target": SHOP}, 3),
        ({"target": "telegram"}, 0),
        ({"asn": "AS64501"}, 1),
        ({"cc": "xb"}, 0),
        ({"since": f"{BLOCKED_AT:%Y-%m-%d}"}, 3),
        ({"until": "2026-03-04"}, 0),
        ({"since": "2026-03-08"}, 0),
    ],
)
def test_events_are_those_asked_for(client: Client, asked: dict[str, str], n_events: int) -> None:
    answer = told(client, "/events.json", **asked)
    assert len(answer["rows"]) == n_events
    known = {row["event_id"] for row in told(client, "/events.json")["rows"]}
    assert {row["event_id"] for row in answer["rows"]} <= known  # whoever asks, keys stay


def test_one_event_has_its_interval_its_counts_and_its_networks(client: Client) -> None:
    event = onset(client)
    one = told(client, f"/events/{event['event_id']}.json")
    assert one["event"] == event
    assert {row["probe_asn"] for row in one["group"]} == set(NETWORKS)
    assert one["series"]["n_judged"] == N_EACH
    text = page(client, f"/events/{event['event_id']}")
    assert "XA, 6 March 2026, 01:00 UTC" in text
    assert "0 %" in text
    assert "100 %" in text
    drawn = client.get(f"/events/{event['event_id']}.svg")
    assert "Shaded: the interval in which it changed" in drawn.text
    rows = list(csv.DictReader(io.StringIO(
        client.get(f"/events/{event['event_id']}.csv").text
    )))  # fmt: skip
    assert len(rows) == 3


def test_a_key_that_nothing_has_is_told_so(client: Client) -> None:
    for path in (
        "/events/0123",
        "/measurements/20240301071530.250000_RU_telegram_0123456789abcdef",
    ):
        answer = client.get(f"{path}.json")
        assert answer.status_code == 404
        assert "no " in answer.json()["says"]


HOSTILE_PATHS = (
    "/measurements?target=shop",
    f"/measurements/{hostile()['measurement_uid']}",
    f"/measurements/list?target={SCRIPT}",
    "/measurements/list",
    f"/measurements/series?target={SCRIPT}{TURNED}",
    f"/events?target={SCRIPT}&cc=XA",
    f"/collateral?at={AT}&by=rule",
    f"/collateral/name?q=museum.example&at={AT}",
    f"/collateral/impact?from={BEFORE}&to={AT}",
    f"/collateral/names?q={SCRIPT}&at={AT}",
    f"/collateral/dead?to={AT}",
    f"/collateral?register={SCRIPT}",
    f"/events/{SCRIPT}",
)


@pytest.mark.parametrize("path", HOSTILE_PATHS, ids=range(len(HOSTILE_PATHS)))
def test_what_is_hostile_is_shown_and_does_nothing(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in {200, 404}
    body = answer.text.partition("<body")[2]
    assert "<script" not in body
    assert "style=" not in body
    for sign in (*TURNED[:1], *STEERING[:1]):
        assert sign not in answer.text


def test_hostile_words_are_there_to_be_seen(client: Client) -> None:
    """That nothing harms is worth nothing where nothing is shown."""
    for path in (HOSTILE_PATHS[1], f"/collateral/name?q=museum.example&at={AT}"):
        assert (
            "&lt;script&gt;alert(1)&lt;/script&gt;\N{REPLACEMENT CHARACTER}"
            in client.get(path).text
        )


BAD = (
    ("/measurements.json?since=2026-01-02&until=2026-01-01", 400, "before it begins"),
    ("/measurements.json?since=2010-01-01&until=2020-01-01", 413, "at most 92"),
    ("/measurements.json?columns=rows", 400, "networks or days"),
    ("/measurements.json?cc=Russia", 400, "no country"),
    ("/measurements/list.json?asn=x", 400, "no network"),
    ("/measurements/list.json?address=203.0.113.0/24", 400, "is a network"),
    (f"/measurements/{'9' * 1_000}.json", 404, "no key"),
    ("/events.json?since=yesterday", 400, "is not a moment"),
    (f"/events.json?target={'a' * 1_000}", 413, "1,000 signs"),
    ("/events.json?by=year", 400, "by hour or day"),
    ("/collateral.json?by=size", 400, "one of"),
    ("/collateral.json?register=nowhere", 404, "no register"),
    ("/collateral.json?at=1999-01-01", 404, "no snapshot"),
    ("/collateral/name.json?q=%27%20OR%201=1", 400, "is no name"),
    ("/collateral/name.json?q=", 400, "is no name"),
    (f"/collateral/impact.json?from={AT}&to={BEFORE}", 400, "before it begins"),
    ("/collateral/dead.json?from=2030-01-01&to=2015-01-02", 400, "nothing lies between"),
    ("/collateral/dead.csv?sign=x", 400, "one of"),
)


@pytest.mark.parametrize(("path", "status", "says"), BAD, ids=range(len(BAD)))
def test_bad_questions_are_refused_in_one_line(
    client: Client, path: str, status: int, says: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert says in answer.text


def test_what_the_visitor_adds_to_an_address_is_not_led_on(client: Client) -> None:
    text = client.get("/measurements?path=/evil&self=1&columns=days&evil=1").text
    assert "evil=1&amp;columns" not in text.replace('href="/measurements?', "")
    links = re.findall(r'href="(/measurements/list[^"]*)"', text)
    assert links
    assert all("evil" not in link for link in links)


def test_an_observatory_without_names_or_measurements_says_what_to_read_in(
    tmp_path: Path,
) -> None:
    made = observatory(tmp_path / "observatory")
    path = tmp_path / "dump.csv"
    path.write_bytes(dump(START, [line("203.0.113.0/24")]))
    ingest(made, [path])
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        assert "overblock ingest names_csv FILE" in page(client, "/collateral")
        assert "overblock ingest names_csv FILE" in page(client, "/collateral/impact")
        assert "overblock measurements ingest FILE" in page(client, "/measurements")
        assert "overblock measurements ingest FILE" in page(client, "/events")
        assert client.get("/measurements.json").json() is None
        assert json.loads(client.get("/collateral.json").text)["error"] == "MissingNames"
        assert client.get("/collateral/dead").status_code == 200


def test_an_event_that_was_found_by_the_day_needs_no_word_in_its_address(client: Client) -> None:
    by_day = {row["event_id"] for row in told(client, "/events.json", by="day")["rows"]}
    by_hour = {row["event_id"] for row in told(client, "/events.json")["rows"]}
    assert by_day - by_hour
    for event_id in (min(by_day - by_hour), min(by_hour)):
        one = told(client, f"/events/{event_id}.json")
        assert one["grain"] == ("hour" if event_id in by_hour else "day")


def test_the_matrix_leads_to_the_time_before_and_after_it(client: Client) -> None:
    shown = client.get("/measurements?since=2026-03-06&until=2026-03-07&columns=days").text
    links = re.findall(r'href="/measurements\?([^"]*since[^"]*)"', shown)
    assert [link.replace("&amp;", "&") for link in links if link.count("=") == 3] == [
        "columns=days&since=2026-03-04&until=2026-03-05",
        "columns=days&since=2026-03-08&until=2026-03-09",
    ]
    for end in ("0001-01-01", "9999-12-31"):
        assert "nobody can say" in page(client, "/measurements", since=end, until=end)


@pytest.mark.parametrize("form", ["", ".json", ".csv"])
def test_nobody_is_told_where_on_the_machine_a_file_was_read(client: Client, form: str) -> None:
    place = str(client.app.state["answers"].root.parent)
    (uid, *_) = [
        row["measurement_uid"] for row in told(client, "/measurements/list.json")["measurements"]
    ]
    paths = (
        "/measurements/list",
        f"/measurements/{uid}",
        "/measurements",
        "/events",
        "/collateral",
    )
    for path in (*paths, "/sources", f"/registers/{DUMP}"):
        answer = client.get(path + form)
        assert answer.status_code == 200
        assert place not in answer.text, path
    row = told(client, f"/measurements/{uid}.json")
    assert row["measurement"]["file"] == row["kept_as"]["name"] == "measured.jsonl"
