"""The size over time agrees with uniting, at each moment, the listings alive then."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from overblock.addresses import coverage
from overblock.addresses.coverage import NEVER, Changes, coverage_over_time, size_by_group

Listing = tuple[int, int, int, int, int]  # start, end, begin, finish, group
ends_of_time = st.one_of(st.integers(-5, 8), st.just(NEVER))
listings = st.lists(
    st.tuples(
        st.integers(0, 12), st.integers(0, 12), st.integers(-5, 8), ends_of_time, st.integers(3, 5)
    ),
    max_size=10,
)


def sizes_slowly(drawn: list[Listing], moment: int) -> dict[int, int]:
    """The model: at one moment, each group as a set of single addresses."""
    held: dict[int, set[int]] = {}
    for start, end, begin, finish, group in drawn:
        if begin <= moment < finish:
            held.setdefault(group, set()).update(range(start, end))
    return {group: len(addresses) for group, addresses in held.items() if addresses}


def follow(drawn: list[Listing]) -> Changes:
    starts, ends, begins, finishes, groups = np.array(drawn, np.int64).reshape(-1, 5).T
    return coverage_over_time(starts, ends, begins, finishes, groups)


def sizes_at(changes: Changes, moment: int) -> dict[int, int]:
    """What the rows say of a moment: the last row of each group at or before it."""
    rows = zip(changes.groups.tolist(), changes.times.tolist(), changes.sizes.tolist(), strict=True)
    latest = {group: size for group, time, size in rows if time <= moment}
    return {group: size for group, size in latest.items() if size}


@given(listings)
@example([(0, 10, 1, 5, 3), (5, 15, 1, 5, 3), (0, 15, 5, NEVER, 3)])  # one follows the other
@example([(0, 5, 1, 4, 3), (5, 10, 4, 7, 3)])  # as much comes as goes
def test_every_moment_agrees_with_the_union_of_what_is_alive(drawn: list[Listing]) -> None:
    """And there is a row only where a size changes."""
    changes = follow(drawn)
    for moment in range(-6, 10):
        assert sizes_at(changes, moment) == sizes_slowly(drawn, moment)
    order = np.lexsort((changes.times, changes.groups))
    assert np.array_equal(order, np.arange(len(order)))
    begins = np.diff(changes.groups, prepend=-1) != 0
    before = np.where(begins, 0, np.roll(changes.sizes, 1))
    assert np.all(changes.sizes != before)
    assert not np.any(changes.times == NEVER)


@given(listings, st.sampled_from([1, 3, coverage.ROOM]), st.sampled_from([1, 40, coverage.SPAN]))
def test_working_in_parts_changes_nothing(drawn: list[Listing], room: int, span: int) -> None:
    """Memory is bounded by taking few segments, and few groups, at a time."""
    whole = follow(drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coverage, "ROOM", room)
        patch.setattr(coverage, "SPAN", span)
        parts = follow(drawn)
    assert np.array_equal(parts.times, whole.times)
    assert np.array_equal(parts.groups, whole.groups)
    assert np.array_equal(parts.sizes, whole.sizes)


def test_without_groups_all_are_of_one() -> None:
    changes = coverage_over_time([0, 2**32 - 1], [1, 2**32], [0, 0], [NEVER, NEVER])
    assert (changes.times.tolist(), changes.groups.tolist(), changes.sizes.tolist()) == (
        [0],
        [0],
        [2],
    )


def test_nothing_listed_never_changes() -> None:
    assert coverage_over_time([], [], [], []).times.tolist() == []
    assert size_by_group([], [], [], 2).tolist() == [0, 0]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 3)), max_size=9))
@example([(0, 9, 0), (0, 9, 1)])  # one ends where the line of the next begins
def test_the_size_of_each_group_agrees_with_python_sets(drawn: list[tuple[int, int, int]]) -> None:
    held: list[set[int]] = [set() for _ in range(4)]
    for start, end, group in drawn:
        held[group].update(range(start, end))
    starts, ends, groups = np.array(drawn, np.uint64).reshape(-1, 3).T
    assert size_by_group(starts, ends, groups, 4).tolist() == [len(addresses) for addresses in held]
