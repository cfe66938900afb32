"""Names are looked up and counted as arrays; plain text, dicts and sets say the same."""

from typing import Any

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.addresses.locate import FEW, TOP, Segments
from overblock.collateral.audiences import lists_of_sites
from overblock.collateral.hashed import Hashed
from overblock.collateral.keys import Keys
from overblock.collateral.merged import MOST_RUNS, Merged
from overblock.collateral.reach import any_of
from overblock.collateral.sites import Sites
from overblock.collateral.suffixes import bare, bare_apart, without_www
from overblock.collateral.worlds import World, rest_of
from overblock.tables import NAME_CATEGORIES, NAME_RANKS, RESOLUTIONS

few = settings(max_examples=30)
labels = st.sampled_from(["www", "a", "shop", "com", "x-1", "wwx", "www."])
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)
sectors = st.one_of(st.none(), st.sampled_from(["shop", "bank", "news", "Ü"]))
answers = st.sampled_from([
    {"outcome": "address", "ipv4": 1}, {"outcome": "address", "ipv4": 2},
    {"outcome": "address", "ipv6": bytes(16)}, {"outcome": "bogon", "answer": "::"},
    {"outcome": "nxdomain"}, {"outcome": "timeout"}, {},
])  # fmt: skip
chains = st.sampled_from([[], ["cdn.example"], ["cdn.example", "x.example"]])
ARRAYS = ("offsets", "addresses", "offsets6", "addresses6", "n_unknown", "absences")
edges = st.sets(st.integers(0, TOP - 1), max_size=30)


def without(name: str) -> str:
    rest = name.removeprefix("www.")
    return rest if "." in rest else name


@few
@given(st.lists(hosts, max_size=30))
def test_www_is_left_out_alike_of_names_in_order_and_in_none(drawn: list[str]) -> None:
    for names in (pl.Series(drawn, dtype=pl.String), pl.Series(drawn, dtype=pl.String).sort()):
        wanted = [without(name) for name in names]
        assert bare(names).to_list() == wanted
        assert (
            names.to_frame("name").select(without_www(pl.col("name")))["name"].to_list() == wanted
        )
        sites, places = bare_apart(names)
        assert sites.to_list() == [wanted[place] for place in places]
        assert sorted(places) == list(range(len(names)))


