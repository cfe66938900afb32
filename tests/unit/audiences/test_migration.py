"""Services beside each other: only within one definition, and only at the same moments."""

from datetime import datetime

import polars as pl

from audience_worlds import DAY, FIRST, figures
from overblock.audiences.migration import migrations
from overblock.audiences.series import split_series

EVENT = FIRST + 2 * DAY


def beside(*parts: pl.DataFrame, event: datetime = EVENT) -> list[object]:
    return list(migrations(split_series(pl.concat(parts)), event))


def test_services_of_one_definition_are_compared_at_the_moments_around_the_event() -> None:
    parts = [figures([1, 100, 70, 5]), figures([2, 50, 62, 6], service="Tram")]
    (one,) = migrations(split_series(pl.concat(parts)), EVENT)
    assert one.state == "covered"
    assert [(each.name, each.change.value) for each in one.moved] == [("Ferry", -30), ("Tram", 12)]
    assert (one.lost, one.gained, one.offset_share) == (30, 12, 0.4)
    assert one.before_at
    assert one.before_at[0] == FIRST + DAY


def test_another_definition_is_never_put_beside() -> None:
    assert beside(figures([1, 2, 3]), figures([4, 5, 6], service="Tram", definition="B")) == []


def test_a_share_of_failures_is_no_audience() -> None:
    other = figures([4, 5, 6], service="Tram", unit="percent")
    assert beside(figures([1, 2, 3], unit="percent"), other) == []


def test_a_service_that_came_later_is_told_and_not_compared() -> None:
    parts = [figures([1, 9, 7]), figures([2, 5, 6], service="Tram")]
    late = figures([3], first=EVENT, service="Bus")
    (one,) = migrations(split_series(pl.concat([*parts, late])), EVENT)
    assert one.uncovered == ("Bus",)
    assert one.gained == 1


def test_without_a_shared_moment_on_both_sides_there_is_no_number() -> None:
    parts = pl.concat([figures([1, 9]), figures([2, 5], service="Tram")])
    (one,) = migrations(split_series(parts), EVENT)
    assert (one.state, one.lost, one.moved) == ("insufficient", None, ())
    assert "after the event" in one.because


def test_two_pairs_that_share_no_service_at_both_moments_give_no_number() -> None:
    parts = [
        figures([1, 2]),
        figures([1, 2], service="Tram"),
        figures([3], first=EVENT, service="Bus"),
        figures([3], first=EVENT, service="Taxi"),
    ]
    (one,) = migrations(split_series(pl.concat(parts)), EVENT)
    assert one.state == "insufficient"
    assert one.uncovered == ("Bus", "Ferry", "Taxi", "Tram")


def test_where_nobody_lost_nothing_was_offset() -> None:
    (one,) = migrations(
        split_series(pl.concat([figures([1, 2, 3]), figures([1, 2, 3], service="Tram")])), EVENT
    )
    assert (one.lost, one.offset_share) == (0, None)


def test_shares_of_nought_are_unknown() -> None:
    (one,) = migrations(
        split_series(pl.concat([figures([0, 0, 0]), figures([0, 0, 0], service="Tram")])), EVENT
    )
    assert [each.share_before for each in one.moved] == [None, None]
