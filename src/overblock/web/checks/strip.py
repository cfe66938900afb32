"""A target's whole time as a strip: where it was listed, where a register was silent, where we are.

Places are shares of the strip's width in percent, so that it fits every screen and its words keep
their size.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from overblock.reports.checks.history import ListedSpan, RegisterSpans, TargetHistory

LEAST_WIDTH = 0.35  # percent, so that an hour in six years can be seen and hit
MOST_YEARS = 8  # years that are written; of more, every second, third …


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a strip."""

    left: str  # percent
    width: str
    begins: datetime
    ends: datetime | None
    span: ListedSpan | None = None  # None: a silence


@dataclass(frozen=True, slots=True, kw_only=True)
class StripRow:
    """One register's line of a strip."""

    register: str
    known: Part
    silences: list[Part]
    spans: list[Part]
    spans_in_all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The strip of a target at a moment."""

    begins: datetime
    ends: datetime
    at: datetime
    mark: str  # percent
    rows: list[StripRow]
    years: list[tuple[str, int]]
    before: datetime | None  # the change before the moment, and the one after it
    after: datetime | None
    first: datetime | None
    last: datetime | None

    @property
    def days(self) -> int:
        """How many days of the calendar it leads on: the steps of a slider."""
        return (self.ends.date() - self.begins.date()).days

    @property
    def day(self) -> int:
        """On which of them the moment lies, by the calendar: a slider tells whole days."""
        return min(max((self.at.date() - self.begins.date()).days, 0), self.days)


def strip_of(history: TargetHistory, at: datetime, now: datetime) -> Strip | None:
    """The strip of a history; None where no register says anything."""
    if not history.registers:
        return None
    begins = min(one.first for one in history.registers)
    spoke = max(one.last for one in history.registers)
    ends = max(spoke, min(at, now), begins + timedelta(days=1))
    scale = _Scale(begins, ends)
    changes = history.changes()
    return Strip(
        begins=begins,
        ends=ends,
        at=at,
        mark=scale.place(at),
        rows=[_row(one, scale) for one in history.registers],
        years=_years(scale),
        before=max((one for one in changes if one < at), default=None),
        after=min((one for one in changes if one > at), default=None),
        first=changes[0] if changes else None,
        last=changes[-1] if changes else None,
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    begins: datetime
    ends: datetime

    def share(self, at: datetime) -> float:
        """Where a moment lies, in percent; what is outside lies at the edge."""
        share = (at - self.begins) / (self.ends - self.begins)
        return 100 * min(max(share, 0.0), 1.0)

    def place(self, at: datetime) -> str:
        return f"{self.share(at):.3f}%"

    def part(self, begins: datetime, ends: datetime | None, span: ListedSpan | None = None) -> Part:
        left, right = self.share(begins), self.share(ends or self.ends)
        width = max(right - left, LEAST_WIDTH)
        left = min(left, 100 - width)
        return Part(left=f"{left:.3f}%", width=f"{width:.3f}%", begins=begins, ends=ends, span=span)


def _row(one: RegisterSpans, scale: _Scale) -> StripRow:
    silences = [scale.part(gap.silent_from, gap.silent_until) for gap in one.silences]
    if one.last < scale.ends:
        silences.append(scale.part(one.last, None))
    return StripRow(
        register=one.register,
        known=scale.part(one.first, one.last),
        silences=silences,
        spans=[scale.part(span.begins, span.ends, span) for span in one.spans],
        spans_in_all=one.spans_in_all,
    )


def _years(scale: _Scale) -> list[tuple[str, int]]:
    """The beginnings of years, as many as can be written."""
    years = range(scale.begins.year + 1, scale.ends.year + 1)
    step = -(-len(years) // MOST_YEARS) or 1
    return [(scale.place(datetime(year, 1, 1, tzinfo=UTC)), year) for year in years[::step]]
