"""The last changes of a register, against states that are compared in full."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overblock.registers.extent import alive_at, ipv4_set
from overblock.reports.registers.recent import recent_changes
from overblock.reports.registers.sparkline import sparkline
from overblock.store import Store
from overblock.tables import GAPS, LISTINGS
from register_worlds import DUMP, HOUR, NOW, START, dump, ingest, line, observatory

LATER = timedelta(days=30)  # longer than the register may be silent
LINES = [line(f"203.0.{place}.0/24", decision=f"d{place}") for place in range(4)]
LINES += [line("203.0.1.7", "shop.example", "http://shop.example/a", decision="shop")]


def stored(folder: Path, states: list[tuple[timedelta, list[str]]]) -> Store:
    """An observatory with these states, each at its time after the start."""
    made = observatory(folder / "observatory")
    for number, (after, lines) in enumerate(states):
        path = folder / f"{number}.csv"
        path.write_bytes(dump(START + after, lines))
        ingest(made, [path])
    return made


def test_each_change_says_what_came_and_what_went(tmp_path: Path) -> None:
    states = [(0 * HOUR, LINES[:3]), (HOUR, LINES[:3]), (2 * HOUR, [*LINES[1:3], LINES[4]])]
    made = stored(tmp_path, states)
    last, first = recent_changes(made.view(), DUMP, NOW, 10)
    assert (last.at, first.at) == (START + 2 * HOUR, START)
    assert (first.begins, last.begins) == (True, False)
    assert (last.ipv4_before, last.ipv4_after) == (768, 512)
    assert (last.added.ipv4, last.added.entries, last.added.names) == (0, 1, 2)
    assert (last.removed.ipv4, last.removed.entries, last.removed.names) == (256, 1, 0)
    assert last.removed.largest is not None
    assert last.removed.largest.decision == "d0"
    assert last.snapshot in made.artefacts()


def test_what_changed_in_a_silence_is_told_at_its_end_and_marked(tmp_path: Path) -> None:
    made = stored(tmp_path, [(0 * HOUR, LINES[:2]), (LATER, LINES[:1])])
    last, first = recent_changes(made.view(), DUMP, NOW, 10)
    assert (last.after_silence, first.after_silence) == (True, False)
    assert (last.at, last.removed.ipv4) == (START + LATER, 256)


def test_nothing_is_told_of_the_time_after_the_moment_and_no_more_than_is_wanted(
    tmp_path: Path,
) -> None:
    states = [(hour * HOUR, LINES[: hour + 1]) for hour in range(4)]
    view = stored(tmp_path, states).view()
    assert [one.at for one in recent_changes(view, DUMP, START + 2 * HOUR, 2)] == [
        START + 2 * HOUR,
        START + HOUR,
    ]
    assert recent_changes(view, DUMP, START - HOUR, 5) == []


@pytest.mark.slow
@settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(states=st.lists(st.sets(st.integers(0, len(LINES) - 1), min_size=1), min_size=1, max_size=4))
def test_changes_add_up_to_the_states(
    tmp_path_factory: pytest.TempPathFactory, states: list[set[int]]
) -> None:
    """The slow model: both states in full, at the moment and just before it."""
    told = [
        (hour * HOUR, [LINES[one] for one in sorted(state)]) for hour, state in enumerate(states)
    ]
    view = stored(tmp_path_factory.mktemp("changes"), told).view()
    listings, gaps = view.read(LISTINGS, DUMP), view.read(GAPS, DUMP)
    for change in recent_changes(view, DUMP, NOW, 10):
        before, after = (
            ipv4_set(alive_at(listings, gaps, at).filter("confirmed"))
            for at in (change.at - timedelta(microseconds=1), change.at)
        )
        assert (change.ipv4_before, change.ipv4_after) == (before.size, after.size)
        assert change.added.ipv4 == (after - before).size
        assert change.removed.ipv4 == (before - after).size


def test_a_line_is_broken_where_the_register_was_silent(tmp_path: Path) -> None:
    days = ((0, 1), (2, 2), (30, 4), (32, 4), (60, 4))
    states = [(day * 24 * HOUR, LINES[:many]) for day, many in days]
    made = stored(tmp_path, states)
    drawn = sparkline(made.view(), DUMP, START + 60 * 24 * HOUR)
    assert drawn is not None
    assert (drawn.low, drawn.high, drawn.first, drawn.last) == (256, 1024, 256, 1024)
    assert len(drawn.silent) == 2
    assert all(" " in one for one in drawn.silent)
    assert sparkline(made.view(), DUMP, START) is None
    assert sparkline(made.view(), DUMP, None) is None
