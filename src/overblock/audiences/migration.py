"""What services lost and gained beside each other, where one definition covers them at one time.

Two panels' figures set beside each other show how panels differ.  So services are compared only
within one definition, by the last figures before an event and the first after it that both of them
have.  These are net: that the same people moved is not in them, and reach overlaps, as people use
several services at once.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from overblock.audiences.series import Period, Series, sides

State: TypeAlias = Literal["covered", "insufficient"]
Moment: TypeAlias = tuple[datetime, datetime]

COUNTED = frozenset({  # units that say how many people, or how much of their use
    "users", "people", "subscribers", "followers", "members", "views", "visits", "messages",
    "minutes", "hours",
})  # fmt: skip
LEAST_SERVICES = 2
SIDES = ("before", "after")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure and what it can mean."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One service or channel, at both moments."""

    name: str
    before: Figure
    after: Figure
    change: Figure
    share_before: float | None  # of all that are covered at both moments; None: all are nought
    share_after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """Services of one definition beside each other; numbers are None where insufficient."""

    metric: str
    definition: str
    unit: str
    period: Period
    state: State
    because: str  # why insufficient; empty where it is not
    uncovered: tuple[str, ...]  # of this definition, but not at both moments
    before_at: Moment | None = None
    after_at: Moment | None = None
    moved: tuple[Moved, ...] = ()
    lost: float | None = None  # by those that shrank, in all
    gained: float | None = None  # by those that grew
    offset_share: float | None = None  # of what was lost, how much others gained; None: none lost


def migrations(series: Sequence[Series], event_at: datetime) -> list[Migration]:
    """Compare the services that share a definition; definitions with one service are left out."""
    together: dict[tuple[str, str, str, Period], list[Series]] = defaultdict(list)
    for one in series:
        if one.unit in COUNTED:
            together[one.metric, one.definition, one.unit, one.period].append(one)
    return [
        _migration(group, event_at)
        for _, group in sorted(together.items(), key=lambda item: item[0])
        if len(group) >= LEAST_SERVICES
    ]


def _migration(group: list[Series], event_at: datetime) -> Migration:
    earlier, later = ([_figures(one, event_at, side) for one in group] for side in SIDES)
    at_before = max(_shared(earlier), default=None)
    at_after = min(_shared(later), default=None)
    first = group[0]
    if at_before is None or at_after is None:
        side = "before" if at_before is None else "after"
        because = f"no moment {side} the event at which two of them have a figure"
        return _of(first, because, tuple(sorted(one.name for one in group)))
    found = [
        (one.name, before[at_before], after[at_after])
        for one, before, after in zip(group, earlier, later, strict=True)
        if at_before in before and at_after in after
    ]
    names = {name for name, _, _ in found}
    uncovered = tuple(sorted(one.name for one in group if one.name not in names))
    if len(found) < LEAST_SERVICES:
        because = "no two of them have figures on both sides of the event at the same moments"
        return _of(first, because, uncovered)
    moved = _moved(found)
    lost = -sum(min(0.0, one.change.value) for one in moved)
    gained = sum(max(0.0, one.change.value) for one in moved)
    return Migration(
        metric=first.metric,
        definition=first.definition,
        unit=first.unit,
        period=first.period,
        state="covered",
        because="",
        uncovered=uncovered,
        before_at=at_before,
        after_at=at_after,
        moved=moved,
        lost=lost,
        gained=gained,
        offset_share=min(lost, gained) / lost if lost else None,
    )


def _figures(series: Series, event_at: datetime, wanted: str) -> dict[Moment, Figure]:
    """The figures on one side of the event, by when they are of; open ones are left out."""
    rows = series.points.select("at_first", "at_last", "value", "low", "high").rows()
    return {
        (first, last): Figure(value=value, low=low, high=high)
        for (first, last, value, low, high), side in zip(rows, sides(series, event_at), strict=True)
        if side == wanted and high is not None
    }


def _shared(figures: list[dict[Moment, Figure]]) -> list[Moment]:
    """The moments at which at least two have a figure."""
    counted = Counter(moment for each in figures for moment in each)
    return [moment for moment, number in counted.items() if number >= LEAST_SERVICES]


def _moved(found: list[tuple[str, Figure, Figure]]) -> tuple[Moved, ...]:
    all_before = sum(before.value for _, before, _ in found)
    all_after = sum(after.value for _, _, after in found)
    return tuple(
        Moved(
            name=name,
            before=before,
            after=after,
            change=Figure(
                value=after.value - before.value,
                low=after.low - before.high,
                high=after.high - before.low,
            ),
            share_before=before.value / all_before if all_before else None,
            share_after=after.value / all_after if all_after else None,
        )
        for name, before, after in sorted(found, key=lambda item: item[0])
    )


def _of(first: Series, because: str, uncovered: tuple[str, ...]) -> Migration:
    return Migration(
        metric=first.metric,
        definition=first.definition,
        unit=first.unit,
        period=first.period,
        state="insufficient",
        because=because,
        uncovered=uncovered,
    )
