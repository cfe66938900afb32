"""Prefixes agree with `ipaddress`, and the longest match with trying every range."""

from ipaddress import IPv4Address, IPv6Address, summarize_address_range

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from overblock.addresses.hilbert import density, hilbert_index, hilbert_xy
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.locate import FEW
from overblock.addresses.prefixes import LongestMatch, cover, cover_words, overlap_sizes, split_by

TOP = 2**32

Pairs = list[tuple[int, int]]
small_pairs = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=10)
any_edge = st.one_of(
    st.integers(0, TOP),
    st.builds(lambda base, bits: base >> bits << bits, st.integers(0, TOP), st.integers(0, 32)),
)
any_pairs = st.lists(st.tuples(any_edge, any_edge), max_size=8)


def interval_set(drawn: Pairs) -> IntervalSet:
    return IntervalSet.of([first for first, _ in drawn], [stop for _, stop in drawn])


def longest_match(drawn: Pairs) -> LongestMatch:
    return LongestMatch.of([first for first, _ in drawn], [stop for _, stop in drawn])


def match_slowly(drawn: Pairs, point: int) -> int:
    """The model: of all ranges that hold the point the smallest, of equal ones the last."""
    holding = [
        (stop - first, -row) for row, (first, stop) in enumerate(drawn) if first <= point < stop
    ]
    return -min(holding)[1] if holding else -1


@given(any_pairs)
@example([(0, TOP)])
@example([(1, TOP - 1)])
def test_the_cover_is_the_one_of_ipaddress(drawn: Pairs) -> None:
    held = interval_set(drawn)
    wanted = [
        (int(network.network_address), network.prefixlen)
        for first, stop in zip(held.starts.tolist(), held.ends.tolist(), strict=True)
        for network in summarize_address_range(IPv4Address(first), IPv4Address(stop - 1))
    ]
    networks, lengths = cover(held)
    assert list(zip(networks.tolist(), lengths.tolist(), strict=True)) == wanted
    assert IntervalSet.from_prefixes(networks, lengths) == held


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
@example(0, 2**64 - 1)
def test_the_cover_of_64_bit_numbers_does_not_wrap(one: int, other: int) -> None:
    first, last = min(one, other), max(one, other)
    rows, networks, lengths = cover_words(
        np.array([first], np.uint64), np.array([last], np.uint64), 64
    )
    found = sorted(zip(networks.tolist(), lengths.tolist(), strict=True))
    wanted = summarize_address_range(IPv6Address(first << 64), IPv6Address((last + 1 << 64) - 1))
    assert found == [(int(net.network_address) >> 64, net.prefixlen) for net in wanted]
    assert not rows.any()


@given(small_pairs)
@example([(0, 10), (5, 15), (0, 10), (12, 13)])
def test_the_narrowest_range_wins_and_of_equals_the_last(drawn: Pairs) -> None:
    matcher = longest_match(drawn)
    wanted = [match_slowly(drawn, point) for point in range(45)]
    assert matcher.match(np.arange(45)).tolist() == wanted


@given(any_pairs, st.integers(0, 2**32 - 1))
def test_ranges_laid_out_answer_as_the_match_does(drawn: Pairs, seed: int) -> None:
    matcher = longest_match(drawn)
    points = np.random.default_rng(seed).integers(0, TOP, FEW, dtype=np.uint64)
    edges = np.array([edge for pair in drawn for edge in pair], np.uint64)
    points[: len(edges)] = np.minimum(edges, TOP - 1)
    points[len(edges) : 2 * len(edges)] = np.maximum(edges, 1) - np.uint64(1)
    wanted = matcher.match(points)
    laid_out = matcher.laid_out()
    assert np.array_equal(laid_out.at(points), wanted)
    assert np.array_equal(laid_out.at(points[: FEW // 2]), wanted[: FEW // 2])


@given(small_pairs)
def test_the_flat_ranges_are_disjoint_in_order_and_no_longer_than_need_be(drawn: Pairs) -> None:
    starts, ends, rows = longest_match(drawn).flatten()
    assert np.all(starts < ends)
    assert np.all(ends[:-1] <= starts[1:])
    assert not np.any((ends[:-1] == starts[1:]) & (rows[:-1] == rows[1:]))


@given(small_pairs, small_pairs)
def test_splitting_loses_no_address_that_a_range_holds(drawn: Pairs, ranges: Pairs) -> None:
    held, matcher = interval_set(drawn), longest_match(ranges)
    starts, ends, rows = split_by(held, *matcher.flatten())
    everywhere = longest_match(ranges).flatten()
    assert IntervalSet.of(starts, ends) == held & IntervalSet.of(everywhere[0], everywhere[1])
    assert np.array_equal(matcher.match(starts), rows)
    sizes = np.zeros(len(ranges), np.int64)
    np.add.at(sizes, rows, (ends - starts).astype(np.int64))
    assert np.array_equal(overlap_sizes(held, *matcher.flatten(), len(ranges)), sizes)


def test_a_range_that_holds_nothing_cuts_no_piece() -> None:
    held, rows = IntervalSet.of([0], [10]), np.array([7, 8])
    ranges = np.array([5, 20], np.uint64), np.array([5, 3], np.uint64)
    assert [len(part) for part in split_by(held, *ranges, rows)] == [0, 0, 0]


@pytest.mark.parametrize("order", [0, 1, 2, 5])
def test_the_curve_visits_each_cell_once_and_each_next_to_the_last(order: int) -> None:
    index = np.arange(4**order)
    x, y = hilbert_xy(index, order)
    assert len(set(zip(x.tolist(), y.tolist(), strict=True))) == 4**order
    steps = np.abs(np.diff(x.astype(int))) + np.abs(np.diff(y.astype(int)))
    assert np.all(steps == 1)
    assert np.array_equal(hilbert_index(x, y, order), index)


@given(st.integers(0, TOP - 1))
def test_the_curve_can_be_walked_back_from_any_address(address: int) -> None:
    x, y = hilbert_xy([address], 16)
    assert hilbert_index(x, y, 16).item() == address


@given(st.integers(0, 4**6 - 1), st.integers(0, 6))
def test_a_prefix_of_even_length_is_a_square(cell: int, level: int) -> None:
    n_cells = 4 ** (6 - level)
    x, y = hilbert_xy(np.arange(n_cells) + cell // n_cells * n_cells, 6)
    side = 2 ** (6 - level)
    assert (np.ptp(x) + 1, np.ptp(y) + 1) == (side, side)


def test_the_map_lies_as_people_know_it() -> None:
    """The first row of /8s, as on the maps of the internet since 2006."""
    picture = np.empty((16, 16), int)
    x, y = hilbert_xy(np.arange(256), 4)
    picture[y, x] = np.arange(256)
    assert picture[0, :8].tolist() == [0, 1, 14, 15, 16, 19, 20, 21]
    assert picture[15, 0] == 85


@given(any_pairs, st.integers(0, 5))
def test_the_density_is_what_is_held_of_each_cell(drawn: Pairs, order: int) -> None:
    held = interval_set(drawn)
    picture = density(held, order)
    assert picture.shape == (2**order, 2**order)
    n_cells, size = 4**order, TOP // 4**order
    edges = np.arange(n_cells + 1) * size
    x, y = hilbert_xy(np.arange(n_cells), order)
    assert np.allclose(picture[y, x], np.diff(held.count_below(edges)) / size, atol=1e-6)
