"""A source that says nothing of how its files are framed gives the same history, at more cost."""

from dataclasses import replace
from pathlib import Path

from overblock.pipeline.ingest import Ingest
from overblock.sources import find_source
from overblock.store import Store
from overblock.tables import GAPS, LISTINGS, RECORD_REJECTS, SNAPSHOTS
from register_worlds import DUMP, HOUR, NOW, START, dump, ingest, line, observatory, table

A, B = line("192.0.2.1 | 198.51.100.0/24", decision="1"), line("", "shop.example", decision="2")
SIX = line("2001:db8::/32", decision="3")
BAD = "no entry"
STATES = ([A, B, SIX], [A, BAD, SIX], [B, SIX], [A, B, SIX])


def states(folder: Path) -> list[Path]:
    folder.mkdir()
    for number, lines in enumerate(STATES):
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


def test_what_could_not_be_read_is_told_too(tmp_path: Path) -> None:
    store = unframed(tmp_path / "unframed", states(tmp_path / "states"))
    (told,) = table(store, RECORD_REJECTS).select("reason", "value").rows()
    assert told == ("too_few_fields", BAD)
