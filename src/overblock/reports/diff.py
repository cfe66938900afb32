"""What changed in a register between two moments."""

from datetime import date, datetime

import msgspec
import polars as pl

from overblock.registers.extent import alive_at, ipv4_set
from overblock.registers.groups import group_sizes
from overblock.reports.answers import SnapshotFacts
from overblock.reports.states import State, state_in_store
from overblock.store import View
from overblock.tables import GAPS, LISTINGS

MOST_GROUPS = 50  # decisions shown on each side


class ChangeGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What one decision added or lost."""

    decision: str | None
    authority: str | None
    decision_date: date | None
    ipv4: int
    networks: int
    witness: str | None


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """What is listed on one side only; ``ipv4`` is a union, ``groups`` the largest decisions."""

    ipv4: int
    entries: int
    names: int
    pages: int
    groups: list[ChangeGroup]


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


def diff(view: View, register: str, *, begins: datetime, ends: datetime) -> DiffAnswer:
    """What was listed at ``ends`` and not at ``begins``, and the other way round.

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
        added=_side(after, before, new, old),
        removed=_side(before, after, old, new),
    )


def _side(here: State, there: State, listed: pl.DataFrame, other: pl.DataFrame) -> Side:
    only = ipv4_set(here.addresses) - ipv4_set(there.addresses)
    fresh = listed.join(other, on=["resource_kind", "resource"], how="anti")
    kinds = fresh.unique(["resource_kind", "resource"])["resource_kind"]
    entries = listed.join(other, on="entry_key", how="anti")["entry_key"].n_unique()
    by = ["decision_number", "authority", "decision_date"]
    groups = group_sizes(fresh, by).head(MOST_GROUPS)
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
            for row in groups.iter_rows(named=True)
        ],
    )
