"""One register: what it lists at a moment, under which decisions, and how that came to be."""

from datetime import datetime

import msgspec
import polars as pl

from overblock.reports.checks.check import EntryAnswer, SourceAnswer
from overblock.reports.registers.decisions import DecisionTable
from overblock.reports.registers.extent import ExtentAnswer, extent_at
from overblock.reports.registers.health import source_answer
from overblock.reports.registers.states import state_in_store
from overblock.sources import find_source
from overblock.store import View
from overblock.tables import DECISION_COLUMNS


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


def register_answer(view: View, register: str, at: datetime) -> RegisterAnswer:
    """A register at a moment, its decisions the largest first.

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
        extent=extent_at(state, "decision"),
    )


def register_in_short(
    table: DecisionTable, freshness: SourceAnswer, at: datetime
) -> RegisterAnswer:
    """The same without its decisions, of what is known of them already.

    ``at`` may be any moment at which the table's snapshot holds.
    """
    source = find_source(table.register)
    return RegisterAnswer(
        register=table.register,
        title=source.title,
        publisher=source.homepage,
        licence=source.licence,
        at=at,
        freshness=freshness,
        extent=ExtentAnswer(
            register=table.register,
            at=at,
            snapshot=table.snapshot,
            ipv4=table.size,
            ipv6=table.size6,
            by="decision",
            groups=[],
            unconfirmed_ipv4=table.unconfirmed_ipv4,
            undated_ipv4=table.undated_ipv4,
            silent=freshness.silent,
            holders_from=None,
        ),
    )


def standing_in(table: DecisionTable, entry: EntryAnswer) -> Standing | None:
    """What stands in all under the decision of an entry; None where no address does."""
    number = None if entry.decision is None else " ".join(entry.decision.split())
    act = (entry.authority, number, entry.decision_date)
    same = [
        pl.col(name).eq_missing(pl.lit(value))
        for name, value in zip(DECISION_COLUMNS, act, strict=True)
    ]
    found = table.rows.filter(*same, pl.col("ipv4") > 0)
    if found.is_empty():
        return None
    row = found.row(0, named=True)
    return Standing(
        register=table.register,
        decision=entry.decision,
        ipv4=row["ipv4"],
        networks=row["networks"],
        share=row["share"],
    )
