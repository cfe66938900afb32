"""The whole way from files to figures, on a world whose truth is known because it was made."""

import io
import json
from pathlib import Path

import polars as pl
import pytest

from overblock.store import Store
from overblock.tables import HOLDER_RANGES, NAME_CATEGORIES, NAME_RANKS, NAME_SIGNS, RESOLUTIONS
from register_worlds import START, dump, line
from running import inside
from worlds import MadeWorld, make_world, small_register

SEED = 16
N_NAMES = 10_000
DAY = "2015-01-01"
FACTS = ["reach", "group"]


def as_dump(register: pl.DataFrame) -> bytes:
    """Rows of a made-up register as a file that says the same."""
    names = register.filter(pl.col("resource_kind") == "domain")
    of = dict(names.select("record", "resource").iter_rows())
    lines = []
    for row in register.filter(pl.col("resource_kind") != "domain").iter_rows(named=True):
        wide = row["ipv4_from"] is not None and row["ipv4_until"] - row["ipv4_from"] > 1
        address = row["resource"] + ("/20" if wide else "")
        lines.append(line(address, of.get(row["record"], ""), decision=str(row["record"])))
    return dump(START, lines)


@pytest.fixture(scope="module")
def made() -> MadeWorld:
    return make_world(small_register(SEED), N_NAMES, SEED)


@pytest.fixture(scope="module")
def words(made: MadeWorld, tmp_path_factory: pytest.TempPathFactory) -> tuple[str | Path, ...]:
    """A file of the register, and an observatory of the names."""
    folder = tmp_path_factory.mktemp("truth")
    (folder / "dump.csv").write_bytes(as_dump(small_register(SEED)))
    store = Store.create(folder / "observatory")
    with store.writing("a made world") as writer:
        for part in made.resolutions:
            writer.append(RESOLUTIONS, f"names_csv@{DAY}", part)
        for table, source, rows in (
            (NAME_SIGNS, "names_csv", made.signs),
            (NAME_CATEGORIES, "citizenlab_lists", made.categories),
            (NAME_RANKS, "tranco", made.ranks),
            (HOLDER_RANGES, "iptoasn", made.ranges),
        ):
            writer.append(table, f"{source}@{DAY}", rows)
        writer.publish()
    return "collateral", folder / "dump.csv", "--store", store.root


def test_every_name_is_told_as_it_was_made(made: MadeWorld, words: tuple[str | Path, ...]) -> None:
    """Precision and recall of fully, partly and bystander are one."""
    done = inside(*words, "--list", "all", "--format", "parquet")
    told = pl.read_parquet(io.BytesIO(done.out)).select("name", pl.col(FACTS).cast(pl.String))
    truth = made.truth.select("name", pl.col(FACTS).cast(pl.String))
    assert told.sort("name").equals(truth.sort("name"))


@pytest.mark.parametrize("by", ["group", "holder", "country", "sector", "popularity"])
def test_every_figure_counts_what_was_made(
    by: str, made: MadeWorld, words: tuple[str | Path, ...]
) -> None:
    done = inside(*words, "--by", by, "--format", "json")
    answer = json.loads(done.out)
    key = pl.lit(None, pl.String) if by == "group" else pl.col(by).cast(pl.String)
    truth = made.truth.select(key.alias("key"), pl.col(FACTS).cast(pl.String)).group_by(
        "key", "group", "reach"
    )
    wanted = {
        tuple(row[:-1]): row[-1]
        for row in truth.len().select("key", "group", "reach", "len").rows()
    }
    figures = answer["split"] or [one for one in answer["groups"] if one["count"]]
    found = {(one["key"], one["group"], one["reach"]): one["count"] for one in figures}
    assert found == wanted
    assert answer["totals"]["names"] == len(made.truth)


def test_buckets_of_popularity_are_told_in_words(words: tuple[str | Path, ...]) -> None:
    printed = inside(*words, "--by", "popularity").out.decode()
    assert "top 1,000 " in printed
    assert "by tranco of 2015-01-01" in printed
