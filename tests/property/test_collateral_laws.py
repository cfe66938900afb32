"""Collateral obeys its definitions on any small world, and every fast path its slow model.

Addresses and names are drawn from few, so that sharing, mirrors, overlaps and silences abound.
"""

from collections.abc import Iterable
from datetime import datetime
from ipaddress import ip_address
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from collateral_draws import drawn_rows, gaps_of, listings_of, resolutions, signs_drawn
from collateral_model import (
    Book,
    Name,
    Orders,
    address_text,
    counts_at,
    group_of,
    names_of,
    reach_of,
    signs_of,
)
from overblock.collateral import impact as impacts
from overblock.collateral.cotenants import Tenants, cotenants
from overblock.collateral.dead_orders import dead_orders
from overblock.collateral.groups import classify, grouped
from overblock.collateral.impact import impact, names_in_each, top_addresses, top_networks
from overblock.collateral.keys import Keys
from overblock.collateral.listed import Listed
from overblock.collateral.over_time import hit_series, hit_since, hit_spans
from overblock.collateral.profile import count, count_hits, figures, merge
from overblock.collateral.reach import Hits, reach, reach_codes
from overblock.collateral.streams import whole_names
from overblock.collateral.targets import Named
from overblock.collateral.worlds import World
from overblock.tables import NAME_SIGNS
from register_worlds import HOUR, START

MOMENTS = [START + hour * HOUR for hour in range(30)]
REACH_ORDER = {"unknown": 0, "not": 1, "partly": 2, "fully": 3}


def signs_frame(drawn: list[tuple[str, tuple[str, str]]]) -> pl.DataFrame:
    told = [
        {"record": number, "name": name, "sign": sign, "value": value}
        for number, (name, (sign, value)) in enumerate(drawn, 1)
    ]
    return pl.DataFrame(told, schema=NAME_SIGNS.schema())


def same_world(a: World, b: World) -> bool:
    pairs: list[tuple[Any, Any]] = [
        (a.offsets, b.offsets), (a.addresses, b.addresses), (a.offsets6, b.offsets6),
        (a.addresses6, b.addresses6), (a.n_unknown, b.n_unknown), (a.absences, b.absences),
    ]  # fmt: skip
    arrays = all(np.array_equal(one, other) for one, other in pairs)
    return arrays and a.names.equals(b.names) and a.aliases.equals(b.aliases)


@settings(max_examples=20)
@given(drawn_rows, st.randoms(use_true_random=False), st.integers(1, 5))
def test_order_batches_and_repetition_change_nothing(
    drawn: list[dict[str, Any]], random: Any, n: int
) -> None:
    world = World.of([resolutions(drawn)])
    again = [*drawn, *drawn[::2]]
    random.shuffle(again)
    batches = [resolutions(again[place::n]) for place in range(n)]
    assert same_world(World.of(batches), world)
    assert world.names.to_list() == sorted({row["name"] for row in drawn})


@settings(max_examples=30)
@given(drawn_rows, listings_of(), signs_drawn)
def test_every_name_is_told_as_the_slow_model_tells_it(
    drawn: list[dict[str, Any]], listed: pl.DataFrame, signs: list[tuple[str, tuple[str, str]]]
) -> None:
    frame = resolutions(drawn)
    told = classify(World.of([frame]), Listed.of(listed), Named.of(listed), signs_frame(signs))
    names_seen, book = names_of([frame]), Book(listed.to_dicts())
    orders, facts = Orders(listed.to_dicts()), signs_of(signs_frame(signs))
    assert told["name"].to_list() == sorted(names_seen)  # each once: a partition
    for row in told.to_dicts():
        seen = names_seen[row["name"]]
        how, witness = reach_of(seen, book)
        assert (row["reach"], address_text(row)) == (how, str(witness) if witness else None)
        assert (row["group"], row["rule"]) == group_of(row["name"], seen, orders, facts)
        assert row["n_addresses"] == len(seen.addresses)
        assert row["n_unknown"] == len(seen.unknown)


@settings(max_examples=20)
@given(drawn_rows, listings_of(), listings_of())
def test_listing_more_never_lowers_the_reach(
    drawn: list[dict[str, Any]], some: pl.DataFrame, more: pl.DataFrame
) -> None:
    world = World.of([resolutions(drawn)])
    before = reach(world, Listed.of(some))
    after = reach(world, Listed.of(pl.concat([some, more])))
    assert (after["n_listed"] >= before["n_listed"]).all()
    for was, now in zip(before["reach"], after["reach"], strict=True):
        assert REACH_ORDER[now] >= REACH_ORDER[was]


