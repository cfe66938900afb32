"""Who shares an address, against asking every pair of a small world."""

import tempfile
from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path

import duckdb
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from name_worlds import SEEN, keep, resolution
from overblock.reports.checks.lookup import Desk
from overblock.reports.checks.standing_names import NameRolls, TenantRolls
from overblock.reports.collateral.neighbours import MOST_NAMED, Rolls
from overblock.reports.collateral.neighbours_in_files import rolls_of
from overblock.reports.names.at_hand import NamesTable
from overblock.reports.names.worlds import Names
from overblock.reports.targets import read_target
from overblock.store import Store, View
from overblock.tables import NAME_SIGNS, RESOLUTIONS

NAMES = [f"{letter}.example" for letter in "abcdefgh"]
ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.9", "203.0.113.7", "2001:db8::1", "2001:db8:0:1::"]
TARGETS = [
    *ADDRESSES, *NAMES, "http://a.example/page", "192.0.2.0/29", "2001:db8::/48", "none.example",
    "0.0.0.0/0", "::/0",
]  # fmt: skip
pairs = st.tuples(st.sampled_from(NAMES), st.sampled_from([*ADDRESSES, None]))


def tenants_of(spots: Iterable[str], world: list[tuple[str, str | None]]) -> set[str]:
    wanted = [ip_network(spot) for spot in spots]
    return {
        name
        for name, address in world
        if address and any(ip_address(address) in network for network in wanted
                           if network.version == ip_address(address).version)
    }  # fmt: skip


@settings(max_examples=10)  # each has a database of its own
@given(st.lists(pairs, min_size=1, max_size=14))
def test_tenants_are_all_others_on_the_same_addresses(world: list[tuple[str, str | None]]) -> None:
    rows = [resolution(number, name, address) for number, (name, address) in enumerate(world)]
    frame = pl.DataFrame(rows, schema=RESOLUTIONS.schema())
    names = Names([
        NamesTable(
            name="world",
            dated_at=None,
            batches=lambda: iter(frame.iter_slices(5)),
            signs=lambda: iter([NAME_SIGNS.empty()]),
        )
    ])  # fmt: skip
    targets = [read_target(target) for target in TARGETS]
    with duckdb.connect() as connection:
        desk = Desk(connection, View(Path("nowhere"), {}, {}))
        rolls = rolls_of(desk, names, targets)
        first, every = rolls.tenants(targets), rolls.tenants(targets, "all")
    for written, few, found in zip(TARGETS, first, every, strict=True):
        host = written.removeprefix("http://").removesuffix("/page")
        own = [address for name, address in world if name == host and address]
        if host.endswith(".example") and not own:
            assert found is None
            continue
        wanted = tenants_of(own or [written], world) - {host}
        assert found is not None
        assert few is not None
        assert found.names == sorted(wanted)
        assert (few.in_all, few.names) == (len(wanted), sorted(wanted)[:MOST_NAMED])


@settings(max_examples=6)  # each is an observatory with a database of its own
@given(st.lists(pairs, min_size=1, max_size=30), st.lists(pairs, max_size=6))
def test_tenants_in_memory_are_those_of_the_files(
    one: list[tuple[str, str | None]], other: list[tuple[str, str | None]]
) -> None:
    """One source says some of it, another the rest, and both may say the same."""
    targets = [read_target(target) for target in TARGETS]
    with tempfile.TemporaryDirectory() as name:
        store = Store.create(Path(name) / "observatory")
        kept = {"names_csv@2015-01-02": one, "names_list@2015-01-01": other}
        for partition, world in kept.items():
            keep(store, world, partition)
        view, at = store.view(), SEEN + timedelta(days=1)
        with duckdb.connect() as connection:
            files = Rolls.at_hand(Desk(connection, view), at)
            assert files is not None
            slow = files.tenants(targets)
        chosen = tuple(partition for partition, world in kept.items() if world)
        held = NameRolls().of(view, chosen, len(targets))
        assert isinstance(held, TenantRolls)
        assert [held.tenants(target) for target in targets] == slow
