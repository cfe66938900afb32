"""Squares of the map, against counting their cells one by one."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.addresses.hilbert import IPV4_ORDER, density, hilbert_index
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.squares import Square, count_along, count_cells, within

MOST_CELLS = 2  # order: 16 cells
few = settings(max_examples=40)  # each looks at hundreds of addresses or cells


@st.composite
def squares(draw: st.DrawFn) -> tuple[Square, int]:
    level = draw(st.integers(0, IPV4_ORDER))
    side = st.integers(0, (1 << level) - 1)
    order = draw(st.integers(0, min(MOST_CELLS, IPV4_ORDER - level)))
    return Square(level, draw(side), draw(side)), order


@st.composite
def sets_around(draw: st.DrawFn, square: Square) -> IntervalSet:
    """Intervals whose ends lie in or near a square, some on the edges of its cells."""
    low, high = square.first - square.size // 2 - 2, square.first + 2 * square.size + 2
    quarter = max(square.size // 4, 1)
    edges = st.integers(0, 4).map(lambda part: square.first + part * quarter)
    ends = st.one_of(st.integers(low, high), edges).map(lambda at: min(max(at, 0), 2**32))
    pairs = draw(st.lists(st.tuples(ends, ends), max_size=8))
    return IntervalSet.of([min(pair) for pair in pairs], [max(pair) for pair in pairs])


@few
@given(st.data())
def test_each_cell_holds_what_its_network_holds(data: st.DataObject) -> None:
    square, order = data.draw(squares())
    held = data.draw(sets_around(square))
    found = count_cells(held, square, order)
    side, level = 1 << order, square.level + order
    size = 1 << 2 * (IPV4_ORDER - level)
    for y in range(side):
        for x in range(side):
            place = hilbert_index([square.x * side + x], [square.y * side + y], level)
            assert found[y, x] == within(held, int(place[0]) * size, size).size


@few
@given(st.data())
def test_the_cells_in_order_sum_to_what_the_square_holds(data: st.DataObject) -> None:
    square, order = data.draw(squares())
    held = data.draw(sets_around(square))
    part = held & IntervalSet.of([square.first], [square.first + square.size])
    assert count_along(held, square, order).sum() == part.size
    assert within(held, square.first, square.size) == part


@few
@given(squares())
def test_a_square_is_found_by_any_of_its_addresses(drawn: tuple[Square, int]) -> None:
    square, _ = drawn
    for inside in (0, square.size // 3, square.size - 1):
        assert Square.of_network(square.first + inside, square.level) == square


@few
@given(st.data())
def test_all_of_the_map_is_what_the_reports_draw(data: st.DataObject) -> None:
    whole = Square(0, 0, 0)
    held = data.draw(sets_around(Square(2, 1, 2)))
    counted = count_cells(held, whole, MOST_CELLS) / (whole.size >> 2 * MOST_CELLS)
    assert np.allclose(counted, density(held, MOST_CELLS), atol=1e-6)
