"""What two sources may differ in, one example each."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from overblock.reports.registers.agreement import compare_entries, tally
from overblock.tables import REGISTER_ENTRIES

ENTRY: dict[str, Any] = {
    "authority": "суд",
    "decision_number": "2-946/13",
    "decision_date": date(2013, 6, 10),
    "domains": ["shop.example"],
    "urls": ["http://shop.example/a", "http://shop.example/b"],
    "addresses": ["192.0.2.7"],
}


def frame(*entries: dict[str, Any]) -> pl.DataFrame:
    empty: dict[str, Any] = dict.fromkeys(REGISTER_ENTRIES.schema()) | {"networks": []}
    rows = [empty | entry | {"record": number} for number, entry in enumerate(entries, 1)]
    return pl.DataFrame(rows, REGISTER_ENTRIES.schema())


@pytest.mark.parametrize(
    ("changed", "outcome", "fields"),
    [
        ({}, "same", []),
        ({"entry_id": "17", "is_urgent": True}, "same", []),
        ({"urls": ENTRY["urls"][::-1]}, "reordered", ["urls"]),
        ({"addresses": ["192.0.2.8"]}, "differs", ["addresses"]),
        ({"urls": ENTRY["urls"][:1]}, "differs", ["urls"]),
        ({"authority": None}, "differs", ["authority"]),
        ({"decision_date": None, "domains": []}, "differs", ["decision_date", "domains"]),
    ],
)
def test_one_entry_is_told_apart_from_another(
    changed: dict[str, Any], outcome: str, fields: list[str]
) -> None:
    told = compare_entries(frame(ENTRY), frame(ENTRY | changed))
    assert told.rows() == [(outcome, fields, 1, 1)]


def test_entries_that_share_little_are_not_taken_for_one() -> None:
    other = ENTRY | {"decision_number": "1", "domains": ["a.example"], "addresses": []}
    told = compare_entries(frame(ENTRY), frame(other))
    assert told["outcome"].to_list() == ["only_first", "only_second"]


def test_an_entry_that_stands_twice_is_counted_twice() -> None:
    told = compare_entries(frame(ENTRY, ENTRY, ENTRY), frame(ENTRY, ENTRY))
    assert told["outcome"].to_list() == ["only_first", "same", "same"]


def test_the_tally_puts_the_frequent_first_and_names_a_witness() -> None:
    told = compare_entries(frame(ENTRY, ENTRY), frame(ENTRY, ENTRY, ENTRY | {"urls": []}))
    assert tally(told).rows() == [("same", "", 2, 1, 1), ("only_second", "", 1, None, 3)]


def test_two_empty_registers_agree_in_nothing() -> None:
    assert compare_entries(frame(), frame()).is_empty()
