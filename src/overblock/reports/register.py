"""One register: what it lists at a moment, under which decisions, and how that came to be."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace

from overblock.reports.answers import Group
from overblock.reports.check import EntryAnswer, SourceAnswer
from overblock.reports.extent import ExtentAnswer, extent_at
from overblock.reports.register_health import source_answer
from overblock.reports.states import state_in_store
from overblock.sources import find_source
from overblock.store import View


class RegisterAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A register at one moment; ``extent`` is that of ``overblock extent --by decision``."""

    register: str
    title: str
    publisher: str  # the page of whoever publishes it
    licence: str
    at: datetime
    freshness: SourceAnswer
    extent: ExtentAnswer


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What one decision lists in all, at the moment that was asked about."""

    register: str
    decision: str | None
    ipv4: int
    networks: int
    share: float | None  # of all that the register lists


def register_answer(
    view: View, register: str, at: datetime, *, with_groups: bool = True
) -> RegisterAnswer:
    """A register at a moment, its decisions the largest first, or without them.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none at or before that moment.
    """
    state, source = state_in_store(view, register, at), find_source(register)
    return RegisterAnswer(
        register=register,
        title=source.title,
        publisher=source.homepage,
        licence=source.licence,
        at=at,
        freshness=source_answer(view, register, at),
        extent=extent_at(state, "decision" if with_groups else "kind"),
    )


def seen_at(answer: RegisterAnswer, freshness: SourceAnswer, at: datetime) -> RegisterAnswer:
    """The same at a later moment at which the same snapshot holds: only its age is another."""
    extent = replace(answer.extent, at=at, silent=freshness.silent)
    return replace(answer, at=at, freshness=freshness, extent=extent)


def standing_under(
    view: View, entries: Sequence[EntryAnswer], at: datetime
) -> list[Standing | None]:
    """What stands in all under the decision of each entry; None where no address does."""
    registers = {entry.register for entry in entries}
    found = {
        register: {
            _act(group.authority, group.key, group.decision_date): group
            for group in extent_at(state_in_store(view, register, at), "decision").groups
        }
        for register in registers
    }
    acts = [_act(entry.authority, entry.decision, entry.decision_date) for entry in entries]
    groups = [found[entry.register].get(act) for entry, act in zip(entries, acts, strict=True)]
    return [
        _standing(entry, group) if group else None
        for entry, group in zip(entries, groups, strict=True)
    ]


def _standing(entry: EntryAnswer, group: Group) -> Standing:
    return Standing(
        register=entry.register,
        decision=entry.decision,
        ipv4=group.ipv4,
        networks=group.networks,
        share=group.share,
    )


def _act(authority: str | None, number: str | None, day: object) -> tuple[object, ...]:
    """A decision, however often its number was typed with more blanks than one."""
    return authority, None if number is None else " ".join(number.split()), day
