"""What changed in a register between two moments."""

from datetime import date, datetime

import msgspec
import polars as pl

from overblock.registers.extent import alive_at, ipv4_set
from overblock.registers.groups import group_sizes
from overblock.reports.answers import SnapshotFacts
from overblock.reports.registers.extent import spelt
from overblock.reports.registers.states import State, state_in_store
from overblock.store import View
from overblock.tables import GAPS, LISTINGS

MOST_NETWORKS = 20  # the largest of those listed on one side only
WITNESSES = 4  # rows of each kind of resource, to be looked up


class ChangeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What one decision added or lost."""

    decision: str | None
    authority: str | None
    decision_date: date | None
    ipv4: int
    networks: int
    witness: str | None


class ChangedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One listing of what changed, to be looked up."""

    resource_kind: str
    resource: str
    ipv4: int | None  # addresses in it; null: it is no IPv4 address or network
    kind: str
    decision: str | None
    authority: str | None
    decision_date: date | None
    listed_from: datetime
    last_seen_at: datetime
    listed_until: datetime | None


class KindChange(msgspec.Struct, frozen=True, kw_only=True):
    """Unions of IPv4 addresses of one kind, on both sides and on one only."""

    kind: str
    ipv4_before: int
    ipv4_after: int
    ipv4_added: int
    ipv4_removed: int


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What is listed on one side only; ``ipv4`` is a union, ``groups`` the largest decisions."""

    ipv4: int
    entries: int
    names: int
    pages: int
    groups: list[ChangeGroup]  # all of them where no fewer were asked for
    groups_in_all: int = 0
    networks: list[ChangedRow] = []  # the largest networks
    witnesses: list[ChangedRow] = []  # some rows of each kind of resource
    unconfirmed_ipv4: int = (
        0  # of ipv4: at the other moment listed before a silence, not seen since
    )


class DiffAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock diff``."""

    register: str
    from_at: datetime
    to_at: datetime
    from_snapshot: SnapshotFacts
    to_snapshot: SnapshotFacts
    ipv4_before: int
    ipv4_after: int
    added: Side
    removed: Side
    kinds: list[KindChange] = []


def diff(
    view: View, register: str, *, begins: datetime, ends: datetime, most: int | None = None
) -> DiffAnswer:
    """What was listed at ``ends`` and not at ``begins``, and the other way round.

    ``most`` is how many decisions are told on each side, the largest; None tells all.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none at or before one of the moments.
    """
    before, after = (state_in_store(view, register, at) for at in (begins, ends))
    listed, gaps = view.read(LISTINGS, register), view.read(GAPS, register)
    old, new = (alive_at(listed, gaps, at).filter("confirmed") for at in (begins, ends))
    return DiffAnswer(
        register=register,
        from_at=begins,
        to_at=ends,
        from_snapshot=before.snapshot,
        to_snapshot=after.snapshot,
        ipv4_before=ipv4_set(before.addresses).size,
        ipv4_after=ipv4_set(after.addresses).size,
        added=_side(after, before, new, old, most),
        removed=_side(before, after, old, new, most),
        kinds=[_kind_change(kind, before, after) for kind in ("ordered", "attached")],
    )


def _kind_change(kind: str, before: State, after: State) -> KindChange:
    old, new = (
        ipv4_set(state.addresses.filter(pl.col("kind") == kind)) for state in (before, after)
    )
    return KindChange(
        kind=kind,
        ipv4_before=old.size,
        ipv4_after=new.size,
        ipv4_added=(new - old).size,
        ipv4_removed=(old - new).size,
    )


def _side(
    here: State, there: State, listed: pl.DataFrame, other: pl.DataFrame, most: int | None
) -> Side:
    only = ipv4_set(here.addresses) - ipv4_set(there.addresses)
    fresh = listed.join(other, on=["resource_kind", "resource"], how="anti")
    kinds = fresh.unique(["resource_kind", "resource"])["resource_kind"]
    entries = listed.join(other, on="entry_key", how="anti")["entry_key"].n_unique()
    by = ["decision_number", "authority", "decision_date"]
    groups = group_sizes(fresh.with_columns(spelt(fresh["decision_number"])), by)
    return Side(
        ipv4=only.size,
        entries=entries,
        names=int(kinds.is_in(["domain", "domain_mask"]).sum()),
        pages=int((kinds == "url").sum()),
        groups=[
            ChangeGroup(
                decision=row["decision_number"],
                authority=row["authority"],
                decision_date=row["decision_date"],
                ipv4=row["ipv4"],
                networks=row["networks"],
                witness=row["witness"],
            )
            for row in groups[:most].iter_rows(named=True)
        ],
        groups_in_all=len(groups),
        networks=_largest_networks(fresh),
        witnesses=_witnesses(fresh),
        unconfirmed_ipv4=(only & ipv4_set(there.unconfirmed)).size,
    )


def _largest_networks(fresh: pl.DataFrame) -> list[ChangedRow]:
    """The largest networks and addresses, each once, by the entry that listed it first."""
    sized = _with_sizes(fresh).filter(pl.col("ipv4").is_not_null())
    order = ["ipv4", "ipv4_from", "listed_from", "entry_key"]
    rows = sized.sort(order, descending=[True, False, False, False])
    return _changed(rows.unique("resource", keep="first", maintain_order=True).head(MOST_NETWORKS))


def _witnesses(fresh: pl.DataFrame) -> list[ChangedRow]:
    """Some rows of each kind of resource: the first by listing, then by name."""
    rows = _with_sizes(fresh).sort("resource_kind", "listed_from", "resource", "entry_key")
    rows = rows.unique(["resource_kind", "resource"], keep="first", maintain_order=True)
    return _changed(rows.group_by("resource_kind", maintain_order=True).head(WITNESSES))


def _with_sizes(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(ipv4=(pl.col("ipv4_until") - pl.col("ipv4_from")).cast(pl.Int64))


def _changed(rows: pl.DataFrame) -> list[ChangedRow]:
    named = rows.rename({"decision_number": "decision"}).select(ChangedRow.__struct_fields__)
    return [ChangedRow(**row) for row in named.iter_rows(named=True)]
