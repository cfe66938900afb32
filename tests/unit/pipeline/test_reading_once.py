"""Records of an ingest: each is read once, and a line that says nothing is no fault."""

from pathlib import Path

from overblock.tables import LISTINGS, RECORD_REJECTS, RECORDS, SNAPSHOTS
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory, rows

A, B, BAD = line("192.0.2.1"), line("192.0.2.2"), "no entry"
LIST = b"# blocked in May\n\n192.0.2.7\nshop.example  # a comment\n2001:db8::/32\n"


def test_a_record_that_left_and_came_back_is_kept_once(tmp_path: Path) -> None:
    store = observatory(tmp_path / "o")
    stay = [line(f"192.0.2.{n}") for n in range(10, 20)]
    for hour, lines in enumerate([[A, B, BAD, *stay], [A, *stay], [A, B, BAD, *stay]]):
        path = tmp_path / f"dump-{hour}-a.csv"
        path.write_bytes(dump(START + hour * HOUR, lines))
        ingest(store, [path])
    keys = [row["record_key"] for row in rows(store, RECORDS)]
    assert len(keys) == len(set(keys)) == 12
    assert [row["reason"] for row in rows(store, RECORD_REJECTS)] == ["too_few_fields"]


def test_comments_and_empty_lines_of_a_list_are_neither_records_nor_rejects(tmp_path: Path) -> None:
    """A list with a comment would else be damaged for ever, and never end a listing."""
    store = observatory(tmp_path / "o")
    (tmp_path / "list.txt").write_bytes(LIST)
    done = ingest(store, [tmp_path / "list.txt"], "plain_list")
    (snapshot,) = rows(store, SNAPSHOTS, "plain_list")
    assert (done.rejects, done.flagged) == (0, 0)
    assert (snapshot["n_records"], snapshot["n_rejects"], snapshot["flags"]) == (3, 0, [])
    assert rows(store, RECORD_REJECTS, "plain_list") == []


def test_a_list_of_nothing_but_comments_is_empty(tmp_path: Path) -> None:
    store = observatory(tmp_path / "o")
    (tmp_path / "list.txt").write_bytes(b"# nothing\n\n")
    ingest(store, [tmp_path / "list.txt"], "plain_list")
    (snapshot,) = rows(store, SNAPSHOTS, "plain_list")
    assert (snapshot["n_records"], snapshot["flags"]) == (0, ["empty"])


def test_a_comment_that_was_read_in_a_former_call_is_still_none(tmp_path: Path) -> None:
    store = observatory(tmp_path / "o")
    for number, more in enumerate([b"", b"203.0.113.9\n"]):
        path = tmp_path / f"list-{number}.txt"
        path.write_bytes(LIST + more)
        ingest(store, [path], "plain_list")
    snapshots = rows(store, SNAPSHOTS, "plain_list")
    assert sorted(str(row["n_records"]) for row in snapshots) == ["3", "4"]
    assert all(row["flags"] == [] for row in snapshots)


def test_a_duplicate_state_is_counted_by_its_own_records(tmp_path: Path) -> None:
    """What the last applied state holds is another matter."""
    store = observatory(tmp_path / "o")
    (tmp_path / "dump.csv").write_bytes(dump(START, [A, BAD]))
    ingest(store, [tmp_path / "dump.csv"])
    (snapshot,) = rows(store, SNAPSHOTS)
    assert (snapshot["n_records"], snapshot["n_rejects"]) == (1, 1)
    assert snapshot["flags"] == ["damaged"]
    assert [row["resource"] for row in rows(store, LISTINGS, DUMP)] == ["192.0.2.1"]
