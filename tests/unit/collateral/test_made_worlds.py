"""Precision and recall on worlds whose truth is known: by construction, and by the slow model."""

from functools import cache

import polars as pl
import pytest

from collateral_model import (
    Book,
    Orders,
    address_text,
    group_of,
    names_of,
    reach_of,
    signs_of,
)
from overblock.collateral.audiences import Holders, Holding, held_by, listed_as, lists_of_sites
from overblock.collateral.groups import classify, grouped
from overblock.collateral.keys import Keys
from overblock.collateral.listed import Listed
from overblock.collateral.profile import COUNTS, Split, count, count_hits, figures, merge
from overblock.collateral.reach import Hits
from overblock.collateral.sites import Sites
from overblock.collateral.streams import whole_names, worlds
from overblock.collateral.targets import Named
from overblock.collateral.worlds import World
from real_registers import register_of_2018 as register_file
from worlds import MadeWorld, make_world, register_of_2018, small_register

SEED = 2018
N_NAMES = 10_000
HOLDINGS: tuple[Holding, ...] = ("holder", "country")
LISTINGS: tuple[Split, ...] = ("sector", "popularity")


@cache
def register(which: str) -> pl.DataFrame:
    if which == "2018":
        return register_of_2018(register_file())
    return small_register(SEED)


@cache
def made(which: str) -> MadeWorld:
    return make_world(register(which), N_NAMES, SEED)


@cache
def classified(which: str) -> pl.DataFrame:
    world = World.of(made(which).resolutions)
    return answered(world, which)


@cache
def orders(which: str) -> tuple[Listed, Named]:
    return Listed.of(register(which)), Named.of(register(which))


def answered(world: World, which: str) -> pl.DataFrame:
    tables = made(which)
    frame = classify(world, *orders(which), tables.signs)
    lists = lists_of_sites(tables.categories, tables.ranks)
    return frame.with_columns(
        held_by(frame, tables.ranges, "holder"), held_by(frame, tables.ranges, "country")
    ).hstack(listed_as(frame["name"], lists))


both = pytest.mark.parametrize("which", ["made-up", "2018"])


@both
@pytest.mark.parametrize(
    "column", ["name", "reach", "group", "holder", "country", "sector", "popularity"]
)
def test_every_name_is_told_as_it_was_made(which: str, column: str) -> None:
    told = classified(which)[column].cast(pl.String)
    so = made(which).truth[column].cast(pl.String)
    assert told.to_list() == so.to_list()


@both
def test_no_group_and_no_reach_of_the_made_worlds_is_empty(which: str) -> None:
    """Else a hundred per cent would say little."""
    kinds = made(which).truth.group_by("group", "reach").len()
    assert len(kinds) == 12
    assert min(kinds["len"]) >= 10


@both
def test_reach_and_witness_are_those_of_the_slow_model(which: str) -> None:
    names, listed = names_of(made(which).resolutions), Book(register(which).to_dicts())
    for row in classified(which).iter_rows(named=True):
        reach, witness = reach_of(names[row["name"]], listed)
        assert (row["reach"], address_text(row)) == (reach, str(witness) if witness else None)


def test_kinds_are_counted_apart() -> None:
    names = names_of(made("made-up").resolutions)
    for kind in ("ordered", "attached"):
        listed = Book(register("made-up").filter(pl.col("kind") == kind).to_dicts())
        wanted = [
            sum(address in listed for address in names[name].addresses)
            for name in classified("made-up")["name"]
        ]
        assert classified("made-up")[f"n_{kind}"].to_list() == wanted


def test_groups_and_rules_are_those_of_the_slow_model() -> None:
    which = "2018"
    tables = made(which)
    names, signs = names_of(tables.resolutions), signs_of(tables.signs)
    meant = Orders(register(which).to_dicts())
    some = classified(which).filter(pl.col("group") != "bystander")
    some = pl.concat([some, classified(which).gather_every(100)])  # the model takes long
    for row in some.iter_rows(named=True):
        found = group_of(row["name"], names[row["name"]], meant, signs)
        assert (row["name"], row["group"], row["rule"]) == (row["name"], *found)


def test_a_world_in_pieces_counts_the_same_as_the_world_whole() -> None:
    whole = count(classified("made-up"))
    pieces = whole_names(made("made-up").resolutions, 4_000)
    parts = [count(answered(world, "made-up")) for world in worlds(pieces)]
    assert len(parts) >= 3
    assert merge(parts).equals(whole)
    assert merge([]).equals(COUNTS.to_frame())


@both
def test_a_world_that_is_looked_up_counts_the_same_as_its_rows(which: str) -> None:
    tables = made(which)
    lists = Sites.of(lists_of_sites(tables.categories, tables.ranks))
    listed, named = orders(which)
    parts = []
    for world in worlds(whole_names(tables.resolutions, 4_000)):
        hits, rows = Hits.of(world, listed), lists.rows_of(world.names)
        groups = grouped(world, named, tables.signs)
        splits: dict[Split, Keys] = {"rule": Keys.of(groups["rule"])}
        for by in HOLDINGS:
            splits[by] = Holders.of(tables.ranges, by).of_hits(hits)
        for key in LISTINGS:
            splits[key] = lists.keys[key].at(rows)
        assert lists.ranks is not None
        parts.append(count_hits(hits, splits, groups["group"], lists.ranks.take(rows)))
    assert merge(parts).equals(count(classified(which)))


def test_figures_add_up_whichever_way_they_are_split() -> None:
    told = figures(count(classified("2018")))
    assert set(told["by"]) == {"group", "rule", "holder", "country", "sector", "popularity"}
    for _, part in told.group_by("by"):
        assert part["count"].sum() == N_NAMES
    sums = told.group_by("by", "key", "group").agg(
        pl.col("count").sum(), pl.col("denominator").unique(), pl.col("share").sum()
    )
    assert sums["denominator"].list.len().eq(1).all()
    assert sums["count"].equals(sums["denominator"].list.first())
    assert sums["share"].to_list() == pytest.approx([1.0] * len(sums))


def test_a_witness_is_the_most_popular_name_that_its_figure_counts() -> None:
    frame = classified("2018")
    for row in figures(count(frame), "sector").iter_rows(named=True):
        names = frame.filter(
            pl.col("sector").cast(pl.String).eq_missing(pl.lit(row["key"], pl.String)),
            pl.col("group") == row["group"],
            pl.col("reach") == row["reach"],
        )
        best = names.sort("rank", "name", nulls_last=True).row(0, named=True)
        assert (row["witness"], row["count"]) == (best["name"], len(names))
        assert row["witness_address"] == address_text(best)
