"""How much address space is listed, under which decision, and whose it is."""

from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

import msgspec
import polars as pl

from overblock.addresses.intervals import IntervalSet
from overblock.holders.join import whose
from overblock.registers.extent import group_sizes, ipv4_set, ipv4_size, ipv6_size
from overblock.reports.answers import Gap, Group, Ipv4Extent, Ipv6Extent, SnapshotFacts
from overblock.reports.states import State
from overblock.reports.tables_at_hand import HolderTable

Grouping: TypeAlias = Literal[
    "kind", "decision", "authority", "holder", "origin-as", "country", "prefix"
]
COLUMNS: dict[str, list[str]] = {
    "kind": ["kind"],
    "decision": ["decision_number", "decision_date", "authority"],
    "authority": ["authority"],
    "prefix": ["resource"],
}
DAY = timedelta(days=1)


class ExtentAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock extent``."""

    register: str
    at: datetime | None
    snapshot: SnapshotFacts
    ipv4: Ipv4Extent
    ipv6: Ipv6Extent
    by: str
    groups: list[Group]
    unconfirmed_ipv4: int  # listed before the register's last silence, not seen since: not in ipv4
    silent: Gap | None
    holders_from: str | None  # which table of holders, and its date


def extent_at(state: State, by: Grouping, holders: HolderTable | None = None) -> ExtentAnswer:
    """How much a register lists at one moment, grouped, largest group first.

    ``holders`` is needed by ``holder``, ``country`` and ``origin-as`` only.

    Raises:
        MissingHolders: the table at hand has no AS numbers and they were asked for.
    """
    listed = ipv4_set(state.addresses)
    size, six = ipv4_size(state.addresses), ipv6_size(state.addresses)
    owned = by in {"holder", "country", "origin-as"}
    return ExtentAnswer(
        register=state.register,
        at=state.at,
        snapshot=state.snapshot,
        ipv4=Ipv4Extent(all=size.all, ordered=size.ordered, attached=size.attached),
        ipv6=Ipv6Extent(prefixes=six.prefixes, slash64s=six.slash64s),
        by=by,
        groups=_by_holder(listed, by, holders) if owned else _by_column(state, by, size.all),
        unconfirmed_ipv4=(ipv4_set(state.unconfirmed) - listed).size,
        silent=state.silent,
        holders_from=f"{holders.name}, {holders.dated_at}" if owned and holders else None,
    )


def _by_column(state: State, by: Grouping, whole: int) -> list[Group]:
    """Groups of one or more columns of the listings themselves."""
    columns = COLUMNS[by]
    rows = state.addresses.with_columns(
        pl.col("decision_number").str.replace_all(r"\s+", " "),
        resource=pl.when(pl.col("resource_kind") == "address")
        .then(pl.lit("single addresses"))
        .otherwise("resource")
        if by == "prefix"
        else pl.col("resource"),
    )
    if by == "prefix":
        rows = rows.with_columns(group="resource").with_columns(
            resource=state.addresses["resource"]
        )
        columns = ["group"]
    return [
        Group(
            key=row[columns[0]],
            ipv4=row["ipv4"],
            share=row["ipv4"] / whole if whole else None,
            networks=row["networks"],
            since=row.get("since"),
            witness=row["witness"],
            authority=row.get("authority"),
            decision_date=row.get("decision_date"),
            decided_days_before=_days_before(state, row.get("since"), row.get("decision_date")),
        )
        for row in group_sizes(rows, columns).iter_rows(named=True)
    ]


def _days_before(state: State, since: datetime | None, decided: date | None) -> int | None:
    """How old a decision was when its first listing still standing began.

    Where no history says when that was, how old it was at the snapshot.
    """
    moment = since or state.snapshot.published_at
    return None if moment is None or decided is None else (moment.date() - decided) // DAY


def _by_holder(listed: IntervalSet, by: Grouping, holders: HolderTable | None) -> list[Group]:
    if holders is None:
        return []
    whole = listed.size
    rows = whose(listed, holders.ranges, by)  # type: ignore[arg-type]  # narrowed by the caller
    return [
        Group(
            key=row["key"],
            ipv4=row["ipv4"],
            share=row["ipv4"] / whole if whole else None,
            networks=row["networks"],
            since=None,
            witness=row["witness"],
        )
        for row in rows.iter_rows(named=True)
    ]
