"""Sizes of what is listed, against recounting every address at every moment."""

from datetime import datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.registers.extent import alive_at, extent_series, ipv4_set, ipv4_size
from overblock.registers.groups import group_sizes
from overblock.tables import GAPS, LISTINGS
from register_worlds import HOUR, START

MICROSECOND = timedelta(microseconds=1)
spans = st.tuples(st.integers(0, 30), st.integers(1, 12))
keys = st.sampled_from(["a", "b", None])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Listings and the silences of their register, in whole hours."""
    rows = []
    for number in range(draw(st.integers(0, 8))):
        first, n = draw(spans)
        begun, kept, rest = draw(st.integers(0, 40)), draw(st.integers(0, 9)), draw(spans)[1]
        ended = draw(st.booleans())
        rows.append({
            "register": "x", "entry_key": str(number), "resource_kind": "prefix",
            "resource": f"{first}-{n}", "ipv4_from": first, "ipv4_until": first + n,
            "kind": draw(st.sampled_from(["ordered", "attached"])),
            "decision_number": draw(keys), "listed_from": START + begun * HOUR,
            "last_seen_at": START + (begun + kept) * HOUR,
            "listed_until": START + (begun + kept + rest) * HOUR if ended else None,
            "networks": [],
        })  # fmt: skip
    edges = sorted(draw(st.sets(st.integers(0, 60), max_size=6)))
    gaps = [
        ("x", START + begin * HOUR, START + end * HOUR)
        for begin, end in zip(edges[::2], edges[1::2], strict=False)
    ]
    return (
        pl.DataFrame(rows, schema=LISTINGS.schema()),
        pl.DataFrame(gaps, schema=GAPS.schema(), orient="row"),
    )


def counted(rows: pl.DataFrame) -> int:
    """Addresses, one by one."""
    spans = rows.select("ipv4_from", "ipv4_until").iter_rows()
    return len({address for first, end in spans for address in range(first, end)})


def confirmed(world: tuple[pl.DataFrame, pl.DataFrame], at: datetime) -> pl.DataFrame:
    """What counts at a moment: listed, and seen since the last silence that had ended by then."""
    listings, gaps = world
    ended = [row["silent_from"] for row in gaps.to_dicts() if row["silent_until"] <= at]
    return pl.DataFrame(
        [
            row
            for row in listings.to_dicts()
            if row["listed_from"] <= at
            and (row["listed_until"] is None or at < row["listed_until"])
            and not any(silent_from >= row["last_seen_at"] for silent_from in ended)
        ],
        schema=LISTINGS.schema(),
    )


def moments() -> list[datetime]:
    hours = [START + hour * HOUR for hour in range(80)]
    return [*hours, *(hour - MICROSECOND for hour in hours)]


@given(worlds(), st.sampled_from(moments()))
def test_what_is_alive_and_confirmed_is_what_counts(
    world: tuple[pl.DataFrame, pl.DataFrame], at: datetime
) -> None:
    alive = alive_at(*world, at).filter("confirmed").drop("confirmed")
    assert alive.sort("entry_key").equals(confirmed(world, at).sort("entry_key"))


@settings(max_examples=25)
@given(worlds())
def test_the_series_is_what_recounting_at_every_moment_gives(
    world: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    series = dict(extent_series(*world).select("at", "ipv4").iter_rows())
    now = 0
    for at in moments()[:80]:
        now = series.get(at, now)
        assert now == counted(confirmed(world, at))


@settings(max_examples=40)
@given(worlds())
def test_the_series_of_each_group_is_that_of_the_group_alone(
    world: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    listings, gaps = world
    series = extent_series(listings, gaps, "decision_number")
    for key in ("a", "b", None):
        alone = extent_series(
            listings.filter(pl.col("decision_number").eq_missing(pl.lit(key, pl.String))), gaps
        )
        mine = series.filter(pl.col("key").eq_missing(pl.lit(key, pl.String))).drop("key")
        assert mine.equals(alone)


@settings(max_examples=40)
@given(worlds())
def test_each_group_has_the_size_of_its_own_union(
    world: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    listings, _ = world
    found = group_sizes(listings, ["decision_number", "kind"])
    told = {(row["decision_number"], row["kind"]): row for row in found.to_dicts()}
    groups = listings.partition_by("decision_number", "kind", as_dict=True, include_key=True)
    assert told.keys() == groups.keys()
    for key, rows in groups.items():
        assert told[key]["ipv4"] == ipv4_set(rows).size == counted(rows)
        assert told[key]["networks"] == len(set(rows["resource"]))
        assert told[key]["since"] == rows["listed_from"].min()
        first, until = ipv4_of(told[key]["witness"])
        assert until - first == max(rows["ipv4_until"] - rows["ipv4_from"])
    assert found["ipv4"].is_sorted(descending=True)


def ipv4_of(resource: str) -> tuple[int, int]:
    first, _, n = resource.partition("-")
    return int(first), int(first) + int(n)


@settings(max_examples=40)
@given(worlds())
def test_ordered_and_attached_are_unions_of_their_own(
    world: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    listings, _ = world
    size = ipv4_size(listings)
    assert size.all == counted(listings)
    for kind in ("ordered", "attached"):
        assert getattr(size, kind) == counted(listings.filter(pl.col("kind") == kind))
