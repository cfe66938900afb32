"""One onset or end of blocking, with all that it rests on, and the events of a place in one list.

An event belongs to a group: what may be one and the same in several networks, and in the country as
a whole.  Lists are of groups, so that one order to all networks is one line.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from overblock.cases.loading import bundled_cases, load_case
from overblock.cases.times import read_moment, read_zone
from overblock.errors import NoEvent
from overblock.reports.measured.events import (
    EventRow,
    EventsAnswer,
    Selection,
    SeriesGap,
    is_target,
)
from overblock.reports.measured.series import Measured, SeriesAnswer, series_of

AROUND = timedelta(days=14)  # of the series, before and after an event
NEAR = timedelta(days=31)  # a documented case is near an event


class EventGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Events that may be one: that of the country if there is one, and those of its networks."""

    first: EventRow  # of the country; else the first to be known
    networks: list[int]  # with an event of their own, in order of number
    rows: list[EventRow]


class CaseNearby(msgspec.Struct, frozen=True, kw_only=True):
    """A documented case of the same country and time; that it is about the same is not said."""

    name: str
    title: str
    documented_from: str
    documented_until: str
    titles: dict[str, str] = {}  # by language, those that the case gives


class EventAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One event, those that may be one with it, and the series that it was found in."""

    event: EventRow
    group: list[EventRow]  # the others of its group
    grain: str  # hour or day: by which the event was found
    most_false_alarms: float  # expected in 1,000 days of a series in which nothing happens
    series: SeriesAnswer  # around it
    gaps: list[SeriesGap]  # of its test and country, around it
    cases: list[CaseNearby]


def groups_of(rows: Sequence[EventRow]) -> list[EventGroup]:
    """Events by group, the newest first."""
    held: dict[str, list[EventRow]] = {}
    for row in rows:
        held.setdefault(row.group_id, []).append(row)
    groups = [_group(members) for members in held.values()]
    return sorted(groups, key=lambda one: (one.first.at, one.first.event_id), reverse=True)


def events_of(answer: EventsAnswer, selection: Selection) -> EventsAnswer:
    """Of all events and gaps those that are asked for.

    Asked of the whole, so that an event keeps its key and its figures whoever asks for it; counts
    of verdicts stay those of the whole.
    """
    return msgspec.structs.replace(
        answer,
        selection=selection,
        rows=[row for row in answer.rows if _is_wanted(row, selection)],
        gaps=[gap for gap in answer.gaps if _is_gap_wanted(gap, selection)],
    )


def one_event(measured: Measured, answer: EventsAnswer, event_id: str) -> EventAnswer:
    """One event of all, in full.

    Raises:
        NoEvent: there is none of that key.
    """
    event = next((row for row in answer.rows if row.event_id == event_id), None)
    if event is None:
        raise NoEvent(
            f"{event_id[:80]!r}: no event of that key by the {answer.grain}; with more "
            "measurements a change may be found at another moment, under another key"
        )
    begins, ends = event.earliest_at - AROUND, event.latest_at + AROUND
    asked = Selection(
        test=event.test,
        target=event.target,
        probe_cc=event.probe_cc,
        probe_asn=event.probe_asn,
        feature=event.feature,
        since=begins,
        until=ends,
    )
    return EventAnswer(
        event=event,
        group=[row for row in answer.rows if row.group_id == event.group_id and row != event],
        grain=answer.grain,
        most_false_alarms=answer.most_false_alarms,
        series=series_of(measured, asked, "day" if answer.grain == "day" else None),
        gaps=[gap for gap in answer.gaps if _is_gap_wanted(gap, asked)],
        cases=cases_near(event),
    )


def cases_near(event: EventRow) -> list[CaseNearby]:
    """The documented cases of an event's country that cover its time, or nearly."""
    found = []
    for name in bundled_cases():
        facts = load_case(name).facts
        zone = read_zone(facts.utc_offset)
        begins = read_moment(facts.documented_from, zone).first - NEAR
        ends = read_moment(facts.documented_until, zone).last + NEAR
        if facts.place == event.probe_cc and begins < event.latest_at and event.earliest_at < ends:
            found.append(
                CaseNearby(
                    name=name,
                    title=facts.title,
                    documented_from=facts.documented_from,
                    documented_until=facts.documented_until,
                    titles=facts.titles(),
                )
            )
    return found


def _group(members: list[EventRow]) -> EventGroup:
    first = min(members, key=lambda row: (row.probe_asn is not None, row.known_at, row.event_id))
    networks = sorted({row.probe_asn for row in members if row.probe_asn is not None})
    return EventGroup(first=first, networks=networks, rows=members)


def _is_wanted(row: EventRow, selection: Selection) -> bool:
    names = ("test", "probe_cc", "probe_asn", "feature")
    asked = ((name, getattr(selection, name)) for name in names)
    return (
        all(value is None or getattr(row, name) == value for name, value in asked)
        and (selection.target is None or is_target(row.target, selection.target))
        and _is_then(row.earliest_at, row.latest_at, selection)
    )


def _is_gap_wanted(gap: SeriesGap, selection: Selection) -> bool:
    """Gaps are of a test in a country, whichever target or network is asked for."""
    asked = ((name, getattr(selection, name)) for name in ("test", "probe_cc"))
    return all(value is None or getattr(gap, name) == value for name, value in asked) and _is_then(
        gap.silent_from, gap.silent_until, selection
    )


def _is_then(begins: datetime, ends: datetime, selection: Selection) -> bool:
    return (selection.since is None or ends > selection.since) and (
        selection.until is None or begins < selection.until
    )