@settings(max_examples=20)
@given(drawn_rows, listings_of(), listings_of())
def test_impact_is_what_asking_the_whole_world_twice_gives(
    drawn: list[dict[str, Any]], was: pl.DataFrame, now: pl.DataFrame
) -> None:
    world = World.of([resolutions(drawn)])
    before, after = Listed.of(was), Listed.of(now)
    told = impact(Tenants.of(world), before, after)
    whole = reach(world, after).with_columns(
        reach_before=reach(world, before)["reach"],
        id=pl.int_range(world.n_names, dtype=pl.UInt32, eager=True),
    )
    assert told.drop("change").equals(whole.filter(pl.col("reach") != pl.col("reach_before")))
    for row in told.to_dicts():
        hit_before, hit_after = (
            row[column] in {"fully", "partly"} for column in ("reach_before", "reach")
        )
        better = "worse" if row["reach"] == "fully" else "better"
        wanted = {(False, True): "hit", (True, False): "freed", (True, True): better}
        assert row["change"] == wanted[hit_before, hit_after]
    assert reach_codes(world, after).tolist() == whole["reach"].to_physical().to_list()


@settings(max_examples=20)
@given(drawn_rows, st.lists(listings_of(), max_size=6), st.sampled_from([1, 3, 1 << 22]))
def test_names_are_counted_in_many_sets_at_once_as_in_each(
    drawn: list[dict[str, Any]], listed: list[pl.DataFrame], most: int
) -> None:
    tenants = Tenants.of(World.of([resolutions(drawn)]))
    sets = [Listed.of(rows).ipv4 for rows in listed]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(impacts, "MOST_PAIRS", most)
        counts = names_in_each(tenants, sets)
    assert counts.tolist() == [len(tenants.within(one)) for one in sets]


@settings(max_examples=20)
@given(drawn_rows, listings_of(), st.integers(1, 3))
def test_the_addresses_and_networks_that_hit_most_are_those_counted_one_by_one(
    drawn: list[dict[str, Any]], listed: pl.DataFrame, n: int
) -> None:
    frame = resolutions(drawn)
    tenants = Tenants.of(World.of([frame]))
    homes = {
        name: {int(each) for each in seen.addresses if each.version == 4}
        for name, seen in names_of([frame]).items()
    }
    held = {address for home in homes.values() for address in home}
    book = Book(listed.to_dicts())
    hits = {
        address: sorted(name for name, home in homes.items() if address in home)
        for address in held
        if ip_address(address) in book
    }
    top = sorted(hits, key=lambda address: (-len(hits[address]), address))[:n]
    assert top_addresses(tenants, Listed.of(listed).ipv4, n).rows() == [
        (address, len(hits[address]), hits[address][0]) for address in top
    ]
    ranges = {
        (row["ipv4_from"], row["ipv4_until"]): sum(
            any(row["ipv4_from"] <= each < row["ipv4_until"] for each in home)
            for home in homes.values()
        )
        for row in listed.to_dicts()
        if row["ipv4_from"] is not None
    }
    best = sorted(((-n_hit, *span) for span, n_hit in ranges.items() if n_hit))[:n]
    told = top_networks(tenants, listed, n)
    assert told["n_names"].to_list() == [-n_hit for n_hit, _, _ in best]
    for row in told.to_dicts():
        assert ranges[row["ipv4_from"], row["ipv4_until"]] == row["n_names"]


@settings(max_examples=15)
@given(drawn_rows)
def test_who_shares_an_address_is_who_has_it(drawn: list[dict[str, Any]]) -> None:
    frame = resolutions(drawn)
    world = World.of([frame])
    tenants, seen = Tenants.of(world), names_of([frame])
    for place, name in enumerate(world.names):
        own = seen[name].addresses
        shared = {
            other: len(own & seen[other].addresses)
            for other in seen
            if other != name and own & seen[other].addresses
        }
        found = cotenants(tenants, place)
        assert dict(found.iter_rows()) == shared
        assert found.rows() == sorted(shared.items(), key=lambda pair: (-pair[1], pair[0]))
        for address in own:
            there = sorted(each for each in seen if address in seen[each].addresses)
            if address.version == 4:
                assert tenants.on(int(address)).to_list() == there
            else:
                assert tenants.on6(address.packed).to_list() == there


def hits_at(
    seen: dict[str, Name], listings: pl.DataFrame, gaps: pl.DataFrame, at: datetime
) -> dict[str, str]:
    """The reach of the names that are hit at a moment."""
    book = Book(counts_at(listings.to_dicts(), gaps.to_dicts(), at))
    reaches = {name: reach_of(each, book)[0] for name, each in seen.items()}
    return {name: how for name, how in reaches.items() if how in {"fully", "partly"}}


