"""A detector that looks bucket by bucket finds what one that sees all years at once finds."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from event_worlds import FIRST, Stretch, series_of
from overblock.events.deciding import Level
from overblock.events.evidence import rise, worth
from overblock.events.grouping import group_events
from overblock.events.onsets import Watch, find_events
from overblock.events.series import KEY, coarsen, count_verdicts, gaps
from overblock.tables import EVENTS, SERIES, VERDICTS

levels = st.sampled_from(["network", "country"])
stretches = st.lists(
    st.builds(
        Stretch,
        hours=st.integers(1, 20),
        ok=st.sampled_from([0, 1, 10]),
        blocked=st.sampled_from([0, 1, 10]),
        state=st.just("blocked"),
    ),
    min_size=1,
    max_size=5,
)
networks = st.dictionaries(st.integers(1, 3), stretches, min_size=1, max_size=3)
FEW = settings(deadline=None, max_examples=20)  # an example is a run over a hundred hours
BLOCK = [Stretch(24, 10, 0), Stretch(12, 0, 10), Stretch(14, 10, 0)]


def known(watch: Watch, settled: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([*settled, watch.standing()]).sort("known_at", *KEY, nulls_last=True)


@FEW
@given(networks, levels, st.sets(st.integers(1, 150), max_size=4))
@example({1: BLOCK, 2: BLOCK, 3: BLOCK}, "country", {25, 36})
@example({1: BLOCK}, "network", set(range(50)))
def test_events_are_the_same_in_whatever_pieces_data_arrive(
    drawn: dict[int, list[Stretch]], level: Level, cuts: set[int]
) -> None:
    """Each time the watch is put away as bytes and taken up again, as from one day to the next."""
    series = series_of(drawn)
    watch, settled = Watch(level, "hour"), []
    edges = [0, *sorted(cuts), 10_000]
    for begin, end in pairwise(edges):
        hour = (pl.col("bucket_at") - FIRST).dt.total_hours()
        settled.append(watch.take(series.filter(hour.is_between(begin, end, closed="left"))))
        watch = Watch.from_bytes(watch.to_bytes())
    assert known(watch, settled).equals(find_events(series, level))


@FEW
@given(networks, st.integers(1, 3))
@example({1: BLOCK, 2: BLOCK}, 1)
def test_no_series_speaks_into_another(drawn: dict[int, list[Stretch]], left_out: int) -> None:
    """So that what came late is put right by running its own series anew."""
    alone = {network: held for network, held in drawn.items() if network != left_out}
    all_found = find_events(series_of(drawn), "network")
    expected = find_events(series_of(alone), "network") if alone else EVENTS.empty()
    assert all_found.filter(pl.col("probe_asn") != left_out).equals(expected)


@FEW
@given(networks, levels)
@example({1: BLOCK, 2: BLOCK}, "network")
@example({1: BLOCK, 2: BLOCK}, "country")
def test_onsets_and_ends_take_turns_and_lie_in_their_intervals(
    drawn: dict[int, list[Stretch]], level: Level
) -> None:
    found = EVENTS.check(find_events(series_of(drawn), level))
    for _, held in found.group_by("probe_asn"):
        changes = held.sort("known_at")["change"].to_list()
        assert all(one != other for one, other in pairwise(changes))
    assert found["event_id"].is_unique().all()
    assert (found["earliest_at"] <= found["at"]).all()
    assert (found["at"] < found["latest_at"]).all()
    assert (found["at"] < found["known_at"]).all()
    assert found["share_after"].is_between(0, 1).all()
    assert (found["score"] >= 14).all()


@given(st.lists(st.tuples(st.floats(0.1, 20), st.floats(0, 1)), min_size=1, max_size=12))
def test_a_rise_never_falls_and_keeps_the_mean(drawn: list[tuple[float, float]]) -> None:
    weights, shares = (np.array(side) for side in zip(*drawn, strict=True))
    risen = rise(weights, shares)
    assert (np.diff(risen) >= -1e-12).all()
    assert np.isclose((weights * risen).sum(), (weights * shares).sum())
    assert np.allclose(rise(weights, np.sort(shares)), np.sort(shares))


@given(st.floats(1, 1e7), st.floats(1, 1e7))
def test_more_measurements_are_worth_more_but_never_more_than_ten(one: float, two: float) -> None:
    small, large = (n * worth(np.array([n]), np.array([np.nan]))[0] for n in sorted([one, two]))
    assert small <= large + 1e-9
    assert large <= 10 + 1e-9


ONSET = find_events(series_of({1: BLOCK}), "network").head(1)


def spans(drawn: list[tuple[int, int]]) -> pl.DataFrame:
    """Onsets of one target, one a network, with these intervals."""
    rows = [
        ONSET.with_columns(
            probe_asn=pl.lit(number, pl.UInt32),
            earliest_at=pl.lit(FIRST + timedelta(hours=first)).cast(pl.Datetime("us", "UTC")),
            latest_at=pl.lit(FIRST + timedelta(hours=first + length)).cast(
                pl.Datetime("us", "UTC")
            ),
        )
        for number, (first, length) in enumerate(drawn)
    ]
    return pl.concat(rows)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), min_size=1, max_size=8))
def test_the_events_of_a_group_share_a_moment_and_groups_are_fewest(
    drawn: list[tuple[int, int]],
) -> None:
    grouped = group_events(spans(drawn))
    for _, held in grouped.group_by("group_id"):
        earliest, latest = held["earliest_at"].max(), held["latest_at"].min()
        assert isinstance(earliest, datetime)
        assert isinstance(latest, datetime)
        assert earliest < latest
    assert grouped["group_id"].n_unique() == fewest([(a, a + n) for a, n in drawn])


def fewest(intervals: list[tuple[int, int]]) -> int:
    """The model: the most intervals of which no two share a moment (they need a group each)."""
    last, n = -1, 0
    for first, until in sorted(intervals, key=lambda pair: pair[1]):
        if first >= last:
            last, n = until, n + 1
    return n


verdict_rows = st.lists(
    st.tuples(
        st.integers(0, 50), st.sampled_from(["ok", "blocked", "down", "insufficient"]),
        st.sampled_from([None, 1, 2]), st.sampled_from(["all", "dns"]),
    ),
    max_size=30,
)  # fmt: skip


@settings(deadline=None)
@given(verdict_rows)
def test_each_verdict_counts_once_by_hour_and_by_day(
    drawn: list[tuple[int, str, int | None, str]],
) -> None:
    verdicts = pl.DataFrame(
        [
            dict.fromkeys(VERDICTS.schema())
            | {"measurement_uid": str(number), "test": "t", "feature": "all", "evidence": []}
            | {"started_at": FIRST + timedelta(hours=hour), "state": state, "probe_asn": asn}
            | {"layer": layer}
            for number, (hour, state, asn, layer) in enumerate(drawn)
        ],
        schema=VERDICTS.schema(),
    )
    hours = SERIES.check(count_verdicts(verdicts, "hour"))
    states = [f"n_{state}" for state in ("ok", "blocked", "down", "insufficient")]
    whole = [row for row in drawn if row[3] == "all"]
    assert [hours[name].sum() for name in states] == [
        sum(row[1] == name.removeprefix("n_") for row in whole) for name in states
    ]
    assert SERIES.check(coarsen(hours)).equals(count_verdicts(verdicts, "day"))


@settings(deadline=None)
@given(st.integers(0, 60), st.integers(0, 40))
def test_a_gap_is_where_nothing_was_measured(begin: int, length: int) -> None:
    series = series_of({1: [Stretch(24 * 7, 4, 0)]})
    hour = (pl.col("bucket_at") - FIRST).dt.total_hours() - 24
    held = series.filter(~hour.is_between(begin, begin + length, closed="left"))
    found = gaps(held)
    assert found.height == (length >= 3)
    if length >= 3:
        gap = found.row(0, named=True)
        assert gap["kind"] == "no_measurements"
        assert gap["silent_from"] == FIRST + timedelta(hours=24 + begin)
        assert gap["silent_until"] == FIRST + timedelta(hours=24 + begin + length)
