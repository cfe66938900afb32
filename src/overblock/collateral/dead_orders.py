"""Orders whose target is not where they block: only others are hit.

An entry that names a site attaches the addresses on which the site lived when it was entered.
Sites move; the addresses stay.  Where resolutions say where the site lives, each attached address
gets a verdict:

* ``lives``: a name of the entry has this address;
* ``moved``: names of the entry have addresses, and this is none of them;
* ``gone``: names of the entry were asked for and have no address at all;
* ``unknown``: nobody asked, or an answer is missing.

An attached address is *dead* when it is ``moved`` or ``gone``.  What the register tells without
any resolutions stands in `overblock.collateral.attachments`.
"""

import numpy as np
import polars as pl

from overblock.addresses.sixteen import Sixteens, from_series, to_series
from overblock.collateral.cotenants import NameIds, Tenants
from overblock.collateral.suffixes import bare
from overblock.collateral.targets import with_hosts
from overblock.collateral.worlds import Ids, Ipv4s, World, spread

VERDICTS = ("lives", "moved", "gone", "unknown")
VERDICT = pl.Enum(VERDICTS)
ATTACHED = ["entry_key", "resource"]


def dead_orders(tenants: Tenants, listings: pl.DataFrame, groups: pl.DataFrame) -> pl.DataFrame:
    """The verdict on each single address that an entry attaches.

    ``listings`` are those alive at that moment; ``groups`` is what `grouped` says of the world.

    Returns:
        ``entry_key``, ``resource`` (the address), ``verdict``; ``n_names`` (that the entry names),
        ``n_asked`` (of them, in the world), ``name`` (the first of them); ``n_bystanders`` on the
        address and ``bystander`` (the first of those); by entry and address.
    """
    attached = listings.filter(
        (pl.col("kind") == "attached") & (pl.col("resource_kind") == "address")
    ).select(*ATTACHED, ipv4=pl.col("ipv4_from").cast(pl.UInt32), ipv6="ipv6_first")
    names = _names(tenants.world, listings)
    homes = _homes(tenants.world, names)
    lives = pl.concat([
        attached.join(homes.drop_nulls(version), on=["entry_key", version]).select(ATTACHED)
        for version in ("ipv4", "ipv6")
    ]).unique()  # fmt: skip
    return (
        attached.unique(ATTACHED)
        .join(_entries(tenants.world, names), on="entry_key")
        .join(lives.with_columns(here=True), on=ATTACHED, how="left")
        .with_columns(verdict=_verdict())
        .sort(ATTACHED)
        .pipe(_with_bystanders, tenants, (groups["group"] == "bystander").to_numpy())
        .select(*ATTACHED, "verdict", "n_names", "n_asked", "name", "n_bystanders", "bystander")
    )


def _names(world: World, listings: pl.DataFrame) -> pl.DataFrame:
    """What each entry names, and each place in the world that has it: null where it has not."""
    hosts = with_hosts(listings).select("entry_key", "host").unique()
    own = pl.DataFrame({"site": bare(world.names)})
    own = own.with_row_index("id").join(hosts, left_on="site", right_on="host", how="semi")
    return hosts.join(own, left_on="host", right_on="site", how="left")


def _homes(world: World, names: pl.DataFrame) -> pl.DataFrame:
    """The addresses of what each entry names: ``entry_key``, ``ipv4`` or ``ipv6``."""
    known = names.drop_nulls("id").select("entry_key", "id")
    ids = known["id"].to_numpy().astype(np.int64)
    parts = []
    for version, offsets, values in (
        ("ipv4", world.offsets, pl.Series(world.addresses)),
        ("ipv6", world.offsets6, to_series(world.addresses6)),
    ):
        places = spread(offsets[ids], offsets[ids + 1])
        entry = np.repeat(np.arange(len(ids)), offsets[ids + 1] - offsets[ids])
        parts.append(
            known.select("entry_key")[entry].with_columns(values.gather(places).alias(version))
        )
    return pl.concat(parts, how="diagonal").unique()


def _entries(world: World, names: pl.DataFrame) -> pl.DataFrame:
    """What is known of the names of each entry."""
    ids = names["id"].drop_nulls().unique().sort()
    place = ids.to_numpy().astype(np.int64)
    n_all = np.diff(world.offsets)[place] + np.diff(world.offsets6)[place]
    facts = pl.DataFrame({
        "id": ids,
        "has_address": n_all > 0,
        "unsure": (world.n_unknown[place] > 0) | ((n_all == 0) & (world.absences[place] == 0)),
    })  # fmt: skip
    return (
        names.join(facts, on="id", how="left")
        .group_by("entry_key")
        .agg(
            n_names=pl.col("host").n_unique(),
            n_asked=pl.col("host").filter(pl.col("id").is_not_null()).n_unique(),
            name=pl.col("host").min(),
            has_address=pl.col("has_address").any(),
            unsure=pl.col("unsure").any(),
        )
    )


def _verdict() -> pl.Expr:
    in_doubt = (pl.col("n_asked") < pl.col("n_names")) | pl.col("unsure")
    return (
        pl.when(pl.col("here")).then(pl.lit("lives"))
        .when(in_doubt).then(pl.lit("unknown"))
        .when(pl.col("has_address")).then(pl.lit("moved"))
        .otherwise(pl.lit("gone"))
        .cast(VERDICT)
    )  # fmt: skip


def _with_bystanders(
    rows: pl.DataFrame, tenants: Tenants, is_bystander: np.ndarray[tuple[int], np.dtype[np.bool_]]
) -> pl.DataFrame:
    """Add how many bystanders live on the address of each row, and the first of them."""
    counts, first = np.zeros(len(rows), np.uint32), np.full(len(rows), -1, np.int64)
    for version, values, names in (
        ("ipv4", tenants.addresses, tenants.names),
        ("ipv6", tenants.addresses6, tenants.names6),
    ):
        there = rows[version].is_not_null()
        wanted = rows[version].drop_nulls()
        asked = wanted.to_numpy() if version == "ipv4" else from_series(wanted)
        which = there.arg_true().to_numpy()
        counts[which], first[which] = _on_each(values, names, asked, is_bystander[names])
    chosen = pl.Series(first).to_frame("id").select(pl.when(pl.col("id") >= 0).then("id"))
    return rows.with_columns(
        n_bystanders=counts, bystander=tenants.world.names.gather(chosen.to_series())
    )


def _on_each(
    held: Ipv4s | Sixteens,
    names: NameIds,
    asked: Ipv4s | Sixteens,
    wanted: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> tuple[Ids, Ids]:
    """Of each address asked for: how many of its names are wanted, and the first (-1: none)."""
    before = np.concatenate([[0], np.cumsum(wanted)])
    begins = before[np.searchsorted(held, asked, side="left")]
    ends = before[np.searchsorted(held, asked, side="right")]
    chosen = np.append(names[wanted].astype(np.int64), -1)
    return ends - begins, np.where(ends > begins, chosen[begins], -1)