@few
@given(
    st.lists(st.tuples(hosts, sectors), max_size=20),
    st.lists(st.tuples(hosts, st.integers(1, 50)), max_size=20),
    st.lists(hosts, max_size=20),
)
def test_lists_say_of_a_name_what_they_say_of_its_site(
    kinds: list[tuple[str, str | None]], ranked: list[tuple[str, int]], asked: list[str]
) -> None:
    told = [{"record": 1, "name": name, "category": "X", "sector": kind} for name, kind in kinds]
    categories = pl.DataFrame(told, schema=NAME_CATEGORIES.schema())
    places = [
        {"record": 1, "name": name, "rank": rank, "bucket": rank // 10 * 10 + 10}
        for name, rank in ranked
    ]
    ranks = pl.DataFrame(places, schema=NAME_RANKS.schema())
    names = pl.Series("name", asked, pl.String)
    sites = Sites.of(lists_of_sites(categories, ranks))
    rows, said = sites.rows_of(names), sites.said_of(names)
    first = [
        min((kind for host, kind in kinds if kind and without(host) == without(name)), default=None)
        for name in asked
    ]
    best = [
        min((rank for host, rank in ranked if without(host) == without(name)), default=None)
        for name in asked
    ]
    assert said["sector"].cast(pl.String).to_list() == first
    assert said["rank"].to_list() == best
    assert sites.keys["sector"].at(rows).series().to_list() == first
    listed = {without(host) for host, _ in [*kinds, *ranked]}
    assert (rows >= 0).tolist() == [without(name) in listed for name in asked]
    alone = Sites.of(lists_of_sites(categories))
    assert alone.keys["sector"].at(alone.rows_of(names)).series().to_list() == first


@few
@given(st.lists(st.tuples(hosts, answers), max_size=20), st.integers(1, 4))
def test_a_world_is_one_whether_what_few_rows_say_was_read_with_the_others_or_apart(
    drawn: list[tuple[str, dict[str, Any]]], n: int
) -> None:
    told = [{"name": name, **answer} for name, answer in drawn]
    schema = {name: RESOLUTIONS.schema()[name] for name in World.OF_REACH}
    batch = pl.DataFrame(told, schema=schema)
    batches = list(batch.iter_slices(n))
    whole = World.of(batches)
    apart = World.of(
        [each.select(World.OF_ALL) for each in batches], rest_of(batch.lazy()).collect()
    )
    for one, other in ((getattr(each, field) for each in (whole, apart)) for field in ARRAYS):
        assert np.array_equal(one, other)
    assert whole.names.to_list() == apart.names.to_list() == sorted({name for name, _ in drawn})


@few
@given(st.lists(st.tuples(hosts, answers, chains), max_size=20), st.integers(1, 4))
def test_a_world_in_pieces_is_what_each_of_its_parts_is(
    drawn: list[tuple[str, dict[str, Any], list[str]]], n: int
) -> None:
    told = [{"name": name, "chain": chain, **answer} for name, answer, chain in drawn]
    schema = {name: RESOLUTIONS.schema()[name] for name in World.COLUMNS}
    world = World.of([pl.DataFrame(told, schema=schema)])
    ids = np.arange(world.n_names)
    pieces = list(world.cut(n))
    assert sum(piece.n_names for piece in pieces) == world.n_names
    for begin, piece in zip(range(0, world.n_names, n), pieces, strict=True):
        part = world.select(ids[begin : begin + n])
        for field in ARRAYS:
            assert np.array_equal(getattr(piece, field), getattr(part, field))
        assert piece.names.equals(part.names)
        assert piece.aliases.equals(part.aliases)


@few
@given(
    listed=st.sets(hosts).flatmap(lambda drawn: st.permutations(sorted(drawn))),
    drawn=st.lists(hosts),
    in_order=st.booleans(),
)
def test_texts_are_found_alike_by_merging_and_by_their_numbers(
    listed: list[str], drawn: list[str], *, in_order: bool
) -> None:
    asked = sorted(set(drawn)) if in_order else drawn
    texts, wanted = (pl.Series(each, dtype=pl.String) for each in (listed, asked))
    rows = [listed.index(text) if text in listed else -1 for text in asked]
    merged = Merged.of(texts)
    assert Hashed.of(texts).find(wanted).tolist() == rows
    assert merged is None or merged.find(wanted).tolist() == rows
    assert merged is not None or len(listed) > MOST_RUNS


@few
@given(said=st.lists(sectors, max_size=20), numbers=st.booleans())
def test_keys_are_the_words_that_were_said(said: list[str | None], *, numbers: bool) -> None:
    column = pl.Series(said, dtype=pl.String)
    if numbers:
        column = column.str.len_bytes()
    words = column.cast(pl.String).to_list()
    keys = Keys.of(column)
    assert keys.series().to_list() == words
    assert keys.with_nobody().at(np.array([-1])).series().to_list() == [None]
    assert sorted(keys.words) == sorted({word for word in words if word is not None})


@few
@given(st.lists(st.lists(st.sampled_from([1, 2, 4, 8]), max_size=9), max_size=12))
def test_flags_of_a_name_are_those_of_its_addresses(drawn: list[list[int]]) -> None:
    offsets = np.cumsum([0, *map(len, drawn)])
    flags = np.array([flag for each in drawn for flag in each], np.uint8)
    assert any_of(offsets, flags).tolist() == [
        int(np.bitwise_or.reduce(np.array(each, np.uint8))) for each in drawn
    ]


@few
@given(edges, st.integers(0, 2**32 - 1))
def test_a_value_holds_from_its_edge_to_the_next_whatever_the_points_are_made_of(
    drawn: set[int], seed: int
) -> None:
    starts = np.array(sorted(drawn), np.uint64)
    rows = np.arange(len(starts)) - 1
    segments = Segments.of(starts, rows, -1)
    points: Any = np.random.default_rng(seed).integers(0, TOP, FEW, dtype=np.uint64)
    points[: len(starts)] = starts
    points[len(starts) : 2 * len(starts)] = np.maximum(starts, 1) - np.uint64(1)
    wanted = np.append(rows, -1)[np.searchsorted(starts, points, side="right") - 1]
    answers = np.arange(100, 100 + len(starts) + 1)
    for asked in (points, points.astype(np.uint32)):
        assert np.array_equal(segments.at(asked), wanted)
        assert np.array_equal(segments.answered(answers).at(asked), answers[wanted])
