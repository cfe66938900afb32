"""Dead orders by resolutions: attached addresses on which no site that their entry names lives.

What the register alone tells stands in `overblock.reports.collateral.dead_orders`; this needs
names.
"""

from datetime import date, datetime
from typing import Any

import msgspec
import polars as pl

from overblock.addresses.sixteen import from_series
from overblock.collateral.cotenants import Tenants
from overblock.collateral.dead_orders import VERDICTS
from overblock.collateral.dead_orders import dead_orders as verdicts_on
from overblock.collateral.groups import grouped
from overblock.collateral.targets import Named, named_hosts
from overblock.collateral.worlds import World
from overblock.registers.extent import ipv4_set, ipv6_set
from overblock.reports.collateral.answer import NamesFacts
from overblock.reports.names.worlds import Names, Seen

DEAD = ("moved", "gone")


class DeadOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An address that an entry attaches to a site which does not live there."""

    address: str
    verdict: str  # moved: the site lives elsewhere; gone: it lives nowhere
    named: str  # the first name of the entry
    names: int  # that the entry names
    decision: str | None
    authority: str | None
    decision_date: date | None
    listed_from: datetime
    bystanders: int  # names on the address that nobody named
    bystander: str | None  # the first of them


class DeadByNames(msgspec.Struct, frozen=True, kw_only=True):
    """Attached addresses at one moment, by where the resolutions say that their sites live.

    One address under two entries counts twice, as each is an order of its own.
    """

    at: datetime
    names: NamesFacts  # only those that are named, or live on an attached address
    attached: int  # pairs of an entry and an address
    verdicts: dict[str, int]  # lives, moved, gone and unknown: they sum to ``attached``
    dead: int  # moved or gone
    dead_share: float | None  # dead / attached
    hit_bystanders: int  # of the dead, those on whose address a bystander lives
    found: list[DeadOrder]  # the dead ones, the most bystanders first


def dead_by_names(alive: pl.DataFrame, names: Names, at: datetime) -> DeadByNames:
    """Judge the single addresses that entries attach at a moment.

    ``alive`` is of listings: those that count at that moment.
    """
    world = _neighbourhood(alive, names)
    groups = grouped(world, Named.of(alive), names.signs(world))
    judged = verdicts_on(Tenants.of(world), alive, groups)
    counts = dict.fromkeys(VERDICTS, 0) | dict(judged["verdict"].value_counts().iter_rows())
    dead = judged.filter(pl.col("verdict").is_in(DEAD))
    orders = alive.filter(pl.col("resource_kind") == "address").select(
        "entry_key",
        "resource",
        "authority",
        "decision_date",
        "listed_from",
        decision="decision_number",
    )
    found = dead.join(orders, on=["entry_key", "resource"], how="left").sort(
        "n_bystanders", "resource", "entry_key", descending=[True, False, False]
    )
    return DeadByNames(
        at=at,
        names=names.facts(at, [Seen.of(world)]),
        attached=len(judged),
        verdicts=counts,
        dead=len(dead),
        dead_share=len(dead) / len(judged) if len(judged) else None,
        hit_bystanders=int((dead["n_bystanders"] > 0).sum()),
        found=[_order(row) for row in found.iter_rows(named=True)],
    )


def _order(row: dict[str, Any]) -> DeadOrder:
    return DeadOrder(
        address=row["resource"],
        verdict=row["verdict"],
        named=row["name"],
        names=row["n_names"],
        decision=row["decision"],
        authority=row["authority"],
        decision_date=row["decision_date"],
        listed_from=row["listed_from"],
        bystanders=row["n_bystanders"],
        bystander=row["bystander"],
    )


def _neighbourhood(alive: pl.DataFrame, names: Names) -> World:
    """All that is known of the names that are named or live on an attached address.

    The names are read twice, so that a world of any size takes no more memory than that.
    """
    attached = alive.filter(pl.col("kind") == "attached")
    four, six = ipv4_set(attached), ipv6_set(attached)
    hosts = named_hosts(alive)["host"]
    named = pl.concat([hosts, "www." + hosts]).implode()
    wanted = []
    for batch in names.batches():
        on4, on6 = (batch.drop_nulls(version) for version in ("ipv4", "ipv6"))
        wanted.append(on4.filter(pl.Series(four.covers(on4["ipv4"].to_numpy())))["name"])
        wanted.append(on6.filter(pl.Series(six.covers(from_series(on6["ipv6"]))))["name"])
        wanted.append(batch.filter(pl.col("name").is_in(named))["name"])
    some = pl.concat(wanted).unique().implode() if wanted else hosts.clear().implode()
    return World.of(batch.filter(pl.col("name").is_in(some)) for batch in names.batches())
