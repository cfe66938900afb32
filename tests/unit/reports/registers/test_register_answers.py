"""What an observatory answers about a small register; the questions are those that go wrong."""

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from overblock.errors import BadAddress, NoSnapshot, StoreDamaged, UnknownRegister, UsageError
from overblock.pipeline.holding import ingest_bundled_holders
from overblock.reports.checks.check import CheckAnswer, check
from overblock.reports.registers.diff import diff
from overblock.reports.registers.extent import extent_at
from overblock.reports.registers.history import history
from overblock.reports.registers.states import state_in_store, state_of_file
from overblock.sources import find_source
from overblock.store import Store
from register_worlds import DUMP, HOUR, NOW, START, dump, ingest, line, observatory

DAY = 24 * HOUR
ENTRIES = [
    line("192.0.2.1"),
    line("198.51.100.0/24", decision="2"),
    line("192.0.2.2", "named.example", decision="3"),
    line("192.0.2.2", "paged.example", "http://paged.example/a", decision="4"),
    line("192.0.2.3", "*.masked.example", decision="5"),
    line("2001:0db8:0000:0000:0000:0000:0000:0007", decision="6"),
    line("192.0.2.4", "root.example", "http://root.example/ | http://query.example/?q=1"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("register")
    (folder / "dump.csv").write_bytes(dump(START, ENTRIES))
    (folder / "dump-later.csv").write_bytes(dump(START + DAY, [*ENTRIES[1:], line("192.0.2.9")]))
    made = observatory(folder / "observatory")
    ingest(made, [folder / "dump.csv"])
    ingest(made, [folder / "dump-later.csv"])
    (folder / "list.txt").write_bytes(b"203.0.113.7\nlisted.example\nother.example # why\n")
    os.utime(folder / "list.txt", (START.timestamp(), START.timestamp()))
    ingest(made, [folder / "list.txt"], "plain_list")
    return made


def asked(store: Store, *targets: str, days: int = 1) -> Sequence[CheckAnswer]:
    return store.ask(lambda view: list(check(view, targets, START + timedelta(days=days))))


@pytest.mark.parametrize(
    "target",
    [
        "198.51.100.7",
        "198.51.100.0/25",
        "198.51.0.0/16",
        "192.0.2.2",
        "2001:db8::7",
        "2001:db8::/32",
        "::ffff:192.0.2.2",
        "named.example",
        "NAMED.example.",
        "paged.example",
        "masked.example",
        "deep.under.masked.example",
        "*.masked.example",
        "http://paged.example/a",
        "HTTP://Paged.Example/a",
        "http://root.example",
        "http://root.example/",
        "http://query.example/?q=1",
        "http://named.example/any",
        "http://named.example?any",
        "https://named.example:8443/any?x#y",
        "http://x.masked.example#y",
        "http://198.51.100.7/any",
        "http://192.0.2.9:8080/",
    ],
)
def test_what_is_listed_is_found(store: Store, target: str) -> None:
    (answer,) = asked(store, target)
    assert answer.listed is True
    assert answer.level == "listed"


@pytest.mark.parametrize(
    "target",
    [
        "192.0.2.1",  # ended
        "198.51.101.0",
        "2001:db8::8",
        "named.example.org",
        "unmasked.example",
        "http://paged.example/b",  # the entry is against one page
        "http://root.example/b",
        "https://paged.example/a/b",
        "http://192.0.2.77/",
    ],
)
def test_what_is_not_listed_is_not(store: Store, target: str) -> None:
    (answer,) = asked(store, target)
    assert answer.listed is False
    assert answer.level is None


@pytest.mark.parametrize(
    "target", ["", "999.1.1.1", "192.0.2.1/24", "1.2.3.4/33", "x", "a b", "//"]
)
def test_what_is_no_target_is_refused_with_its_value(store: Store, target: str) -> None:
    with pytest.raises(BadAddress) as raised:
        asked(store, "192.0.2.1", target)
    assert repr(target) in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_the_past_of_a_target_is_told(store: Store) -> None:
    (answer,) = asked(store, "192.0.2.1")
    (past,) = answer.past
    assert (past.listed_from, past.last_seen_at, past.listed_until) == (START, START, START + DAY)
    (then,) = asked(store, "192.0.2.1", days=0)
    assert then.listed is True


def test_before_the_first_snapshot_nobody_can_say(store: Store) -> None:
    (answer,) = store.ask(lambda view: list(check(view, ["192.0.2.1"], START - DAY)))
    assert answer.listed is None


def test_an_entry_of_a_list_names_itself_and_no_other(store: Store) -> None:
    address, name = asked(store, "203.0.113.7", "listed.example")
    assert [entry.named for entry in address.entries] == [[]]
    assert [entry.named for entry in name.entries] == [["listed.example"]]


@pytest.fixture(scope="module")
def no_register(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """An observatory that knows only whose addresses are."""
    store = observatory(tmp_path_factory.mktemp("holders") / "o")
    ingest_bundled_holders(store)
    return store


@pytest.mark.parametrize("register", ["geoip2fast_bundle", "nothing", "iptoasn"])
def test_what_is_no_register_is_not_one_that_lists_nothing(
    no_register: Store, register: str
) -> None:
    """A table of holders has snapshots too."""
    view = no_register.view()
    with pytest.raises(UnknownRegister, match=register):
        state_in_store(view, register, NOW)
    with pytest.raises(UnknownRegister, match=register):
        history(view, register, begins=None, ends=NOW)
    with pytest.raises(UnknownRegister, match=register):
        diff(view, register, begins=START, ends=NOW)


def test_a_file_is_not_read_as_a_table_of_holders_where_a_register_is_wanted() -> None:
    with pytest.raises(UsageError, match="iptoasn"):
        state_of_file(b"1.0.0.0\t1.0.0.255\t1\tUS\tX\n", find_source("iptoasn"))


@pytest.mark.parametrize("every", ["snapshot", "hour", "day"])
def test_a_history_of_a_time_without_snapshots_says_so(store: Store, every: str) -> None:
    with pytest.raises(NoSnapshot, match="between 2016-01-01"):
        history(store.view(), DUMP, begins=START + 365 * DAY, ends=NOW, every=every)  # type: ignore[arg-type]


@pytest.mark.parametrize("every", ["snapshot", "hour", "day"])
def test_every_row_of_a_history_lies_in_the_time_that_was_asked_for(
    store: Store, every: str
) -> None:
    begins, ends = START + HOUR, START + 2 * DAY
    rows = history(store.view(), DUMP, begins=begins, ends=ends, every=every).rows  # type: ignore[arg-type]
    assert rows
    assert all(begins <= row.at <= ends for row in rows)
    assert rows[-1].at == START + DAY
    assert rows[-1].ipv4 == 256 + 4


def test_a_damaged_part_is_named_and_nobody_can_say(tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_bytes(dump(START, ENTRIES))
    store = observatory(tmp_path / "o")
    ingest(store, [tmp_path / "dump.csv"])
    for part in (store.root / "tables" / "listings").rglob("*.parquet"):
        part.write_bytes(b"no Parquet at all, by no means")
    (told,) = asked(store, "192.0.2.1")
    assert told.listed is None
    assert "parquet" in str(told.sources[0].broken)
    with pytest.raises(StoreDamaged, match="parquet"):
        state_in_store(store.view(), DUMP, START)


def test_a_difference_tells_both_sides(store: Store) -> None:
    told = diff(store.view(), DUMP, begins=START, ends=START + DAY)
    assert (told.added.ipv4, told.removed.ipv4) == (1, 1)
    assert [group.witness for group in told.removed.groups] == ["192.0.2.1"]
    assert told.ipv4_after == told.ipv4_before == 256 + 4


def test_the_extent_of_a_file_is_that_of_the_register_it_was_ingested_to(store: Store) -> None:
    file = extent_at(state_of_file(dump(START, ENTRIES), None), "decision")
    kept = extent_at(state_in_store(store.view(), DUMP, START), "decision")
    assert (file.ipv4, file.ipv6) == (kept.ipv4, kept.ipv6)
    assert (file.snapshot.records, file.snapshot.digest) == (7, kept.snapshot.digest)
    assert [(group.key, group.ipv4) for group in file.groups] == [
        (group.key, group.ipv4) for group in kept.groups
    ]


def test_what_was_lost_in_a_silence_is_neither_listed_nor_free(tmp_path: Path) -> None:
    """The first file after it is cut, so nobody knows what of the rest still stands."""
    made, weeks = observatory(tmp_path / "observatory"), 30 * DAY
    (tmp_path / "dump.csv").write_bytes(dump(START, [line("192.0.2.1"), line("192.0.2.2")]))
    (tmp_path / "dump-cut.csv").write_bytes(dump(START + weeks, [line("192.0.2.1")]) + b"192.0.")
    ingest(made, [tmp_path / "dump.csv", tmp_path / "dump-cut.csv"])
    seen, lost = asked(made, "192.0.2.1", "192.0.2.2", days=31)
    assert (seen.listed, seen.level) == (True, "listed")
    assert (lost.listed, lost.level) == (None, None)
    assert [entry.confirmed for entry in lost.entries] == [False]
