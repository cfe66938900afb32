"""The decisions of a register at a moment: all of them, to be sorted, searched and turned over."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias, get_args

import msgspec
import polars as pl

from overblock.errors import UsageError
from overblock.registers.extent import alive_at, ipv4_size
from overblock.reports.answers import SnapshotFacts
from overblock.reports.extent import decision_sizes, spelt
from overblock.reports.states import newest_snapshot, register_snapshots
from overblock.store import View
from overblock.tables import GAPS, LISTINGS

DecisionOrder: TypeAlias = Literal["size", "first", "newest", "date", "names", "number"]
ORDERS: tuple[DecisionOrder, ...] = get_args(DecisionOrder)
ACT = ["authority", "decision_number", "decision_date"]
ON_A_PAGE = 50
NAMES = ["domain", "domain_mask"]
SORTED: dict[DecisionOrder, tuple[list[str], list[bool]]] = {  # columns, and which descend
    "size": (["ipv4", "since"], [True, False]),
    "first": (["since", "ipv4"], [False, True]),
    "newest": (["since", "ipv4"], [True, True]),
    "date": (["decision_date", "ipv4"], [True, True]),
    "names": (["names", "pages"], [True, True]),
    "number": (["decision_number", "authority"], [False, False]),
}


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one decision lists at a moment."""

    decision: str | None
    authority: str | None
    decision_date: date | None
    ipv4: int  # a union
    share: float | None  # of all that the register lists; null: it lists no address
    networks: int
    entries: int
    names: int
    pages: int
    since: datetime  # the first of its listings that still stand
    last_seen_at: datetime
    decided_days_before: int | None  # before its largest network was listed
    reused_ipv4: int  # listed more than a year after the decision
    witness: str | None  # its largest network


class DecisionsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Decisions of a register at a moment; of many, one page."""

    register: str
    at: datetime
    snapshot: SnapshotFacts
    ipv4: int  # all that the register lists, a union
    in_all: int
    sort: str
    search: str
    found: int
    page: int  # from 1
    pages: int
    decisions: list[DecisionRow]


@dataclass(frozen=True, slots=True, eq=False)
class DecisionTable:
    """All decisions of a moment: a row each, in columns that `DecisionRow` names."""

    register: str
    snapshot: SnapshotFacts
    ipv4: int
    rows: pl.DataFrame


def known_order(written: str) -> DecisionOrder:
    """How decisions are to be sorted.

    Raises:
        UsageError: nothing is sorted so.
    """
    for order in ORDERS:
        if written == order:
            return order
    raise UsageError(f"sort {written[:40]!r}: decisions are sorted by {', '.join(ORDERS)}")


def decision_table(view: View, register: str, at: datetime) -> DecisionTable:
    """All decisions that list anything at a moment, also those that list no address.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none by then.
    """
    snapshot = newest_snapshot(register_snapshots(view, register), at, register)
    listed = view.scan(LISTINGS, register).filter(pl.col("listed_from") <= at).collect()
    alive = alive_at(listed, view.read(GAPS, register), at).filter("confirmed")
    alive = alive.with_columns(spelt(alive["decision_number"]))
    all_ipv4 = ipv4_size(alive).all
    kind = pl.col("resource_kind")
    counts = alive.group_by(ACT).agg(
        entries=pl.col("entry_key").n_unique(),
        names=pl.col("resource").filter(kind.is_in(NAMES)).n_unique(),
        pages=pl.col("resource").filter(kind == "url").n_unique(),
        first=pl.col("listed_from").min(),
        last_seen_at=pl.col("last_seen_at").max(),
    )
    sizes = decision_sizes(alive, snapshot.published_at).drop("since")
    zero = [pl.col(name).fill_null(0) for name in ("ipv4", "networks", "reused_ipv4")]
    rows = counts.join(sizes, on=ACT, how="left", nulls_equal=True).with_columns(zero)
    share = pl.col("ipv4") / all_ipv4 if all_ipv4 else pl.lit(None, pl.Float64)
    return DecisionTable(
        register, snapshot, all_ipv4, rows.rename({"first": "since"}).with_columns(share=share)
    )


def decisions_answer(
    table: DecisionTable, at: datetime, *, order: DecisionOrder, search: str, page: int
) -> DecisionsAnswer:
    """One page of the decisions whose number or authority holds what is searched for."""
    rows = sorted_decisions(table, order, search)
    pages = max(-(-len(rows) // ON_A_PAGE), 1)
    here = min(page, pages)
    return DecisionsAnswer(
        register=table.register,
        at=at,
        snapshot=table.snapshot,
        ipv4=table.ipv4,
        in_all=len(table.rows),
        sort=order,
        search=search,
        found=len(rows),
        page=here,
        pages=pages,
        decisions=decision_rows(rows.slice((here - 1) * ON_A_PAGE, ON_A_PAGE)),
    )


def sorted_decisions(table: DecisionTable, order: DecisionOrder, search: str) -> pl.DataFrame:
    """The decisions that are searched for, in an order."""
    columns, descending = SORTED[order]
    return _found(table.rows, search).sort(
        [*columns, *ACT], descending=[*descending, *(False for _ in ACT)], nulls_last=True
    )


def decision_rows(rows: pl.DataFrame) -> list[DecisionRow]:
    """Rows as answers."""
    named = rows.rename({"decision_number": "decision"})
    fields = DecisionRow.__struct_fields__
    return [DecisionRow(**row) for row in named.select(fields).iter_rows(named=True)]


def _found(rows: pl.DataFrame, search: str) -> pl.DataFrame:
    """The rows that hold each of the words, in the number or in the authority."""
    text = pl.concat_str(
        [pl.col("decision_number").fill_null(""), pl.col("authority").fill_null("")], separator=" "
    ).str.to_lowercase()
    for word in search.lower().split():
        rows = rows.filter(text.str.contains(word, literal=True))
    return rows
