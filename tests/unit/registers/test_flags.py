"""What is wrong with a snapshot, judged against the one before."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from overblock.registers.flags import FLAGS, Course, Facts

NOON = datetime(2015, 1, 1, 12, tzinfo=UTC)
HOUR, WEEK = timedelta(hours=1), timedelta(days=7)
FINE = Facts(
    published_at=NOON,
    fetched_at=None,
    n_records=100,
    cut=False,
    n_new_rejects=0,
    seen_before=False,
    in_sequence=True,
)
BEFORE = Course(ordered_at=NOON - HOUR, whole_records=100)


def judged(course: Course = BEFORE, **facts: Any) -> tuple[str, ...]:
    return course.judge(replace(FINE, **facts), WEEK, 1)


def after(course: Course, *counts: int) -> tuple[Course, list[tuple[str, ...]]]:
    told = []
    for n_records in counts:
        facts = replace(FINE, n_records=n_records)
        flags = course.judge(facts, WEEK, 1)
        course = course.after(facts, flags)
        told.append(flags)
    return course, told


@pytest.mark.parametrize(
    ("facts", "flags"),
    [
        ({}, ()),
        ({"cut": True}, ("cut",)),
        ({"n_records": 71}, ()),
        ({"n_records": 70}, ("shrunken",)),
        ({"n_records": 0}, ("shrunken", "empty")),
        ({"n_records": 40, "cut": True}, ("cut", "shrunken")),
        ({"n_new_rejects": 1}, ("damaged",)),
        ({"n_new_rejects": 1, "cut": True}, ("cut",)),
        ({"fetched_at": NOON + WEEK}, ()),
        ({"fetched_at": NOON + WEEK + HOUR}, ("stale",)),
        ({"published_at": NOON - 2 * HOUR}, ("clock_backwards",)),
        ({"published_at": NOON - 2 * HOUR, "in_sequence": False}, ()),
        ({"fetched_at": NOON - 23 * HOUR}, ()),
        ({"fetched_at": NOON - 25 * HOUR}, ("clock_ahead",)),
        ({"seen_before": True}, ("duplicate",)),
        (
            {"published_at": NOON - 2 * HOUR, "seen_before": True},
            ("duplicate", "out_of_order"),
        ),
    ],
)
def test_each_flag_has_its_cause(facts: dict[str, Any], flags: tuple[str, ...]) -> None:
    assert judged(**facts) == flags
    assert set(flags) <= set(FLAGS)


@pytest.mark.parametrize("whole", [10, 30, 70, 90, 110, 190, 1000, 12340, 999_990])
def test_thirty_per_cent_are_thirty_per_cent_at_any_size(whole: int) -> None:
    """Fractions of two are not those of ten."""
    course = Course(ordered_at=NOON, whole_records=whole)
    assert judged(course, n_records=whole * 7 // 10) == ("shrunken",)
    assert judged(course, n_records=whole * 7 // 10 + 1) == ()


def test_the_first_snapshot_has_nothing_to_have_shrunk_from() -> None:
    assert judged(Course(), n_records=1) == ()


def test_a_source_that_may_be_empty_is_not_flagged_for_it() -> None:
    assert Course().judge(replace(FINE, n_records=0), WEEK, 0) == ()


def test_a_shrunken_level_is_believed_when_the_next_snapshot_agrees() -> None:
    course, told = after(BEFORE, 50, 52, 50)
    assert told == [("shrunken",), (), ()]
    assert course.whole_records == 50


def test_a_fault_that_is_gone_an_hour_later_changes_nothing() -> None:
    course, told = after(BEFORE, 50, 100, 99)
    assert told == [("shrunken",), (), ()]
    assert (course.whole_records, course.doubted_records) == (99, None)


def test_two_faults_that_do_not_agree_are_not_believed() -> None:
    _, told = after(BEFORE, 60, 30, 29)
    assert told == [("shrunken",), ("shrunken",), ()]


def test_an_empty_level_is_never_believed() -> None:
    course, told = after(BEFORE, 0, 0, 0)
    assert told == [("shrunken", "empty")] * 3
    assert course.whole_records == 100


def test_a_cut_file_agrees_with_nothing() -> None:
    doubted = replace(BEFORE, doubted_records=50)
    facts = replace(FINE, n_records=50, cut=True)
    flags = doubted.judge(facts, WEEK, 1)
    assert "cut" in flags
    assert doubted.after(facts, flags).doubted_records is None
    assert doubted.after(facts, flags).whole_records == 100


def test_the_place_in_time_never_goes_back() -> None:
    facts = replace(FINE, published_at=NOON - 5 * HOUR)
    assert BEFORE.after(facts, ("clock_backwards",)).ordered_at == BEFORE.ordered_at


def test_a_duplicate_moves_nothing() -> None:
    facts = replace(FINE, seen_before=True, published_at=NOON + HOUR, n_records=1)
    assert BEFORE.after(facts, ("duplicate",)) == BEFORE


def test_one_date_in_the_future_does_not_make_all_that_follow_go_back() -> None:
    """A mirror with a wrong clock, once, would else end no listing ever again."""
    ahead = replace(FINE, published_at=NOON + 52 * WEEK, fetched_at=NOON + HOUR)
    course = BEFORE.after(ahead, BEFORE.judge(ahead, WEEK, 1))
    assert course.ordered_at == NOON + HOUR
    next_day = replace(FINE, published_at=NOON + 24 * HOUR, fetched_at=NOON + 25 * HOUR)
    assert course.judge(next_day, WEEK, 1) == ()
