"""How much of an extent each group lists, all groups in one array sweep.

Group and address together are one number, so that the union of these numbers is the union of each
group, side by side.  Groups may overlap: two decisions can list the same network.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.intervals import IntervalSet

GROUP_SHIFT = np.uint64(33)  # bits above an address and its upper edge, 2**32
Numbers = NDArray[np.uint64]  # (n,)


def group_sizes(
    rows: pl.DataFrame,
    by: list[str],
    *,
    of_witness: Sequence[str] = (),
    late: str = "",
) -> pl.DataFrame:
    """The union of each group's IPv4 addresses, largest first.

    Returns:
        ``by``, ``ipv4``, ``networks`` (distinct listed networks and addresses), ``witness`` (its
        largest network, of equals the first) with the columns ``of_witness`` of its row; where
        rows have ``listed_from``, ``since`` (the earliest); where ``late`` names a column of
        truths, ``late_ipv4``: the union of those rows alone.
    """
    held = rows.filter(pl.col("ipv4_from").is_not_null())
    groups, group = _numbered(held.select(by))
    starts, ends = held["ipv4_from"].to_numpy(), held["ipv4_until"].to_numpy()
    networks, witness = _networks(group, starts, ends)
    found = groups.with_columns(
        pl.Series("ipv4", _unions(group, starts, ends, len(groups))),
        pl.Series("networks", networks),
        held["resource"].gather(witness).alias("witness"),
        *(held[name].gather(witness) for name in of_witness),
    )
    if late:
        those = held[late].fill_null(value=False).to_numpy()
        alone = _unions(group[those], starts[those], ends[those], len(groups))
        found = found.with_columns(pl.Series("late_ipv4", alone))
    if "listed_from" in held.columns:
        found = found.with_columns(since=_earliest(held["listed_from"], group))
    return found.sort("ipv4", *by, descending=[True, *([False] * len(by))], nulls_last=True)


def _earliest(moments: pl.Series, group: Numbers) -> pl.Series:
    """The earliest moment of each group, in the order of their numbers."""
    frame = pl.DataFrame({"group": group, "at": moments})
    return frame.group_by("group").agg(pl.col("at").min()).sort("group")["at"]


def _numbered(rows: pl.DataFrame) -> tuple[pl.DataFrame, Numbers]:
    """The different rows, in the order they come, and the number of each row among them."""
    distinct = rows.unique(maintain_order=True)
    numbered = distinct.with_row_index("group")
    joined = rows.join(numbered, on=rows.columns, nulls_equal=True, maintain_order="left")
    return distinct, joined["group"].to_numpy().astype(np.uint64)


def _unions(group: Numbers, starts: Numbers, ends: Numbers, n_groups: int) -> Numbers:
    """The size of each group's union, shape (n_groups,)."""
    place = group << GROUP_SHIFT
    union = IntervalSet.of(place | starts, place + ends)
    sizes = np.zeros(n_groups, np.uint64)
    np.add.at(sizes, (union.starts >> GROUP_SHIFT).astype(np.int64), union.ends - union.starts)
    return sizes


def _networks(
    group: Numbers, starts: Numbers, ends: Numbers
) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """Distinct networks of each group, and the row of the largest; shapes (groups,)."""
    order = np.lexsort((starts, starts - ends, group))  # largest first: the difference wraps
    ranked = group[order]
    new_group = np.ones(len(order), np.bool_)
    new_group[1:] = ranked[1:] != ranked[:-1]
    again = np.zeros(len(order), np.bool_)
    again[1:] = (np.diff(starts[order]) == 0) & (np.diff(ends[order]) == 0) & ~new_group[1:]
    counts = np.bincount(ranked[~again].astype(np.int64)).astype(np.uint32)
    return counts, order[new_group].astype(np.int64)
