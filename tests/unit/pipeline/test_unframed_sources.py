"""A source that says nothing of how its files are framed gives the same history, at more cost."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from overblock.pipeline.ingest import Ingest
from overblock.sources import Reading, find_source
from overblock.store import Store
from overblock.tables import GAPS, LISTINGS, RECORD_REJECTS, SNAPSHOTS
from register_worlds import DUMP, HOUR, NOW, START, dump, ingest, line, observatory, table

A, B = line("192.0.2.1 | 198.51.100.0/24", decision="1"), line("", "shop.example", decision="2")
SIX = line("2001:db8::/32", decision="3")
BAD = "no entry"
STATES = ([A, B, SIX], [A, BAD, SIX], [B, SIX], [A, B, SIX])


def states(folder: Path, listed: Sequence[Sequence[str]] = STATES) -> list[Path]:
    folder.mkdir()
    for number, lines in enumerate(listed):
        (folder / f"dump-{number}.csv").write_bytes(dump(START + number * HOUR, lines))
    return sorted(folder.iterdir())


def unframed(folder: Path, paths: list[Path]) -> Store:
    """The same states of a source without a framing, in two calls."""
    store = observatory(folder)
    source = replace(find_source(DUMP), framing=None)
    for some in (paths[:2], paths[2:]):
        Ingest(store=store, source=source, now=NOW).run([str(path) for path in some])
    return store


def test_what_was_listed_when_is_the_same_without_a_framing(tmp_path: Path) -> None:
    paths = states(tmp_path / "states")
    framed = observatory(tmp_path / "framed")
    ingest(framed, paths)
    other = unframed(tmp_path / "unframed", paths)
    for kept in (LISTINGS, GAPS):
        assert table(other, kept).equals(table(framed, kept))
    counts = ["n_records", "n_rejects", "flags"]
    assert table(other, SNAPSHOTS).select(counts).equals(table(framed, SNAPSHOTS).select(counts))
    assert table(framed, LISTINGS).height > len(STATES[0])


def test_a_record_that_is_read_in_part_is_one_wherever_it_stands(tmp_path: Path) -> None:
    broken = line("198.51.100.7 | 198.51.100.300", decision="7")
    mended = line("198.51.100.7 | 198.51.100.3", decision="7")
    more = [line(f"192.0.2.{n}") for n in range(9)]
    listed = [[mended, *more], [broken, *more], [*more, broken], [*more[1:], broken], [A, *more]]
    paths = states(tmp_path / "states", listed)
    framed = observatory(tmp_path / "framed")
    ingest(framed, paths)
    other = unframed(tmp_path / "unframed", paths)
    for kept in (LISTINGS, SNAPSHOTS):
        assert table(other, kept).equals(table(framed, kept))
    told = ["reason", "value", "record"]
    rejects = [table(store, RECORD_REJECTS).select(told) for store in (other, framed)]
    assert rejects[0].equals(rejects[1])
    assert len(rejects[0]) == 1
    assert not table(other, SNAPSHOTS)["flags"].explode().drop_nulls().to_list()


def test_a_record_of_several_rows_keeps_them_all(tmp_path: Path) -> None:
    def read(raw: bytes) -> Reading:
        """Two lines are one record."""
        once = find_source(DUMP).read(raw)
        halved = (pl.col("record") + 1) // 2
        return replace(once, **{
            name: getattr(once, name).with_columns(halved) for name in ("rows", "rejects")
        })  # fmt: skip

    store, source = observatory(tmp_path / "o"), replace(find_source(DUMP), framing=None, read=read)
    more = [line(f"192.0.2.{n}") for n in range(10, 18)]
    for path in states(tmp_path / "states", [[A, B, *more], [A, SIX, *more]]):
        Ingest(store=store, source=source, now=NOW).run([str(path)])
    listed = table(store, LISTINGS)
    ended = listed.filter(pl.col("listed_until").is_not_null())
    assert ended["resource"].to_list() == ["shop.example"]
    assert {"192.0.2.1", "2001:db8::/32", "192.0.2.17"} < set(listed["resource"])


def test_what_could_not_be_read_is_told_too(tmp_path: Path) -> None:
    store = unframed(tmp_path / "unframed", states(tmp_path / "states"))
    (told,) = table(store, RECORD_REJECTS).select("reason", "value").rows()
    assert told == ("too_few_fields", BAD)
