"""A list that bears no date may go back to what it said before, and that is a state like any."""

import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from git_worlds import Made, make_repository
from overblock.pipeline import ingest as ingesting
from overblock.pipeline.ingest import Ingest
from overblock.reports.checks.check import CheckAnswer, check
from overblock.sources import find_source
from overblock.store import Store
from overblock.tables import GAPS, LISTINGS, SNAPSHOTS
from register_worlds import HOUR, NOW, START, ingest, observatory, rows

DIGI, PLAIN = "es_hayahora_digi", "plain_list"
MINUTE = timedelta(minutes=1)
QUIET, MATCH = b"", b"192.0.2.1\n192.0.2.2\n"
KEPT = b"192.0.2.7\n192.0.2.8\n192.0.2.9\n"
EVENING = (QUIET, MATCH, QUIET, QUIET, MATCH, QUIET)


def seen_at(number: int) -> datetime:
    return START + number * 10 * MINUTE


def fetched(folder: Path, states: Sequence[bytes]) -> list[Path]:
    """The states as files, ten minutes apart."""
    paths = [folder / str(number) / "blocked-digi.txt" for number in range(len(states))]
    for number, (path, state) in enumerate(zip(paths, states, strict=True)):
        path.parent.mkdir(parents=True)
        path.write_bytes(state)
        os.utime(path, (seen_at(number).timestamp(),) * 2)
    return paths


def asked(store: Store, at: datetime) -> CheckAnswer:
    return next(iter(check(store.view(), ["192.0.2.1"], at)))


def spans(store: Store, register: str) -> set[tuple[datetime, datetime | None]]:
    return {(row["listed_from"], row["listed_until"]) for row in rows(store, LISTINGS, register)}


def test_a_list_that_goes_back_to_an_earlier_state_frees_what_it_no_longer_names(
    tmp_path: Path,
) -> None:
    here, more = b"192.0.2.2\n192.0.2.3\n192.0.2.4\n", b"192.0.2.1\n"
    states = (here, here + more, here, here + more, here)
    store = observatory(tmp_path / "o")
    for path in fetched(tmp_path, states):
        assert ingest(store, [path], PLAIN).snapshots == 1
    told = [asked(store, seen_at(number) + MINUTE).listed for number in range(len(states))]
    assert told == [more in state for state in states]
    assert not any(row["flags"] for row in rows(store, SNAPSHOTS, PLAIN))


def test_an_emptied_list_is_believed_when_it_is_fetched_the_second_time(tmp_path: Path) -> None:
    store = observatory(tmp_path / "o")
    for path in fetched(tmp_path, EVENING):
        ingest(store, [path], DIGI)
    assert spans(store, DIGI) == {(seen_at(1), seen_at(3)), (seen_at(4), None)}
    told = [asked(store, seen_at(number) + MINUTE).listed for number in range(len(EVENING))]
    assert told == [False, True, True, False, True, True]
    flags = [row["flags"] for row in sorted(rows(store, SNAPSHOTS, DIGI), key=_moment)]
    assert flags == [[], [], ["shrunken"], [], [], ["shrunken"]]


def test_the_order_and_number_of_calls_change_nothing_for_a_list_without_a_date(
    tmp_path: Path,
) -> None:
    paths = fetched(tmp_path, EVENING)
    tables = (LISTINGS, SNAPSHOTS, GAPS)
    held = []
    for name, calls in {
        "at once": [paths],
        "backwards": [[path] for path in reversed(paths)],
        "twice": [paths[1:4], paths, paths[2:3]],
    }.items():
        store = observatory(tmp_path / name)
        for call in calls:
            ingest(store, call, DIGI)
        held.append([rows(store, table, DIGI) for table in tables])
    assert held[1:] == held[:-1]
    assert ingest(store, paths, DIGI).duplicates == len(paths)


def test_a_list_that_stays_the_same_and_is_fetched_again_is_not_silent(tmp_path: Path) -> None:
    store = observatory(tmp_path / "o")
    ingest(store, fetched(tmp_path, [MATCH] * 20), DIGI)
    last = seen_at(19)
    assert asked(store, last + MINUTE).listed
    assert asked(store, last + MINUTE).sources[0].silent is None
    assert rows(store, GAPS, DIGI) == []  # nineteen times ten minutes are more than its hour
    assert {row["last_seen_at"] for row in rows(store, LISTINGS, DIGI)} == {last}
    assert asked(store, last + 2 * HOUR).listed is True
    assert asked(store, last + 2 * HOUR).sources[0].silent is not None


def test_a_list_in_a_git_history_goes_back_too(tmp_path: Path) -> None:
    first = int(START.timestamp())
    made = [
        Made({"list.txt": state}, seconds=first + 3600 * number)
        for number, state in enumerate([KEPT, KEPT + b"192.0.2.1\n"] * 2)
    ]
    make_repository(tmp_path / "mirror", [*made, Made({"list.txt": KEPT}, seconds=first + 99999)])
    store = observatory(tmp_path / "o")
    ingest(store, [tmp_path / "mirror"], PLAIN)
    gone = [row for row in rows(store, LISTINGS, PLAIN) if row["resource"] == "192.0.2.1"]
    assert [row["listed_from"] for row in gone] == [START + HOUR, START + 3 * HOUR]
    assert [row["listed_until"] for row in gone] == [
        START + 2 * HOUR,
        START + timedelta(seconds=99999),
    ]
    assert not any(row["flags"] for row in rows(store, SNAPSHOTS, PLAIN))


def test_a_shrunken_list_that_is_fetched_twice_is_believed(tmp_path: Path) -> None:
    many = b"".join(b"192.0.2.%d\n" % number for number in range(10))
    store = observatory(tmp_path / "o")
    for path in fetched(tmp_path, [many, b"192.0.2.0\n", b"192.0.2.0\n"]):
        ingest(store, [path], PLAIN)
    flags = [row["flags"] for row in sorted(rows(store, SNAPSHOTS, PLAIN), key=_moment)]
    assert flags == [[], ["shrunken"], []]
    assert asked(store, seen_at(2)).listed is False


def test_an_ingest_that_is_killed_amid_returning_states_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [str(path) for path in fetched(tmp_path, EVENING)]
    left = 3

    def killed(_states: int, _bytes: int, _in_all: int | None) -> None:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt

    store, whole = observatory(tmp_path / "o"), observatory(tmp_path / "whole")
    monkeypatch.setattr(ingesting, "CHECKPOINT_SECONDS", -1.0)
    with pytest.raises(KeyboardInterrupt):
        Ingest(store=store, source=find_source(DIGI), now=NOW, watch=killed).run(paths)
    ingest(store, paths, DIGI)
    ingest(whole, paths, DIGI)
    for table in (LISTINGS, SNAPSHOTS, GAPS):
        assert rows(store, table, DIGI) == rows(whole, table, DIGI)


def _moment(row: dict[str, object]) -> datetime:
    at = row["ordered_at"]
    assert isinstance(at, datetime)
    return at
