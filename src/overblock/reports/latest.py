"""What happened last: changes of all registers at hand, and events of measurements.

It is bounded and asked apart from the rest of the first page, because it changes with the
observatory and not with the clock.
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import msgspec

from overblock.errors import StoreDamaged, UnknownRegister
from overblock.reports.measured.events import (
    EventRow,
    EventsAnswer,
    Selection,
    events_in_store,
)
from overblock.reports.registers.health import registers_here
from overblock.reports.registers.recent import RegisterChange, recent_changes
from overblock.store import View
from overblock.tables import VERDICTS

MOST_CHANGES = 5  # of one register
MOST_EVENTS = 10
LOOKING_BACK = timedelta(days=30)  # for events, from the newest measurement on
DAY = timedelta(days=1)


class Latest(msgspec.Struct, frozen=True, kw_only=True):
    """Changes and events, the newest first."""

    changes: list[RegisterChange]
    events: list[EventRow]
    events_broken: str | None  # why no events can be told
    verdicts: str | None  # digest of the verdicts at hand by then; null: there are none


def latest(view: View | None, at: datetime) -> Latest:
    """The last of what happened up to a moment; a register that cannot be read tells nothing."""
    if view is None:
        return Latest(changes=[], events=[], events_broken=None, verdicts=None)
    changes = [
        change for register in registers_here(view) for change in _changes(view, register, at)
    ]
    events, broken = list[EventRow](), None
    try:
        events = latest_events(view, at, MOST_EVENTS)
    except StoreDamaged as error:
        broken = view.told(error)
    return Latest(
        changes=sorted(changes, key=lambda one: one.at, reverse=True),
        events=events,
        events_broken=broken,
        verdicts=_verdicts(view, at),
    )


def latest_events(view: View, at: datetime, most: int) -> list[EventRow]:
    """The last onsets and ends that were known by a moment, the newest first."""
    found = recent_events(view, at)
    told = [row for row in found.rows if row.known_at <= at] if found else []
    return sorted(told, key=lambda row: (row.known_at, row.event_id), reverse=True)[:most]


def recent_events(view: View, at: datetime) -> EventsAnswer | None:
    """What the days before the newest measurement show; None where nothing was measured by then.

    What is usual is learned from the weeks before alone, so that a long history costs no more
    than a short one; where all of it tells otherwise an event here may lack among all events.
    """
    known = _days(view, at)
    if not known:
        return None
    newest = datetime.fromisoformat(known[-1]).replace(tzinfo=UTC)
    selection = Selection(since=newest - LOOKING_BACK, until=min(at, newest + DAY))
    return events_in_store(view, selection, "day")


def _days(view: View, at: datetime) -> list[str]:
    return [day for day in view.partitions(VERDICTS) if day <= at.date().isoformat()]


def _verdicts(view: View, at: datetime) -> str | None:
    """What the events rest on: a digest over the parts of each day, in order."""
    parts = [f"{day} {path.stem}" for day in _days(view, at) for path in view.paths(VERDICTS, day)]
    return sha256("\n".join(parts).encode()).hexdigest() if parts else None


def _changes(view: View, register: str, at: datetime) -> list[RegisterChange]:
    try:
        return recent_changes(view, register, at, MOST_CHANGES)
    except StoreDamaged as error:
        view.told(error)  # by the register's own place on the page
    except UnknownRegister:
        pass  # the same
    return []
