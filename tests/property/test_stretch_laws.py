"""Names read a stretch of the alphabet at a time are those that are read at once."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from name_worlds import resolution
from overblock.collateral.worlds import World
from overblock.reports.names.at_hand import NamesTable
from overblock.reports.names.stored import StoredNames
from overblock.reports.names.worlds import Names
from overblock.store import Store
from overblock.tables import NAME_SIGNS, RESOLUTIONS

PARTITION = "names_csv@2015-01-01"
few = settings(max_examples=40)
hosts = st.text("abw.", min_size=1, max_size=4)
answers = st.sampled_from([None, "192.0.2.1", "192.0.2.2", "198.51.100.7", "2001:db8::1"])
drawn_rows = st.lists(st.tuples(hosts, answers), min_size=1, max_size=12)


def frame(drawn: list[tuple[str, str | None]]) -> pl.DataFrame:
    rows = [resolution(number, *each) for number, each in enumerate(drawn, start=1)]
    return pl.DataFrame(rows, schema=RESOLUTIONS.schema())


def stored(root: Path, parts: list[pl.DataFrame], signs: list[str]) -> NamesTable:
    """Parts in the order of names, each of them in groups of two rows."""
    store = Store.create(root)
    with store.writing("names") as writer:
        for part in parts:
            writer.append(replace(RESOLUTIONS, group_rows=2), PARTITION, part.sort("name"))
        writer.append(NAME_SIGNS, PARTITION, signs_of(signs))
        writer.publish()
    view = store.view()
    return NamesTable(
        name=PARTITION,
        dated_at=None,
        batches=lambda: view.read_parts(RESOLUTIONS, PARTITION),
        signs=lambda: view.read_parts(NAME_SIGNS, PARTITION),
        stored=StoredNames(view, PARTITION),
    )


def loose(rows: pl.DataFrame, signs: list[str]) -> NamesTable:
    """The rows of a file."""
    return NamesTable(
        name="file",
        dated_at=None,
        batches=lambda: iter([rows]),
        signs=lambda: iter([signs_of(signs)]),
    )


def signs_of(names: list[str]) -> pl.DataFrame:
    told = [
        {"record": 1, "name": name, "sign": "title", "value": "Shop", "seen_at": None}
        for name in sorted(names)
    ]
    return pl.DataFrame(told, schema=NAME_SIGNS.schema())


def facts_of(world: World) -> list[tuple[Any, ...]]:
    """All that a world says of each name."""
    return [
        (
            name,
            world.addresses[world.offsets[place] : world.offsets[place + 1]].tolist(),
            world.addresses6[world.offsets6[place] : world.offsets6[place + 1]].tolist(),
            int(world.n_unknown[place]),
            int(world.absences[place]),
        )
        for place, name in enumerate(world.names)
    ]


@few
@given(
    parts=st.lists(drawn_rows, min_size=1, max_size=4),
    extra=drawn_rows,
    signs=st.sets(hosts),
    most_rows=st.integers(1, 60),
)
def test_stretches_are_the_whole_world_whatever_their_length(
    parts: list[list[tuple[str, str | None]]],
    extra: list[tuple[str, str | None]],
    signs: set[str],
    most_rows: int,
) -> None:
    frames, more = [frame(part) for part in parts], frame([*extra, ("a", "192.0.2.1")])
    whole = World.of([*frames, more])
    with TemporaryDirectory() as folder:
        tables = [stored(Path(folder), frames, sorted(signs)), loose(more, sorted(signs))]
        names = Names(tables, most_rows)
        worlds = list(names.worlds())
        told = [names.signs(world)["name"].to_list() for world in worlds]
    assert sorted(fact for world in worlds for fact in facts_of(world)) == facts_of(whole)
    for world, of_world in zip(worlds, told, strict=True):
        assert sorted(of_world) == sorted([*(signs & set(world.names))] * 2)
    in_order = [name for world in worlds for name in world.names]
    assert in_order == whole.names.to_list()
