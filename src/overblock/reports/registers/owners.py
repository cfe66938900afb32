"""Listings cut at the edges of holders: each piece with whose it is, over all of history at once.

One table of holders answers for all of the time, because a table of another day would let an
address wander between holders though nothing about its block changed; its date is told.
"""

import numpy as np
import polars as pl

from overblock.holders.join import By, split_by_owner
from overblock.registers.extent import ipv4_set


def cut_by_owner(listed: pl.DataFrame, ranges: pl.DataFrame, by: By) -> pl.DataFrame:
    """The listings with ``owner``, each cut into pieces of one owner; IPv4 only.

    The union of what was ever listed is parted once; a listing then is the pieces that it holds.

    Raises:
        MissingHolders: no row of ``ranges`` can answer.
    """
    held = listed.filter(pl.col("ipv4_from") < pl.col("ipv4_until"))
    parts = split_by_owner(ipv4_set(held), ranges, by).sort("start")
    starts, ends = parts["start"].to_numpy(), parts["end"].to_numpy()
    begin, end = held["ipv4_from"].to_numpy(), held["ipv4_until"].to_numpy()
    first = np.searchsorted(ends, begin, side="right")
    n_met = np.searchsorted(starts, end, side="left") - first
    which = np.repeat(np.arange(len(held)), n_met)
    piece = np.repeat(first, n_met) + np.arange(len(which))
    piece -= np.repeat(np.cumsum(n_met) - n_met, n_met)
    return held[which].with_columns(
        pl.Series("ipv4_from", np.maximum(starts[piece], begin[which])),
        pl.Series("ipv4_until", np.minimum(ends[piece], end[which])),
        parts["key"].gather(piece).alias("owner"),
    )
