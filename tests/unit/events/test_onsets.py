"""What is an event and what is none, by small examples; benchmarks/bench_events.py counts."""

from datetime import timedelta

import polars as pl
import pytest

from event_worlds import FIRST, Stretch, series_of
from overblock.errors import UsageError
from overblock.events.grouping import group_events
from overblock.events.onsets import Watch, find_events
from overblock.events.series import coarsen

FINE, BLOCKED = Stretch(72, 10, 0), Stretch(72, 0, 10)


def hours(found: pl.DataFrame, column: str = "at") -> list[int]:
    return [(at - FIRST) // timedelta(hours=1) for at in found[column]]


def test_an_onset_and_an_end_are_dated_to_the_hour() -> None:
    found = find_events(series_of({1: [FINE, BLOCKED, FINE]}), "network")
    assert found["change"].to_list() == ["onset", "end"]
    assert hours(found) == [72, 144]
    assert hours(found, "earliest_at") == [71, 143]
    assert hours(found, "latest_at") == [73, 145]
    assert hours(found, "known_at") == [74, 146]
    row = found.row(0, named=True)
    assert (row["share_before"], row["share_after"]) == (0.0, 1.0)
    assert row["n_before"] == 720
    assert row["n_after"] == 250  # until a day after it was known
    assert row["state"] == "blocked"


@pytest.mark.parametrize("state", ["partly", "throttled"])
def test_an_event_says_what_began_or_ended(state: str) -> None:
    held = Stretch(72, 0, 10, state)
    assert find_events(series_of({1: [FINE, held, FINE]}), "network")["state"].to_list() == [
        state,
        state,
    ]


@pytest.mark.parametrize("state", ["down", "insufficient", "refused", "challenged"])
def test_what_says_nothing_of_blocking_is_no_event(state: str) -> None:
    series = series_of({1: [FINE, Stretch(72, 0, 10, state), FINE]})
    assert find_events(series, "network").is_empty()


def test_an_onset_across_a_gap_has_the_gap_as_its_interval() -> None:
    found = find_events(series_of({1: [FINE, Stretch(50, 0, 0), BLOCKED]}), "network")
    assert hours(found, "earliest_at") == [71]
    assert hours(found, "latest_at") == [123]


def test_the_interval_of_a_ramp_covers_it() -> None:
    ramp = [Stretch(2, 10 - step, step) for step in range(1, 10)]
    found = find_events(series_of({1: [FINE, *ramp, BLOCKED]}), "network")
    assert found.height == 1
    assert hours(found, "earliest_at")[0] <= 72
    assert hours(found, "latest_at")[0] >= 72 + 18
    assert found["share_after"].item() > 0.9


def test_a_hundred_times_the_measurements_are_no_event() -> None:
    series = series_of({1: [Stretch(72, 9, 1), Stretch(6, 900, 100), Stretch(72, 9, 1)]})
    assert find_events(series, "network").is_empty()


def test_networks_that_come_and_go_are_no_event() -> None:
    """Their shares differ but stay; all together the share jumps from 0 to a half and back."""
    away = Stretch(72, 0, 0)
    series = series_of({1: [FINE, FINE, FINE], 2: [away, BLOCKED, away], 3: [FINE, away, FINE]})
    assert find_events(series, "country").is_empty()
    assert find_events(series, "network").is_empty()


def test_one_hour_alone_is_no_event() -> None:
    series = series_of({1: [FINE, Stretch(1, 0, 1000), FINE]})
    assert find_events(series, "network").is_empty()


def test_one_network_of_three_is_an_event_of_that_network_only() -> None:
    series = series_of({1: [FINE, BLOCKED], 2: [FINE, FINE], 3: [FINE, FINE]})
    assert find_events(series, "network")["probe_asn"].to_list() == [1]
    assert find_events(series, "country").is_empty()


def test_two_networks_of_three_are_an_event_of_the_country() -> None:
    series = series_of({1: [FINE, BLOCKED], 2: [FINE, BLOCKED], 3: [FINE, FINE]})
    found = find_events(series, "country")
    assert found["probe_asn"].to_list() == [None]
    assert found["n_networks"].to_list() == [2]
    every = group_events(pl.concat([found, find_events(series, "network")]))
    assert every["group_id"].n_unique() == 1
    assert every["event_id"].n_unique() == 3


def test_few_measurements_in_each_network_are_enough_for_a_country() -> None:
    sparse = {n: [Stretch(72, 1, 0), Stretch(72, 0, 1)] for n in range(1, 13)}
    assert hours(find_events(series_of(sparse), "country")) == [72]


def test_a_series_that_begins_as_blocked_has_no_onset_but_an_end() -> None:
    found = find_events(series_of({1: [BLOCKED, FINE]}), "network")
    assert found["change"].to_list() == ["end"]


def test_a_block_that_weakens_has_not_ended() -> None:
    found = find_events(series_of({1: [FINE, BLOCKED, Stretch(72, 3, 7)]}), "network")
    assert found["change"].to_list() == ["onset"]


def test_days_are_watched_as_hours_are() -> None:
    days = series_of({1: [Stretch(24 * 20, 1, 0), Stretch(24 * 20, 0, 1)]})
    found = find_events(coarsen(days), "network", "day")
    assert hours(found) == [24 * 20]


def test_hours_that_were_passed_are_not_taken_again() -> None:
    watch, series = Watch("network", "hour"), series_of({1: [FINE]})
    watch.take(series)
    with pytest.raises(UsageError, match="2026-03-04 23:00 UTC is not after"):
        watch.take(series.tail(1))
