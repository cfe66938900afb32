"""A register's history, against a slow and obvious model of decision 4.

The model looks at what each snapshot lists, resource by resource, and knows nothing of records,
runs, bytes or batches.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.pipeline.folding import Arrival, Fold
from overblock.registers.listings import listings
from overblock.sources import find_source
from overblock.tables import RECORDS, RUNS
from register_worlds import DUMP, HOUR, NOW, START, dump, line

Named: TypeAlias = tuple[str, str]  # decision, resource
Times: TypeAlias = tuple[datetime, datetime, datetime | None]  # from, last seen, until
WEEK = timedelta(days=7)
FILLERS = [line(f"198.51.100.{n}", decision="filler") for n in range(7)]
POOL: dict[str, set[Named]] = {
    line("192.0.2.1"): {("1", "192.0.2.1")},
    line("192.0.2.1", decision="2"): {("2", "192.0.2.1")},
    line("192.0.2.1 | 192.0.2.2"): {("1", "192.0.2.1"), ("1", "192.0.2.2")},
    line("192.0.2.2|192.0.2.3"): {("1", "192.0.2.2"), ("1", "192.0.2.3")},
    line("192.0.2.4", "a.example"): {("1", "192.0.2.4"), ("1", "a.example")},
    line("", "a.example"): {("1", "a.example")},
    "no entry": set(),
} | {text: {("filler", text.partition(";")[0])} for text in FILLERS}


@dataclass(frozen=True)
class State:
    """One snapshot: when it says it is of, and what it holds."""

    at: datetime
    lines: Sequence[str]
    cut: bool
    late: bool  # committed long after its date


@dataclass
class Model:
    """The rules, one after the other."""

    at: datetime = START - HOUR
    whole: int = 0
    doubted: int = 0
    seen: set[tuple[datetime, tuple[str, ...], bool]] = field(default_factory=set)
    before: list[str] = field(default_factory=list)
    standing: dict[Named, tuple[datetime, datetime]] = field(default_factory=dict)
    ended: dict[Named, list[Times]] = field(default_factory=dict)
    flags: list[list[str]] = field(default_factory=list)

    def take(self, state: State) -> None:
        known = (state.at, tuple(state.lines), state.cut) in self.seen
        self.seen.add((state.at, tuple(state.lines), state.cut))
        n_read = sum(text != "no entry" for text in state.lines)
        broken = state.lines.count("no entry") > self.before.count("no entry")
        agrees = 0.7 * self.doubted < n_read < self.doubted / 0.7
        shrunken = self.whole > 0 and self.whole - n_read >= 0.3 * self.whole and not agrees
        back = bool(self.flags) and state.at < self.at
        found = {
            "cut": state.cut,
            "shrunken": shrunken,
            "empty": n_read == 0,
            "damaged": broken and not state.cut,
            "stale": state.late,
            "duplicate": known,
            "out_of_order": back and known,
            "clock_backwards": back and not known,
        }
        flags = [name for name, holds in found.items() if holds]
        self.flags.append(flags)
        if not known:
            self._apply(state, n_read, flags)

    def _apply(self, state: State, n_read: int, flags: list[str]) -> None:
        self.before, self.at = list(state.lines), max(self.at, state.at)
        if "shrunken" in flags and "cut" not in flags:
            self.doubted = n_read
        else:
            self.doubted = 0
            if not {"cut", "shrunken", "empty"} & set(flags):
                self.whole = n_read
        listed = {named for text in state.lines for named in POOL[text]}
        for named in listed:
            self.standing[named] = (self.standing.get(named, (self.at,))[0], self.at)
        if not flags:
            for named in [named for named in self.standing if named not in listed]:
                begun, seen = self.standing.pop(named)
                if begun < self.at:
                    self.ended.setdefault(named, []).append((begun, seen, self.at))

    def listings(self) -> set[tuple[Named, Times]]:
        times = {named: list(ended) for named, ended in self.ended.items()}
        for named, (begun, seen) in self.standing.items():
            times.setdefault(named, []).append((begun, seen, None))
        return {(named, united) for named, spans in times.items() for united in _united(spans)}


def _united(spans: list[Times]) -> list[Times]:
    """Spans in order, those that touch made one."""
    done: list[Times] = []
    for begun, seen, until in spans:
        if done and done[-1][2] == begun:
            first, _, _ = done.pop()
            done.append((first, seen, until))
        else:
            done.append((begun, seen, until))
    return done


@st.composite
def histories(draw: st.DrawFn) -> list[State]:
    """States that mostly follow one another, with the accidents of real ones."""
    at, states = START, list[State]()
    for _ in range(draw(st.integers(1, 8))):
        at += draw(st.sampled_from([HOUR, HOUR, HOUR, 0 * HOUR, -HOUR, 300 * HOUR]))
        some = draw(st.lists(st.sampled_from(sorted(POOL)), max_size=5))
        fillers = FILLERS if draw(st.booleans()) else FILLERS[: draw(st.integers(0, 7))]
        repeat = states and draw(st.integers(0, 5)) == 0
        lines = [*fillers, *some]
        cut = bool(lines) and draw(st.integers(0, 5)) == 0  # of nothing, nothing can be cut off
        state = State(at, lines, cut, draw(st.integers(0, 5)) == 0)
        states.append(draw(st.sampled_from(states)) if repeat else state)
    return states


def folded(states: Sequence[State], settle_after: set[int]) -> Fold:
    fold = Fold(source=find_source(DUMP))
    for number, state in enumerate(states):
        fetched = state.at + (2 * WEEK if state.late else HOUR)
        content = dump(state.at, state.lines, ended=not state.cut)
        arrival = Arrival(
            artefact="a",
            member=str(number),
            content=content,
            fetched_at=fetched,
            in_sequence=number > 0,
        )
        fold.take(arrival, NOW)
        if number in settle_after:
            fold.settle()
    fold.settle()
    return fold


def listed(fold: Fold) -> set[tuple[Named, Times]]:
    records = pl.concat([RECORDS.empty(), *fold.made.records])
    runs = [(DUMP, run.record_key.hex(), *run[1:]) for run in [*fold.made.runs]]
    runs += [(DUMP, run.record_key.hex(), *run[1:]) for run in fold.state.open_runs()]
    frame = listings(records, pl.DataFrame(runs, schema=RUNS.schema(), orient="row"))
    columns = ("decision_number", "resource", "listed_from", "last_seen_at", "listed_until")
    found = [((row[0], row[1]), (row[2], row[3], row[4])) for row in frame.select(columns).rows()]
    assert len(set(found)) == len(found)
    return set(found)


def same(found: set[tuple[Named, Times]], told: set[tuple[Named, Times]]) -> bool:
    """Whether both say the same, but of what a broken state saw at the moment of the end.

    Of two records that list a resource one may have been seen by that state alone.
    """
    seen = {(named, begun, until): seen for named, (begun, seen, until) in found}
    wanted = {(named, begun, until): seen for named, (begun, seen, until) in told}
    return seen.keys() == wanted.keys() and all(
        seen[key] == wanted[key] or wanted[key] == key[2] for key in seen
    )


def modelled(states: Sequence[State]) -> Model:
    model = Model()
    for number, state in enumerate(states):
        model.take(State(state.at, state.lines, state.cut, state.late and number > 0))
    return model


@settings(max_examples=50)
@given(histories())
def test_listings_begin_and_end_as_decision_4_says(states: list[State]) -> None:
    model, fold = modelled(states), folded(states, set())
    assert [snapshot["flags"] for snapshot in fold.made.snapshots] == model.flags
    assert same(listed(fold), model.listings())


@settings(max_examples=15)
@given(histories(), st.sets(st.integers(0, 7)))
def test_how_states_are_batched_changes_nothing(states: list[State], stops: set[int]) -> None:
    whole, parted = folded(states, set()), folded(states, stops)
    assert whole.made.snapshots == parted.made.snapshots
    assert whole.made.runs == parted.made.runs
    assert rows(whole.made.records) == rows(parted.made.records)
    assert rows(whole.made.rejects) == rows(parted.made.rejects)


def rows(frames: list[pl.DataFrame]) -> list[dict[str, Any]]:
    return [row for frame in frames for row in frame.to_dicts()]
