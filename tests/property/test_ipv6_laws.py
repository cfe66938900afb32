"""`Ipv6Set` is a set: it agrees with the same sets of small numbers, wherever they lie.

Addresses are drawn near places where 128 bits can go wrong: both ends, the borders of /64s, and
where trailing zero bytes would be lost.
"""

from ipaddress import IPv6Address, summarize_address_range

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from overblock.addresses.ipv6 import Ipv6Set
from overblock.addresses.sixteen import Sixteens

TOP = 2**128
Pairs = list[tuple[int, int]]

bases = st.sampled_from([0, 2**64, 2**64 * 0xFFFF, 2**127, TOP - 2**64, TOP])
anywhere = st.builds(
    lambda base, offset, scale: min(max(base + offset * scale, 0), TOP - 1),
    bases,
    st.integers(-9, 9),
    st.sampled_from([1, 256, 2**63, 2**64]),
)
pairs = st.lists(st.tuples(anywhere, anywhere), max_size=6)


def packed(values: list[int]) -> Sixteens:
    return np.frombuffer(b"".join(value.to_bytes(16) for value in values), "S16")


def numbers(values: Sixteens) -> list[int]:
    raw = values.tobytes()
    return [int.from_bytes(raw[place : place + 16]) for place in range(0, len(raw), 16)]


def ipv6_set(drawn: Pairs) -> Ipv6Set:
    return Ipv6Set.of(packed([first for first, _ in drawn]), packed([last for _, last in drawn]))


def intervals(held: Ipv6Set) -> Pairs:
    return list(zip(numbers(held.first), numbers(held.last), strict=True))


def holds(drawn: Pairs, point: int) -> bool:
    """The model: a point is held if any interval holds it."""
    return any(first <= point <= last for first, last in drawn)


def witnesses(*drawn: Pairs) -> list[int]:
    """Every point where one of the sets may change, and its neighbours."""
    edges = {edge for part in drawn for pair in part for edge in pair} | {0, TOP - 1}
    return sorted(
        {near for edge in edges for near in (edge - 1, edge, edge + 1) if 0 <= near < TOP}
    )


@given(pairs)
@example([(0, TOP - 1)])
@example([(TOP - 1, TOP - 1), (0, 0)])
@example([(0, 2**64 - 1), (2**64, 2**65 - 1)])  # touching: one interval
def test_any_intervals_become_the_canonical_form(drawn: Pairs) -> None:
    held = ipv6_set(drawn)
    points = witnesses(drawn)
    assert held.covers(packed(points)).tolist() == [holds(drawn, point) for point in points]
    ends = [edge for pair in intervals(held) for edge in pair]
    assert ends == sorted(ends)
    assert held.n_intervals == len(ends) // 2
    assert all(first - last > 1 for last, first in zip(ends[1::2], ends[2::2], strict=False))


@given(pairs, pairs)
def test_each_operation_agrees_with_its_definition(one: Pairs, other: Pairs) -> None:
    a, b, points = ipv6_set(one), ipv6_set(other), witnesses(one, other)
    for found, wanted in (
        (a | b, [holds(one, point) | holds(other, point) for point in points]),
        (a & b, [holds(one, point) & holds(other, point) for point in points]),
        (a - b, [holds(one, point) & (not holds(other, point)) for point in points]),
        (a ^ b, [holds(one, point) ^ holds(other, point) for point in points]),
    ):
        assert found.covers(packed(points)).tolist() == wanted
        assert found == ipv6_set(intervals(found))
        assert bool(found) == any(wanted)
    assert a.isdisjoint(b) == (not a & b)
    assert a.issubset(b) == (a | b == b)


@given(pairs)
@example([(0, TOP - 1)])
@example([(2**64 - 1, 2**64)])
@example([(5, 2**66 + 5)])
def test_the_prefixes_are_those_of_ipaddress(drawn: Pairs) -> None:
    held = ipv6_set(drawn)
    wanted = [
        (int(network.network_address), network.prefixlen)
        for first, last in intervals(held)
        for network in summarize_address_range(IPv6Address(first), IPv6Address(last))
    ]
    networks, lengths = held.prefixes()
    assert list(zip(numbers(networks), lengths.tolist(), strict=True)) == wanted
    assert held.n_prefixes == len(wanted)


@given(pairs)
@example([(0, TOP - 1)])
@example([(0, 1), (3, 2**64)])  # two intervals in one /64
def test_slash64s_are_counted_once_however_little_of_them_is_held(drawn: Pairs) -> None:
    spans = [(first >> 64, last >> 64) for first, last in intervals(ipv6_set(drawn))]
    n_touched, reached = 0, -1
    for first, last in spans:
        n_touched += max(last - max(first, reached + 1) + 1, 0)
        reached = max(reached, last)
    assert ipv6_set(drawn).n_slash64 == n_touched
