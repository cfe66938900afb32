"""Which listings hold the items of a fleet at one moment, summed up by item and by register.

A name is held by what lists it, and *exposed* by what lists an address that it is known to
resolve into.  The two are kept apart: the register speaks of the name in the first case only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from overblock.fleets.changes import EXPOSED
from overblock.fleets.holdings import hold
from overblock.registers.extent import alive_at
from overblock.reports.names.at_hand import names_for
from overblock.store import View
from overblock.tables import ADDRESS_COLUMNS, DECISION_COLUMNS, GAPS, LISTINGS, RECORDS, SNAPSHOTS

MOST_NAMED = 5  # names shown of those that the entries are against
NO_RESOLUTION = "no resolution at hand says where the name lives"
HIT = ("kind", *DECISION_COLUMNS, "listed_from", "entry_key",
       "confirmed")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What lists the items; what nothing lists has no row.

    ``by_item`` has a row a target, with the ``registers`` that list it; ``by_register`` a row a
    target and register, with the ``decisions``.  ``reach`` tells of a name how many ``addresses``
    it is known to have, and of them ``addresses_listed``.
    """

    by_item: pl.DataFrame
    by_register: pl.DataFrame
    reach: pl.DataFrame
    unresolved: dict[str, str]  # names of which no address is known, and what to say of it


def find_hits(view: View, items: pl.DataFrame, registers: Sequence[str], at: datetime) -> Hits:
    """Look up items (each target once) in what registers list at a moment."""
    lived = _resolved(view, items, at)
    asked = pl.concat([
        items.select("target", *ADDRESS_COLUMNS).with_columns(via=pl.lit(None, pl.String)),
        lived,
    ])  # fmt: skip
    found = [_in_register(view, asked, register, at) for register in registers]
    rows = pl.concat([pl.DataFrame(schema=ROWS), *found])
    told = _what_counts(rows)
    names = _named(view, rows.filter(pl.col("via").is_null()))
    by_item = _summed(told, ["target"], {"registers": "register"}).join(
        names, on="target", how="left"
    )
    return Hits(
        by_item=by_item,
        by_register=_summed(told, ["target", "register"], {"decisions": "decision_number"}),
        reach=_reach(lived, rows),
        unresolved=dict.fromkeys(
            items.filter(pl.col("item_kind") == "name")
            .join(lived, on="target", how="anti")["target"]
            .to_list(),
            NO_RESOLUTION,
        ),
    )


def alive_listings(view: View, register: str, at: datetime) -> pl.DataFrame:
    """What a register lists at a moment, ``confirmed`` or not; little else is read."""
    until = pl.col("listed_until")
    rows = (
        view.scan(LISTINGS, register)
        .filter((pl.col("listed_from") <= at) & (until.is_null() | (until > at)))
        .select(*LISTINGS.schema())
        .collect()
    )
    return alive_at(rows, view.read(GAPS, register), at)


def _resolved(view: View, items: pl.DataFrame, at: datetime) -> pl.DataFrame:
    """The addresses that names are known to have: ``target``, address columns, ``via``."""
    names = items.filter(pl.col("item_kind") == "name")["target"]
    known = pl.DataFrame(schema={"target": pl.String, "ipv4": pl.UInt64, "ipv6": pl.Binary})
    if len(names):
        wanted = pl.col("name").is_in(names.implode()) & (pl.col("outcome") == "address")
        parts = [
            batch.filter(wanted).select(pl.col("name").alias("target"), "ipv4", "ipv6")
            for table in names_for(view, at)
            for batch in table.batches()
        ]
        known = pl.concat([known, *(part.cast(known.schema) for part in parts)]).unique()
    text = pl.coalesce(pl.col("ipv4").cast(pl.String), pl.col("ipv6").bin.encode("hex"))
    return known.select(
        "target",
        ipv4_from="ipv4",
        ipv4_until=pl.col("ipv4") + 1,
        ipv6_first="ipv6",
        ipv6_last="ipv6",
        via=text,
    ).filter(pl.col("via").is_not_null())


ROWS: dict[str, Any] = {
    "target": pl.String,
    "via": pl.String,  # the address that exposes a name; null where the target itself is held
    "register": pl.String,
    **{name: LISTINGS.schema()[name] for name in HIT if name != "confirmed"},
    "confirmed": pl.Boolean,
    "unlisted_at": LISTINGS.schema()["listed_from"],  # the last whole snapshot without it
}


