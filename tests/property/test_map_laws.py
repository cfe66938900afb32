"""The map over time, against looking at each listing and each address one by one."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network
from typing import TypeAlias

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.addresses.coverage import NEVER
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.squares import Square
from overblock.errors import NoSnapshot
from overblock.instants import EPOCH, instant_of
from overblock.reports.maps.answer import map_answer, stops
from overblock.reports.maps.holders import HolderRuns, holders_here
from overblock.reports.maps.scene import box_of
from overblock.reports.maps.subjects import KINDS, apart_by_kind
from overblock.reports.maps.tiles import paint
from overblock.reports.maps.timeline import (
    DecisionFact,
    MapSubject,
    Standing,
    Timeline,
    timeline_of,
)
from overblock.reports.tables_at_hand import HolderTable
from overblock.tables import HOLDER_RANGES

BASE = 52 << 24
SPAN = 64  # addresses that worlds are made of
SECOND = 1_000_000
ACTS = tuple(DecisionFact(number=str(one), date=None, authority=None) for one in range(3))
Listing: TypeAlias = tuple[int, int, int, int | None, int, int]

listings: st.SearchStrategy[list[Listing]] = st.lists(
    st.tuples(
        st.integers(0, SPAN - 1),
        st.integers(1, SPAN),
        st.integers(1, 6),
        st.one_of(st.none(), st.integers(1, 6)),
        st.integers(0, 1),
        st.integers(0, len(ACTS) - 1),
    ),
    max_size=6,
)
moments = st.integers(0, 7)
few = settings(max_examples=40)  # each looks at hundreds of addresses or cells


def timeline(drawn: list[Listing]) -> Timeline:
    rows = [
        {
            "ipv4_from": BASE + first,
            "ipv4_until": BASE + min(first + n, SPAN),
            "begins": begins * SECOND,
            "until": NEVER if until is None else until * SECOND,
            "group": group,
            "decision": act,
        }
        for first, n, begins, until, group, act in drawn
    ]
    schema = pl.Schema(
        {
            "ipv4_from": pl.UInt64(),
            "ipv4_until": pl.UInt64(),
            "begins": pl.Int64(),
            "until": pl.Int64(),
            "group": pl.Int8(),
            "decision": pl.Int32(),
        }
    )
    subject = MapSubject(
        subject="register",
        name="made",
        title="A made register",
        layers=KINDS,
        apart=apart_by_kind,
        decisions=ACTS,
        known_from=EPOCH,
        standing=lambda _: Standing(),
    )
    return timeline_of(subject, pl.DataFrame(rows, schema=schema))


def standing(drawn: list[Listing], second: int) -> list[Listing]:
    return [one for one in drawn if one[2] <= second and (one[3] is None or second < one[3])]


def addresses(one: Listing) -> set[int]:
    return set(range(one[0], min(one[0] + one[1], SPAN)))


@few
@given(listings, moments)
def test_colours_are_what_each_address_stands_under(drawn: list[Listing], second: int) -> None:
    made = timeline(drawn)
    kinds = [set[int](), set[int]()]
    for one in standing(drawn, second):
        kinds[one[4]] |= addresses(one)
    ordered, attached = kinds
    found = made.layers_at(made.change_before(EPOCH + timedelta(seconds=second)))
    sets = [
        {int(at) - BASE for first, end in zip(one.starts, one.ends, strict=True)
         for at in range(int(first), int(end))}
        for one in found
    ]  # fmt: skip
    assert sets == [ordered - attached, attached - ordered, ordered & attached]


@few
@given(listings, moments)
def test_decisions_and_parts_add_up_in_any_network(drawn: list[Listing], second: int) -> None:
    made, network = timeline(drawn), IPv4Network((BASE, 26))
    told = map_answer(made, EPOCH + timedelta(seconds=second), str(network))
    alive = standing(drawn, second)
    assert told.ipv4 == len(set().union(*map(addresses, alive)))
    assert told.ipv4 == sum(child.ipv4 for child in told.children)
    sizes = {
        act.number: len(set().union(*(addresses(one) for one in alive if ACTS[one[5]] is act)))
        for act in ACTS
    }
    assert {act.decision: act.ipv4 for act in told.decisions} == {
        number: size for number, size in sizes.items() if size
    }


@few
@given(listings)
def test_every_stop_says_how_much_stands_and_leads_to_the_next(drawn: list[Listing]) -> None:
    made = timeline(drawn)
    found = stops(made)
    for stop, after in zip(found, [*found[1:], None], strict=True):
        told = map_answer(made, stop.at, "")
        assert (told.state, told.ipv4_everywhere) == (stop.state, stop.ipv4)
        assert told.after == after
        assert made.change_pinned(stop.state) == made.change_before(stop.at)
    assert [stop.at for stop in found] == sorted(stop.at for stop in found)


@few
@given(listings, moments)
def test_a_pixel_is_seen_exactly_where_something_is_listed(
    drawn: list[Listing], second: int
) -> None:
    made = timeline(drawn)
    layers = made.layers_at(made.change_before(EPOCH + timedelta(seconds=second)))
    square = Square.of_network(BASE, 13)  # a /26, an address a cell
    pixels = paint(layers, square, 4)
    listed = len(set().union(*map(addresses, standing(drawn, second))))
    assert (pixels > 1).sum() == 4 * listed  # each address is four pixels
    assert set(pixels[pixels > 1].tolist()) <= {5, 9, 13}  # the strongest of each colour


@few
@given(st.integers(0, 2**24 - 1), st.integers(8, 32))
def test_a_network_lies_where_its_addresses_do(within: int, length: int) -> None:
    viewed = IPv4Network((BASE, 8))
    network = IPv4Network((BASE + within, length), strict=False)
    box = box_of(viewed, network)
    assert box.width * box.height * 2**24 == 1024 * 1024 * network.num_addresses
    for address in (network[0], network[-1]):
        inside = box_of(viewed, IPv4Network(address))
        assert box.x <= inside.x < box.x + box.width
        assert box.y <= inside.y < box.y + box.height


@few
@given(listings, st.integers(0, SPAN), st.integers(0, SPAN))
def test_holders_add_up_to_what_is_listed(drawn: list[Listing], first: int, second: int) -> None:
    """Two holders and a rest that no table knows: sizes by looking at each address."""
    made = timeline(drawn)
    told = map_answer(made, EPOCH + timedelta(seconds=6), "52.0.0.0/26")
    layers = made.layers_at(made.change_before(EPOCH + timedelta(seconds=6)))
    ends = sorted((first, second))
    rows = pl.DataFrame(
        {
            "ipv4_from": pl.Series([BASE, BASE + ends[0]], dtype=pl.UInt64),
            "ipv4_until": pl.Series([BASE + ends[0], BASE + ends[1]], dtype=pl.UInt64),
            "as_name": ["One", "Two"],
        }
    ).filter(pl.col("ipv4_from") < pl.col("ipv4_until"))
    ranges = pl.concat([HOLDER_RANGES.empty(), rows], how="diagonal_relaxed")
    listed = IntervalSet.of(made.starts, made.ends)
    found, _ = holders_here(told, layers, HolderRuns.of(HolderTable("made", ranges), listed))
    alive = set().union(*map(addresses, standing(drawn, 6)))
    wanted = {
        "One": len([at for at in alive if at < ends[0]]),
        "Two": len([at for at in alive if ends[0] <= at < ends[1]]),
        None: len([at for at in alive if at >= ends[1]]),
    }
    assert found.whose is not None
    assert {one.holder: one.ipv4 for one in found.whose.holders} == {
        name: size for name, size in wanted.items() if size
    }


def test_a_state_of_another_timeline_has_no_pictures() -> None:
    one, other = timeline([(0, 4, 1, None, 0, 0)]), timeline([(0, 5, 1, None, 0, 0)])
    with pytest.raises(NoSnapshot, match="ask the page anew"):
        other.change_pinned(one.pin(SECOND))
    with pytest.raises(NoSnapshot, match="ask the page anew"):
        one.change_pinned(one.pin(2 * SECOND))
    assert instant_of(one.change_pinned(one.pin(SECOND))) == datetime(
        1970, 1, 1, 0, 0, 1, tzinfo=UTC
    )
