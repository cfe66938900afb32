"""The figures that overblock exists for, out of the registers as they were published.

Each is asked for as a user asks: by a command, on files that nobody prepared.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from overblock.store import Store
from overblock.tables import LISTINGS, SNAPSHOTS
from real_registers import CSV, answer, overblock, register_of_2018

CUT_IN_2014 = datetime(2014, 5, 7, 14, 27, tzinfo=UTC)
CUT_IN_2015 = datetime(2015, 5, 6, 14, 34, tzinfo=UTC)
CUT_IN_2018 = datetime(2018, 5, 5, 13, 25, tzinfo=UTC)
REUSED = "27-31-2015/Ид4082-15"  # of 2015-12-04: most of "the Telegram block" stood under it

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def extent_of_2018() -> Any:
    return answer("extent", register_of_2018(), "--by", "decision")


@pytest.fixture(scope="module")
def snapshots(observatory: Path) -> pl.DataFrame:
    return Store.open(observatory).view().read(SNAPSHOTS, CSV)


@pytest.fixture(scope="module")
def listings(observatory: Path) -> pl.DataFrame:
    return Store.open(observatory).view().read(LISTINGS, CSV)


# ---- the register of 2018


def test_the_register_of_2018_lists_as_much_as_can_be_counted_by_hand(extent_of_2018: Any) -> None:
    assert extent_of_2018["ipv4"] == {
        "all": 14_692_449,
        "ordered": 14_634_012,
        "attached": 61_357,
    }


def test_its_kinds_are_grouped_as_they_are_counted() -> None:
    groups = answer("extent", register_of_2018(), "--by", "kind")["groups"]
    sizes = {group["key"]: group["ipv4"] for group in groups}
    assert sizes == {"ordered": 14_634_012, "attached": 61_357}


def test_the_cut_record_at_its_end_is_a_reject_and_the_file_is_flagged(extent_of_2018: Any) -> None:
    snapshot = extent_of_2018["snapshot"]
    assert snapshot["published_at"] == "2018-05-05T13:25:00Z"
    assert (snapshot["records"], snapshot["rejects"]) == (32_796, 1)
    assert snapshot["flags"] == ["cut"]


@pytest.mark.parametrize(
    ("decision", "decided", "ipv4"),
    [
        ("2-1779/2018", "2018-04-13", 9_472),
        ("27-31-2018/Ид2971-18", "2018-04-16", 924_301),
        (REUSED, "2015-12-04", 13_705_515),
    ],
)
def test_each_decision_lists_its_own_part(
    extent_of_2018: Any, decision: str, decided: str, ipv4: int
) -> None:
    group = next(group for group in extent_of_2018["groups"] if group["key"] == decision)
    assert (group["decision_date"], group["ipv4"]) == (decided, ipv4)


def test_a_decision_of_two_years_before_stands_out_by_itself(extent_of_2018: Any) -> None:
    first = extent_of_2018["groups"][0]
    assert first["key"] == REUSED
    assert first["decided_days_before"] == 883
    screen = overblock("extent", register_of_2018())
    assert "883 !" in screen
    assert "14,634,012 ordered" in screen


def test_the_case_and_the_register_differ_by_lines_that_add_up() -> None:
    told = answer("case", "telegram-2018", "--register", register_of_2018())["difference"]
    assert (told["case_ipv4"], told["register_ipv4"]) == (14_598_912, 14_634_012)
    lines = told["lines"]
    assert sum(line["ipv4"] for line in lines) == 35_100
    assert all(line["decision_number"] and line["ipv4"] > 0 for line in lines)
    networks = [line for line in lines if line["line"] == "network"]
    assert sum(line["ipv4"] for line in networks) == 26_624
    of_2018 = [line for line in lines if line["decision_number"] == "27-31-2018/Ид2971-18"]
    assert [line["ipv4"] for line in of_2018] == [6_256]


# ---- the history of 2012 to 2015


def test_the_case_of_digital_books_is_told_from_its_order_to_its_end(observatory: Path) -> None:
    """Kharitonov v. Russia, 10795/14: blocked as the neighbour of another site."""
    told = answer("check", "69.163.194.239", "--at", "2013-01-15", "--store", observatory)[0]
    assert (told["listed"], told["kind"], told["level"]) == (True, "attached", "listed")
    entry = told["entries"][0]
    assert len(told["entries"]) == 1
    assert (entry["authority"], entry["decision"], entry["decision_date"]) == (
        "ФСКН",
        "2/1/11-1205",
        "2012-12-08",
    )
    assert entry["named"][0] == "rastaman.tales.ru"
    assert entry["listed_from"] == "2012-12-19T14:09:00Z"
    assert entry["listed_until"][:16] == "2013-03-22T09:09"


@pytest.mark.parametrize("at", ["2012-12-19T14:08", "2013-03-22T09:10"])
def test_that_address_was_free_before_and_after(observatory: Path, at: str) -> None:
    told = answer("check", "69.163.194.239", "--at", at, "--store", observatory)[0]
    assert told["listed"] is False


def test_the_screen_names_the_order_and_whom_it_was_against(observatory: Path) -> None:
    screen = overblock("check", "69.163.194.239", "--at", "2013-01-15", "--store", observatory)
    for words in ("2/1/11-1205", "rastaman.tales.ru", "LISTED (attached)", "2013-03-22 09:09"):
        assert words in screen


def test_every_state_of_the_history_is_there(snapshots: pl.DataFrame) -> None:
    assert len(snapshots) == 2_626 + 1
    assert snapshots["digest"].null_count() == 0


def test_the_three_cut_states_are_flagged_and_no_other(snapshots: pl.DataFrame) -> None:
    cut = snapshots.filter(pl.col("flags").list.contains("cut"))
    assert cut["published_at"].sort().to_list() == [CUT_IN_2014, CUT_IN_2015, CUT_IN_2018]


def test_whatever_ends_was_left_out_by_a_whole_state(
    snapshots: pl.DataFrame, listings: pl.DataFrame
) -> None:
    whole = snapshots.filter(pl.col("flags").list.len() == 0)
    ends = set(listings["listed_until"].drop_nulls().unique().to_list())
    assert ends <= set(whole["ordered_at"].to_list())


def test_the_cut_states_of_2015_and_2018_end_nothing(listings: pl.DataFrame) -> None:
    ends = listings["listed_until"].drop_nulls()
    assert not ends.is_in([CUT_IN_2015, CUT_IN_2018]).any()


def test_the_cut_state_of_2014_ends_nothing_that_its_whole_twin_lists(
    snapshots: pl.DataFrame, listings: pl.DataFrame
) -> None:
    """It was published twice under one date, first cut: 867 of 2,146 records had come through."""
    twins = snapshots.filter(pl.col("published_at") == CUT_IN_2014).sort("fetched_at")
    assert twins["n_records"].to_list() == [867, 2_146]
    ended = listings.filter(pl.col("listed_until") == CUT_IN_2014)
    begun = listings.filter(pl.col("listed_from") == CUT_IN_2014)
    lasting = listings.filter(
        (pl.col("listed_from") < CUT_IN_2014)
        & (pl.col("listed_until").is_null() | (pl.col("listed_until") > CUT_IN_2014))
    )
    assert (len(ended), len(begun)) == (21, 3)
    assert lasting["entry_key"].n_unique() > 2_000


def test_what_the_cut_file_of_2018_lost_is_unconfirmed_and_not_gone(observatory: Path) -> None:
    """The register was silent here for three years, so what stood before it is not counted."""
    told = answer("extent", CSV, "--at", "2018-05-05T13:25", "--store", observatory)
    assert told["ipv4"]["ordered"] == 14_634_012
    assert told["unconfirmed_ipv4"] > 0
