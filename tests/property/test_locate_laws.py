"""The fast search agrees with NumPy's, and the sets built on it with their definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from overblock.addresses.intervals import IntervalSet
from overblock.addresses.locate import CHUNK, FEW, TOP, count_at_or_below, held_between

seeds = st.integers(0, 2**32 - 1)
edges = st.lists(st.integers(0, 2**32), max_size=30)


@pytest.mark.parametrize("n_points", [0, 1, FEW - 1, FEW, CHUNK + 1])
@pytest.mark.parametrize("n_numbers", [0, 500, 2 * FEW])
@pytest.mark.parametrize("top", [1 << 16, TOP, TOP + 1, 2**64 - 1])
def test_the_fast_search_agrees_with_numpy(n_points: int, n_numbers: int, top: int) -> None:
    """Below, in and beyond IPv4; in one chunk and in two; more points or more numbers."""
    rng = np.random.default_rng(n_points + top % 97)
    numbers = np.sort(rng.integers(0, top, n_numbers, dtype=np.uint64, endpoint=True))
    points = rng.integers(0, top, n_points, dtype=np.uint64, endpoint=True)
    if n_numbers:
        points[::3] = rng.choice(numbers, len(points[::3]))
    place = np.searchsorted(numbers, points, side="right")
    assert np.array_equal(count_at_or_below(numbers, points), place)
    edges = numbers[np.diff(numbers, prepend=np.uint64(1)) > 0]
    edges = edges[: len(edges) // 2 * 2]
    held = np.searchsorted(edges, points, side="right") % 2 == 1
    assert np.array_equal(held_between(edges[0::2], edges[1::2], points), held)


@given(edges, seeds)
def test_many_points_fall_where_numpy_says(drawn: list[int], seed: int) -> None:
    """Numbers at the edges of the 65,536 buckets are where a table can go wrong."""
    numbers = np.sort(np.array([*drawn, *(edge >> 16 << 16 for edge in drawn)], np.uint64))
    points = np.random.default_rng(seed).integers(0, TOP, FEW, dtype=np.uint64)
    points[: 2 * len(drawn)] = np.minimum(numbers, TOP - 1)
    points[2 * len(drawn) : 4 * len(drawn)] = np.maximum(numbers, 1) - np.uint64(1)
    found = count_at_or_below(numbers, points)
    assert np.array_equal(found, np.searchsorted(numbers, points, side="right"))


@given(edges, edges, seeds)
def test_many_points_are_covered_as_few_are(starts: list[int], ends: list[int], seed: int) -> None:
    n_pairs = min(len(starts), len(ends))
    held = IntervalSet.of(starts[:n_pairs], ends[:n_pairs])
    points = np.random.default_rng(seed).integers(0, TOP, FEW, dtype=np.uint64)
    few = np.concatenate([held.covers(part) for part in np.split(points, 4)])
    assert np.array_equal(held.covers(points), few)
