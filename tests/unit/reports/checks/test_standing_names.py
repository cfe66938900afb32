"""Which resolutions are in memory, and when the files are asked instead."""

from pathlib import Path

import pytest

from name_worlds import SEEN, keep
from overblock.reports.checks import standing_names
from overblock.reports.checks.check import check
from overblock.reports.checks.standing_desk import Rolls
from overblock.reports.checks.standing_names import WORTH, NameRolls
from overblock.reports.targets import read_target
from overblock.store import Store
from register_worlds import HOUR, START, dump, ingest, line

OLD, NEW = ("names_csv@2015-01-01",), ("names_csv@2015-01-02",)
HERE = read_target("192.0.2.1")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store.create(tmp_path / "observatory")
    keep(made, [("a.example", "192.0.2.1"), ("b.example", "192.0.2.1")], OLD[0])
    keep(made, [("a.example", "192.0.2.1"), ("c.example", None)], NEW[0])
    return made


def test_resolutions_are_read_once_it_pays(store: Store) -> None:
    rolls, view = NameRolls(), store.view()
    assert [rolls.of(view, NEW, 1) for _ in range(WORTH - 1)] == [None] * (WORTH - 1)
    held = rolls.of(view, NEW, 1)
    assert held is not None
    assert rolls.of(store.view(), NEW, 1) is held  # another view of the same state


def test_questions_about_one_moment_and_another_in_turn_read_neither(store: Store) -> None:
    rolls, view = NameRolls(), store.view()
    assert [rolls.of(view, chosen, 1) for chosen in (OLD, NEW) * WORTH] == [None] * 2 * WORTH


def test_what_a_writer_replaced_is_read_anew(store: Store) -> None:
    rolls = NameRolls()
    before = rolls.of(store.view(), NEW, WORTH)
    keep(store, [("d.example", "192.0.2.1")], NEW[0])
    after = rolls.of(store.view(), NEW, WORTH)
    assert before is not None
    assert after is not None
    told = [held.tenants(HERE) for held in (before, after)]
    assert [found and found.names for found in told] == [["a.example"], ["d.example"]]


@pytest.mark.parametrize(("bound", "most"), [("MOST_ROWS", 1), ("MOST_BYTES", 10)])
def test_too_many_names_stay_in_their_files(
    store: Store, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    monkeypatch.setattr(standing_names, bound, most)
    rolls, view = NameRolls(), store.view()
    assert [rolls.of(view, OLD, WORTH) for _ in range(2)] == [None, None]


def test_those_asked_about_longest_ago_make_room(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing_names, "MOST_ROWS", 3)
    rolls, view = NameRolls(), store.view()
    old = rolls.of(view, OLD, WORTH)
    assert rolls.of(view, NEW, WORTH) is not None  # two rows and two are more than three
    assert rolls.of(view, OLD, 1) is None
    assert rolls.of(view, OLD, WORTH) is not old


def test_names_none_of_which_has_an_address_have_nobody_beside_them(store: Store) -> None:
    keep(store, [("c.example", None)], "names_list@2015-01-02")
    held = NameRolls().of(store.view(), ("names_list@2015-01-02",), WORTH)
    assert held is not None
    assert held.tenants(read_target("c.example")) is None
    found = held.tenants(HERE)
    assert found is not None
    assert (found.names, found.in_all) == ([], 0)


def test_a_check_says_the_same_with_names_in_memory(store: Store, tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_bytes(dump(START, [line("192.0.2.1", "casino.example")]))
    ingest(store, [tmp_path / "dump.csv"])
    rolls, view, targets = Rolls(), store.view(), ["192.0.2.1", "a.example", "c.example", "::1"]
    for at in (SEEN, SEEN + HOUR):
        slow, fast = (list(check(view, targets, at, one)) for one in (None, rolls))
        assert fast == slow
        assert fast[0].co_tenants is not None
    keep(store, [("e.example", "192.0.2.1")], NEW[0])
    assert rolls.worth(store.view(), 1)  # it answers from memory at once after a writer, too
    assert not Rolls().worth(store.view(), 1)
