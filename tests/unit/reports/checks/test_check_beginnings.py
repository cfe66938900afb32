"""When a listing began is said as sharply as snapshots allow, and no sharper."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from overblock.reports.checks.check import CheckAnswer, check, is_sharp
from overblock.store import Store
from register_worlds import HOUR, START, dump, ingest, line, observatory
from running import inside

OTHER, HIT = line("192.0.2.200"), line("192.0.2.7", decision="2")
DAY = timedelta(days=1)
SINCE = START + HOUR


def observed(folder: Path, *states: tuple[datetime, list[str], bool]) -> Store:
    """The snapshots, each whole or cut, ingested one by one."""
    store = observatory(folder / "observatory")
    for at, lines, ended in states:
        path = folder / "dump.csv"
        path.write_bytes(dump(at, lines, ended=ended))
        ingest(store, [path])
    return store


def answer(store: Store, at: datetime) -> CheckAnswer:
    """About the one address that all these tests ask about."""
    [told] = check(store.view(), ["192.0.2.7"], at)
    return told


def test_between_two_snapshots_of_an_hour_it_is_dated(tmp_path: Path) -> None:
    store = observed(tmp_path, (START, [OTHER], True), (SINCE, [OTHER, HIT], True))
    told = answer(store, SINCE)
    assert (told.since, told.unlisted_at) == (SINCE, START)
    assert [entry.unlisted_at for entry in told.entries] == [START]
    assert is_sharp(SINCE, told.unlisted_at)


def test_what_the_first_snapshot_lists_may_have_been_listed_before(tmp_path: Path) -> None:
    store = observed(tmp_path, (START, [OTHER, HIT], True))
    told = answer(store, START)
    assert (told.since, told.unlisted_at) == (START, None)
    done = inside("check", "192.0.2.7", "--at", "2015-01-01", "--store", store.root)
    assert "since 2015-01-01 00:00 UTC at the latest (no snapshot before)" in done.out.decode()


def test_after_a_long_silence_the_last_snapshot_without_it_is_told(tmp_path: Path) -> None:
    store = observed(tmp_path, (START, [OTHER], True), (START + 40 * DAY, [OTHER, HIT], True))
    told = answer(store, START + 40 * DAY)
    assert (told.since, told.unlisted_at) == (START + 40 * DAY, START)
    done = inside("check", "192.0.2.7", "--at", "2015-02-10", "--store", store.root)
    assert "since 2015-02-10 00:00 UTC at the latest (not yet on 2015-01-01)" in done.out.decode()


def test_a_cut_snapshot_does_not_show_that_it_was_not_listed(tmp_path: Path) -> None:
    lines = [OTHER, *(line(f"198.51.100.{n}", decision="3") for n in range(9))]
    store = observed(
        tmp_path, (START, lines, True), (SINCE, lines, False), (SINCE + HOUR, [*lines, HIT], True)
    )
    assert answer(store, SINCE + HOUR).unlisted_at == START


@pytest.mark.parametrize(("apart", "sharp"), [(HOUR, True), (DAY, True), (DAY + HOUR, False)])
def test_a_day_is_sharp_enough(apart: timedelta, sharp: bool) -> None:  # noqa: FBT001  (a table of cases)
    assert is_sharp(START + apart, START) is sharp
    assert not is_sharp(START, None)
