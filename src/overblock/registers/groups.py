"""How much of an extent each group lists, all groups in one array sweep.

Group and address together are one number, so that the union of these numbers is the union of each
group, side by side.  Groups may overlap: two decisions can list the same network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

GROUP_SHIFT = np.uint64(33)  # bits above an address and its upper edge, 2**32
Numbers = NDArray[np.uint64]  # (n,)
Places = NDArray[np.int64]  # (n,)


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
    line = _Line.of(group, held["ipv4_from"].to_numpy(), held["ipv4_until"].to_numpy())
    witness = line.witnesses()
    found = groups.with_columns(
        pl.Series("ipv4", line.unions(len(groups))),
        pl.Series("networks", line.networks()),
        held["resource"].gather(witness).alias("witness"),
        *(held[name].gather(witness) for name in of_witness),
    )
    if late:
        those = held[late].fill_null(value=False).to_numpy()
        alone = line.only(those).unions(len(groups))
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
    by = rows.columns
    groups = rows.with_row_index("").group_by(by, maintain_order=True).agg("")
    places = groups[""].explode(empty_as_null=False).to_numpy()
    group = np.empty(len(rows), np.uint64)
    group[places] = np.repeat(np.arange(len(groups)), groups[""].list.len().to_numpy())
    return groups.select(by), group


@dataclass(frozen=True, slots=True)
class _Line:
    """Ranges of all groups on one line, group after group, in order of start, end and row."""

    starts: Numbers  # (n,), the group's number above the address
    ends: Numbers  # (n,)
    rows: Places  # (n,), where the ranges come from

    @classmethod
    def of(cls, group: Numbers, starts: Numbers, ends: Numbers) -> Self:
        begin = group << GROUP_SHIFT
        first, stop = begin | starts, begin + ends
        order = np.argsort(first, kind="stable")
        line = cls(first[order], stop[order], order)
        if np.any((line.starts[1:] == line.starts[:-1]) & (line.ends[1:] != line.ends[:-1])):
            order = np.lexsort((stop, first))
            line = cls(first[order], stop[order], order)
        return line

    def only(self, wanted: NDArray[np.bool_]) -> Self:
        """The line of some of the rows."""
        kept = wanted[self.rows]
        return type(self)(self.starts[kept], self.ends[kept], self.rows[kept])

    @property
    def groups(self) -> Places:
        """The group of each range."""
        return (self.starts >> GROUP_SHIFT).astype(np.int64)

    def unions(self, n_groups: int) -> Numbers:
        """The size of each group's union: what each range adds to those before it."""
        reached = np.zeros(len(self.ends), np.uint64)
        np.maximum.accumulate(self.ends[:-1], out=reached[1:])
        added = self.ends - np.clip(reached, self.starts, self.ends)
        sizes = np.bincount(self.groups, weights=added, minlength=n_groups)  # exact below 2**53
        return sizes.astype(np.uint64)

    def networks(self) -> NDArray[np.uint32]:
        """How many different ranges each group has; each group has one."""
        new = np.ones(len(self.starts), np.bool_)
        new[1:] = (self.starts[1:] != self.starts[:-1]) | (self.ends[1:] != self.ends[:-1])
        return np.bincount(self.groups[new]).astype(np.uint32)

    def witnesses(self) -> Places:
        """The row of each group's largest range, of equals the first."""
        groups, widths = self.groups, self.ends - self.starts
        firsts = np.flatnonzero(np.diff(groups, prepend=-1))
        largest = np.maximum.reduceat(widths, firsts)
        places = np.flatnonzero(widths == largest[groups])
        return self.rows[places[np.flatnonzero(np.diff(groups[places], prepend=-1))]]
