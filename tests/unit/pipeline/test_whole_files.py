"""Registers that are published in parts, and where in a file a bad record stands."""

import tarfile
from pathlib import Path

import pytest

from overblock.sources import find_source
from overblock.tables import LISTINGS, RECORD_REJECTS, SNAPSHOTS
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory, rows

NO_HEAD = len(dump(START, []))
PARTS = {
    "dump.csv": dump(START + HOUR, [line("192.0.2.1")]),
    "dump-00.csv": dump(START, [line("192.0.2.2"), line("192.0.2.3")]),
    "dump-01.csv": dump(START, [line("192.0.2.4")])[NO_HEAD:],
}
XML = "ru_dump_xml"
XML_HEAD = (
    '<?xml version="1.0" encoding="windows-1251"?><reg:register '
    'updateTime="2015-03-14T1{}:00:00+03:00" xmlns:reg="http://rsoc.ru">'
)


def laid_out(folder: Path, **changes: bytes) -> Path:
    folder.mkdir(parents=True)
    for name, content in (PARTS | changes).items():
        (folder / name).write_bytes(content)
    return folder


def content(n: int, address: str) -> str:
    decision = '<decision date="2015-01-01" number="1" org="x"/>'
    return (
        f'<content id="{n}" includeTime="2015-01-02T03:04:05" entryType="1">'
        f"{decision}<ip>{address}</ip></content>"
    )


def official(hour: int, *contents: str) -> bytes:
    written = XML_HEAD.format(hour) + "".join(contents) + "</reg:register>"
    return written.encode("cp1251")


def listed(store: object) -> set[object]:
    return {row["resource"] for row in rows(store, LISTINGS)}  # type: ignore[arg-type]


@pytest.mark.parametrize("packed", [False, True])
def test_parts_that_lie_side_by_side_are_one_snapshot(packed: bool, tmp_path: Path) -> None:  # noqa: FBT001
    path = laid_out(tmp_path / "files")
    if packed:
        with tarfile.open(tmp_path / "files.tar.gz", "w:gz") as archive:
            archive.add(path, "z-i")
        path = tmp_path / "files.tar.gz"
    store = observatory(tmp_path / "o")
    ingest(store, [path])
    (snapshot,) = rows(store, SNAPSHOTS)
    assert snapshot["published_at"] == START + HOUR
    assert (snapshot["n_records"], snapshot["flags"]) == (4, [])
    assert listed(store) == {f"192.0.2.{n}" for n in (1, 2, 3, 4)}


def test_a_cut_part_makes_the_snapshot_cut(tmp_path: Path) -> None:
    part = PARTS["dump-00.csv"]
    path = laid_out(tmp_path / "files", **{"dump-00.csv": part[: len(part) - 9]})
    store = observatory(tmp_path / "o")
    ingest(store, [path])
    (snapshot,) = rows(store, SNAPSHOTS)
    assert snapshot["flags"] == ["cut"]
    assert listed(store) == {f"192.0.2.{n}" for n in (1, 2, 4)}


def test_folders_of_parts_are_told_apart(tmp_path: Path) -> None:
    laid_out(tmp_path / "files" / "a")
    laid_out(tmp_path / "files" / "b", **{"dump.csv": dump(START + 2 * HOUR, [line("192.0.2.1")])})
    store = observatory(tmp_path / "o")
    ingest(store, [tmp_path / "files"])
    assert [row["published_at"] for row in rows(store, SNAPSHOTS)].count(START + HOUR) == 1
    assert len(rows(store, SNAPSHOTS)) == 2


def test_a_joined_snapshot_is_folded_anew_from_raw(tmp_path: Path) -> None:
    store = observatory(tmp_path / "o")
    ingest(store, [laid_out(tmp_path / "files")])
    (tmp_path / "dump-old-one.csv").write_bytes(dump(START - HOUR, [line("192.0.2.9")]))
    ingest(store, [tmp_path / "dump-old-one.csv"])
    assert listed(store) == {f"192.0.2.{n}" for n in (1, 2, 3, 4, 9)}


@pytest.mark.parametrize("source", [DUMP, XML])
def test_a_reject_says_where_in_its_first_file_it_stood(source: str, tmp_path: Path) -> None:
    """As the reader itself numbers, whatever was read of it before."""
    if source == DUMP:
        good = [line(f"192.0.2.{n}") for n in range(9)]
        first, second = dump(START, good), dump(START + HOUR, [*good[:4], "bad", *good[4:]])
    else:
        good = [content(n, f"192.0.2.{n}") for n in range(1, 10)]
        bad = content(77, "192.0.2.77").replace("</ip>", "</ipp>")
        first, second = official(1, *good), official(2, *good[:4], bad, *good[4:])
    store = observatory(tmp_path / "o")
    for name, state in (("1st", first), ("2nd", second)):
        (tmp_path / name).write_bytes(state)
        ingest(store, [tmp_path / name], source)
    expected = find_source(source).read(second).rejects.to_dicts()
    told = rows(store, RECORD_REJECTS, source)
    assert [(row["record"], row["reason"]) for row in told] == [
        (row["record"], row["reason"]) for row in expected
    ]
    assert len(told) == 1
