"""A history walks changes; the model looks at each moment anew."""

import tempfile
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.reports.answers import Group
from overblock.reports.registers.extent import extent_at
from overblock.reports.registers.history import (
    HistoryGrouping,
    HistoryRow,
    _grouped,
    history,
    sampled,
)
from overblock.reports.registers.states import state_in_store
from overblock.reports.tables_at_hand import HolderTable, holder_table
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory

changes = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from(["a", "b", None]), st.integers(0, 5)),
    max_size=20,
    unique_by=lambda change: change[:2],
)
entries = st.lists(
    st.tuples(
        st.sampled_from(["77.88.0.0/24", "77.88.0.0/25", "8.8.8.8", "192.0.2.1", "5.255.255.5"]),
        st.sampled_from(["1/7", "1/7 a", "1/7  a"]),  # the last two are one number
        st.sampled_from(["2014-12-01", "2013-01-31"]),  # and each is given out every year
    ),
    max_size=4,
)


def at(number: int) -> datetime:
    return datetime.fromtimestamp(number, UTC)


@given(changes, st.lists(st.integers(-1, 11), unique=True))
def test_a_size_holds_until_the_next_change_of_its_group(
    drawn: list[tuple[int, str | None, int]], moments: list[int]
) -> None:
    times = sorted(moments)
    rows = sorted(drawn, key=lambda change: change[0])
    schema: Any = {"at": pl.Datetime("us", "UTC"), "key": pl.String, "ipv4": pl.UInt64}
    told = [(at(moment), key, size) for moment, key, size in rows]
    series = pl.DataFrame(told, schema=schema, orient="row")
    keys, moment, key, ipv4 = _grouped(np.array([t * 1_000_000 for t in times], np.int64), series)
    expected = set()
    for place, time in enumerate(times):
        held = {name: size for since, name, size in rows if since <= time}
        expected |= {(place, name, size) for name, size in held.items() if size}
    names = keys.to_list()
    found = list(zip(moment.tolist(), [names[k] for k in key], ipv4.tolist(), strict=True))
    assert set(found) == expected
    assert len(found) == len(expected)
    assert found == sorted(found, key=lambda row: (row[0], -row[2], row[1] is None, row[1] or ""))


@cache
def owners() -> HolderTable:
    return holder_table(None, START, "country")  # the table that ships: no other is there


@settings(max_examples=3)  # each is an observatory of its own
@given(st.lists(entries, min_size=2, max_size=3))
def test_a_history_by_whom_is_the_extent_of_each_moment(
    states: list[list[tuple[str, str, str]]],
) -> None:
    by: tuple[Literal["country", "decision"], ...] = ("country", "decision")
    with tempfile.TemporaryDirectory() as name:
        made = observatory(Path(name) / "observatory")
        for number, listed in enumerate(states):
            path = Path(name) / "dump.csv"
            lines = [line(address, decision=act, day=day) for address, act, day in listed]
            always = line("203.0.113.200", "kept.example", decision="9")
            path.write_bytes(dump(START + number * HOUR, [always, *lines]))
            ingest(made, [path])
        view, ends = made.view(), START + timedelta(days=1)
        for grouping in by:
            told = history(view, DUMP, begins=None, ends=ends, every="snapshot", by=grouping)
            holders = owners() if grouping == "country" else None
            assert told.holders_from == (holders.name if holders else None)
            for moment in {row.at for row in told.rows}:
                state = state_in_store(view, DUMP, moment)
                groups = extent_at(state, grouping, holders).groups
                rows = [row for row in told.rows if row.at == moment]
                assert {(*_act(row), row.ipv4) for row in rows} == {
                    (*_act(group), group.ipv4) for group in groups
                }
                assert len(rows) == len(groups)


def _act(told: HistoryRow | Group) -> tuple[object, ...]:
    return told.key, told.authority, told.decision_date


def test_frames_are_the_rows(tmp_path: Path) -> None:
    made = observatory(tmp_path / "observatory")
    (tmp_path / "dump.csv").write_bytes(dump(START, [line("192.0.2.0/24"), line("8.8.8.8")]))
    ingest(made, [tmp_path / "dump.csv"])
    groupings: tuple[HistoryGrouping | None, ...] = (None, "country", "decision")
    for by in groupings:
        told = sampled(made.view(), DUMP, begins=None, ends=START + HOUR, by=by)
        (frame,) = told.frames()
        assert [HistoryRow(**row) for row in frame.iter_rows(named=True)] == told.answer().rows
        assert len(told) == len(frame) == (2 if by == "country" else 1)
        assert ("authority" in frame.columns) == (by == "decision")