@settings(max_examples=12)
@given(drawn_rows, listings_of(), gaps_of())
def test_time_is_followed_as_recomputing_every_moment_would(
    drawn: list[dict[str, Any]], listings: pl.DataFrame, gaps: pl.DataFrame
) -> None:
    frame = resolutions(drawn)
    world, seen = World.of([frame]), names_of([frame])
    groups = grouped(world, Named.of(listings))["group"]
    of_name = dict(zip(world.names, groups, strict=True))
    spans = pl.concat(hit_spans(world, listings, gaps)) if drawn else None
    series = hit_series(world, listings, gaps, groups)
    now = {(group, how): 0 for group in groups.unique() for how in ("fully", "partly")}
    since: dict[str, datetime] = {}
    reach_since: dict[tuple[str, str], datetime] = {}
    for at in MOMENTS:
        hits = hits_at(seen, listings, gaps, at)
        since = {name: since.get(name, at) for name in hits}
        reach_since = {pair: reach_since.get(pair, at) for pair in hits.items()}
        for row in series.filter(pl.col("at") == at).to_dicts():
            now |= {(row["group"], "fully"): row["fully"], (row["group"], "partly"): row["partly"]}
        for (group, how), n in now.items():
            assert n == sum(of_name[name] == group for name in hits if hits[name] == how)
        if spans is None or at.hour % 5:
            continue
        told = hit_since(world, listings, gaps, at)
        assert {
            world.names[row["id"]]: (row["reach"], row["hit_since"], row["reach_since"])
            for row in told.to_dicts()
        } == {name: (how, since[name], reach_since[name, how]) for name, how in hits.items()}


@settings(max_examples=15)
@given(drawn_rows, listings_of())
def test_an_order_is_dead_where_its_target_lives_elsewhere_or_nowhere(
    drawn: list[dict[str, Any]], listings: pl.DataFrame
) -> None:
    frame = resolutions(drawn)
    world, seen = World.of([frame]), names_of([frame])
    groups = grouped(world, Named.of(listings))
    bystanders = set(world.names.filter(groups["group"] == "bystander"))
    told = dead_orders(Tenants.of(world), listings, groups)
    wanted = []
    entries = listings.partition_by("entry_key", as_dict=True)
    for (key,), entry in entries.items():
        hosts = set(Orders(entry.to_dicts()).hosts)
        for row in entry.filter(resource_kind="address", kind="attached").to_dicts():
            number = row["ipv4_from"] if row["ipv4_from"] is not None else row["ipv6_first"]
            here = sorted(name for name in bystanders if ip_address(number) in seen[name].addresses)
            verdict = verdict_of(hosts, seen, number)
            wanted.append((key, row["resource"], verdict, len(here), next(iter(here), None)))
    columns = ["entry_key", "resource", "verdict", "n_bystanders", "bystander"]
    assert sorted(told.select(columns).rows()) == sorted(set(wanted))


def verdict_of(hosts: set[str], seen: dict[str, Name], number: int | bytes) -> str:
    own = {
        host: [each for name in (host, f"www.{host}") if (each := seen.get(name))] for host in hosts
    }
    homes = {each for found in own.values() for one in found for each in one.addresses}
    if ip_address(number) in homes:
        return "lives"
    every = [one for found in own.values() for one in found]
    if not all(own.values()) or any(one.unknown for one in every):
        return "unknown"
    return "moved" if homes else "gone"


@settings(max_examples=6)
@given(drawn_rows, listings_of(), st.integers(8, 20))
def test_parts_of_a_world_add_up_to_the_whole(
    drawn: list[dict[str, Any]], listed: pl.DataFrame, n: int
) -> None:
    frame = resolutions(drawn)
    whole = counted([frame], listed)
    pieces = [counted([piece], listed) for piece in whole_names([frame.sort("name")], n)]
    assert merge(pieces).equals(whole)
    assert counted_by_arrays([frame], listed).equals(whole)
    told = figures(whole)
    for row in told.to_dicts():
        assert row["share"] == row["count"] / row["denominator"]
    assert told.filter(by="group")["count"].sum() == len({row["name"] for row in drawn})


def counted(batches: Iterable[pl.DataFrame], listed: pl.DataFrame) -> pl.DataFrame:
    return count(classify(World.of(batches), Listed.of(listed), Named.of(listed)))


def counted_by_arrays(batches: Iterable[pl.DataFrame], listed: pl.DataFrame) -> pl.DataFrame:
    hits = Hits.of(World.of(batches), Listed.of(listed))
    groups = grouped(hits.world, Named.of(listed))
    return merge([count_hits(hits, {"rule": Keys.of(groups["rule"])}, groups["group"])])


@settings(max_examples=20)
@given(drawn_rows, st.data())
def test_a_part_of_a_world_says_of_its_names_what_the_whole_says(
    drawn: list[dict[str, Any]], data: st.DataObject
) -> None:
    assume(drawn)
    chosen = set(data.draw(st.lists(st.sampled_from([row["name"] for row in drawn]))))
    world = World.of([resolutions(drawn)])
    ids = np.flatnonzero(world.names.is_in(list(chosen)).to_numpy())
    alone = World.of([resolutions([row for row in drawn if row["name"] in chosen])])
    assert same_world(world.select(ids), alone)
    assert world.find(pl.Series([*sorted(chosen), "nobody.example"])).to_list() == [*ids, None]
