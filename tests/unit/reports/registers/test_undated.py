"""How much of an extent began nobody knows when: an old listing looks new after a silence."""

from datetime import timedelta
from pathlib import Path

from overblock.reports.registers.decisions import decision_table
from overblock.reports.registers.extent import extent_at
from overblock.reports.registers.states import state_in_store
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory

LINES = [line(f"192.0.2.{n}") for n in range(1, 6)]
STATES = (
    (timedelta(0), LINES[:1], True),  # the first that anybody saw: it may be old
    (HOUR, LINES[:2], True),  # an hour later: dated
    (2 * HOUR, LINES[:3], False),  # dated too, by the whole one before
    (40 * HOUR, LINES[:4], True),  # the last whole one was 39 hours before
    (41 * HOUR, LINES, True),
)


def test_only_what_a_whole_snapshot_of_the_day_before_lacks_is_dated(tmp_path: Path) -> None:
    made = observatory(tmp_path / "observatory")
    for number, (age, lines, ended) in enumerate(STATES):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(dump(START + age, lines, ended=ended))
        ingest(made, [path])
    view, told = made.view(), []
    for age, _, _ in STATES:
        answer = extent_at(state_in_store(view, DUMP, START + age), "decision")
        assert decision_table(view, DUMP, START + age).undated_ipv4 == answer.undated_ipv4
        told.append((answer.ipv4.all, answer.undated_ipv4))
    assert told == [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2)]
