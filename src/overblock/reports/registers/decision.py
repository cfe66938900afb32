"""One decision of a register: what it lists, since when, until when, and how that came to be."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
import polars as pl

from overblock.errors import NoDecision
from overblock.registers.extent import alive_at, ipv4_set
from overblock.reports.answers import Gap, SnapshotFacts
from overblock.reports.registers.decisions import NAMES
from overblock.reports.registers.lines import Line, line_of
from overblock.reports.registers.states import newest_snapshot, register_snapshots
from overblock.store import View
from overblock.tables import DECISION_COLUMNS, GAPS, LISTINGS

ON_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Act:
    """Which decision is asked about: a number, and where several carry it, whose and of when."""

    register: str
    number: str
    authority: str | None = None
    day: date | None = None


class ActFacts(msgspec.Struct, frozen=True, kw_only=True):
    """One of several decisions that carry a number."""

    decision: str | None
    authority: str | None
    decision_date: date | None
    resources: int  # ever listed under it


class ListedResource(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that a decision listed, and from when to when."""

    resource_kind: str
    resource: str
    kind: str
    ipv4: int | None  # addresses in it; null: it is no IPv4 address or network
    listed_from: datetime
    last_seen_at: datetime
    listed_until: datetime | None
    standing: bool  # at the moment that was asked about
    networks: list[str]  # operators; empty: everywhere


class DecisionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One decision at a moment, and its whole history."""

    register: str
    at: datetime
    snapshot: SnapshotFacts
    decision: str | None
    authority: str | None
    decision_date: date | None
    ipv4: int  # listed under it at the moment, a union
    share: float | None  # of all that the register lists then
    networks: int
    names: int
    pages: int
    first_listed_at: datetime
    unlisted_at: datetime | None  # the last whole snapshot before, without it; null: none
    last_seen_at: datetime
    ended_at: datetime | None  # the last of its listings ended; null: some stand, or none ended
    line: Line | None  # its size over time; null: it never listed an IPv4 address
    gaps: list[Gap]
    resources_in_all: int
    page: int
    pages_of_resources: int
    resources: list[ListedResource]  # those that stand first, the largest first


def acts_numbered(view: View, act: Act) -> list[ActFacts]:
    """The decisions that carry a number, those that listed most first.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoDecision: none carries it.
    """
    register_snapshots(view, act.register)
    rows = _rows(view, act)
    if rows.is_empty():
        raise NoDecision(f"{act.register} has no decision {act.number[:80]!r}")
    found = rows.group_by(DECISION_COLUMNS).agg(resources=pl.col("resource").n_unique())
    found = found.sort(
        "resources", *DECISION_COLUMNS, descending=[True, False, False, False], nulls_last=True
    )
    named = found.rename({"decision_number": "decision"})
    return [ActFacts(**row) for row in named.iter_rows(named=True)]


def decision_answer(
    view: View, act: Act, at: datetime, *, whole: int, page: int = 1
) -> DecisionAnswer:
    """One decision; where several carry the number, all of them together.

    ``whole`` is how many addresses the register lists in all at that moment.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none by then.
        NoDecision: it never had such a decision.
    """
    taken = register_snapshots(view, act.register)
    snapshot = newest_snapshot(taken, at, act.register)
    rows, gaps = _rows(view, act), view.read(GAPS, act.register)
    if rows.is_empty():
        raise NoDecision(f"{act.register} has no decision {act.number[:80]!r}")
    standing = alive_at(rows, gaps, at).filter("confirmed")
    listed = ipv4_set(standing).size
    resources = resources_of(rows, standing)
    pages = max(-(-len(resources) // ON_A_PAGE), 1)
    here = min(page, pages)
    return DecisionAnswer(
        register=act.register,
        at=at,
        snapshot=snapshot,
        decision=act.number,
        ipv4=listed,
        share=listed / whole if whole else None,
        line=line_of(rows, gaps, taken["ordered_at"].max()),  # type: ignore[arg-type]  # instants
        gaps=[Gap(**gap) for gap in gaps.drop("register").iter_rows(named=True)],
        resources_in_all=len(resources),
        page=here,
        pages_of_resources=pages,
        resources=listed_resources(resources.slice((here - 1) * ON_A_PAGE, ON_A_PAGE)),
        **_counts(standing),
        **_lifetime(rows, taken),
    )


def _counts(standing: pl.DataFrame) -> dict[str, Any]:
    """How many resources of each kind stand."""
    kinds = standing.unique(["resource_kind", "resource"])["resource_kind"]
    return {
        "networks": int(kinds.is_in(["address", "prefix"]).sum()),
        "names": int(kinds.is_in(NAMES).sum()),
        "pages": int((kinds == "url").sum()),
    }


def _lifetime(rows: pl.DataFrame, taken: pl.DataFrame) -> dict[str, Any]:
    """Whose decision it is, of what day, and from when to when any listing stood under it."""
    ends, first = rows["listed_until"], rows["listed_from"].min()
    whole = taken.filter((pl.col("flags").list.len() == 0) & (pl.col("ordered_at") < first))
    return {
        "authority": _only(rows["authority"]),
        "decision_date": _only(rows["decision_date"]),
        "first_listed_at": first,
        "unlisted_at": whole["ordered_at"].max(),
        "last_seen_at": rows["last_seen_at"].max(),
        "ended_at": None if ends.null_count() else ends.max(),
    }


def decision_listings(view: View, act: Act, at: datetime) -> list[ListedResource]:
    """Everything that a decision ever listed, those that stand at a moment first."""
    rows = _rows(view, act)
    standing = alive_at(rows, view.read(GAPS, act.register), at).filter("confirmed")
    return listed_resources(resources_of(rows, standing))


def resources_of(rows: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """A row a listing of a resource; entries that list the same at the same time are one."""
    key = ["resource_kind", "resource", "listed_from", "listed_until"]
    found = standing.select(*key, standing=pl.lit(value=True)).unique()
    size = (pl.col("ipv4_until") - pl.col("ipv4_from")).cast(pl.Int64)
    return (
        rows.unique(key, keep="first", maintain_order=True)
        .join(found, on=key, how="left", nulls_equal=True)
        .with_columns(ipv4=size, standing=pl.col("standing").fill_null(value=False))
        .sort(
            ["standing", "ipv4", "resource_kind", "resource", "listed_from"],
            descending=[True, True, False, False, False],
            nulls_last=True,
        )
    )


def listed_resources(rows: pl.DataFrame) -> list[ListedResource]:
    """Rows as answers."""
    named = rows.select(ListedResource.__struct_fields__)
    return [ListedResource(**row) for row in named.iter_rows(named=True)]


def _rows(view: View, act: Act) -> pl.DataFrame:
    """All listings under a decision, of all times."""
    number = pl.col("decision_number").str.replace_all(r"\s{2,}", " ")
    wanted = number == " ".join(act.number.split())
    if act.authority is not None:
        wanted &= pl.col("authority") == act.authority
    if act.day is not None:
        wanted &= pl.col("decision_date") == act.day
    return view.choose(LISTINGS, act.register, lambda rows: rows.filter(wanted))


def _only(column: pl.Series) -> Any:  # noqa: ANN401  (whatever the column holds)
    """The one value of a column; None where it has several."""
    different = column.unique()
    return different[0] if len(different) == 1 else None
