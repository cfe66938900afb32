"""What last changed in a register: each moment at which it began or ceased to list something.

Sizes are of unions, so a network that moves from one decision to another is no change of
addresses.  What was lost in a silence counts as gone at its end, and is marked: nobody saw it go.
"""

from datetime import datetime
from hashlib import sha256
from itertools import islice

import msgspec
import polars as pl

from overblock.addresses.coverage import NEVER
from overblock.instants import microseconds
from overblock.registers.extent import counted_until, ipv4_set
from overblock.registers.groups import group_sizes
from overblock.reports.registers.diff import ChangeGroup
from overblock.reports.registers.states import register_snapshots
from overblock.store import View
from overblock.tables import GAPS, LISTINGS

DECISION = ["decision_number", "authority", "decision_date"]
LOOKED_AT = 3  # moments for each change that is wanted: some change no more than words
RESOURCE = ["resource_kind", "resource"]


class ChangedSide(msgspec.Struct, frozen=True, kw_only=True):
    """What came, or what went; ``ipv4`` is a union of addresses that only one side lists."""

    ipv4: int
    entries: int
    names: int  # names, masks and pages
    largest: ChangeGroup | None  # the decision with most addresses of them


class RegisterChange(msgspec.Struct, frozen=True, kw_only=True):
    """One moment at which a register changed."""

    change_id: str  # digest of register, moment and snapshot
    register: str
    at: datetime
    snapshot: str | None  # digest of what was published then
    flags: list[str]
    begins: bool  # the first state at hand: all of it is new to us, not to the register
    after_silence: bool  # it ended a silence: when in it something changed, nobody can say
    ipv4_before: int
    ipv4_after: int
    added: ChangedSide
    removed: ChangedSide


def recent_changes(view: View, register: str, at: datetime, most: int) -> list[RegisterChange]:
    """The last changes up to a moment, the newest first.

    Raises:
        UnknownRegister: the observatory has no such register.
    """
    snapshots = register_snapshots(view, register)
    listings, gaps = view.read(LISTINGS, register), view.read(GAPS, register)
    held = listings.with_columns(
        begins=pl.col("listed_from").dt.timestamp("us"), stops=counted_until(listings, gaps)
    )
    moments = _moments(held, microseconds(at))
    told = _snapshots(snapshots)
    ends = set(gaps["silent_until"].dt.timestamp("us"))
    last = moments[-LOOKED_AT * most :]
    near = held.filter(pl.col("stops") >= last[0]) if last else held.clear()
    changes = (
        _change(near, register, moment, told, begins=moment == moments[0], silent=moment in ends)
        for moment in reversed(last)
    )
    return list(islice((one for one in changes if _matters(one)), most))


def _matters(change: RegisterChange) -> bool:
    """Whether more changed than who is named as the authority, or how a decision is written."""
    return any(side.ipv4 or side.entries or side.names for side in (change.added, change.removed))


def _moments(held: pl.DataFrame, until: int) -> list[int]:
    """When anything began or ceased to be listed, in microseconds, up to a moment."""
    edges = pl.concat([held["begins"], held["stops"].rename("begins")])
    past = edges.filter((edges <= until) & (edges < NEVER))
    return past.unique().sort().to_list()


def _snapshots(snapshots: pl.DataFrame) -> dict[int, tuple[str, list[str]]]:
    """The snapshot that was applied at each moment."""
    applied = snapshots.filter(~pl.col("flags").list.contains("duplicate"))
    rows = applied.select(pl.col("ordered_at").dt.timestamp("us"), "digest", "flags").iter_rows()
    return {moment: (digest, flags) for moment, digest, flags in rows}


def _change(  # noqa: PLR0913  (what a change is made of)
    near: pl.DataFrame,
    register: str,
    moment: int,
    told: dict[int, tuple[str, list[str]]],
    *,
    begins: bool,
    silent: bool,
) -> RegisterChange:
    before = near.filter((pl.col("begins") < moment) & (pl.col("stops") >= moment))
    after = near.filter((pl.col("begins") <= moment) & (pl.col("stops") > moment))
    old, new = ipv4_set(before), ipv4_set(after)
    digest, flags = told.get(moment, (None, []))
    at: datetime = pl.Series([moment]).cast(pl.Datetime("us", "UTC")).item()
    came = after.filter(pl.col("begins") == moment)
    went = before.filter(pl.col("stops") == moment)
    name = f"{register} {at.isoformat()} {digest}"
    return RegisterChange(
        change_id=sha256(name.encode()).hexdigest()[:32],
        register=register,
        at=at,
        snapshot=digest,
        flags=flags,
        begins=begins,
        after_silence=silent,
        ipv4_before=old.size,
        ipv4_after=new.size,
        added=_side((new - old).size, came, before),
        removed=_side((old - new).size, went, after),
    )


def _side(ipv4: int, changed: pl.DataFrame, other: pl.DataFrame) -> ChangedSide:
    fresh = changed.join(other, on=RESOURCE, how="anti")
    kinds = fresh.unique(RESOURCE)["resource_kind"]
    return ChangedSide(
        ipv4=ipv4,
        entries=changed.join(other, on="entry_key", how="anti")["entry_key"].n_unique(),
        names=int(kinds.is_in(["domain", "domain_mask", "url"]).sum()),
        largest=_largest(fresh) if ipv4 else None,
    )


def _largest(fresh: pl.DataFrame) -> ChangeGroup | None:
    groups = group_sizes(fresh, DECISION).head(1)
    if groups.is_empty():
        return None
    row = groups.row(0, named=True)
    return ChangeGroup(
        decision=row["decision_number"],
        authority=row["authority"],
        decision_date=row["decision_date"],
        ipv4=row["ipv4"],
        networks=row["networks"],
        witness=row["witness"],
    )
