"""What an observatory holds does not depend on how often, or after what mishaps, files came."""

import subprocess
from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from git_worlds import Made, git, loosen, make_repository, object_file
from overblock.artefacts.git import History
from overblock.errors import SourceDrift, UsageError
from overblock.pipeline import ingest as ingesting
from overblock.pipeline import registering
from overblock.pipeline.ingest import Ingest
from overblock.sources import find_source
from overblock.store import Store
from overblock.tables import GAPS, LISTINGS, RECORD_REJECTS, RECORDS, RUNS, SNAPSHOTS
from register_worlds import DUMP, HOUR, NOW, START, dump, ingest, line, observatory, rows

DERIVED = (LISTINGS, GAPS, RECORDS, RECORD_REJECTS, SNAPSHOTS)
A, B, C, BAD = line("192.0.2.1"), line("192.0.2.2", "b.example"), line("192.0.2.3"), "no entry"
STAY = [line(f"192.0.2.{n}") for n in range(10, 20)]
STATES = [
    dump(START + HOUR, [A, B, *STAY]),
    dump(START + 2 * HOUR, [A, BAD, *STAY]),
    dump(START + 3 * HOUR, [A, B, C, *STAY]),
    dump(START + 4 * HOUR, [A, *STAY]),
    dump(START + 30 * 24 * HOUR, [A, C, *STAY]),
]


class Killed(BaseException):
    """Stands for a kill: nothing of ours catches it."""


def everything(store: Store) -> dict[str, list[dict[str, Any]]]:
    runs = rows(store, RUNS) + rows(store, RUNS, DUMP + "+open")
    return {table.name: rows(store, table) for table in DERIVED} | {"runs": runs}


def files(folder: Path, states: Sequence[bytes] = STATES) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"dump-{n}-of-many.csv" for n in range(len(states))]
    for path, state in zip(paths, states, strict=True):
        path.write_bytes(state)
    return paths


def repository(folder: Path, states: Sequence[bytes] = STATES) -> Path:
    first = int(START.timestamp())
    made = [Made({"dump.csv": state}, seconds=first + n) for n, state in enumerate(states)]
    make_repository(folder, made)
    return folder


def bundle(folder: Path, states: Sequence[bytes] = STATES) -> Path:
    repository(folder, states)
    git(folder, "bundle", "create", "--quiet", str(folder / "made.bundle"), "main")
    return folder / "made.bundle"


def kill_after(states: int, store: Store, path: Path, patch: pytest.MonkeyPatch) -> None:
    """An ingest that keeps its place after each state and dies."""
    taken = 0

    def watch(n_states: int, _n_bytes: int, _in_all: int | None) -> None:
        nonlocal taken
        if taken == states:
            raise Killed
        taken += n_states

    call = Ingest(store=store, source=find_source(DUMP), now=NOW, watch=watch)
    patch.setattr(ingesting, "CHECKPOINT_SECONDS", -1.0)
    with pytest.raises(Killed):
        call.run([str(path)])
    patch.undo()


