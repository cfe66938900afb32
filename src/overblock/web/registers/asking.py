"""What the pages of one register share: which snapshot holds, and what was made of it already."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, TypeAlias

from litestar.params import QueryParameter

from overblock.errors import BadMoment, UsageError
from overblock.reports.kept import Kept
from overblock.reports.registers.decisions import (
    DecisionRow,
    DecisionTable,
    decision_rows,
    decision_table,
    sorted_decisions,
)
from overblock.reports.registers.health import source_answer
from overblock.reports.registers.lines import GROUPINGS
from overblock.reports.registers.moments import Moments, register_moments
from overblock.reports.registers.register import RegisterAnswer, register_in_short
from overblock.store import View

TABLES: Kept[DecisionTable] = Kept(12)  # up to some 1.5 MB each
LARGEST: Kept[list[DecisionRow]] = Kept(64)
MOMENTS: Kept[Moments] = Kept(16)
YEAR, PAGE = re.compile(r"(?!0000)[0-9]{4}"), re.compile(r"[1-9][0-9]{0,6}")
MOST_DECISIONS = 20  # on a register's page; they have a page of their own
MOST_SIGNS = 200  # of a number, an authority, a search

By: TypeAlias = Annotated[
    str, QueryParameter(description=f"What parts the lines: {', '.join(GROUPINGS)}.")
]
Year: TypeAlias = Annotated[str, QueryParameter(description="One year; all of them if left out.")]
Page: TypeAlias = Annotated[str, QueryParameter(description="Which page, from 1.")]
Search: TypeAlias = Annotated[
    str, QueryParameter(description="Words that the number or the authority holds.")
]


@dataclass(frozen=True, slots=True)
class Stand:
    """A register at a moment: without its decisions, and these as a table."""

    answer: RegisterAnswer
    table: DecisionTable
    largest: list[DecisionRow]
    before: datetime | None  # the snapshots beside the one that holds
    after: datetime | None


def moments_of(view: View, register: str) -> Moments:
    """When a register was published."""
    return MOMENTS.of(view, register, "moments", lambda: register_moments(view, register))


def table_at(view: View, register: str, at: datetime) -> DecisionTable:
    """The decisions that hold at a moment."""
    held = moments_of(view, register).holding(at)
    return TABLES.of(view, register, held, lambda: decision_table(view, register, held))


def stand_at(view: View, register: str, at: datetime) -> Stand:
    """A register at a moment, made once for all moments between two snapshots."""
    table, fresh = table_at(view, register, at), source_answer(view, register, at)
    moments = moments_of(view, register)
    largest = LARGEST.of(view, register, moments.holding(at), lambda: _largest(table))
    return Stand(register_in_short(table, fresh, at), table, largest, *moments.beside(at))


def _largest(table: DecisionTable) -> list[DecisionRow]:
    rows = sorted_decisions(table, "size", "").head(MOST_DECISIONS)
    return [row for row in decision_rows(rows) if row.ipv4]


def year_of(written: str) -> int | None:
    """A year that is asked about; None for all.

    Raises:
        BadMoment: it is none.
    """
    if not written:
        return None
    if not YEAR.fullmatch(written):
        raise BadMoment(f"{written[:20]!r} is not a year: write 2014")
    return int(written)


def page_of(written: str) -> int:
    """Which page is asked for.

    Raises:
        UsageError: it is no number.
    """
    if not written:
        return 1
    if not PAGE.fullmatch(written):
        raise UsageError(f"page {written[:20]!r} is no number")
    return int(written)


def short(name: str, written: str) -> str:
    """A text that is asked with, held to its bound.

    Raises:
        UsageError: it is too long.
    """
    if len(written) > MOST_SIGNS:
        raise UsageError(f"{name} has {len(written):,} signs, at most {MOST_SIGNS}")
    return written


def day_of(written: str) -> date | None:
    """The day of a decision; None where it is not asked with.

    Raises:
        BadMoment: it is none.
    """
    if not written:
        return None
    try:
        return date.fromisoformat(written[:MOST_SIGNS])
    except ValueError as error:
        raise BadMoment(f"{written[:20]!r} is not a day: write 2015-12-04") from error
