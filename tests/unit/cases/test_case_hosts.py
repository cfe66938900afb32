"""The small world of a case: services whose host is documented, beside what stood listed."""

import ipaddress
from collections import Counter
from datetime import date

import polars as pl
import pytest

from overblock.cases.hosts import STATES, documented_hosts
from overblock.cases.loading import load_case
from overblock.reports.cases.case import replay_case
from overblock.reports.cases.words import host, hosts


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    return documented_hosts(load_case("telegram-2018"))


def one(found: pl.DataFrame, service: str) -> dict[str, object]:
    (row,) = found.filter(pl.col("service") == service).to_dicts()
    return row


def test_every_service_with_a_documented_host_has_one_state(found: pl.DataFrame) -> None:
    assert Counter(found["state"]) == {
        "address_listed": 2,
        "host_listed": 23,
        "not_listed": 1,
        "not_documented": 1,
        "own_network": 5,
    }
    assert set(found["state"]) == set(STATES)


def test_a_documented_address_is_looked_up_itself(found: pl.DataFrame) -> None:
    row = one(found, "JSFiddle")
    assert (row["address"], row["state"]) == ("165.227.250.163", "address_listed")
    assert row["reported_date"] == date(2018, 4, 26)
    network = ipaddress.ip_network(str(row["network"]))
    assert ipaddress.ip_address("165.227.250.163") in network


def test_a_host_counts_only_while_networks_of_it_stood_listed(found: pl.DataFrame) -> None:
    """Microsoft was reported on the 17th of April; its networks came on the list later."""
    assert one(found, "Microsoft Azure and Windows updates")["state"] == "not_listed"
    assert one(found, "Viber")["ipv4"] < one(found, "Skyeng")["ipv4"]  # type: ignore[operator]


def test_what_was_reported_after_the_last_day_is_not_guessed(found: pl.DataFrame) -> None:
    row = one(found, "Vapor")
    assert (row["state"], row["network"], row["ipv4"]) == ("not_documented", None, 0)


def test_a_case_without_such_services_has_none() -> None:
    assert documented_hosts(load_case("laliga-2025")).is_empty()


def test_the_words_say_that_it_is_no_census() -> None:
    report = replay_case(load_case("telegram-2018"))
    assert hosts(report) == (
        "Of 32 with a documented host (no census), 25 had it listed that day: Google 12, Amazon 10."
    )
    told = {service.service: host(report, service) for service in report.hosts}
    assert told["JSFiddle"].endswith("in 165.227.0.0/16, listed from 19 April 2018")
    assert told["Yandex"].endswith("its own network, of which the case has none")