@pytest.mark.parametrize("killed_after", range(len(STATES)))
def test_an_ingest_that_was_killed_ends_as_if_it_had_not_been(
    killed_after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = [*STATES[:3], STATES[0], *STATES[3:]]  # one comes back: a duplicate
    path = bundle(tmp_path / "git", states)
    undisturbed, store = observatory(tmp_path / "a"), observatory(tmp_path / "b")
    ingest(undisturbed, [path])
    kill_after(killed_after, store, path, monkeypatch)
    assert store.view().parts == {}
    ingest(store, [path])
    assert everything(store) == everything(undisturbed)


def test_a_killed_ingest_of_one_source_is_not_published_by_that_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a history without its listings would read as nothing being blocked."""
    store = observatory(tmp_path / "o")
    path = bundle(tmp_path / "git")
    kill_after(3, store, path, monkeypatch)
    (tmp_path / "list.txt").write_bytes(b"192.0.2.7\n")
    ingest(store, [tmp_path / "list.txt"], "plain_list")
    assert rows(store, SNAPSHOTS) == []
    ingest(store, [path])
    assert len(rows(store, SNAPSHOTS)) == len(STATES)


def test_a_rebuild_that_was_killed_loses_nothing_of_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is folded anew stands in no path that the next call is given."""
    early, *later = files(tmp_path / "files")
    store, whole = observatory(tmp_path / "o"), observatory(tmp_path / "w")
    ingest(store, later)
    kill_after(2, store, early, monkeypatch)
    ingest(store, [early])
    ingest(whole, [early, *later])
    assert everything(store) == everything(whole)


def test_a_killed_bundle_and_then_an_older_file_give_each_state_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = bundle(tmp_path / "git", STATES[1:])
    (older,) = files(tmp_path / "files", STATES[:1])
    store, whole = observatory(tmp_path / "o"), observatory(tmp_path / "w")
    kill_after(2, store, path, monkeypatch)
    ingest(store, [older, path])
    ingest(whole, [older, path])
    assert everything(store) == everything(whole)


def test_a_repository_that_was_killed_and_rebuilt_gives_each_state_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = repository(tmp_path / "git", STATES[1:])
    (older,) = files(tmp_path / "files", STATES[:1])
    store = observatory(tmp_path / "o")
    kill_after(2, store, path, monkeypatch)
    ingest(store, [path])
    ingest(store, [older])
    assert [row["flags"] for row in rows(store, SNAPSHOTS)].count(["duplicate"]) == 0
    assert len(rows(store, SNAPSHOTS)) == len(STATES)


@pytest.mark.parametrize("make", [bundle, repository])
def test_twice_the_same_history_changes_nothing(make: object, tmp_path: Path) -> None:
    path = make(tmp_path / "git")  # type: ignore[operator]  # one of two functions
    store = observatory(tmp_path / "o")
    ingest(store, [path])
    before = everything(store)
    assert ingest(store, [path]).snapshots == 0
    assert everything(store) == before


def test_a_history_that_grew_is_as_one_that_was_read_whole(tmp_path: Path) -> None:
    store, whole = observatory(tmp_path / "o"), observatory(tmp_path / "w")
    for n_states in (2, 3, len(STATES)):
        ingest(store, [repository(tmp_path / f"git{n_states}", STATES[1:n_states])])
    (older,) = files(tmp_path / "files", STATES[:1])
    ingest(store, [older])  # all is folded anew, from three packs
    ingest(whole, [older, repository(tmp_path / "git", STATES[1:])])
    assert len(rows(store, SNAPSHOTS)) == len(rows(whole, SNAPSHOTS))
    for table in (LISTINGS, GAPS, RECORDS):
        assert rows(store, table) == rows(whole, table)


def test_a_second_history_of_an_earlier_time_takes_its_place_in_time(tmp_path: Path) -> None:
    """It is not the source that went back, but we who came to it late."""
    store, whole = observatory(tmp_path / "o"), observatory(tmp_path / "w")
    early, late = bundle(tmp_path / "early", STATES[:2]), bundle(tmp_path / "late", STATES[2:])
    ingest(store, [late])
    ingest(store, [early])
    ingest(whole, [early, late])
    assert everything(store) == everything(whole)
    assert not any("clock_backwards" in row["flags"] for row in rows(store, SNAPSHOTS))


def test_a_history_that_is_given_twice_in_one_call_is_read_once(tmp_path: Path) -> None:
    store, path = observatory(tmp_path / "o"), bundle(tmp_path / "git")
    done = ingest(store, [path, tmp_path / "git", path])
    assert done.snapshots == len(STATES)
    assert not any("duplicate" in row["flags"] for row in rows(store, SNAPSHOTS))


def test_parts_that_are_made_one_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, whole = observatory(tmp_path / "o"), observatory(tmp_path / "w")
    paths = files(tmp_path / "files")
    ingest(whole, paths)
    monkeypatch.setattr(registering, "MOST_PARTS", 1)
    for path in paths:
        ingest(store, [path])
    assert everything(store) == everything(whole)
    assert len(store.view().paths(SNAPSHOTS, DUMP)) == 1
    moments = store.view().read(SNAPSHOTS, DUMP)["ordered_at"]
    assert moments.is_sorted()  # the order they were taken in, which tells the newest of a moment


def test_a_version_that_comes_back_later_is_told_whenever_it_is_read(tmp_path: Path) -> None:
    """A mirror that publishes an old state again says so in one call as in two."""
    store, whole = observatory(tmp_path / "o"), observatory(tmp_path / "w")
    part, path = repository(tmp_path / "part", STATES[:2]), tmp_path / "all"
    repository(path, [*STATES[:2], STATES[0]])
    ingest(store, [part])
    ingest(store, [path])
    ingest(whole, [path])
    flags = [[row["flags"] for row in rows(each, SNAPSHOTS)] for each in (store, whole)]
    assert sorted(flags[0]) == sorted(flags[1])


@pytest.mark.parametrize("kind", ["blob", "tree"])
def test_a_version_whose_object_is_missing_is_flagged_once_and_the_rest_is_read(
    kind: str, tmp_path: Path
) -> None:
    path = repository(tmp_path / "git")
    with History(path) as history:
        second = history.commits(lambda name: name == "dump.csv")[1]
    loosen(path)
    tree = git(path, "rev-parse", f"{second.oid}^{{tree}}")
    object_file(path, second.files[0][1] if kind == "blob" else tree).unlink()
    store = observatory(tmp_path / "o")
    assert ingest(store, [path]).snapshots == len(STATES)
    assert ingest(store, [path]).snapshots == 0
    flags = [row["flags"] for row in rows(store, SNAPSHOTS)]
    assert flags.count(["unreadable"]) == 1
    assert len(flags) == len(STATES)
    assert {row["resource"] for row in rows(store, LISTINGS)} >= {"192.0.2.1", "192.0.2.3"}


@pytest.mark.parametrize("place", [0, 2])
def test_a_version_that_is_no_register_is_flagged_wherever_it_stands(
    place: int, tmp_path: Path
) -> None:
    states = [*STATES[:place], b"<html>502</html>\n", *STATES[place:]]
    store = observatory(tmp_path / "o")
    ingest(store, [repository(tmp_path / "git", states)])
    flags = [row["flags"] for row in rows(store, SNAPSHOTS)]
    assert len(flags) == len(STATES) + 1
    assert flags.count(["unreadable"]) == 1


def test_an_undated_list_from_a_pipe_keeps_its_date_when_all_is_folded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = observatory(tmp_path / "o")

    class Pipe:
        buffer = BytesIO(b"192.0.2.7\n")

    monkeypatch.setattr("sys.stdin", Pipe)
    ingest(store, ["-"], "plain_list", now=NOW)
    (tmp_path / "old.txt").write_bytes(b"192.0.2.8\n")
    subprocess.run(["touch", "-d", "@1400000000", tmp_path / "old.txt"], check=True)
    ingest(store, [tmp_path / "old.txt"], "plain_list", now=NOW + timedelta(days=9))
    dated = [row["published_at"] for row in rows(store, SNAPSHOTS, "plain_list")]
    assert NOW in dated


def test_bytes_that_were_a_last_state_before_are_an_artefact_like_any(tmp_path: Path) -> None:
    """The same bytes may come compressed and plain, or to two sources."""
    store = observatory(tmp_path / "o")
    plain, packed, older = (tmp_path / name for name in ("l.txt", "l.txt.gz", "older.txt"))
    plain.write_bytes(b"192.0.2.7\n")
    subprocess.run(["gzip", "-k", plain], check=True)
    older.write_bytes(b"192.0.2.8\n")
    subprocess.run(["touch", "-d", "@1400000000", older], check=True)
    ingest(store, [packed], "plain_list")
    ingest(store, [plain], "es_hayahora_list")
    ingest(store, [older], "es_hayahora_list")
    assert len(rows(store, SNAPSHOTS, "es_hayahora_list")) == 2


def test_one_bad_file_among_many_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    paths = files(tmp_path / "files", [*STATES, b"<html>502</html>", STATES[0].replace(b"\n", b"")])
    utf8 = tmp_path / "files" / "dump-utf8.csv"
    utf8.write_bytes(dump(START, [A, B, *STAY]).decode("cp1251").encode())
    store = observatory(tmp_path / "o")
    done = ingest(store, [*paths, utf8])
    assert done.snapshots == len(STATES)
    assert len(done.failures) == 3
    assert "UTF-8" in done.failures[-1]


def test_a_register_in_the_wrong_encoding_is_refused_and_none_of_it_kept(tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_bytes(dump(START, [A, B, *STAY]).decode("cp1251").encode())
    store = observatory(tmp_path / "o")
    with pytest.raises(SourceDrift, match="UTF-8, not cp1251"):
        ingest(store, [tmp_path / "dump.csv"])
    assert rows(store, SNAPSHOTS) == []


def test_a_table_of_holders_does_not_come_as_a_repository(tmp_path: Path) -> None:
    """It would be passed over in silence."""
    path = repository(tmp_path / "git")
    with pytest.raises(UsageError, match="git"):
        ingest(observatory(tmp_path / "o"), [path], "iptoasn")
