"""What is kept in memory answers as the files do, whatever is listed and whoever asks."""

import tempfile
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.reports.checks.check import check
from overblock.reports.checks.stabbing import Intervals, TextIndex
from overblock.reports.checks.standing_desk import WORTH, Rolls
from register_worlds import HOUR, START, dump, ingest, line, observatory

NUMBERS = st.integers(0, 20)
SPANS = st.lists(st.tuples(NUMBERS, NUMBERS).map(lambda pair: tuple(sorted(pair))), max_size=12)
ADDRESSES = ("203.0.113.0/24", "203.0.113.128/25", "203.0.113.7", "198.51.100.7", "2001:db8::/32")
ENTRIES = st.tuples(
    st.sampled_from(["", *ADDRESSES]),
    st.sampled_from(["", "shop.example", "*.shop.example", "a.b.example"]),
    st.sampled_from(["", "http://shop.example/a", "http://203.0.113.7/", "http://shop.example/"]),
    st.sampled_from("123"),
)
TARGETS = (
    *(*ADDRESSES, "203.0.113.130", "203.0.112.0/22", "2001:db8::1", "2001:db9::1", "192.0.2.1"),
    *("shop.example", "x.shop.example", "a.b.example", "b.example"),
    *("http://shop.example/a", "http://shop.example", "http://203.0.113.7/", "http://x.example/"),
)


@given(SPANS, NUMBERS, NUMBERS)
def test_what_meets_a_range_is_what_has_anything_in_common_with_it(
    spans: list[tuple[int, int]], one: int, other: int
) -> None:
    first, last = min(one, other), max(one, other)
    edges = np.array(spans, np.uint64).reshape(-1, 2)
    held = Intervals(edges[:, 0], edges[:, 1], np.arange(len(spans)))
    expected = [row for row, (a, b) in enumerate(spans) if a <= last and b >= first]
    assert sorted(held.meeting(np.uint64(first), np.uint64(last)).tolist()) == expected


@given(SPANS, NUMBERS, NUMBERS)
def test_sixteen_bytes_meet_as_numbers_do(
    spans: list[tuple[int, int]], one: int, other: int
) -> None:
    """Also those that end in zeros, which NumPy cuts off."""

    def sixteen(number: int) -> bytes:
        return (number << 70).to_bytes(16, "big")

    first, last = min(one, other), max(one, other)
    begins, ends = (np.array([sixteen(span[n]) for span in spans], "S16") for n in (0, 1))
    held = Intervals(begins, ends, np.arange(len(spans)))
    expected = [row for row, (a, b) in enumerate(spans) if a <= last and b >= first]
    found = held.meeting(np.array(sixteen(first), "S16"), np.array(sixteen(last), "S16"))
    assert sorted(found.tolist()) == expected


@given(st.lists(st.sampled_from(["a", "b", "ж", ""])), st.sampled_from(["a", "ж", "", "z"]))
def test_a_text_stands_where_it_stands(texts: list[str], wanted: str) -> None:
    found = TextIndex(pl.Series(texts, dtype=pl.String)).rows(wanted)
    assert sorted(found.tolist()) == [row for row, text in enumerate(texts) if text == wanted]


@settings(max_examples=4)  # each is an observatory of its own, asked about sixteen targets
@given(st.lists(st.lists(ENTRIES, max_size=5), min_size=1, max_size=3), st.integers(0, 2))
def test_a_check_in_memory_is_the_check_of_the_files(
    states: list[list[tuple[str, str, str, str]]], silent: int
) -> None:
    rolls = Rolls()
    with tempfile.TemporaryDirectory() as name:
        made, at = observatory(Path(name) / "observatory"), START
        for entries in states:
            at += HOUR + silent * timedelta(days=9)
            path = Path(name) / "dump.csv"
            lines = [line(a, d, u, decision=n) for a, d, u, n in entries]
            path.write_bytes(dump(at, ["192.0.2.200;;;суд;9;2014-12-01", *lines]))
            ingest(made, [path])
            view = made.view()
            for moment in (at - HOUR, at + timedelta(days=8)):
                assert len(TARGETS) >= WORTH
                slow, fast = (list(check(view, TARGETS, moment, one)) for one in (None, rolls))
                assert msgspec.json.encode(fast) == msgspec.json.encode(slow)
