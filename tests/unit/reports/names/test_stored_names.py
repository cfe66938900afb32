"""Names in the observatory, of which some are read by themselves."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from name_worlds import resolutions
from overblock.errors import MissingNames, PartGone, StoreDamaged
from overblock.reports.names.at_hand import NamesTable, names_for
from overblock.reports.names.stored import Step, StoredNames
from overblock.reports.names.worlds import Names
from overblock.store import Store, View
from overblock.tables import NAME_SIGNS, RESOLUTIONS

PARTITION = "names_csv@2015-01-01"
AT = datetime(2015, 1, 2, tzinfo=UTC)
PAIRS = [(f"{letter}.example", f"192.0.2.{place}") for place, letter in enumerate("abcdefghij")]


def view_of(root: Path, pairs: list[tuple[str, str | None]]) -> View:
    store = Store.create(root)
    with store.writing("names") as writer:
        for begin in (0, 1):  # two parts, through the whole alphabet each
            part = resolutions(pairs[begin::2])
            writer.append(replace(RESOLUTIONS, group_rows=2), PARTITION, part)
        writer.publish()
    return store.view()


def test_the_steps_are_told_without_reading_a_row(tmp_path: Path) -> None:
    steps = StoredNames(view_of(tmp_path, [*PAIRS]), PARTITION).steps()
    begins = sorted(step.name.partition(".")[0] for step in steps)
    assert (begins, sum(step.n_rows for step in steps)) == (list("abefij"), len(PAIRS))
    nothing = StoredNames(view_of(tmp_path / "b", [("a.b", None), ("c.d", None)]), PARTITION)
    wanted = [Step(name, 1, has_address=False) for name in ("a.b", "c.d")]
    assert sorted(nothing.steps()) == wanted


def test_many_names_are_read_a_stretch_at_a_time(tmp_path: Path) -> None:
    names = Names(names_for(view_of(tmp_path, [*PAIRS]), AT), most_rows=4)
    worlds = [world.names.to_list() for world in names.worlds()]
    assert len(worlds) > 1
    assert [name for world in worlds for name in world] == [name for name, _ in PAIRS]
    (whole,) = Names(names.tables).worlds()
    assert whole.names.to_list() == [name for name, _ in PAIRS]


def test_many_names_without_an_address_are_no_answer(tmp_path: Path) -> None:
    nowhere = view_of(tmp_path, [(name, None) for name, _ in PAIRS])
    with pytest.raises(MissingNames, match="10 names and no address"):
        list(Names(names_for(nowhere, AT), most_rows=4).worlds())


def test_a_part_that_is_gone_or_broken_is_named(tmp_path: Path) -> None:
    view = view_of(tmp_path, [*PAIRS])
    stored, (first, second) = StoredNames(view, PARTITION), view.paths(RESOLUTIONS, PARTITION)
    pl.DataFrame({"name": ["a.b"]}).write_parquet(second)
    with pytest.raises(StoreDamaged, match=second.name):
        stored.steps()
    second.write_bytes(b"PAR1 and no more")
    with pytest.raises(StoreDamaged, match=second.name):
        stored.steps()
    first.unlink()
    with pytest.raises(PartGone, match=first.name):
        stored.steps()


def test_files_of_many_names_are_read_once_and_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    rows, read = resolutions(reversed(PAIRS)), Counter[str]()

    def reading(what: str, frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        read[what] += 1
        yield from frame.iter_slices(3)

    file = NamesTable(
        name="file",
        dated_at=None,
        batches=lambda: reading("rows", rows),
        signs=lambda: reading("signs", NAME_SIGNS.empty()),
    )
    names = Names([file], most_rows=2)
    told = []
    for world in names.worlds():
        assert len(list(tmp_path.iterdir())) == 1
        assert names.signs(world).is_empty()
        told += world.names.to_list()
    assert told == [name for name, _ in PAIRS]
    assert read == {"rows": 2, "signs": 1}  # once to see that they are many
    assert not list(tmp_path.iterdir())
