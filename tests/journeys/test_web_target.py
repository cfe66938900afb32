"""What the web says of one target besides the registers: what was measured, and who lives there."""

from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from measured_worlds import BEGINS, BLOCKED_AT, DAYS, HOURS, NETWORKS
from overblock.web.serving.site import Site

Client = TestClient[Site]
AFTER = f"{BEGINS + timedelta(days=DAYS):%Y-%m-%d}"
BEFORE = f"{BLOCKED_AT - timedelta(days=1):%Y-%m-%d}"
LONG_AFTER = f"{BEGINS + timedelta(days=200):%Y-%m-%d}"
BLOCKED = (DAYS - (BLOCKED_AT - BEGINS).days) * len(HOURS)  # in each network


def measured(client: Client, target: str, at: str = AFTER) -> Any:
    answer = client.get("/check/measured.json", params={"q": target, "at": at})
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize("target", ["shop.example", "https://shop.example/cart"])
def test_a_name_or_page_has_the_verdicts_on_its_host_by_network(
    client: Client, target: str
) -> None:
    told = measured(client, target)
    assert told["asked_as"] == "shop.example"
    assert sorted(one["probe_asn"] for one in told["networks"]) == list(NETWORKS)
    assert [one["blocked"] for one in told["networks"]] == [BLOCKED, BLOCKED]
    assert told["measurements"] == sum(one["measurements"] for one in told["networks"])
    parts = ("ok", "blocked", "down", "refused", "insufficient")
    for one in told["networks"]:
        assert sum(one[part] for part in parts) == one["measurements"]


def test_an_address_has_the_verdicts_of_the_measurements_in_which_it_was_seen(
    client: Client,
) -> None:
    told = measured(client, "149.154.167.51")
    assert told["measurements"] == DAYS * len(HOURS) * len(NETWORKS)
    assert {one["blocked"] for one in told["networks"]} == {0}


def test_only_what_was_measured_by_then_counts_and_not_what_is_long_ago(client: Client) -> None:
    before = measured(client, "shop.example", BEFORE)
    assert {one["blocked"] for one in before["networks"]} == {0}
    after = measured(client, "shop.example", LONG_AFTER)
    assert (after["measurements"], after["since"]) == (0, None)


def test_a_network_and_a_name_that_nobody_measured_say_so(client: Client) -> None:
    assert measured(client, "10.0.0.0/8") is None
    assert measured(client, "nobody.example")["networks"] == []
    page = client.get("/check", params={"q": "10.0.0.0/8", "at": AFTER}).text
    assert "ask about one of the network&#39;s addresses" in page
    page = client.get("/check", params={"q": "nobody.example", "at": AFTER}).text
    assert "Nobody has measured it: no measurement of nobody.example" in page


def test_the_page_shows_where_it_fails_and_what_to_do_about_that(client: Client) -> None:
    page = client.get("/check", params={"q": "shop.example", "at": AFTER}).text
    assert f"AS{NETWORKS[0]}" in page
    assert "It was measured to fail in some networks" in page
    assert "Compare networks" in page
    assert "/measurements/list?target=shop.example" in page
    assert client.get("/measurements/list?target=shop.example").status_code == 200
    fine = client.get("/check", params={"q": "museum.example", "at": AFTER}).text
    assert "It was measured to fail" not in fine


def test_the_page_names_who_else_lives_on_the_address(client: Client) -> None:
    page = client.get("/check", params={"q": "93.184.216.1", "at": "2015-01-02"}).text
    for name in ("bank.example", "casino.example", "museum.example"):
        assert name in page
    assert "You may be a bystander" in page


def test_the_same_in_russian(client: Client) -> None:
    asked = {"q": "shop.example", "at": AFTER, "lang": "ru"}
    page = client.get("/check", params=asked).text
    for english in ("What to do next", "Does it fail?", "If you", "network", "blocked there"):
        assert f">{english}" not in page
    assert 'lang="ru"' in page