def _in_register(view: View, asked: pl.DataFrame, register: str, at: datetime) -> pl.DataFrame:
    listings = alive_listings(view, register, at)
    pairs = hold(asked, listings)
    held = listings.select(HIT)[pairs["listing"]]
    return (
        pl.concat([asked.select("target", "via")[pairs["item"]], held], how="horizontal")
        .with_columns(register=pl.lit(register))
        .join(_unlisted(view, register, held["listed_from"]), on="listed_from", how="left")
        .select(*ROWS)
        .sort("target", "listed_from", "decision_number", "entry_key")
    )


def _unlisted(view: View, register: str, begun: pl.Series) -> pl.DataFrame:
    """When a register last spoke in full before each beginning, as `overblock check` has it."""
    whole = (
        view.scan(SNAPSHOTS, register)
        .filter(pl.col("digest").is_not_null() & (pl.col("flags").list.len() == 0))
        .select(pl.col("ordered_at").alias("unlisted_at"))
        .collect()
    )
    return (
        begun.unique()
        .sort()
        .to_frame()
        .join_asof(
            whole.sort("unlisted_at"),
            left_on="listed_from",
            right_on="unlisted_at",
            allow_exact_matches=False,
            coalesce=False,
        )
    )


def _what_counts(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that tell of a target: what lists it before what exposes it, confirmed before not.

    That is judged by item and by register alike, so each row says for which of them it counts.
    """
    own = pl.col("via").is_null()
    sure = pl.col("confirmed")
    kind = pl.when(own).then("kind").otherwise(pl.lit(EXPOSED))
    rank = pl.when(own & sure).then(3).when(~own & sure).then(2).when(own).then(1).otherwise(0)
    return rows.with_columns(kind=kind, rank=rank)


def _summed(rows: pl.DataFrame, keys: list[str], lists: dict[str, str]) -> pl.DataFrame:
    """A row for each of the keys; ``lists`` are of all values of a column, and cost the most."""
    best = rows.filter(pl.col("rank") == pl.col("rank").max().over(keys)).sort(
        "listed_from", "decision_number", "entry_key", "register", maintain_order=True
    )
    return best.group_by(keys, maintain_order=True).agg(
        kind=pl.when((pl.col("kind") == "ordered").any())
        .then(pl.lit("ordered"))
        .otherwise(pl.col("kind").first()),
        since=pl.col("listed_from").first(),
        unlisted_at=pl.col("unlisted_at").first(),
        authority=pl.col("authority").first(),
        decision=pl.col("decision_number").first(),
        decision_date=pl.col("decision_date").first(),
        confirmed=pl.col("confirmed").first(),
        **{name: pl.col(of).drop_nulls().unique().sort() for name, of in lists.items()},
    )


def _named(view: View, rows: pl.DataFrame) -> pl.DataFrame:
    """Whom the entries that list a target name, and how many entries these are."""
    entries = rows.group_by("target").agg(entries=pl.len())
    parts = []
    for register, held in rows.group_by("register"):
        keys = held["entry_key"].unique()
        records = (
            view.scan(RECORDS, str(register[0]))
            .filter(pl.col("entry_key").is_in(keys.implode()))
            .select("entry_key", name=pl.concat_list("domains", "urls"))
            .collect()
            .unique("entry_key")
            .explode("name", empty_as_null=False, keep_nulls=False)
        )
        parts.append(held.select("target", "entry_key").join(records, on="entry_key"))
    if not parts:
        return entries.with_columns(named=pl.lit([], pl.List(pl.String)), named_in_all=pl.lit(0))
    names = pl.concat(parts).select("target", "name").unique()
    named = names.group_by("target").agg(
        named=pl.col("name").sort().head(MOST_NAMED), named_in_all=pl.len()
    )
    return entries.join(named, on="target", how="left").with_columns(
        pl.col("named").fill_null([]), pl.col("named_in_all").fill_null(0)
    )


def _reach(lived: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    known = lived.group_by("target").agg(addresses=pl.col("via").n_unique())
    listed = (
        rows.filter(pl.col("via").is_not_null() & pl.col("confirmed"))
        .group_by("target")
        .agg(addresses_listed=pl.col("via").n_unique())
    )
    return known.join(listed, on="target", how="left").with_columns(
        pl.col("addresses_listed").fill_null(0)
    )
