"""Figures to series: what may stand together, and what a change of grain makes of it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
import pytest

from audience_worlds import DAY, FIRST, TICK, figures
from overblock.audiences.series import (
    MOST_SERIES,
    averaged,
    changes,
    closed,
    coordinate,
    figures_of,
    one_series,
    sides,
    split_series,
)
from overblock.errors import UsageError


def test_figures_of_two_definitions_make_two_series_and_never_one() -> None:
    both = pl.concat([figures([1, 2]), figures([5, 6], definition="panel B")])
    assert [one.definition for one in split_series(both)] == ["panel A", "panel B"]
    with pytest.raises(UsageError, match="several definitions"):
        one_series(both)


def test_months_and_days_are_no_steps_of_one_series() -> None:
    month = figures([9]).with_columns(at_last=pl.lit(FIRST + 31 * DAY - TICK))
    both = pl.concat([figures([1, 2], first=FIRST + 40 * DAY), month])
    assert sorted(one.period for one in split_series(both)) == ["day", "month"]
    with pytest.raises(UsageError, match="of each day, month"):
        one_series(both)


def test_the_same_figure_twice_counts_once() -> None:
    twice = pl.concat([figures([1, 2]), figures([1, 2])])
    assert split_series(twice)[0].points["value"].to_list() == [1, 2]


def test_two_figures_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(UsageError, match=r"panel A contradict.*at 2018-01-01"):
        split_series(pl.concat([figures([1, 2]), figures([3, 2])]))


def test_of_two_figures_that_agree_within_their_rounding_the_finer_counts() -> None:
    rounded = figures([12_300]).with_columns(low=pl.lit(12_250.0), high=pl.lit(12_400.0))
    for parts in ([rounded, figures([12_345])], [figures([12_345]), rounded]):
        (series,) = split_series(pl.concat(parts))
        assert series.points["value"].to_list() == [12_345]
    with pytest.raises(UsageError, match="contradict"):
        split_series(pl.concat([rounded, figures([12_401])]))


def test_an_open_figure_agrees_with_any_that_is_as_large() -> None:
    at_least = figures([1_000]).with_columns(high=pl.lit(None, pl.Float64))
    (series,) = split_series(pl.concat([at_least, figures([1_500])]))
    assert series.points["value"].to_list() == [1_500]
    with pytest.raises(UsageError, match="contradict"):
        split_series(pl.concat([at_least, figures([900])]))


def test_a_post_on_two_pages_counts_once_with_its_newest_count() -> None:
    seen = [figures([value], post="a/1", metric="views") for value in (500, 900, 700)]
    assert split_series(pl.concat(seen))[0].points["value"].to_list() == [900]


def test_two_posts_of_one_second_are_two() -> None:
    seen = [figures([5], post=post, metric="views") for post in ("a/1", "a/2")]
    assert len(split_series(pl.concat(seen))[0].points) == 2


def test_what_has_no_time_is_in_no_series() -> None:
    undated = figures([1]).with_columns(at_first=pl.lit(None, pl.Datetime("us", "UTC")))
    assert split_series(undated) == []


def test_a_point_whose_period_holds_the_event_is_of_neither_side() -> None:
    (series,) = split_series(figures([1, 2, 3]))
    assert sides(series, FIRST + 1.5 * DAY) == ["before", "across", "after"]
    assert sides(series, FIRST + DAY) == ["before", "after", "after"]


def test_a_mean_by_week_is_another_definition_and_another_period() -> None:
    """The first of January 2018 was a Monday."""
    (series,) = split_series(figures([float(value) for value in range(10)]))
    weeks = averaged(series, "week")
    assert weeks.points.select("at_first", "at_last", "value", "n").rows() == [
        (FIRST, FIRST + 7 * DAY - TICK, 3.0, 7),
        (FIRST + 7 * DAY, FIRST + 14 * DAY - TICK, 8.0, 3),
    ]
    assert (weeks.definition, weeks.period) == ("panel A, mean by week", "week")


def test_a_change_is_of_the_time_between_and_keeps_what_rounding_can_do() -> None:
    rounded = figures([1_000, 1_200]).with_columns(
        low=pl.col("value") - 5, high=pl.col("value") + 10
    )
    (series,) = split_series(rounded)
    (row,) = changes(series).points.rows(named=True)
    assert (row["value"], row["low"], row["high"]) == (200, 185, 215)
    assert row["at_first"] == FIRST + DAY / 2 - timedelta(microseconds=1)


def test_what_is_missing_between_two_figures_is_spread_over_the_steps() -> None:
    with_gap = pl.concat([figures([0, 10, 20]), figures([80], first=FIRST + 5 * DAY)])
    (series,) = split_series(with_gap)
    assert changes(series).points["value"].to_list() == [10, 10, 20]


def test_one_figure_has_no_change() -> None:
    (series,) = split_series(figures([5]))
    assert changes(series).points.is_empty()


def test_an_open_figure_is_in_no_estimate_and_no_change() -> None:
    last_open = pl.when(pl.col("value") < 3).then("high")
    (series,) = split_series(figures([1, 2, 3]).with_columns(high=last_open))
    assert len(closed(series).points) == 2
    assert len(closed(changes(series)).points) == 1


def test_an_open_figure_leaves_its_mean_open() -> None:
    (series,) = split_series(figures([1, 2]).with_columns(high=pl.lit(None, pl.Float64)))
    assert averaged(series, "week").points["high"].to_list() == [None]


def test_months_are_one_step_apart_however_long_they_are() -> None:
    middles = [datetime(2018, month, 1, tzinfo=UTC) for month in (1, 2, 3)]
    at = [coordinate(middle, "month") for middle in middles]
    assert [later - sooner for sooner, later in pairwise(at)] == [1, 1]


def test_what_a_row_does_not_name_is_unknown() -> None:
    (row,) = figures_of([{"service": "a", "metric": "b", "definition": "c"}]).rows(named=True)
    assert row["value"] is None
    assert row["record"] == 1


def test_more_series_than_anybody_reads_are_refused_at_once() -> None:
    many = figures([1.0] * (MOST_SERIES + 1)).with_columns(service=pl.col("record").cast(pl.String))
    with pytest.raises(UsageError, match="2,001 series"):
        split_series(many)
