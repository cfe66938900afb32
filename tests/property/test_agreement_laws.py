"""Two readings of one register, paired: nothing is lost, nothing is counted twice.

The model is Python's own multiset over plain tuples.  Values are drawn from very few, so that
equal entries, repeated ones and those that differ in one field abound.
"""

from collections import Counter
from datetime import date
from typing import Any

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from overblock.reports.registers.agreement import AGREEMENT, FIELDS, LISTS, compare_entries, tally
from overblock.tables import REGISTER_ENTRIES

FEW = settings(max_examples=25)  # each is up to two dozen joins, and the values are few
Entry = tuple[Any, ...]
few = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=3)
entries = st.lists(
    st.tuples(
        st.sampled_from([None, "суд", ""]),
        st.sampled_from(["1", "2"]),
        st.sampled_from([None, date(2014, 8, 23)]),
        few,
        few,
        few,
    ),
    max_size=6,
)


def frame(drawn: list[Entry]) -> pl.DataFrame:
    empty: dict[str, Any] = dict.fromkeys(REGISTER_ENTRIES.schema()) | {"networks": []}
    rows = [
        empty | dict(zip(FIELDS, entry, strict=True)) | {"record": number}
        for number, entry in enumerate(drawn, 2)
    ]
    return pl.DataFrame(rows, REGISTER_ENTRIES.schema())


def put_in_order(drawn: list[Entry]) -> Counter[Entry]:
    """The model: each entry with its lists in order, and how often it stands there."""
    return Counter(
        (*entry[: -len(LISTS)], *(tuple(sorted(value)) for value in entry[-len(LISTS) :]))
        for entry in drawn
    )


def outcomes(agreement: pl.DataFrame) -> Counter[str]:
    return Counter(agreement["outcome"].to_list())


@FEW
@given(entries, entries)
@example([(None, "1", None, ["a", "b"], [], [])], [(None, "1", None, ["b", "a"], [], [])])
@example([(None, "1", None, ["a", "b"], [], [])], [("", "1", None, ["a"], ["b"], [])])
def test_equal_entries_are_as_many_as_the_multisets_share(
    first: list[Entry], second: list[Entry]
) -> None:
    found = outcomes(compare_entries(frame(first), frame(second)))
    shared = put_in_order(first) & put_in_order(second)
    assert found["same"] + found["reordered"] == shared.total()


@FEW
@given(entries, entries)
def test_each_entry_of_both_sides_stands_in_one_row(
    first: list[Entry], second: list[Entry]
) -> None:
    told = compare_entries(frame(first), frame(second))
    assert told.schema == AGREEMENT
    assert sorted(told["first"].drop_nulls()) == list(range(2, 2 + len(first)))
    assert sorted(told["second"].drop_nulls()) == list(range(2, 2 + len(second)))
    assert tally(told)["entries"].sum() == len(told)


@FEW
@given(entries, entries)
def test_the_fields_named_are_those_that_differ(first: list[Entry], second: list[Entry]) -> None:
    here, there = frame(first), frame(second)
    for row in compare_entries(here, there).drop_nulls().iter_rows(named=True):
        one = here.row(row["first"] - 2, named=True)
        two = there.row(row["second"] - 2, named=True)
        written = [name for name in FIELDS if one[name] != two[name]]
        if row["outcome"] == "differs":
            ordered = [
                name
                for name in written
                if name not in LISTS or sorted(one[name]) != sorted(two[name])
            ]
            assert row["fields"] == ordered
        else:
            assert row["fields"] == written


@FEW
@given(entries)
def test_a_register_agrees_with_itself_however_its_records_are_ordered(drawn: list[Entry]) -> None:
    assert set(outcomes(compare_entries(frame(drawn), frame(drawn[::-1])))) <= {"same"}


@FEW
@given(entries, entries)
def test_sides_can_be_swapped(first: list[Entry], second: list[Entry]) -> None:
    one = outcomes(compare_entries(frame(first), frame(second)))
    two = outcomes(compare_entries(frame(second), frame(first)))
    assert (one["same"], one["reordered"]) == (two["same"], two["reordered"])
    assert len(first) - len(second) == one["only_first"] - one["only_second"]
