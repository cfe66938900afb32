"""How much a register listed over all of its time, as lines: the whole, and its largest parts.

A line has a point at every moment at which its union changed, so nothing is sampled; which lines
are told is by their highest point.  Parts by kind, decision and authority may overlap; parts by
holder and country do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, TypeAlias, get_args

import msgspec
import polars as pl

from overblock.errors import NoSnapshot, UsageError
from overblock.registers.extent import extent_series
from overblock.registers.flags import FLAGS
from overblock.reports.answers import Gap
from overblock.reports.registers.owners import cut_by_owner
from overblock.reports.registers.states import register_snapshots
from overblock.reports.tables_at_hand import holder_table
from overblock.store import View
from overblock.tables import DECISION_COLUMNS, GAPS, LISTINGS

LineGrouping: TypeAlias = Literal["all", "kind", "decision", "authority", "holder", "country"]
GROUPINGS: tuple[LineGrouping, ...] = get_args(LineGrouping)
BETWEEN = "\x1f"  # parts the fields of an act in its key; no register prints it
MOST_LINES = 6  # more cannot be told apart on one picture
WANTED = (
    *("resource_kind", "resource", "kind", *DECISION_COLUMNS, "ipv4_from", "ipv4_until"),
    *("listed_from", "last_seen_at", "listed_until"),
)


class LinePoint(msgspec.Struct, frozen=True):
    """From a moment on, until the next point, a union had this size."""

    at: datetime
    ipv4: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line; the figures are of the time that was asked about."""

    key: str | None  # null: nobody knows, as no table holds the addresses
    authority: str | None = None  # of a decision
    decision_date: date | None = None
    most_ipv4: int
    most_at: datetime
    points: list[LinePoint]


class FlaggedSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot that something is wrong with, so that it ends no listing."""

    at: datetime
    digest: str
    records: int
    flags: list[str]


class LinesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The history of a register between two moments; all sizes are unions of IPv4 addresses."""

    register: str
    by: str
    begins: datetime
    ends: datetime  # the last snapshot of the time asked about
    snapshots: int
    digest: str | None  # of the last of these
    whole: Line
    lines: list[Line]  # the largest first; none where it is not parted
    lines_in_all: int
    gaps: list[Gap]
    flagged: list[FlaggedSnapshot]
    holders_from: str | None  # which table says whose an address is, and its date


class Years(msgspec.Struct, frozen=True):
    """The years in which a register was published."""

    first: datetime
    last: datetime
    years: list[int]


@dataclass(frozen=True, slots=True)
class _Span:
    begins: datetime
    ends: datetime


def known_grouping(written: str) -> LineGrouping:
    """How lines are to be parted.

    Raises:
        UsageError: nothing is parted so.
    """
    for grouping in GROUPINGS:
        if written == grouping:
            return grouping
    raise UsageError(f"by {written[:40]!r}: lines are parted by {', '.join(GROUPINGS)}")


def register_years(view: View, register: str) -> Years:
    """When a register was published.

    Raises:
        UnknownRegister: the observatory has no such register.
    """
    moments = register_snapshots(view, register)["ordered_at"].sort()
    years = moments.dt.year().unique().sort().to_list()
    return Years(moments[0], moments[-1], years)


def register_lines(
    view: View, register: str, by: LineGrouping, year: int | None = None, most: int = MOST_LINES
) -> LinesAnswer:
    """The history of a register, parted, in all of its time or in one year.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none in that year.
        MissingHolders: no table of holders can answer.
    """
    taken = register_snapshots(view, register).sort("ordered_at", maintain_order=True)
    here = taken.filter(pl.col("ordered_at").dt.year() == year) if year else taken
    if here.is_empty():
        raise NoSnapshot(f"{register} has no snapshot in {year}")
    begins, ends = here["ordered_at"][0], here["ordered_at"][-1]
    if year:
        begins = max(datetime(year, 1, 1, tzinfo=UTC), taken["ordered_at"][0])
    span = _Span(begins, ends)
    gaps = view.read(GAPS, register)
    listed = view.choose(LISTINGS, register, lambda rows: rows.select(WANTED))
    whole = extent_series(listed, gaps)
    series, holders_from = _parted(view, listed, gaps, by, ends)
    lines, lines_in_all = _largest(series, span, most) if by != "all" else ([], 0)
    return LinesAnswer(
        register=register,
        by=by,
        begins=begins,
        ends=ends,
        snapshots=len(here),
        digest=_newest(here)["digest"][-1],
        whole=_line("all", _within(whole, span), span),
        lines=[_told(line) for line in lines] if by == "decision" else lines,
        lines_in_all=lines_in_all,
        gaps=_silent(gaps, span),
        flagged=_flagged(here),
        holders_from=holders_from,
    )


