"""When a target was listed, over all of time: what a slider shows and steps along.

Where several entries list a target, a span is their union: it begins when the first of them does
and ends when none is left.  What was lost in a silence counts until the silence ends, as
everywhere.  Looked up as `overblock.reports.checks.check` does.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import msgspec

from overblock.errors import StoreDamaged
from overblock.reports.answers import Gap
from overblock.reports.checks.connections import connected
from overblock.reports.checks.lookup import Desk, Row
from overblock.reports.checks.standing_desk import Rolls, StandingDesk
from overblock.reports.kept import Kept
from overblock.reports.registers.states import register_snapshots
from overblock.reports.targets import Target, read_target
from overblock.store import View
from overblock.tables import GAPS, LISTINGS, SNAPSHOTS

MOST_SPANS = 200  # of one register; more cannot be drawn


class ListedSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which a register listed the target without a break."""

    begins: datetime
    ends: datetime | None  # null: it is listed still, as far as the register said
    kind: str  # ordered if any of its entries is
    entries: int
    decisions: list[str]  # the first of their numbers


class RegisterSpans(msgspec.Struct, frozen=True, kw_only=True):
    """One register's time, and the target's times in it."""

    register: str
    first: datetime  # the register's first and last snapshot
    last: datetime
    silences: list[Gap]
    spans: list[ListedSpan]
    spans_in_all: int


class TargetHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``/check/history.json``."""

    target: str
    registers: list[RegisterSpans]

    def changes(self) -> list[datetime]:
        """Every moment at which being listed began or ended, in order."""
        spans = [span for one in self.registers for span in one.spans]
        edges = {span.begins for span in spans} | {span.ends for span in spans if span.ends}
        return sorted(edges)


@dataclass(frozen=True, slots=True)
class _Time:
    """A register's own time."""

    first: datetime
    last: datetime
    silences: list[Gap]


TIMES: Kept[_Time] = Kept(32)


def target_history(view: View, written: str, rolls: Rolls | None = None) -> TargetHistory:
    """When each register listed a target; ``rolls`` keep the tables for whoever asks often.

    Raises:
        BadAddress: it is no address, network, name or page.
    """
    target = read_target(written)
    names = [name for name in view.partitions(LISTINGS) if view.paths(SNAPSHOTS, name)]
    with _desk(view, rolls) as desk:
        found = [spans for name in names if (spans := _spans(desk, name, target)) is not None]
    return TargetHistory(target=written, registers=found)


@contextmanager
def _desk(view: View, rolls: Rolls | None) -> Iterator[Desk | StandingDesk]:
    if rolls is not None and rolls.worth(view, 1):
        yield StandingDesk(view, rolls)
        return
    with connected() as connection:
        yield Desk(connection, view)


def _spans(desk: Desk | StandingDesk, register: str, target: Target) -> RegisterSpans | None:
    try:
        united = list(unite(desk.listings(register, target)))
        time = TIMES.of(desk.view, register, "time", lambda: _time(desk.view, register))
    except StoreDamaged as error:
        desk.view.told(error)  # by the answer itself, which names its sources
        return None
    return RegisterSpans(
        register=register,
        first=time.first,
        last=time.last,
        silences=time.silences,
        spans=united[-MOST_SPANS:],
        spans_in_all=len(united),
    )


def _time(view: View, register: str) -> _Time:
    moments = register_snapshots(view, register)["ordered_at"]
    gaps = view.read(GAPS, register).drop("register").sort("silent_from")
    return _Time(
        moments.min(),  # type: ignore[arg-type]  # a column of instants
        moments.max(),  # type: ignore[arg-type]  # the same
        [Gap(**gap) for gap in gaps.iter_rows(named=True)],
    )


def unite(rows: Sequence[Row]) -> Iterator[ListedSpan]:
    """The union of listings over time, as spans in order."""
    held: list[Row] = []
    until: datetime | None = None
    for row in sorted(rows, key=lambda row: row["listed_from"]):
        if held and until is not None and row["listed_from"] > until:
            yield _span(held, until)
            held = []
        ends = _counted_until(row)
        if not held:
            until = ends
        elif until is not None:
            until = None if ends is None else max(until, ends)
        held.append(row)
    if held:
        yield _span(held, until)


def _counted_until(row: Row) -> datetime | None:
    """The end of a listing, or of the silence in which it was lost."""
    told = [moment for moment in (row["listed_until"], row["lost_at"]) if moment is not None]
    return min(told, default=None)


def _span(rows: Sequence[Row], ends: datetime | None) -> ListedSpan:
    numbers = dict.fromkeys(row["decision_number"] for row in rows if row["decision_number"])
    return ListedSpan(
        begins=rows[0]["listed_from"],
        ends=ends,
        kind="ordered" if any(row["kind"] == "ordered" for row in rows) else "attached",
        entries=len({row["entry_key"] for row in rows}),
        decisions=list(numbers)[:5],
    )
