"""Signs of orders that miss, against asking of every address at every hour."""

from datetime import datetime

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.collateral.attachments import attachments, corrected, deserted, left_behind, shared
from overblock.tables import GAPS, LISTINGS
from register_worlds import HOUR, START

HOSTS = {"a.example": "a", "www.a.example": "a", "a.test": "a", "b.example": "b", "c.example": "c"}
ADDRESSES = ("192.0.2.1", "192.0.2.2", "198.51.100.3")
END = 40
SECOND = 1_000_000
FEW = 50
FEWER = 20  # each looks at every hour of every address


@st.composite
def worlds(draw: st.DrawFn) -> pl.DataFrame:
    """Listings of entries that each name one host, in whole hours."""
    rows = []
    for entry in range(draw(st.integers(0, 6))):
        host = draw(st.sampled_from(sorted(HOSTS)))
        page = draw(st.booleans())
        resource = f"http://{host}/x" if page else host
        for address in draw(st.lists(st.sampled_from(ADDRESSES), min_size=1, unique=True)):
            begun = draw(st.integers(0, 30))
            ended = begun + draw(st.integers(1, 20))
            rows.append(_row(str(entry), "address", address, begun, ended))
        rows.append(_row(str(entry), "url" if page else "domain", resource, 0, END))
    return pl.DataFrame(rows, schema=LISTINGS.schema())


def _row(entry: str, kind: str, resource: str, begun: int, ended: int) -> dict[str, object]:
    return {
        "register": "x", "entry_key": entry, "resource_kind": kind, "resource": resource,
        "kind": "attached", "listed_from": START + begun * HOUR,
        "last_seen_at": START + (ended - 1) * HOUR, "listed_until": START + ended * HOUR,
        "networks": [],
    }  # fmt: skip


def hosts_of(world: pl.DataFrame) -> dict[str, str]:
    named = world.filter(pl.col("resource_kind") != "address")
    return {
        row["entry_key"]: row["resource"].removeprefix("http://").removesuffix("/x")
        for row in named.to_dicts()
    }


def listed(world: pl.DataFrame) -> list[tuple[str, str, str, int, int]]:
    """Entry, host, address, first hour, hour after the last."""
    hosts = hosts_of(world)
    return [
        (
            row["entry_key"],
            hosts[row["entry_key"]],
            row["resource"],
            _hour(row["listed_from"]),
            min(END, _hour(row["listed_until"])),
        )
        for row in world.filter(pl.col("resource_kind") == "address").to_dicts()
    ]


def _hour(moment: datetime) -> int:
    return round((moment - START) / HOUR)


def pairs_of(world: pl.DataFrame) -> pl.DataFrame:
    return attachments(world, GAPS.empty(), START, START + END * HOUR)


def hours(spans: pl.DataFrame) -> dict[tuple[str, int], int]:
    """Every hour of each address in which the sign holds."""
    first = int(START.timestamp()) * SECOND
    step = 3600 * SECOND
    return {
        (row["resource"], hour): row["n_sites"]
        for row in spans.to_dicts()
        for hour in range((row["begins"] - first) // step, (row["ends"] - first) // step)
    }


@settings(max_examples=FEWER)
@given(worlds())
def test_an_address_is_shared_in_the_hours_in_which_different_sites_stand_on_it(
    world: pl.DataFrame,
) -> None:
    slow = {}
    for address in ADDRESSES:
        for hour in range(END):
            sites = {
                HOSTS[host]
                for _, host, there, begun, ended in listed(world)
                if there == address and begun <= hour < ended
            }
            if len(sites) > 1:
                slow[address, hour] = len(sites)
    fast = hours(shared(pairs_of(world)))
    assert fast.keys() == slow.keys()
    assert max(fast.values(), default=0) == max(slow.values(), default=0)


def departures(world: pl.DataFrame) -> dict[tuple[str, str], int]:
    """Host and address, and from which hour on the register says that it lives elsewhere."""
    rows = listed(world)
    left = {}
    for host in HOSTS:
        begins: dict[str, int] = {}
        for entry, named, _, begun, _ in rows:
            if named == host:
                begins[entry] = min(begun, begins.get(entry, END))
        for address in ADDRESSES:
            mine = [row for row in rows if row[1:3] == (host, address)]
            if not mine:
                continue
            put, ends = max(row[3] for row in mine), max(row[4] for row in mine)
            later = [begun for begun in begins.values() if put < begun < ends]
            if later:
                left[host, address] = min(later)
    return left


@settings(max_examples=FEW)
@given(worlds())
def test_a_host_has_left_an_address_when_a_later_entry_says_only_others(
    world: pl.DataFrame,
) -> None:
    first = int(START.timestamp()) * SECOND
    fast = {
        (row["host"], row["resource"]): (row["left"] - first) // (3600 * SECOND)
        for row in left_behind(pairs_of(world)).to_dicts()
    }
    assert fast == departures(world)


@settings(max_examples=FEWER)
@given(worlds())
def test_an_address_is_deserted_in_the_hours_in_which_all_its_hosts_have_left(
    world: pl.DataFrame,
) -> None:
    left = departures(world)
    slow = set()
    for address in ADDRESSES:
        for hour in range(END):
            there = {
                host
                for _, host, on, begun, ended in listed(world)
                if on == address and begun <= hour < ended
            }
            if there and all(left.get((host, address), END) <= hour for host in there):
                slow.add((address, hour))
    pairs = pairs_of(world)
    assert set(hours(deserted(pairs, left_behind(pairs)))) == slow


@settings(max_examples=FEW)
@given(worlds())
def test_a_correction_takes_back_all_first_addresses_within_the_time(world: pl.DataFrame) -> None:
    limit = 5
    slow = set()
    for entry in hosts_of(world):
        mine = [row for row in listed(world) if row[0] == entry]
        begins, ends = min(row[3] for row in mine), max(row[4] for row in mine)
        first = {row[2]: row[4] for row in mine if row[3] == begins}
        if max(first.values()) - begins <= limit and max(first.values()) < ends:
            slow |= {(entry, address) for address in first}
    fast = corrected(pairs_of(world), limit * HOUR)
    assert {(row["entry_key"], row["resource"]) for row in fast.to_dicts()} == slow
