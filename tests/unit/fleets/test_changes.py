"""What changed for a fleet: one example of each kind, and what never counts as freed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from overblock.fleets.changes import (
    MISSING,
    UNSEEN,
    FleetState,
    Holding,
    Look,
    Sighting,
    compare,
    kept,
)
from overblock.registers.flags import FLAGS

START = datetime(2018, 4, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEB = "192.0.2.7"


def holding(decision: str = "1", kind: str = "ordered") -> Holding:
    return Holding(kind=kind, since=START, authority="A", decisions=[decision])


def look(hour: int, *held: str, doubt: str | None = None, **more: Any) -> Look:
    """A look at one address; ``held`` are the decisions that list it."""
    sighting = Sighting(holding=holding(*held[:1]), confirmed=more.pop("confirmed", True))
    usual: dict[str, Any] = {
        "at": START + hour * HOUR,
        "labels": {WEB: "web"},
        "sightings": {WEB: {"ru": sighting}} if held else {},
        "doubts": {"ru": doubt},
        "unsure": {},
    }
    return Look(**(usual | more))


def told(*looks: Look) -> list[list[tuple[str, str | None]]]:
    """The changes of each look, one after the other, as kind and target."""
    state: FleetState | None = None
    found: list[list[tuple[str, str | None]]] = []
    for one in looks:
        changes, state = compare(state, one)
        found.append([(change.change, change.target) for change in changes])
    return found


def test_a_change_tells_when_it_was_not_listed_yet() -> None:
    """Its end too; after looks of a version that did not remember it, nobody knows."""
    begun = msgspec.structs.replace(holding(), unlisted_at=START - HOUR)
    listed = look(0, sightings={WEB: {"ru": Sighting(holding=begun, confirmed=True)}})
    (first,), state = compare(None, listed)
    (freed,), _ = compare(state, look(1))
    assert (first.unlisted_at, freed.unlisted_at) == (START - HOUR, START - HOUR)
    written = msgspec.to_builtins(state)
    del written["items"][WEB]["registers"]["ru"]["holding"]["unlisted_at"]
    (freed,), _ = compare(msgspec.convert(written, FleetState), look(1))
    assert (freed.change, freed.unlisted_at) == ("freed", None)


def test_what_is_listed_at_the_first_look_is_a_change() -> None:
    assert told(look(0, "1")) == [[("listed", WEB)]]
    assert told(look(0)) == [[]]


def test_a_listing_is_told_once_and_so_is_its_end() -> None:
    assert told(look(0), look(1, "1"), look(2, "1"), look(3), look(4)) == [
        [],
        [("listed", WEB)],
        [],
        [("freed", WEB)],
        [],
    ]


def test_another_decision_or_kind_is_a_change() -> None:
    assert told(look(0, "1"), look(1, "2"))[1] == [("changed", WEB)]
    attached = {WEB: {"ru": Sighting(holding=holding(kind="attached"), confirmed=True)}}
    assert told(look(0, "1"), look(1, sightings=attached))[1] == [("changed", WEB)]


@pytest.mark.parametrize("doubt", [*FLAGS, "silent since 2018-04-16 00:00 UTC", "no snapshot"])
def test_a_register_in_doubt_never_frees(doubt: str) -> None:
    changes = told(look(0, "1"), look(1, doubt=doubt), look(2, doubt=doubt), look(3, "1"), look(4))
    assert changes[1:] == [
        [("unknown", None), ("unknown", WEB)],
        [],
        [("known_again", None), ("known_again", WEB)],
        [("freed", WEB)],
    ]


def test_what_was_freed_in_the_dark_is_freed_once_the_register_can_be_believed() -> None:
    assert told(look(0, "1"), look(1, doubt="cut"), look(2))[2] == [
        ("known_again", None),
        ("freed", WEB),
    ]


def test_a_register_in_doubt_may_well_list() -> None:
    assert told(look(0), look(1, "1", doubt="cut"))[1] == [("unknown", None), ("listed", WEB)]


def test_what_was_lost_in_a_silence_is_unknown_until_a_whole_state_leaves_it_out() -> None:
    looks = look(0, "1"), look(1, "1", confirmed=False), look(2, "1", confirmed=False), look(3)
    assert told(*looks)[1:] == [[("unknown", WEB)], [], [("freed", WEB)]]
    _, state = compare(None, looks[1])
    assert [(target, known.unconfirmed) for target, _, known in kept(state)] == [(WEB, UNSEEN)]


def test_a_register_that_is_gone_frees_nothing() -> None:
    gone = look(1, doubts={})
    assert told(look(0, "1"), gone)[1] == [("unknown", None), ("unknown", WEB)]
    _, state = compare(compare(None, look(0, "1"))[1], gone)
    assert state.doubts == {"ru": MISSING}


def test_a_register_that_is_not_asked_about_stays_as_it_was() -> None:
    asked = look(1, doubts={"es": None}, all_registers=False)
    changes, state = compare(compare(None, look(0, "1"))[1], asked)
    assert changes == []
    assert state.items[WEB].registers["ru"].unconfirmed is None
    both = look(2, doubts={"ru": None, "es": None})
    assert told(look(0, "1"), asked, both)[2] == [("freed", WEB)]


def test_a_name_whose_addresses_nobody_knows_any_more_is_not_freed() -> None:
    exposed = {WEB: {"ru": Sighting(holding=holding(kind="exposed"), confirmed=True)}}
    looks = look(0, sightings=exposed), look(1, unsure={WEB: "unresolved"}), look(2)
    assert told(*looks)[1:] == [[("unknown", WEB)], [("freed", WEB)]]
    assert told(look(0, "1"), look(1, unsure={WEB: "unresolved"}))[1] == [("freed", WEB)]


def test_each_register_is_told_apart() -> None:
    sighting = Sighting(holding=holding(), confirmed=True)
    both = {WEB: {"es": sighting, "ru": sighting}}
    doubts = {"ru": None, "es": "cut"}
    changes, state = compare(None, look(0, sightings=both, doubts=doubts))
    assert [(change.change, change.register) for change in changes] == [
        ("unknown", "es"), ("listed", "es"), ("listed", "ru")
    ]  # fmt: skip
    changes, state = compare(state, look(1, doubts=doubts))
    assert [(change.change, change.register) for change in changes] == [
        ("unknown", "es"), ("freed", "ru")
    ]  # fmt: skip
    assert list(state.items[WEB].registers) == ["es"]


def test_what_left_the_inventory_is_forgotten_and_new_when_it_returns() -> None:
    assert told(look(0, "1"), look(1, "1", labels={}), look(2, "1"))[1:] == [
        [],
        [("listed", WEB)],
    ]
