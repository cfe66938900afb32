"""A fleet at once and one by one: the same answers; and a memory that never frees in doubt."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.addresses.meeting import meet
from overblock.fleets.changes import FleetState, Holding, Look, Sighting, compare
from overblock.fleets.inventory import read_inventory
from overblock.reports.checks.check import CheckAnswer, check
from overblock.reports.fleets.answer import WatchAnswer
from overblock.reports.fleets.watch import Fleet, NamedInventory, watch
from overblock.store import Store, View
from overblock.tables import HOLDER_RANGES
from register_worlds import DUMP, START, dump, ingest, line, observatory

DAY = timedelta(days=1)
FEW = settings(max_examples=8)  # each asks a dozen questions of DuckDB
pairs = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6)), max_size=12)


def slow_meet(mine: list[tuple[int, int]], others: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [
        (i, j)
        for i, (first, size) in enumerate(mine)
        for j, (other, other_size) in enumerate(others)
        if first <= other + other_size and other <= first + size
    ]


@given(mine=pairs, others=pairs, wide=st.booleans())
def test_ranges_meet_as_they_do_one_by_one(
    mine: list[tuple[int, int]], others: list[tuple[int, int]], *, wide: bool
) -> None:
    def ends(of: list[tuple[int, int]]) -> list[Any]:
        edges = [[first for first, _ in of], [first + size for first, size in of]]
        if wide:
            return [
                np.frombuffer(b"".join(edge.to_bytes(16) for edge in row), "S16") for row in edges
            ]
        return [np.array(row, np.uint64) for row in edges]

    places = meet(*ends(mine), *ends(others))
    assert list(zip(*(part.tolist() for part in places), strict=True)) == slow_meet(mine, others)


A, B = line("192.0.2.0/30", decision="1"), line("192.0.2.2 | 2001:db8::/64", "a.example")
C = line("192.0.2.0/24", "*.b.example", decision="3")
D = line("", "www.a.example", "http://www.a.example/x", decision="4")
STATES = [(0, [A, B]), (1, [A, B, C]), (2, [B, C]), (20, [C]), (21, [C, D]), (22, [D])]
BASE = 0xC0000200  # 192.0.2.0


def held_by(name: str | None, first: int, until: int, **more: Any) -> dict[str, Any]:
    ipv4 = {"ipv4_from": BASE + first, "ipv4_until": BASE + until}
    return dict.fromkeys(HOLDER_RANGES.schema()) | ipv4 | {"as_name": name} | more


SIX = {"ipv4_from": None, "ipv4_until": None, "ipv6_last": bytes.fromhex("20010db8" + "ff" * 12)}
HOLDERS = {
    "iptoasn@2015-01-01": [
        held_by("WIDE", 0, 512, asn=1),
        held_by("NARROW", 2, 4, asn=2, country="US"),
        held_by(None, 4, 5),  # says nothing: the next table answers
        held_by("SIX", 0, 0, **SIX, ipv6_first=bytes.fromhex("20010db8" + "00" * 12)),
    ],
    "iptoasn@2015-02-01": [held_by("LATER", -256, 1024, asn=3)],
}
ADDRESSES = [f"192.0.{c}.{d}" for c in (1, 2, 3) for d in (0, 1, 2, 3, 4, 255)]
TARGETS = [
    *ADDRESSES, "192.0.2.2/31", "192.0.0.0/16", "2001:db8::7", "2001:db8:0:1::", "2001:db8::/32",
    "a.example", "www.a.example", "b.example", "x.y.b.example", "c.example",
]  # fmt: skip


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> View:
    folder: Path = tmp_path_factory.mktemp("fleet")
    for number, (day, lines) in enumerate(STATES):
        (folder / f"dump-{number}-of.csv").write_bytes(dump(START + day * DAY, lines))
    store: Store = observatory(folder / "observatory")
    ingest(store, [folder / f"dump-{number}-of.csv" for number in range(len(STATES))])
    with store.writing("holders") as writer:
        for partition, rows in HOLDERS.items():
            writer.append(HOLDER_RANGES, partition, pl.DataFrame(rows, HOLDER_RANGES.schema()))
        writer.publish()
    assert DUMP in store.view().facts
    return store.view()


def watched(view: View, targets: list[str], at: Any) -> WatchAnswer:
    inventory = read_inventory("\n".join(targets).encode())
    fleet = Fleet(inventories=[NamedInventory(name="fleet", inventory=inventory)])
    return watch(view, fleet, at).answer


@FEW
@given(
    st.lists(st.sampled_from(TARGETS), min_size=5, max_size=9, unique=True), st.integers(-5, 800)
)
def test_a_fleet_is_told_what_check_tells_of_each(
    view: View, targets: list[str], hour: int
) -> None:
    at = START + timedelta(hours=hour)
    one_by_one: list[CheckAnswer] = list(check(view, targets, at))
    answer = watched(view, targets, at)
    assert [source.source for source in answer.sources] == one_by_one[0].sources
    for item, alone in zip(answer.items, one_by_one, strict=True):
        assert (item.listed, item.kind, item.since) == (alone.listed, alone.kind, alone.since)
        assert item.entries == len(alone.entries)
        assert item.named == tuple(alone.co_listed.named[:5])
        assert item.named_in_all == alone.co_listed.named_in_all
        if item.target_kind != "network":  # it is told whose its first address is
            assert item.holder == alone.holder
        sure = [entry for entry in alone.entries if entry.confirmed] or alone.entries
        assert (item.decision in {entry.decision for entry in sure}) == bool(sure)


@settings(max_examples=6)
@given(
    st.lists(st.sampled_from(ADDRESSES), min_size=3, max_size=5, unique=True), st.integers(-5, 800)
)
def test_a_candidate_is_as_clean_as_check_remembers(
    view: View, targets: list[str], hour: int
) -> None:
    at = START + timedelta(hours=hour)
    inventory = NamedInventory(name="x", inventory=read_inventory("\n".join(targets).encode()))
    answer = watch(view, Fleet(inventories=[inventory], candidates=[inventory]), at).answer
    around = [f"{target.rpartition('.')[0]}.0/24" for target in targets]
    alone, beside = list(check(view, targets, at)), list(check(view, around, at))
    for told, one, near in zip(answer.candidates, alone, beside, strict=True):
        assert told.listed == one.listed
        assert told.neighbours_listed == len(near.entries)
        assert told.clean == (None if near.listed is None else not near.listed)
        assert told.last_listed_until == last(one)
        assert told.neighbours_last_until == last(near)
        if told.clean:
            assert told.clean_since == (last(near) or START)
            assert told.since_records_begin == (last(near) is None)
        else:
            assert told.clean_since is None


def last(answer: CheckAnswer) -> datetime | None:
    """When the last listing ended, if none stands."""
    ended = [entry.listed_until for entry in answer.past if entry.listed_until]
    return None if answer.entries else max(ended, default=None)


items = st.sampled_from(["a", "b"])
doubt = st.sampled_from([None, None, "cut", "silent"])
decision = st.sampled_from(["1", "2"])
sightings = st.dictionaries(items, st.dictionaries(st.sampled_from(["ru", "es"]), decision))
looks = st.lists(
    st.tuples(sightings, st.fixed_dictionaries({"ru": doubt, "es": doubt})), max_size=8
)


@given(looks)
def test_nothing_is_freed_in_doubt_and_nothing_is_forgotten(drawn: list[Any]) -> None:
    """Replaying the changes gives what is listed; the model knows nothing of how they are found."""
    state: FleetState | None = None
    believed: dict[tuple[str, str], str] = {}
    for number, (seen, doubts) in enumerate(drawn):
        holdings = {
            item: {
                register: Sighting(
                    holding=Holding(
                        kind="ordered", since=START, authority=None, decisions=[number_]
                    ),
                    confirmed=True,
                )
                for register, number_ in by.items()
            }
            for item, by in seen.items()
        }
        look = Look(
            at=START + number * DAY,
            labels={"a": "a", "b": "b"},
            sightings=holdings,
            doubts=doubts,
            unsure={},
        )
        changes, state = compare(state, look)
        for change in changes:
            if change.target is not None and change.change == "freed":
                assert doubts[change.register] is None
                del believed[change.target, change.register]
            elif change.target is not None and change.change in {"listed", "changed"}:
                believed[change.target, change.register] = change.decisions[0]
        now = {(item, register): by[register] for item, by in seen.items() for register in by}
        kept = {key: value for key, value in believed.items() if doubts[key[1]] and key not in now}
        assert believed == now | kept
        assert {(t, r) for t, item in state.items.items() for r in item.registers} == {*believed}
