"""Where pages lead on: to what a visitor wants next, also from what has nothing to show."""

import re
from html import unescape
from pathlib import Path

import pytest
from litestar.testing import TestClient

from measured_worlds import Client, page, told
from overblock.web.app import create_app
from register_worlds import DUMP, START, dump, ingest, line, observatory

AT = "2015-01-02T12:00"
BEFORE = "2015-01-01T12:00"


def links(client: Client, path: str, **asked: str) -> set[str]:
    """Where a page's links lead."""
    answer = client.get(path, params=asked)
    assert answer.status_code == 200, answer.text
    return {unescape(one) for one in re.findall(r'<a [^>]*href="(/[^"]*)"', answer.text)}


@pytest.mark.parametrize(
    ("path", "asked", "wanted"),
    [
        ("/", {}, {"/map?", f"/registers/{DUMP}/decisions", "/collateral?"}),
        (f"/registers/{DUMP}", {"at": AT}, {"/map?", "/collateral?", "/badge"}),
        ("/map", {"register": DUMP, "at": AT}, {f"/registers/{DUMP}/decisions?", "/collateral?"}),
        ("/collateral/impact", {"from": BEFORE, "to": AT}, {f"/registers/{DUMP}/decisions?"}),
        ("/check", {"q": "93.184.216.1", "at": AT}, {"/map?"}),
        ("/check", {"q": "shop.example", "at": AT}, {"/collateral/name?"}),
        ("/method", {}, {"/measurements/rules", "/collateral", "/sources"}),
    ],
)
def test_a_page_leads_to_what_comes_next(
    client: Client, path: str, asked: dict[str, str], wanted: set[str]
) -> None:
    found = links(client, path, **asked)
    for start in wanted:
        leads = [one for one in found if one.startswith(start)]
        assert leads, start
        for one in leads[:3]:
            assert client.get(one).status_code == 200, one


def test_a_total_says_of_which_kinds_it_is(client: Client) -> None:
    (register,) = told(client, "/now.json", at=AT)["registers"]
    extent = told(client, f"/registers/{DUMP}.json", at=AT)["extent"]
    assert register["ipv4_ordered"] == extent["ipv4"]["ordered"]
    assert register["ipv4_attached"] == extent["ipv4"]["attached"]
    said = f"{register['ipv4_ordered']} by orders themselves, {register['ipv4_attached']} because"
    for path in ("/", f"/registers/{DUMP}", "/collateral"):
        shown = page(client, path, at=AT)
        assert said in shown, path
        assert "IPv6 prefixes: 0" in shown, path


def test_a_time_without_measurements_leads_to_one_that_has_some(client: Client) -> None:
    found = links(client, "/measurements", since="2030-01-01", until="2030-01-05")
    assert {"/measurements", "/measurements/list"} <= found
    assert "nobody can say" in page(client, "/measurements", since="2030-01-01", until="2030-01-05")


def test_that_no_event_fits_says_how_much_one_takes(client: Client) -> None:
    shown = page(client, "/events", target="no-such-target")
    assert "It takes some dozens of measurements" in shown
    assert "/measurements?target=no-such-target" in links(
        client, "/events", target="no-such-target"
    )


def test_names_that_know_no_named_site_prove_no_order_alive(tmp_path: Path) -> None:
    made = observatory(tmp_path / "observatory")
    (tmp_path / "dump.csv").write_bytes(dump(START, [line("93.184.216.7", "site.example")]))
    (tmp_path / "names.csv").write_text("name,address\nfar.example,93.184.217.1\n", "utf-8")
    ingest(made, [tmp_path / "dump.csv"])
    ingest(made, [tmp_path / "names.csv"], "names_csv")
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        shown = page(client, "/collateral/dead")
        assert "no resolutions at hand know where the named sites live" in shown
        assert "unknown: 1" in shown
        assert "None was found" not in shown


def test_a_register_has_a_name_in_the_readers_language(client: Client) -> None:
    for path in ("/", f"/registers/{DUMP}", "/map", "/badge", "/sources"):
        russian = client.get(path, params={"lang": "ru"}).text
        assert "Реестр блокировок Роскомнадзора (зеркало z-i, CSV)" in russian, path
        assert "Roskomnadzor block register (z-i mirror, CSV)" not in russian, path
        assert "Roskomnadzor block register (z-i mirror, CSV)" in client.get(path).text, path
