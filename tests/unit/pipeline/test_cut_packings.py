"""A packed file that lost its end holds a whole state if another file bears that out."""

import gzip
from itertools import permutations
from pathlib import Path
from typing import Any

from overblock.store import Store
from overblock.tables import GAPS, LISTINGS, RECORD_REJECTS, RECORDS, SNAPSHOTS
from register_worlds import HOUR, START, dump, ingest, line, observatory, rows

LINES = [line(f"192.0.2.{number}") for number in range(9)]
WITHOUT_SUM = slice(None, -4)  # of gzip: all of the state is there


def files(folder: Path) -> list[Path]:
    """The first state, the second without the sum at its end, the second, the third."""
    folder.mkdir()
    first, second, third = (
        gzip.compress(dump(START + number * HOUR, LINES[number:]), mtime=0) for number in range(3)
    )
    packed = [first, second[WITHOUT_SUM], second, third]
    paths = [folder / f"dump-{number}.csv.gz" for number in range(len(packed))]
    for path, content in zip(paths, packed, strict=True):
        path.write_bytes(content)
    return paths


def everything(store: Store) -> list[list[dict[str, Any]]]:
    tables = (LISTINGS, GAPS, RECORDS, RECORD_REJECTS, SNAPSHOTS)
    told = [rows(store, table) for table in tables]
    for row in told[-1]:
        del row["fetched_at"]  # when the test wrote the file
    return told


def test_the_whole_file_takes_the_place_of_the_cut_one_in_any_order(tmp_path: Path) -> None:
    paths = files(tmp_path / "states")
    at_once = observatory(tmp_path / "at once")
    ingest(at_once, [paths[0], *paths[2:]])
    expected = everything(at_once)
    assert [row["flags"] for row in expected[-1]] == [[], [], []]
    for number, order in enumerate(permutations(paths)):
        one_call = observatory(tmp_path / f"{number} in one call")
        ingest(one_call, order)
        assert everything(one_call) == expected
        if number % 4 == 0:
            many_calls = observatory(tmp_path / f"{number} in many calls")
            for path in [*order, paths[1]]:
                ingest(many_calls, [path])
            assert everything(many_calls) == expected


def test_a_state_that_is_cut_itself_stays_so(tmp_path: Path) -> None:
    """The same bytes again say nothing new of what they lack."""
    store = observatory(tmp_path / "o")
    cut = dump(START, LINES, ended=False)
    for name, content in {"a.csv": cut, "b.csv.gz": gzip.compress(cut)}.items():
        (tmp_path / name).write_bytes(content)
        ingest(store, [tmp_path / name])
    assert [row["flags"] for row in rows(store, SNAPSHOTS)] == [["cut"]]


def test_what_is_unpacked_in_part_is_another_state(tmp_path: Path) -> None:
    store = observatory(tmp_path / "o")
    many = [line(f"198.51.100.{number}", f"{number**7}.example") for number in range(200)]
    packed = gzip.compress(dump(START, many), mtime=0)
    for name, content in {"a.csv.gz": packed[:-400], "b.csv.gz": packed}.items():
        (tmp_path / name).write_bytes(content)
        ingest(store, [tmp_path / name])
    flags = sorted(row["flags"] for row in rows(store, SNAPSHOTS))
    assert flags[0] == []
    assert "cut" in flags[1]
    assert len(rows(store, LISTINGS)) >= 2 * len(many)
