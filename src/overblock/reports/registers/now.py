"""What is blocked now: how much each register lists, what a day changed, what can be believed."""

from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from overblock.addresses.intervals import IntervalSet
from overblock.cases.loading import bundled_cases
from overblock.errors import NoSnapshot, StoreDamaged, UnknownRegister
from overblock.registers.extent import ipv4_set, ipv4_size, ipv6_size
from overblock.reports.answers import Ipv6Extent, SnapshotFacts
from overblock.reports.checks.check import SourceAnswer
from overblock.reports.latest import Latest, latest
from overblock.reports.measured.events import EventRow
from overblock.reports.registers.health import registers_here, source_answer
from overblock.reports.registers.recent import RegisterChange
from overblock.reports.registers.states import state_in_store
from overblock.reports.sources import SourceHealth, sources_health
from overblock.sources import find_source
from overblock.store import View

DAY = timedelta(days=1)


class DayChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a day changed in the union of IPv4 addresses."""

    since: datetime
    ipv4_before: int
    ipv4_added: int
    ipv4_removed: int


class RegisterNow(msgspec.Struct, frozen=True, kw_only=True):
    """One register as it stands."""

    register: str
    title: str
    country: str | None
    freshness: SourceAnswer | None
    snapshot: SnapshotFacts | None
    ipv4: int | None  # a union; null: unknown, as it cannot be read
    ipv6: Ipv6Extent | None
    day: DayChange | None  # null: it said nothing in the last day, or nothing before it
    broken: str | None  # why it cannot be read
    ipv4_ordered: int | None = None  # of ``ipv4``: entries that name only addresses and networks
    ipv4_attached: int | None = None  # entries with a name or page; an address may be in both


class NowAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Every register at hand, every source that was read, and the cases that ship."""

    at: datetime
    registers: list[RegisterNow]
    sources: list[SourceHealth]
    cases: list[str]
    changes: list[RegisterChange]  # the last of each register, the newest first
    events: list[EventRow]  # the last that measurements show, the newest first
    events_broken: str | None  # why no events can be told
    verdicts: str | None  # digest of the verdicts that events rest on; null: there are none


def now_answer(view: View | None, at: datetime, happened: Latest | None = None) -> NowAnswer:
    """How things stand; without an observatory there are only the cases.

    A register whose files are damaged is named, and the others are answered.  ``happened`` is
    what `latest` says of the same moment, where that is at hand.
    """
    last = happened or latest(view, at)
    registers = [_register(view, name, at) for name in registers_here(view)] if view else []
    sources = [one for one in sources_health(view, at) if one.snapshots] if view else []
    return NowAnswer(
        at=at,
        registers=registers,
        sources=sources,
        cases=bundled_cases(),
        changes=last.changes,
        events=last.events,
        events_broken=last.events_broken,
        verdicts=last.verdicts,
    )


def _register(view: View, register: str, at: datetime) -> RegisterNow:
    source = find_source(register)
    unread = RegisterNow(
        register=register,
        title=source.title,
        country=source.country,
        freshness=None,
        snapshot=None,
        ipv4=None,
        ipv6=None,
        day=None,
        broken=None,
    )
    try:
        state = state_in_store(view, register, at)
        freshness = source_answer(view, register, at)
        size, six = ipv4_size(state.addresses), ipv6_size(state.addresses)
        day = _day(view, freshness, at, size.listed)
    except StoreDamaged as error:
        return replace(unread, broken=view.told(error))
    except (NoSnapshot, UnknownRegister) as error:
        return replace(unread, broken=str(error))
    return replace(
        unread,
        freshness=freshness,
        snapshot=state.snapshot,
        ipv4=size.all,
        ipv6=Ipv6Extent(prefixes=six.prefixes, slash64s=six.slash64s),
        day=day,
        ipv4_ordered=size.ordered,
        ipv4_attached=size.attached,
    )


def _day(view: View, freshness: SourceAnswer, at: datetime, after: IntervalSet) -> DayChange | None:
    """What changed within a day; None where the register gives no right to say so."""
    if freshness.published_at is None or at - freshness.published_at > DAY:
        return None
    try:
        before = ipv4_set(state_in_store(view, freshness.register, at - DAY).addresses)
    except NoSnapshot:
        return None
    return DayChange(
        since=at - DAY,
        ipv4_before=before.size,
        ipv4_added=(after - before).size,
        ipv4_removed=(before - after).size,
    )
