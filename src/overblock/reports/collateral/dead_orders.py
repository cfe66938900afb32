"""Dead orders: which listed addresses hit others than the sites that their orders name.

From the register alone, three signs (`overblock.collateral.attachments`); each is counted against
all addresses that were attached to a name or page in that time.  Addresses that an entry orders
for their own sake name no site, so nothing can be said of them here.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec
import polars as pl

from overblock.collateral.attachments import (
    attachments,
    corrected,
    deserted,
    left_behind,
    shared,
)
from overblock.errors import UsageError
from overblock.instants import instant_of
from overblock.registers.extent import alive_at
from overblock.reports.answers import SnapshotFacts
from overblock.reports.collateral.dead_by_names import DeadByNames, dead_by_names
from overblock.reports.names.worlds import Names
from overblock.reports.registers.states import newest_snapshot, register_snapshots
from overblock.store import View
from overblock.tables import GAPS, LISTINGS

Sign: TypeAlias = Literal["shared", "left_behind", "corrected"]
MICROSECONDS_A_DAY = 86_400_000_000
MOST_SHOWN = 20  # hosts, decisions and addresses given of one address


class DeadAddress(msgspec.Struct, frozen=True, kw_only=True):
    """One listed address that hits others than the named."""

    sign: Sign
    address: str
    days: float  # for how long the sign held, silences of the register included
    begins: datetime
    ends: datetime  # the last of them, or the end of the time looked at
    hosts: list[str]  # named by the entries that attached it then, the first in the alphabet
    hosts_in_all: int
    sites: int  # how many different sites at one time, at the most
    decisions: list[str]  # that attached it then
    instead: list[str]  # addresses that the register gave for the host instead; shared: none


class SignCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often one sign was met."""

    sign: Sign
    addresses: int  # on which it held at any moment
    attached: int  # addresses attached to a name or page in that time: the denominator
    share: float | None  # addresses / attached
    found: list[DeadAddress]  # every one, the longest first; corrections in order of time


class DeadOrdersAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock dead``: signs, from the register alone, that orders miss."""

    register: str
    from_at: datetime
    to_at: datetime  # no later than the newest snapshot
    snapshot: SnapshotFacts
    level: str  # of the evidence: a register says it, nobody measured it
    hosts: int  # named by entries that attached an address
    signs: list[SignCount]
    by_names: DeadByNames | None  # at ``to_at``; null: no resolutions are at hand


def dead_orders(
    view: View,
    register: str,
    *,
    begins: datetime | None,
    ends: datetime,
    names: Names | None = None,
) -> DeadOrdersAnswer:
    """Signs of orders that miss, between two moments; every address that has one, longest first.

    With ``names``, also what resolutions say of the addresses attached at the end.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none at or before ``ends``.
        UsageError: the time ends before it begins.
    """
    newest, since, until = _span(view, register, begins, ends)
    listed, gaps = view.read(LISTINGS, register), view.read(GAPS, register)
    pairs = attachments(listed, gaps, since, until)
    by_names = None
    if names:
        alive = alive_at(listed, gaps, until).filter("confirmed")
        by_names = dead_by_names(alive, names, until)
    return DeadOrdersAnswer(
        register=register,
        from_at=since,
        to_at=until,
        snapshot=newest,
        level="listed",
        hosts=pairs["host"].n_unique(),
        signs=_signs(pairs, listed),
        by_names=by_names,
    )


def _span(
    view: View, register: str, begins: datetime | None, ends: datetime
) -> tuple[SnapshotFacts, datetime, datetime]:
    """The time looked at, no later than its newest snapshot."""
    snapshots = register_snapshots(view, register)
    newest = newest_snapshot(snapshots, ends, register)
    first: datetime = snapshots.sort("ordered_at").row(0, named=True)["ordered_at"]
    since = max(begins or first, first)
    until = min(ends, newest.published_at or ends)
    if since > until:
        raise UsageError(
            f"nothing lies between {since:%Y-%m-%d %H:%M} and {until:%Y-%m-%d %H:%M} UTC"
        )
    return newest, since, until


def _signs(pairs: pl.DataFrame, listed: pl.DataFrame) -> list[SignCount]:
    """How often each sign was met in what was attached."""
    decisions = listed.select("entry_key", decision="decision_number").unique("entry_key")
    named = pairs.join(decisions, on="entry_key", how="left")
    gone = left_behind(pairs)
    found: dict[Sign, pl.DataFrame] = {
        "shared": _by_address(shared(pairs)),
        "left_behind": _by_address(deserted(pairs, gone)),
        "corrected": _corrections(corrected(pairs)),
    }
    return [_count(sign, spans, named, gone) for sign, spans in found.items()]


def _by_address(spans: pl.DataFrame) -> pl.DataFrame:
    """All spans of one address as one row, the longest first; whichever entry they are ``by``."""
    return (
        spans.group_by("resource")
        .agg(
            held=(pl.col("ends") - pl.col("begins")).sum(),
            begins=pl.col("begins").min(),
            ends=pl.col("ends").max(),
            sites=pl.col("n_sites").max(),
        )
        .with_columns(by=pl.lit(None, pl.List(pl.String)))
        .sort("held", "resource", descending=[True, False])
    )


def _corrections(entries: pl.DataFrame) -> pl.DataFrame:
    """The first addresses of corrected entries, in order of time, and which entries those are."""
    return (
        entries.group_by("resource", "begins", maintain_order=True)
        .agg(pl.col("ends").max(), sites=pl.col("site").n_unique(), by=pl.col("entry_key"))
        .with_columns(held=pl.col("ends") - pl.col("begins"))
    )


def _count(sign: Sign, spans: pl.DataFrame, named: pl.DataFrame, gone: pl.DataFrame) -> SignCount:
    attached = named["resource"].n_unique()
    addresses = spans["resource"].n_unique()
    met = named.join(
        spans.select("resource", "by", sign_begins="begins", sign_ends="ends"), on="resource"
    ).filter(
        (pl.col("begins") < pl.col("sign_ends"))
        & (pl.col("ends") > pl.col("sign_begins"))
        & (pl.col("by").is_null() | pl.col("by").list.contains(pl.col("entry_key")))
    )
    told = {
        (row["resource"], row["sign_begins"]): row
        for row in met.group_by("resource", "sign_begins")
        .agg(
            hosts=pl.col("host").unique().sort(),
            decisions=pl.col("decision").drop_nulls().unique().sort(),
        )
        .iter_rows(named=True)
    }
    instead = _instead(sign, spans, named, gone)
    rows = [
        _address(sign, row, told[row["resource"], row["begins"]], instead)
        for row in spans.iter_rows(named=True)
    ]
    return SignCount(
        sign=sign,
        addresses=addresses,
        attached=attached,
        share=addresses / attached if attached else None,
        found=rows,
    )


def _instead(
    sign: Sign, spans: pl.DataFrame, named: pl.DataFrame, gone: pl.DataFrame
) -> dict[str, list[str]]:
    """Where the register says that the hosts of an address live instead."""
    if sign == "shared":
        return {}
    if sign == "left_behind":
        moved = gone.select("resource", entry_key="later_entry", since="left")
    else:
        moved = spans.select("resource", entry_key="by", since="ends").explode("entry_key")
    elsewhere = (
        moved.unique()
        .join(named.select("entry_key", "ends", instead="resource"), on="entry_key")
        .filter((pl.col("instead") != pl.col("resource")) & (pl.col("ends") > pl.col("since")))
    )
    grouped = elsewhere.group_by("resource").agg(pl.col("instead").unique().sort())
    return dict(grouped.iter_rows())


def _address(
    sign: Sign, row: dict[str, int], told: dict[str, list[str]], instead: dict[str, list[str]]
) -> DeadAddress:
    address = str(row["resource"])
    return DeadAddress(
        sign=sign,
        address=address,
        days=row["held"] / MICROSECONDS_A_DAY,
        begins=instant_of(row["begins"]),
        ends=instant_of(row["ends"]),
        hosts=told["hosts"][:MOST_SHOWN],
        hosts_in_all=len(told["hosts"]),
        sites=row["sites"],
        decisions=told["decisions"][:MOST_SHOWN],
        instead=instead.get(address, [])[:MOST_SHOWN],
    )
