"""The decisions of a register at a moment: all of them, to be sorted, searched and turned over."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias, get_args

import msgspec
import polars as pl
from msgspec.structs import replace

from overblock.errors import UsageError
from overblock.registers.extent import alive_at, ipv4_set, ipv4_size, ipv6_size
from overblock.reports.answers import Ipv4Extent, Ipv6Extent, SnapshotFacts
from overblock.reports.registers.extent import decision_sizes, spelt, undated_ipv4
from overblock.reports.registers.states import (
    newest_snapshot,
    register_snapshots,
    signed_facts,
    whole_moments,
)
from overblock.store import View
from overblock.tables import ADDRESS_COLUMNS, DECISION_COLUMNS, GAPS, LISTINGS

DecisionOrder: TypeAlias = Literal["size", "first", "newest", "date", "names", "number"]
ORDERS: tuple[DecisionOrder, ...] = get_args(DecisionOrder)
ON_A_PAGE = 50
NAMES = ["domain", "domain_mask"]
COLUMNS = [
    *("entry_key", "resource_kind", "resource", "kind", *DECISION_COLUMNS),
    *ADDRESS_COLUMNS,
    *("listed_from", "last_seen_at", "listed_until"),
]
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
    size: Ipv4Extent
    size6: Ipv6Extent
    unconfirmed_ipv4: int  # listed before the last silence, not seen since, and in no size
    undated_ipv4: int  # of all: whose listing may have begun long before it was seen
    rows: pl.DataFrame

    @property
    def ipv4(self) -> int:
        """All that the register lists, a union."""
        return self.size.all


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
    readable = register_snapshots(view, register)
    snapshot = newest_snapshot(readable, at, register)
    alive = _alive(view, register, at)
    lost = ipv4_set(alive.filter(~pl.col("confirmed")))
    alive = alive.filter("confirmed")
    size, six = ipv4_size(alive), ipv6_size(alive)
    return DecisionTable(
        register,
        replace(snapshot, signed=signed_facts(view, register, snapshot.digest)),
        Ipv4Extent(all=size.all, ordered=size.ordered, attached=size.attached),
        Ipv6Extent(prefixes=six.prefixes, slash64s=six.slash64s),
        (lost - size.listed).size,
        undated_ipv4(alive, whole_moments(readable), size.listed),
        _by_act(alive, snapshot.published_at, size.all),
    )


def _alive(view: View, register: str, at: datetime) -> pl.DataFrame:
    """What is listed at a moment; no more is read than that, and no column that is not needed."""
    until = pl.col("listed_until")
    stands = (pl.col("listed_from") <= at) & (until.is_null() | (until > at))
    listed = view.choose(LISTINGS, register, lambda rows: rows.filter(stands).select(COLUMNS))
    alive = alive_at(listed, view.read(GAPS, register), at)
    return alive.with_columns(spelt(alive["decision_number"]))


def _by_act(alive: pl.DataFrame, published_at: datetime | None, whole: int) -> pl.DataFrame:
    kind = pl.col("resource_kind")
    counts = alive.group_by(DECISION_COLUMNS).agg(
        entries=pl.col("entry_key").n_unique(),
        names=pl.col("resource").filter(kind.is_in(NAMES)).n_unique(),
        pages=pl.col("resource").filter(kind == "url").n_unique(),
        first=pl.col("listed_from").min(),
        last_seen_at=pl.col("last_seen_at").max(),
    )
    sizes = decision_sizes(alive, published_at).drop("since")
    zero = [pl.col(name).fill_null(0) for name in ("ipv4", "networks", "reused_ipv4")]
    rows = counts.join(sizes, on=DECISION_COLUMNS, how="left", nulls_equal=True).with_columns(zero)
    share = pl.col("ipv4") / whole if whole else pl.lit(None, pl.Float64)
    return rows.rename({"first": "since"}).with_columns(share=share)


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
        [*columns, *DECISION_COLUMNS],
        descending=[*descending, *(False for _ in DECISION_COLUMNS)],
        nulls_last=True,
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
