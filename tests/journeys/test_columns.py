"""Rows for programs: the same columns of the same types, whether or not anything stands in them."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from name_worlds import keep
from overblock.store import Store
from register_worlds import DUMP, HOUR, START, dump, ingest, line
from running import inside

DAY = 24 * HOUR
LINES = [line("93.184.216.1", "casino.example"), line("93.184.218.0/24", decision="2")]
LISTED, FREE = "93.184.216.1", "8.8.8.8"
MOMENTS = {"some": ("2015-01-01", "2015-01-02"), "none": ("2015-01-02", "2015-01-03")}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("columns")
    for number, lines in enumerate((LINES[:1], LINES, LINES, LINES)):
        (folder / f"dump-{number}-of.csv").write_bytes(dump(START + number * DAY, lines))
    made = Store.create(folder / "observatory")
    ingest(made, [folder])
    keep(made, [("museum.example", LISTED)], "names_csv@2015-01-02")
    return made.root


def words_of(command: str, which: str) -> tuple[str, ...]:
    begins, ends = MOMENTS[which]
    asked = {
        "check": (LISTED if which == "some" else FREE, "--at", ends),
        "cotenants": (LISTED if which == "some" else FREE, "--at", ends),
        "diff": (DUMP, "--from", begins, "--to", ends),
        "dead": (DUMP, "--to", ends),
    }
    return (command, *asked[command])


@pytest.mark.parametrize("command", ["check", "cotenants", "diff", "dead"])
def test_columns_and_their_types_do_not_hang_on_what_stands_in_them(
    store: Path, command: str
) -> None:
    read = {}
    for which in MOMENTS:
        words = (*words_of(command, which), "--store", str(store), "--format")
        text = inside(*words, "csv").out.decode()
        table = pl.read_parquet(io.BytesIO(inside(*words, "parquet").out))
        assert next(csv.reader(io.StringIO(text))) == table.columns
        read[which] = table.schema
    assert read["some"] == read["none"]
    assert pl.Null not in read["none"].dtypes()
    assert pl.List(pl.Null) not in read["none"].dtypes()


def test_an_extent_of_nothing_has_the_columns_of_one_of_something(
    store: Path, tmp_path: Path
) -> None:
    named = dump(START, [line("", "casino.example")])  # a name alone: no address is listed
    (tmp_path / "dump.csv").write_bytes(named)
    made = Store.create(tmp_path / "observatory")
    ingest(made, [tmp_path / "dump.csv"])
    read = []
    for root in (store, made.root):
        words = ("extent", DUMP, "--by", "kind", "--store", str(root), "--format")
        text = inside(*words, "csv").out.decode()
        frame = pl.read_parquet(io.BytesIO(inside(*words, "parquet").out))
        assert next(csv.reader(io.StringIO(text))) == frame.columns
        read.append((frame.schema, len(frame)))
    assert read[0][0] == read[1][0]
    assert [height > 0 for _, height in read] == [True, False]
