"""Of several states that bear one moment the last one stands, whoever is asked."""

from datetime import timedelta
from pathlib import Path

import pytest

from overblock.reports.checks.check import SourceAnswer, check
from overblock.reports.checks.standing_desk import Rolls
from overblock.reports.registers.health import source_answer
from overblock.reports.registers.history import history
from overblock.reports.registers.states import state_in_store
from overblock.store import Store
from overblock.tables import SNAPSHOTS
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory

LINES = [line(f"192.0.2.{n}") for n in range(1, 8)]
AT = START + 2 * HOUR


def cut_and_whole(folder: Path, kept: int) -> Store:
    """A whole state, then two of one minute: one without its end and one whole."""
    store = observatory(folder / "o")
    states = [dump(START, LINES), dump(AT, LINES[:kept], ended=False), dump(AT, LINES)]
    for number, state in enumerate(states):
        path = folder / f"dump-{number}.csv"
        path.write_bytes(state)
        ingest(store, [path])
    return store


@pytest.mark.parametrize("kept", range(1, 8))
def test_the_last_of_two_states_of_one_moment_is_the_newest_for_all(
    tmp_path: Path, kept: int
) -> None:
    view = cut_and_whole(tmp_path, kept).view()
    last = last_taken(view.root)
    at = AT + timedelta(minutes=1)
    (asked,) = check(view, ["198.51.100.1"], at)
    (source,) = asked.sources
    assert (source.snapshot, source.flags) == last
    assert _told(source_answer(view, DUMP, at)) == last
    newest = Rolls().register(view, DUMP).newest(at)
    assert newest is not None
    assert (newest["digest"], newest["flags"]) == last
    state = state_in_store(view, DUMP, at)
    assert (state.snapshot.digest, state.snapshot.flags) == last
    rows = history(view, DUMP, begins=None, ends=at, every="snapshot").rows
    assert rows[-1].flags == last[1]
    assert asked.listed is (None if last[1] else False)


def last_taken(root: Path) -> tuple[str, list[str]]:
    """Digest and flags of the state that was taken last."""
    taken = Store.open(root).view().read(SNAPSHOTS, DUMP)
    row = taken.row(-1, named=True)
    return row["digest"], row["flags"]


def _told(source: SourceAnswer) -> tuple[str | None, list[str]]:
    return source.snapshot, source.flags
