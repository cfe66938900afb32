"""What holds of any pace and of any journal, wherever a kill falls."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from overblock.names.canonical import canonical_name
from overblock.probes.answers import FAILED, Line
from overblock.probes.journal import open_journal
from overblock.probes.name_lists import Rejected, read_names
from overblock.probes.pace import Pace

AT = datetime(2026, 11, 21, tzinfo=UTC)
OUTCOMES = [None, "nxdomain", *sorted(FAILED)]
# Letters of the alphabet are names; a name may be asked for again.
groups = st.lists(
    st.tuples(
        st.sampled_from("abcde"), st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=4)
    ),
    max_size=8,
)


@given(
    st.floats(0.5, 500),
    st.integers(1, 20),
    st.lists(st.floats(0, 2), min_size=1, max_size=60),
)
def test_no_span_of_time_holds_more_turns_than_its_length_and_one_burst_allow(
    per_second: float, burst: int, steps: list[float]
) -> None:
    """The model: count the turns between any two of them."""
    pace, now, turns = Pace(per_second, burst=burst), 0.0, list[float]()
    for step in steps:
        now += step
        turns.append(now + pace.wait_from(now))
    assert turns == sorted(turns)
    for first, begin in enumerate(turns):
        for last in range(first, len(turns)):
            allowed = burst + (turns[last] - begin) * per_second
            assert last - first + 1 <= allowed + 1e-6


@given(st.integers(1, 100), st.integers(1, 20), st.integers(1, 100))
def test_whoever_waits_loses_no_turn(per_second: int, burst: int, n: int) -> None:
    """All at once: the last is due when the bucket has run so far, and not later."""
    pace = Pace(per_second, burst=burst)
    last = [pace.wait_from(0.0) for _ in range(n)][-1]
    assert abs(last - max(0, n - burst) / per_second) < 1e-6


def write(path: Path, drawn: list[tuple[str, list[str | None]]]) -> None:
    with open_journal(path) as journal:
        for name, outcomes in drawn:
            journal.keep(
                [Line(name=name, seen_at=AT, resolver="r", outcome=outcome) for outcome in outcomes]
            )


@given(groups, st.data())
def test_wherever_a_kill_falls_whole_names_stay_and_the_rest_is_asked_again(
    drawn: list[tuple[str, list[str | None]]], data: st.DataObject
) -> None:
    """The model: the groups of lines that end before the cut, and what each name's last says."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.jsonl"
        ends = [0]
        for name, outcomes in drawn:
            write(path, [(name, outcomes)])
            ends.append(path.stat().st_size)
        cut = data.draw(st.integers(min(9, ends[-1]), ends[-1]))
        if path.exists():
            path.write_bytes(path.read_bytes()[:cut])
        whole = [group for group, end in zip(drawn, ends[1:], strict=True) if end <= cut]
        last = dict(whole)
        with open_journal(path) as journal:
            assert journal.answered == set(last)
        assert path.stat().st_size == max(end for end in ends if end <= cut)
        with open_journal(path, again=True) as journal:
            assert journal.answered == {
                name for name, outcomes in last.items() if FAILED.isdisjoint(outcomes)
            }


@given(st.text(st.sampled_from("aB9-_.:/ #é@[]*"), max_size=40))
def test_a_list_gives_canonical_names_and_reading_them_again_changes_nothing(line: str) -> None:
    """The fast way for names in their plain form and the slow one for all others agree."""
    for found in read_names(f"{line}\n".encode(), set()):
        if isinstance(found, Rejected):
            assert found.value in line
        else:
            assert canonical_name(found) == found
            assert list(read_names(found.upper().encode() + b"\n", set())) == [found]
            assert list(read_names(f"http://u@{found}:8/x#y".encode(), set())) == [found]