def _newest(taken: pl.DataFrame) -> pl.DataFrame:
    """Those that say anything: one that came again is older than what it came after."""
    fresh = taken.filter(~pl.col("flags").list.contains("duplicate"))
    return taken if fresh.is_empty() else fresh


def line_of(listed: pl.DataFrame, gaps: pl.DataFrame, ends: datetime) -> Line | None:
    """The line of some listings alone, as of one decision; None where they list no address."""
    series = extent_series(listed, gaps)
    if series.is_empty():
        return None
    span = _Span(series["at"][0], max(ends, series["at"][0]))
    return _line("all", _within(series, span), span)


def _parted(
    view: View, listed: pl.DataFrame, gaps: pl.DataFrame, by: LineGrouping, at: datetime
) -> tuple[pl.DataFrame, str | None]:
    """``at``, ``key``, ``ipv4`` of each part, and which table of holders parts them.

    That table is the one nearest to ``at``.
    """
    if by == "all":
        return pl.DataFrame(), None
    if by == "holder" or by == "country":  # noqa: PLR1714  (mypy narrows only this form)
        holders = holder_table(view, at, by)
        cut = cut_by_owner(listed, holders.ranges, by)
        return extent_series(cut, gaps, "owner"), holders.name
    if by == "decision":
        return extent_series(listed.with_columns(act=act_key()), gaps, "act"), None
    return extent_series(listed, gaps, by), None


def act_key() -> pl.Expr:
    """An act as one text: authority, number in one spelling, day."""
    number = pl.col("decision_number").str.replace_all(r"\s{2,}", " ")
    parts = [pl.col("authority"), number, pl.col("decision_date").cast(pl.String)]
    return pl.concat_str([part.fill_null("") for part in parts], separator=BETWEEN)


def _told(line: Line) -> Line:
    """A line of an act with its parts apart."""
    authority, number, day = (line.key or BETWEEN * 2).split(BETWEEN)
    return msgspec.structs.replace(
        line,
        key=number or None,
        authority=authority or None,
        decision_date=date.fromisoformat(day) if day else None,
    )


def _largest(series: pl.DataFrame, span: _Span, most: int) -> tuple[list[Line], int]:
    """The lines that reach highest within a time, and how many there are."""
    inside = _within(series, span)
    tops = (
        inside.group_by("key", maintain_order=True)
        .agg(pl.col("ipv4").max())
        .filter(pl.col("ipv4") > 0)
        .sort("ipv4", "key", descending=[True, False], nulls_last=True)
    )
    parts = inside.partition_by("key", as_dict=True, maintain_order=True)
    return [_line(key, parts[(key,)], span) for key in tops["key"].head(most)], len(tops)


def _within(series: pl.DataFrame, span: _Span) -> pl.DataFrame:
    """The points within a time, and what held at its beginning as a point there."""
    keys = [name for name in ("key",) if name in series.columns]
    at = pl.col("at")
    before = series.filter(at <= span.begins)
    if keys:
        before = before.group_by(keys, maintain_order=True).last()
    held = before.tail(1) if not keys else before
    held = held.with_columns(at=pl.lit(span.begins, pl.Datetime("us", "UTC")))
    later = series.filter((at > span.begins) & (at <= span.ends))
    return pl.concat([held.select(series.columns), later]).sort("at", *keys)


def _line(key: str | None, points: pl.DataFrame, span: _Span) -> Line:
    if points.is_empty():
        return Line(key=key, most_ipv4=0, most_at=span.begins, points=[LinePoint(span.begins, 0)])
    top = points.sort("ipv4", descending=True, maintain_order=True).row(0, named=True)
    pairs = points.select("at", "ipv4").iter_rows()
    return Line(
        key=key,
        most_ipv4=top["ipv4"],
        most_at=top["at"],
        points=[LinePoint(at, ipv4) for at, ipv4 in pairs],
    )


def _silent(gaps: pl.DataFrame, span: _Span) -> list[Gap]:
    inside = gaps.filter(
        (pl.col("silent_from") < span.ends) & (pl.col("silent_until") > span.begins)
    )
    return [Gap(**row) for row in inside.drop("register").sort("silent_from").iter_rows(named=True)]


def _flagged(taken: pl.DataFrame) -> list[FlaggedSnapshot]:
    found = taken.filter(pl.col("flags").list.len() > 0)
    return [
        FlaggedSnapshot(
            at=row["ordered_at"],
            digest=row["digest"],
            records=row["n_records"],
            flags=row["flags"],
        )
        for row in found.iter_rows(named=True)
    ]


def flag_meanings(flagged: Sequence[FlaggedSnapshot]) -> dict[str, str]:
    """What each flag that occurs means."""
    names = sorted({flag for one in flagged for flag in one.flags})
    return {name: FLAGS[name] for name in names if name in FLAGS}
