"""What a change of the listings did: who is newly hit, who is free again, which address did most.

Only names with an address in the difference of the two states can have changed, so only they are
asked; the rest of the world is not touched.
"""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.intervals import ONE, IntervalSet
from overblock.addresses.locate import Points
from overblock.collateral.cotenants import Tenants
from overblock.collateral.listed import Listed
from overblock.collateral.reach import REACHES, reach, reach_codes
from overblock.collateral.worlds import Ids, spread

CHANGES = ("hit", "freed", "worse", "better")
CHANGE = pl.Enum(CHANGES)
CLEAR = ("not", "unknown")  # reaches of names that are not hit
MOST_PAIRS = 1 << 22  # of set and name, looked at together; more where one set has more
NAME_BITS = np.uint64(32)  # a name's number below that of its set
Counts: TypeAlias = NDArray[np.int64]  # (n,)


def impact(tenants: Tenants, before: Listed, after: Listed) -> pl.DataFrame:
    """The names whose reach the change from ``before`` to ``after`` changed.

    Returns:
        The columns of `reach` as it is after, with ``reach_before``, ``id`` (place in the world)
        and ``change``: ``hit`` (was free), ``freed`` (is free), ``worse`` (partly, now fully) or
        ``better`` (fully, now partly); in the world's order.
    """
    ids = tenants.within(before.ipv4 ^ after.ipv4, before.ipv6 ^ after.ipv6)
    some = tenants.world.homes(ids)
    was = reach_codes(some, before)
    now = reach_codes(some, after)
    moved = np.flatnonzero(was != now)
    changed = reach(tenants.world.select(ids[moved]), after)
    return changed.with_columns(
        reach_before=pl.Series(was[moved]).cat.to(pl.Enum(REACHES)),
        id=pl.Series(ids[moved], dtype=pl.UInt32),
    ).with_columns(change=_change())


def _change() -> pl.Expr:
    was, now = pl.col("reach_before"), pl.col("reach")
    return (
        pl.when(was.is_in(CLEAR)).then(pl.lit("hit"))
        .when(now.is_in(CLEAR)).then(pl.lit("freed"))
        .when(now == "fully").then(pl.lit("worse"))
        .otherwise(pl.lit("better"))
        .cast(CHANGE)
    )  # fmt: skip


def top_addresses(tenants: Tenants, within: IntervalSet, n: int | None = None) -> pl.DataFrame:
    """The ``n`` single IPv4 addresses of a set on which most names live; without it, all.

    Who adds up worlds needs all: the first of many may be the first of none of them.

    Returns:
        ``ipv4``, ``n_names``, ``first`` (the first name by the alphabet); the most names first, of
        equals the lowest address.
    """
    begins, ends = _slices(tenants, within.starts, within.ends - ONE)
    held = tenants.addresses[spread(begins, ends)]
    counts = pl.Series("ipv4", held).value_counts(name="n_names")
    top = counts.sort("n_names", "ipv4", descending=[True, False])
    top = top if n is None else top.head(n)
    place = np.searchsorted(tenants.addresses, top["ipv4"].to_numpy())
    return top.with_columns(first=tenants.world.names.gather(tenants.names[place]))


def top_networks(tenants: Tenants, rows: pl.DataFrame, n: int | None = None) -> pl.DataFrame:
    """The ``n`` listed networks, of rows with ``ipv4_from``, in which most names live, or all.

    A name with two addresses in a network counts once.  Pairs are quick to count and never fewer
    than names, so that networks are looked at in their order until no other can come in.

    Returns:
        Different ``ipv4_from``, ``ipv4_until`` with ``n_names``; the most names first, of equals
        the lowest and narrowest.
    """
    held = rows.select("ipv4_from", "ipv4_until").drop_nulls().unique()
    begins, ends = _slices(
        tenants, held["ipv4_from"].to_numpy(), held["ipv4_until"].to_numpy() - ONE
    )
    ranked = held.with_columns(begin=begins, end=ends, pairs=ends - begins)
    ranked = ranked.filter(pl.col("pairs") > 0).sort("pairs", descending=True)
    n_names: list[int] = []
    for begin, end, pairs in ranked.select("begin", "end", "pairs").iter_rows():
        if n is not None and len(n_names) >= n and pairs < sorted(n_names)[-n]:
            break
        n_names.append(pl.Series(tenants.names[begin:end]).n_unique())
    counted = ranked.head(len(n_names)).select(
        "ipv4_from", "ipv4_until", n_names=pl.Series(n_names, dtype=pl.UInt32)
    )
    order = ["n_names", "ipv4_from", "ipv4_until"]
    top = counted.sort(order, descending=[True, False, False])
    return top if n is None else top.head(n)


def names_in_each(tenants: Tenants, sets: Sequence[IntervalSet]) -> Counts:
    """How many names have an address in each of many sets, most of which are small.

    A name with several addresses in a set counts once.
    """
    of_set = np.repeat(np.arange(len(sets)), [len(one.starts) for one in sets])
    nothing = np.zeros(0, np.uint64)
    starts = np.concatenate([nothing, *(one.starts for one in sets)])
    stops = np.concatenate([nothing, *(one.ends for one in sets)])
    begins, ends = _slices(tenants, starts, stops - ONE)
    n_pairs = ends - begins
    counts = np.zeros(len(sets), np.int64)
    in_all = np.bincount(of_set, weights=n_pairs, minlength=len(sets)).astype(np.int64)
    share_of = np.cumsum(in_all) // MOST_PAIRS  # sets of one share are looked at together
    for share in np.unique(share_of[in_all > 0]):
        chosen = np.flatnonzero((share_of[of_set] == share) & (n_pairs > 0))
        names = tenants.names[spread(begins[chosen], ends[chosen])].astype(np.uint64)
        owner = np.repeat(of_set[chosen], n_pairs[chosen]).astype(np.uint64)
        met = pl.Series(owner << NAME_BITS | names).unique().to_numpy()
        counts += np.bincount((met >> NAME_BITS).astype(np.int64), minlength=len(sets))
    return counts


def _slices(tenants: Tenants, first: Points, last: Points) -> tuple[Ids, Ids]:
    """Where the pairs of each closed range of addresses stand."""
    begins = np.searchsorted(tenants.addresses, first.astype(np.uint32), side="left")
    return begins, np.searchsorted(tenants.addresses, last.astype(np.uint32), side="right")
