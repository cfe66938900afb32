"""What changed for a fleet since it was last looked at, and what is to be remembered of it.

The memory holds what was listed, by register; what is free is not in it.  The rule that counts: a
listing ends only by the word of a register that can be believed.  Where the source is silent, or
its newest state is flagged, what is no longer found keeps its last known state, unconfirmed.

The structs are many and hold no cycles, so the collector of cycles passes them over.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

FORMAT = 1
EXPOSED = "exposed"
MISSING = "missing"  # the doubt about a register that is no longer there
UNSEEN = "not seen since the register fell silent"
ChangeKind: TypeAlias = Literal["listed", "freed", "changed", "unknown", "known_again"]


class Holding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How one register lists one item."""

    kind: str  # ordered, attached, or exposed: the addresses of a name are listed, it is not
    since: datetime
    authority: str | None
    decisions: list[str]  # in alphabetical order
    unlisted_at: datetime | None = None  # of `since`: when the register did not list it yet


class Known(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A listing as it was last known."""

    holding: Holding
    unconfirmed: str | None = None  # why nobody can say that it still stands


class Remembered(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One item that some register lists."""

    label: str
    registers: dict[str, Known]


class FleetState(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a fleet between two looks."""

    format: int
    at: datetime
    doubts: dict[str, str | None]  # register → why it cannot be believed
    items: dict[str, Remembered]  # target → what lists it


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One change since the last look; without a target, of a register as a whole."""

    change: ChangeKind
    at: datetime
    register: str
    target: str | None
    label: str | None
    kind: str | None
    since: datetime | None
    authority: str | None
    decisions: list[str]
    because: str | None  # why nobody can say
    unlisted_at: datetime | None = None  # of `since`: when the register did not list it yet


class Sighting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How one register lists one item now; not ``confirmed``: it did before it fell silent."""

    holding: Holding
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a fleet looks like at one moment.

    ``unsure`` are names whose addresses nobody at hand knows now: what is known of a name by its
    addresses alone cannot end.
    """

    at: datetime
    labels: Mapping[str, str]  # target → label, of all items
    sightings: Mapping[str, Mapping[str, Sighting]]  # target → register → how
    doubts: Mapping[str, str | None]  # of the registers that were looked at
    unsure: Mapping[str, str]  # target → why
    all_registers: bool = True  # else the others are left as they were


def compare(before: FleetState | None, look: Look) -> tuple[list[Change], FleetState]:
    """The changes since ``before``, and what is to be remembered instead of it.

    Without a memory everything that is listed is a change.  What left the inventory is forgotten.
    """
    changes = list(_of_registers(before, look))
    items: dict[str, Remembered] = {}
    remembered = before.items if before else {}
    for target in sorted({*look.sightings, *remembered} & look.labels.keys()):
        known = remembered[target].registers if target in remembered else {}
        seen = look.sightings.get(target, {})
        after: dict[str, Known] = {}
        for register in sorted({*known, *seen}):
            if register not in look.doubts and not look.all_registers:
                after[register] = known[register]  # nobody asked about that one
                continue
            was = known.get(register)
            change, now = _judge(was, seen.get(register), _doubt(look, target, register, was))
            if now is not None:
                after[register] = now
            if change is not None:
                changes.append(_told(look, target, register, change, now or was))
        if after:
            items[target] = Remembered(label=look.labels[target], registers=after)
    doubts = dict(look.doubts)
    for register, doubt in (before.doubts if before else {}).items():
        doubts.setdefault(register, MISSING if look.all_registers else doubt)
    return changes, FleetState(format=FORMAT, at=look.at, doubts=doubts, items=items)


def kept(state: FleetState) -> Iterator[tuple[str, str, Known]]:
    """Target, register and listing of all that is remembered without being confirmed."""
    for target, item in state.items.items():
        for register, known in item.registers.items():
            if known.unconfirmed is not None:
                yield target, register, known


def _of_registers(before: FleetState | None, look: Look) -> Iterator[Change]:
    doubts_before = before.doubts if before else {}
    registers = {*look.doubts, *(doubts_before if look.all_registers else ())}
    for register in sorted(registers):
        was, now = doubts_before.get(register), look.doubts.get(register, MISSING)
        if (was is None) != (now is None):
            yield Change(
                change="known_again" if now is None else "unknown",
                at=look.at,
                register=register,
                target=None,
                label=None,
                kind=None,
                since=None,
                authority=None,
                decisions=[],
                because=now,
            )


def _doubt(look: Look, target: str, register: str, was: Known | None) -> str | None:
    """Why it cannot be believed that something is gone."""
    by_address = was is not None and was.holding.kind == EXPOSED
    unsure = look.unsure.get(target) if by_address else None
    return look.doubts.get(register, MISSING) or unsure


def _judge(
    known: Known | None, seen: Sighting | None, doubt: str | None
) -> tuple[ChangeKind | None, Known | None]:
    """What one listing has become: the change, if it is one, and what to remember."""
    if seen is not None and seen.confirmed:
        now = Known(holding=seen.holding)
        if known is None:
            return "listed", now
        if not _same(known.holding, seen.holding):
            return "changed", now
        return "known_again" if known.unconfirmed else None, now
    if seen is not None:
        doubt = UNSEEN
    if doubt is None:
        return "freed", None
    holding = known.holding if known else seen.holding if seen else None
    if holding is None:
        return None, None
    changed = known is None or known.unconfirmed is None
    return "unknown" if changed else None, Known(holding=holding, unconfirmed=doubt)


def _same(one: Holding, other: Holding) -> bool:
    return (one.kind, one.decisions) == (other.kind, other.decisions)


def _told(
    look: Look, target: str, register: str, change: ChangeKind, known: Known | None
) -> Change:
    holding = known.holding if known else None
    return Change(
        change=change,
        at=look.at,
        register=register,
        target=target,
        label=look.labels[target],
        kind=holding.kind if holding else None,
        since=holding.since if holding else None,
        authority=holding.authority if holding else None,
        decisions=holding.decisions if holding else [],
        because=known.unconfirmed if known and change == "unknown" else None,
        unlisted_at=holding.unlisted_at if holding else None,
    )
