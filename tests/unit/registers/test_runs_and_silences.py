"""How long a record stood, how listings are made of that, and when a register said nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
import pytest

from overblock.registers.listings import listings, with_entry_keys
from overblock.registers.runs import Run, RunState, Step
from overblock.registers.silences import silences
from overblock.tables import RECORDS, RUNS, SNAPSHOTS
from register_worlds import HOUR, START

A, B = b"a" * 16, b"b" * 16


def folded(*steps: tuple[int, str, str, bool]) -> tuple[list[Run], list[Run]]:
    """Ended and open runs of steps: the hour, what left, what came, whether it was whole."""
    state, ended = RunState(), list[Run]()
    for hour, left, came, whole in steps:
        gone = {letter.encode() * 16: left.count(letter) for letter in left}
        new = {letter.encode() * 16: came.count(letter) for letter in came}
        ended += state.apply(Step(at=START + hour * HOUR, left=gone, came=new, whole=whole))
    return ended, list(state.open_runs())


def hours(*numbers: int | None) -> tuple[datetime | None, ...]:
    return tuple(None if number is None else START + number * HOUR for number in numbers)


def test_a_record_is_listed_until_the_first_whole_snapshot_without_it() -> None:
    ended, still = folded((0, "", "ab", True), (1, "", "", True), (2, "a", "", True))
    assert ended == [Run(A, *hours(0, 1, 2))]  # type: ignore[arg-type]
    assert still == [Run(B, *hours(0, 2, None))]  # type: ignore[arg-type]


def test_a_flagged_snapshot_holds_what_it_leaves_out() -> None:
    ended, still = folded((0, "", "a", True), (1, "a", "b", False))
    assert ended == []
    assert sorted(still) == [Run(A, *hours(0, 0, None)), Run(B, *hours(1, 1, None))]  # type: ignore[arg-type]


def test_what_was_held_and_came_back_was_never_gone() -> None:
    ended, still = folded((0, "", "a", True), (1, "a", "", False), (2, "", "a", True))
    assert ended == []
    assert still == [Run(A, *hours(0, 2, None))]  # type: ignore[arg-type]


def test_what_was_held_ends_with_the_next_whole_snapshot() -> None:
    ended, still = folded((0, "", "a", True), (1, "a", "", False), (5, "", "", True))
    assert ended == [Run(A, *hours(0, 0, 5))]  # type: ignore[arg-type]
    assert still == []


def test_a_record_that_stands_twice_leaves_with_its_last() -> None:
    ended, _ = folded((0, "", "aa", True), (1, "a", "", True), (2, "a", "", True))
    assert ended == [Run(A, *hours(0, 1, 2))]  # type: ignore[arg-type]


def test_what_only_a_broken_state_of_the_same_moment_held_never_was() -> None:
    ended, still = folded((0, "", "a", False), (0, "a", "", True))
    assert (ended, still) == ([], [])


def made(*spans: tuple[str, int, int, int | None]) -> list[tuple[str, datetime, datetime | None]]:
    """Listings of one entry whose records each name some addresses, over some time."""
    rows = [
        {"register": "x", "record_key": f"{n}", "addresses": written.split(), "domains": [],
         "urls": [], "decision_number": "1", "networks": []}
        for n, (written, *_) in enumerate(spans)
    ]  # fmt: skip
    keyed = with_entry_keys(pl.DataFrame(rows, schema=RECORDS.schema()).with_columns(
        entry_id=pl.lit("7")
    ))  # fmt: skip
    runs = [("x", f"{n}", *hours(*times)) for n, (_, *times) in enumerate(spans)]
    frame = pl.DataFrame(runs, schema=RUNS.schema(), orient="row")
    found = listings(keyed.select(*RECORDS.schema()), frame)
    return list(found.select("resource", "listed_from", "listed_until").iter_rows())


def test_an_entry_whose_record_changed_is_one_listing() -> None:
    assert made(("192.0.2.1", 0, 1, 2), ("192.0.2.1 192.0.2.2", 2, 2, None)) == [
        ("192.0.2.1", *hours(0, None)),
        ("192.0.2.2", *hours(2, None)),
    ]


def test_an_entry_that_was_away_is_two_listings() -> None:
    assert made(("192.0.2.1", 0, 1, 2), ("192.0.2.1", 3, 3, 4)) == [
        ("192.0.2.1", *hours(0, 2)),
        ("192.0.2.1", *hours(3, 4)),
    ]


def test_a_listing_within_a_longer_one_adds_nothing() -> None:
    assert made(("192.0.2.1", 0, 8, 9), ("192.0.2.1 192.0.2.1/32", 2, 3, 4)) == [
        ("192.0.2.1", *hours(0, 9))
    ]


def test_an_entry_stands_while_one_of_its_own_addresses_cannot_be_read() -> None:
    assert made(("192.0.2.1", 0, 1, 2), ("ARRAY(0x805)", 2, 3, 4), ("192.0.2.1", 4, 5, None)) == [
        ("192.0.2.1", *hours(0, None))
    ]


def silent(moments: Sequence[int | None]) -> list[tuple[datetime, datetime]]:
    """Gaps of snapshots at these hours; None is one whose bytes are missing."""
    rows: list[dict[str, object]] = [
        {"register": "x", "digest": None if hour is None else f"{n}", "artefact": "a",
         "ordered_at": START + (hour or 0) * HOUR, "member": str(n), "n_bytes": 0,
         "n_records": 0, "n_rejects": 0, "flags": []}
        for n, hour in enumerate(moments)
    ]  # fmt: skip
    found = silences(pl.DataFrame(rows, schema=SNAPSHOTS.schema()), timedelta(hours=10))
    return list(found.select("silent_from", "silent_until").iter_rows())


@pytest.mark.parametrize(
    ("moments", "gaps"),
    [
        ([], []),
        ([0], []),
        ([0, 10], []),
        ([0, 11], [(0, 11)]),
        ([11, 0], [(0, 11)]),
        ([0, 5, 20, 20, 40], [(5, 20), (20, 40)]),
        ([20, None, 25], []),
    ],
)
def test_a_register_that_says_nothing_for_too_long_is_silent(
    moments: list[int | None], gaps: list[tuple[int, int]]
) -> None:
    assert silent(moments) == [hours(*gap) for gap in gaps]
