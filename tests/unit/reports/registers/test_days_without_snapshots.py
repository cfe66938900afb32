"""Days on which a register said nothing are told as such, wherever a history is cut."""

from datetime import timedelta
from pathlib import Path

import pytest

from overblock.errors import NoSnapshot
from overblock.instants import TICK
from overblock.reports.registers.history import Every, history
from register_worlds import DUMP, SPEAKS, START, register_with_a_silence

DAY = timedelta(days=1)
MIDNIGHT = START.replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.mark.parametrize("every", ["hour", "day"])
def test_a_history_that_ends_in_a_silence_tells_it_up_to_its_end(
    tmp_path: Path, every: Every
) -> None:
    view = register_with_a_silence(tmp_path).view()
    until = MIDNIGHT + 9 * DAY - TICK
    told = history(view, DUMP, begins=None, ends=until, every=every).rows
    assert told[-1].at == until
    assert {row.ipv4 for row in told[-3:]} == {told[-1].ipv4}
    assert told[-1].ipv4 > 0
    assert all(row.silent for row in told[-3:])
    whole = history(view, DUMP, begins=None, ends=SPEAKS, every=every).rows
    assert told == [row for row in whole if row.at <= until]


def test_a_history_within_a_silence_is_what_the_whole_one_says_of_it(tmp_path: Path) -> None:
    view = register_with_a_silence(tmp_path).view()
    begins, ends = MIDNIGHT + 4 * DAY, MIDNIGHT + 7 * DAY - TICK
    told = history(view, DUMP, begins=begins, ends=ends, every="day").rows
    whole = history(view, DUMP, begins=None, ends=SPEAKS, every="day").rows
    assert told == [row for row in whole if begins <= row.at <= ends]
    assert len(told) == 3
    parts = history(view, DUMP, begins=begins, ends=ends, every="day", by="kind").rows
    sums = [sum(part.ipv4 for part in parts if part.at == row.at) for row in told]
    assert sums == [row.ipv4 for row in told]  # as here nothing is both ordered and attached


def test_nothing_is_told_beyond_the_last_snapshot(tmp_path: Path) -> None:
    view = register_with_a_silence(tmp_path).view()
    told = history(view, DUMP, begins=None, ends=SPEAKS + 9 * DAY, every="day").rows
    assert told[-1].at == SPEAKS
    with pytest.raises(NoSnapshot):
        history(view, DUMP, begins=SPEAKS + DAY, ends=SPEAKS + 9 * DAY, every="day")
    with pytest.raises(NoSnapshot, match="no snapshot between"):
        history(view, DUMP, begins=MIDNIGHT + 4 * DAY, ends=MIDNIGHT + 5 * DAY, every="snapshot")
    with pytest.raises(NoSnapshot, match="at or before"):
        history(view, DUMP, begins=None, ends=START - DAY, every="day")
