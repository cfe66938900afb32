"""When a target was listed, over all of time: what a slider shows and steps along.

Where several entries list a target, a span is their union: it begins when the first of them does
and ends when none is left.  What was lost in a silence counts until the silence ends, as
everywhere.  Asked of DuckDB, as `overblock.reports.check` is.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from overblock.errors import StoreDamaged
from overblock.reports.answers import Gap
from overblock.reports.lookup import Desk, Row
from overblock.reports.targets import Target, read_target
from overblock.store import View
from overblock.tables import LISTINGS, SNAPSHOTS

MOST_SPANS = 200  # of one register; more cannot be drawn
ENDS = """
SELECT epoch_us(min(ordered_at)) AS listed_from, epoch_us(max(ordered_at)) AS listed_until
FROM snapshots WHERE digest IS NOT NULL"""
SILENCES = """
SELECT epoch_us(silent_from) AS silent_from, epoch_us(silent_until) AS silent_until
FROM gaps ORDER BY silent_from"""


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


def target_history(view: View, written: str) -> TargetHistory:
    """When each register listed a target.

    Raises:
        BadAddress: it is no address, network, name or page.
    """
    import duckdb  # noqa: PLC0415  (a fifth of a second, which no other command must pay)

    target = read_target(written)
    names = [name for name in view.partitions(LISTINGS) if view.paths(SNAPSHOTS, name)]
    with duckdb.connect() as connection:
        desk = Desk(connection, view)
        found = [spans for name in names if (spans := _spans(desk, name, target)) is not None]
    return TargetHistory(target=written, registers=found)


def _spans(desk: Desk, register: str, target: Target) -> RegisterSpans | None:
    try:
        rows = desk.listings(register, target)
    except StoreDamaged as error:
        desk.view.told(error)  # by the answer itself, which names its sources
        return None
    desk.lay_out(register)
    (ends,) = desk.ask(ENDS, {})
    if ends["listed_from"] is None:
        return None
    united = list(unite(rows))
    return RegisterSpans(
        register=register,
        first=ends["listed_from"],
        last=ends["listed_until"],
        silences=[Gap(**row) for row in desk.ask(SILENCES, {})],
        spans=united[-MOST_SPANS:],
        spans_in_all=len(united),
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
