"""Laws of a replayed case: two readings, one verdict, and differences that sum.

Networks are drawn small and times few, so that overlaps, days and releases all meet.
"""

import ipaddress
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from overblock.addresses.intervals import IntervalSet
from overblock.cases.checks import Check, Said
from overblock.cases.difference import explain_difference, ordered_addresses
from overblock.cases.listings import NEVER, Listings
from overblock.cases.quantities import Measured
from overblock.cases.times import Moment
from overblock.cases.verdicts import STATES, Verdict, judge
from overblock.instants import TICK, microseconds
from overblock.tables import REGISTER_ENTRIES

START = datetime(2018, 4, 16, tzinfo=UTC)
DAY = timedelta(days=1)
HOURS = timedelta(hours=6)

moments = st.builds(
    lambda quarter, whole: (
        Moment(first=START + quarter // 4 * DAY, last=START + (quarter // 4 + 1) * DAY - TICK)
        if whole
        else Moment(first=START + quarter * HOURS, last=START + quarter * HOURS)
    ),
    st.integers(0, 15),
    st.booleans(),
)
listed = st.tuples(st.integers(0, 30), st.integers(1, 8), moments, st.none() | st.integers(1, 5))
Listed = tuple[int, int, Moment, int | None]


def listings_of(rows: list[Listed]) -> Listings:
    return Listings(
        starts=np.array([first for first, _, _, _ in rows], np.uint64),
        ends=np.array([first + size for first, size, _, _ in rows], np.uint64),
        begun_first=np.array([microseconds(begun.first) for _, _, begun, _ in rows], np.int64),
        begun_last=np.array([microseconds(begun.last) for _, _, begun, _ in rows], np.int64),
        gone=np.array(
            [
                microseconds(begun.first + days * DAY) if days else NEVER
                for _, _, begun, days in rows
            ],
            np.int64,
        ),
    )


def stands(row: Listed, at: datetime, *, low: bool) -> bool:
    """The model: one network, one moment, in words."""
    _, _, begun, days = row
    started = begun.last <= at if low else begun.first <= at
    return started and (days is None or at < begun.first + days * DAY)


@given(st.lists(listed, max_size=6), moments)
def test_the_addresses_standing_are_those_of_the_model(rows: list[Listed], moment: Moment) -> None:
    listings = listings_of(rows)
    for low in (True, False):
        model = {
            address
            for row in rows
            if stands(row, moment.first, low=low)
            for address in range(row[0], row[0] + row[1])
        }
        held = listings.addresses(listings.standing(moment.first, "low" if low else "high"))
        assert held.size == len(model)


@given(st.lists(listed, max_size=6), moments)
def test_the_low_reading_never_holds_what_the_high_one_lacks(
    rows: list[Listed], moment: Moment
) -> None:
    listings = listings_of(rows)
    low, high = (listings.standing(moment.first, "low"), listings.standing(moment.first, "high"))
    assert not np.any(low & ~high)
    begun = listings.begun_within(moment, "low") & ~listings.begun_within(moment, "high")
    assert not np.any(begun)


@given(st.lists(listed, max_size=6), moments)
def test_nothing_changes_between_the_changes(rows: list[Listed], moment: Moment) -> None:
    """So the extent of a whole day is known from a handful of instants."""
    listings = listings_of(rows)
    instants = list(listings.changes(moment))
    probes = [moment.first + step * HOURS / 6 for step in range(24)]
    for at in (probe for probe in probes if probe <= moment.last):
        last = max(instant for instant in instants if instant <= at)
        assert np.array_equal(listings.standing(at, "low"), listings.standing(last, "low"))
        assert np.array_equal(listings.standing(at, "high"), listings.standing(last, "high"))


whole = st.integers(0, 60)
said = st.sampled_from(["exactly", "about", "at_least", "at_most", "nearly", "none"])


def verdict(words: Said, figure: int, unit: int, low: int, high: int) -> Verdict:
    check = Check(quantity="addresses", said=words, rounded_to=unit)
    figure = 0 if words == "none" else figure
    return judge(check, Measured(low=low, high=high), figure, figure)


def bears_out(words: Said, figure: int, unit: int, value: int) -> bool:
    """The model: does one measured value bear out what was said?"""
    return {
        "exactly": value == figure,
        "about": abs(value - figure) * 2 <= unit,
        "at_least": value >= figure,
        "at_most": value <= figure,
        "nearly": figure - unit <= value <= figure,
        "none": value == 0,
    }[words]


@given(said, whole, st.integers(0, 20), whole, st.integers(0, 20))
def test_a_verdict_says_how_many_readings_bear_the_figure_out(
    words: Said, figure: int, unit: int, low: int, width: int
) -> None:
    found = verdict(words, figure, unit, low, low + width)
    figure = 0 if words == "none" else figure
    borne = [bears_out(words, figure, unit, value) for value in range(low, low + width + 1)]
    if all(borne):
        assert found.state in {"agrees", "rounded"}
    elif any(borne):
        assert found.state == "inside"
    elif found.state == "inside":  # only a half between two whole numbers bears it out
        assert words == "about"
    else:
        assert found.state == ("contradicts" if words == "none" else "differs")
    assert found.state in STATES


@given(said, whole, st.integers(0, 20), whole, st.integers(0, 20))
def test_off_by_is_the_way_from_the_figure_to_the_nearest_reading(
    words: Said, figure: int, unit: int, low: int, width: int
) -> None:
    found = verdict(words, figure, unit, low, low + width)
    figure = 0 if words == "none" else figure
    nearest = min(range(low, low + width + 1), key=lambda value: abs(value - figure))
    assert found.off_by == nearest - figure


tokens = st.builds(
    lambda first, length: str(ipaddress.IPv4Network((first << (32 - length), length))),
    st.integers(0, 31),
    st.sampled_from([5, 6, 7, 8]),
) | st.integers(0, 15).map(lambda last: f"0.0.0.{last}")
entry = st.tuples(
    st.lists(tokens | st.sampled_from(["2001:db8::1", "999.1.1.1"]), max_size=4),
    st.booleans(),  # names a page
    st.sampled_from(["1-a", "2-b", None]),
)


def register(entries: list[tuple[list[str], bool, str | None]]) -> pl.DataFrame:
    rows = {
        "record": range(2, len(entries) + 2),
        "addresses": [addresses for addresses, _, _ in entries],
        "domains": [["a.example"] if page else [] for _, page, _ in entries],
        "urls": [[] for _ in entries],
        "decision_number": [number for _, _, number in entries],
        "networks": [[] for _ in entries],
    }
    return (
        REGISTER_ENTRIES.empty()
        .clear()
        .vstack(
            pl.DataFrame(
                {
                    name: pl.Series(name, rows.get(name, [None] * len(entries)), kind, strict=False)
                    for name, kind in REGISTER_ENTRIES.schema().items()
                }
            )
        )
    )


@given(st.lists(entry, max_size=5), st.lists(st.tuples(whole, whole), max_size=4))
def test_the_lines_of_a_difference_sum_to_it(
    entries: list[tuple[list[str], bool, str | None]], drawn: list[tuple[int, int]]
) -> None:
    held = IntervalSet.of([first << 22 for first, _ in drawn], [stop << 22 for _, stop in drawn])
    found = register(entries)
    lines = explain_difference(held, found)
    assert lines["ipv4"].sum() == ordered_addresses(found).size - held.size
    ordered = [token for addresses, page, _ in entries if not page for token in addresses]
    kinds = lines["line"].to_list()
    assert kinds.count("unreadable") == ordered.count("999.1.1.1")  # a line, and not forgotten
    assert kinds.count("ipv6") == ordered.count("2001:db8::1")
