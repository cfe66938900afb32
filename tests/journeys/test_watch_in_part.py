"""A fleet, and single targets, while the newest state of a register is cut: nothing is free."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from register_worlds import (
    HOUR,
    START,
    dump,
    ingest,
    line,
    observatory,
    register_with_a_silence,
)
from running import Done, inside

CUT = START + 2 * HOUR
HOME, SHOP = "203.0.114.9", "198.51.100.7"  # never listed; listed, and not in what is left


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return register_with_a_silence(tmp_path_factory.mktemp("in-part")).root


def look(store: Path, hour: int, fleet: Path, *words: str | Path) -> Done:
    at = f"{START + timedelta(hours=hour, minutes=30):%Y-%m-%dT%H:%M}"
    return inside("watch", fleet, "--store", store, "--at", at, *words)


def test_nothing_is_free_while_the_newest_state_is_cut(store: Path, tmp_path: Path) -> None:
    """What is missing may have stood in the part that is missing."""
    fleet = tmp_path / "fleet.txt"
    fleet.write_text(f"{HOME}\n{SHOP}\n")
    (tmp_path / "new.txt").write_text("203.0.115.77\n")
    words = (fleet, "--candidates", tmp_path / "new.txt", "--format", "json")
    whole, cut = (json.loads(look(store, hour, *words).out) for hour in (1, 2))
    told = [[item["state"] for item in one["items"]] for one in (whole, cut)]
    assert told == [["free", "listed"], ["unknown", "listed"]]
    assert [one["candidates"][0]["clean"] for one in (whole, cut)] == [True, None]
    (source,) = cut["sources"]
    assert source["doubt"] == "cut, shrunken"
    assert source["source"]["whole_at"] == "2015-01-01T01:00:00Z"


def test_a_look_says_when_the_register_was_last_whole(store: Path, tmp_path: Path) -> None:
    (tmp_path / "fleet.txt").write_text(HOME)
    done = look(store, 2, tmp_path / "fleet.txt")
    assert done.code == 11
    assert "1 item at 2015-01-01 02:30 UTC: 1 unknown" in done.out.decode()
    assert (
        "snapshot of 2015-01-01 02:00 UTC; cannot be believed: cut, shrunken; what is unknown was "
        "not in its last whole one, of 2015-01-01 01:00 UTC"
    ) in done.out.decode()


def test_of_a_register_of_which_no_whole_state_is_here_nothing_is_free(tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_bytes(dump(START, [line(SHOP)] * 2, ended=False))
    held = observatory(tmp_path / "observatory")
    ingest(held, [tmp_path / "dump.csv"])
    (tmp_path / "fleet.txt").write_text(HOME)
    done = look(held.root, 0, tmp_path / "fleet.txt")
    assert done.code == 11
    assert "1 unknown" in done.out.decode()
    assert "cannot be believed: cut; no whole snapshot is here" in done.out.decode()
    alone = inside("check", HOME, "--store", held.root, "--at", "2015-01-01T00:30").out.decode()
    assert "nobody can say: ru_zapret_csv is cut, and no whole snapshot is here" in alone


def test_a_check_says_no_more_than_a_watch(store: Path) -> None:
    words = ("check", HOME, SHOP, "--store", store, "--at", f"{CUT:%Y-%m-%dT%H:%M}")
    home, shop = json.loads(inside(*words, "--format", "json").out)
    assert (home["listed"], shop["listed"]) == (None, True)
    assert (
        "nobody can say: ru_zapret_csv is cut and shrunken; not listed in its last whole snapshot, "
        "of 2015-01-01 01:00 UTC"
    ) in inside(*words).out.decode()
