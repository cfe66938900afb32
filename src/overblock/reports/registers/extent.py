"""How much address space is listed, under which decision, and whose it is."""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
import polars as pl

from overblock.addresses.intervals import IntervalSet
from overblock.errors import MissingHolders
from overblock.holders.join import By, whose
from overblock.registers.extent import ipv4_set, ipv4_size, ipv6_size
from overblock.registers.groups import group_sizes
from overblock.reports.answers import Gap, Group, Ipv4Extent, Ipv6Extent, SnapshotFacts
from overblock.reports.checks.check import SHARP
from overblock.reports.registers.states import State
from overblock.reports.tables_at_hand import HolderTable

Grouping: TypeAlias = Literal[
    "kind", "decision", "authority", "holder", "origin-as", "country", "service", "prefix"
]
COLUMNS: dict[str, list[str]] = {
    "kind": ["kind"],
    "decision": ["decision_number", "decision_date", "authority"],
    "authority": ["authority"],
    "prefix": ["prefix"],
}
OLD_DAYS = 365  # an act that lists something this much later is put to a new use
OWNERS: dict[str, By] = {
    "holder": "holder",
    "country": "country",
    "origin-as": "origin-as",
    "service": "service",
}


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
    undated_ipv4: int | None = None  # of all: whose listing may have begun long before it was seen


def extent_at(state: State, by: Grouping, holders: HolderTable | None = None) -> ExtentAnswer:
    """How much a register lists at one moment, grouped, largest group first.

    ``holders`` is needed by ``holder``, ``country`` and ``origin-as`` only.

    Raises:
        MissingHolders: the table at hand has no AS numbers and they were asked for.
    """
    size, six = ipv4_size(state.addresses), ipv6_size(state.addresses)
    listed = size.listed
    return ExtentAnswer(
        register=state.register,
        at=state.at,
        snapshot=state.snapshot,
        ipv4=Ipv4Extent(all=size.all, ordered=size.ordered, attached=size.attached),
        ipv6=Ipv6Extent(prefixes=six.prefixes, slash64s=six.slash64s),
        by=by,
        groups=_by_column(state, by, size.all)
        if by in COLUMNS
        else _by_holder(listed, OWNERS[by], holders),
        unconfirmed_ipv4=(ipv4_set(state.unconfirmed) - listed).size,
        silent=state.silent,
        holders_from=holders.name if by in OWNERS and holders else None,
        undated_ipv4=None
        if state.whole_at is None
        else undated_ipv4(state.addresses, state.whole_at, listed),
    )


def undated_ipv4(rows: pl.DataFrame, whole_at: pl.Series, listed: IntervalSet) -> int:
    """How many addresses no listing of which is known to have begun within a day.

    That is so where the last whole snapshot without it is older than that, or where there is none:
    how long after its decision such an address was listed is then known as *at most*.
    ``rows`` are the listings whose union ``listed`` is, ``whole_at`` the register's whole
    snapshots.
    """
    begun = rows["listed_from"].unique().sort().to_frame()
    whole = whole_at.alias("unlisted_at").to_frame()
    near = begun.join_asof(
        whole,
        left_on="listed_from",
        right_on="unlisted_at",
        allow_exact_matches=False,
        coalesce=False,
    ).filter(pl.col("listed_from") - pl.col("unlisted_at") <= SHARP)
    dated = rows.filter(pl.col("listed_from").is_in(near["listed_from"].implode()))
    return (listed - ipv4_set(dated)).size


def _by_column(state: State, by: Grouping, whole: int) -> list[Group]:
    """Groups of one or more columns of the listings themselves."""
    rows, columns = state.addresses, COLUMNS[by]
    if by == "decision":
        return _by_decision(rows, state.snapshot.published_at, whole)
    if by == "prefix":
        single = pl.col("resource_kind") == "address"
        rows = rows.with_columns(
            prefix=pl.when(single).then(pl.lit("single addresses")).otherwise("resource")
        )
    return _groups(group_sizes(rows, columns).rename({columns[0]: "key"}), whole)


def _by_decision(rows: pl.DataFrame, published_at: datetime | None, whole: int) -> list[Group]:
    """Groups of the same act."""
    return _groups(
        decision_sizes(rows, published_at).rename({COLUMNS["decision"][0]: "key"}), whole
    )


def decision_sizes(rows: pl.DataFrame, published_at: datetime | None) -> pl.DataFrame:
    """Each act that lists an IPv4 address, largest first, and how old it was when put to use.

    An act may stand for years and then be used for other targets.  So the age is that at which
    its largest network was listed, and ``reused_ipv4`` is what was listed more than a year after
    the act.  Where no history says when listings began, the snapshot's date stands for it.
    """
    published = pl.lit(published_at, pl.Datetime("us", "UTC"))
    began = pl.col("listed_from") if "listed_from" in rows.columns else published
    age = (began.dt.date() - pl.col("decision_date")).dt.total_days()
    aged = rows.with_columns(
        spelt(rows["decision_number"]),
        decided_days_before=age,
        late=age > OLD_DAYS,
    )
    by = COLUMNS["decision"]
    groups = group_sizes(aged, by, of_witness=["decided_days_before"], late="late")
    return groups.rename({"late_ipv4": "reused_ipv4"})


def spelt(numbers: pl.Series) -> pl.Series:
    """One spelling of a number that was typed now with one blank, now with several."""
    runs = numbers.rle()  # entries of one act mostly stand together
    wide = runs.struct.field("value").str.contains(r"\s\s")
    places = wide.gather(numbers.rle_id()).arg_true()
    return numbers.scatter(places, numbers.gather(places).str.replace_all(r"\s{2,}", " "))


def _groups(found: pl.DataFrame, whole: int) -> list[Group]:
    """Rows as answers; a frame that lacks one of their columns knows nothing of it."""
    shared = found.with_columns(share=pl.col("ipv4") / whole if whole else None)
    nothing = [None] * len(shared)
    columns = (
        _values(shared[name]) if name in shared.columns else nothing
        for name in Group.__struct_fields__
    )
    return list(map(Group, *columns))


def _values(column: pl.Series) -> list[object]:
    """A column as Python has it; days by way of NumPy, in a third of the time."""
    if column.dtype != pl.Date:
        return column.to_list()
    days: list[object] = column.to_numpy().astype("M8[D]").astype(object).tolist()
    return days


def _by_holder(listed: IntervalSet, by: By, holders: HolderTable | None) -> list[Group]:
    """Groups by what a dated table says of the addresses."""
    if holders is None:
        raise MissingHolders(f"by {by}: no table of holders is at hand")
    whole = listed.size
    rows = whose(listed, holders.ranges, by)
    return _groups(rows, whole)
