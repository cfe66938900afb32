"""Which listings hold which items of a fleet, all at once.

The rules are those of one answer (`overblock.reports.checks.check`): an address or network is held
by each listing that shares an address with it; a name by an entry that lists it, or a mask above
it.
"""

import numpy as np
import polars as pl

from overblock.addresses.intervals import ONE
from overblock.addresses.meeting import meet
from overblock.addresses.sixteen import from_series

PAIRS = pl.Schema({"item": pl.UInt32, "listing": pl.UInt32})
MOST_LABELS = 128  # of a name: it has 253 signs at most


def hold(items: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    """Pairs of places: ``item`` in the one frame and ``listing`` in the other, in order.

    ``items`` has the address columns and ``target``, the name where it is no address;
    ``listings`` is of the table of that name, or some of its columns.
    """
    pairs = [_by_ipv4(items, listings), _by_ipv6(items, listings), _by_name(items, listings)]
    return pl.concat(pairs).sort("item", "listing")


def _by_ipv4(items: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    mine, theirs = (_placed(frame, "ipv4_from", "ipv4_until") for frame in (items, listings))
    ranges = (
        frame[name].to_numpy() - step
        for frame in (mine, theirs)
        for name, step in (("ipv4_from", np.uint64(0)), ("ipv4_until", ONE))
    )
    return _pairs(mine, theirs, *meet(*ranges))


def _by_ipv6(items: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    mine, theirs = (_placed(frame, "ipv6_first", "ipv6_last") for frame in (items, listings))
    ranges = (
        from_series(frame[name])
        for frame in (mine, theirs)
        for name in ("ipv6_first", "ipv6_last")
    )  # fmt: skip
    return _pairs(mine, theirs, *meet(*ranges))


def _by_name(items: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    names = (
        items.with_row_index("item")
        .filter(pl.col("ipv4_from").is_null() & pl.col("ipv6_first").is_null())
        .select("item", pl.col("target").str.split("."))
        .filter(pl.col("target").list.len() <= MOST_LABELS)
    )
    above = (
        names.with_columns(start=pl.int_ranges(pl.col("target").list.len()))
        .explode("start", empty_as_null=False, keep_nulls=False)
        .select(
            "item",
            resource=pl.col("target").list.slice(pl.col("start")).list.join("."),
            resource_kind=pl.when(pl.col("start") == 0)
            .then(pl.lit(["domain", "domain_mask"]))
            .otherwise(pl.lit(["domain_mask"])),
        )
        .explode("resource_kind", empty_as_null=False, keep_nulls=False)
    )
    if above.is_empty():
        return PAIRS.to_frame()
    named = listings.with_row_index("listing").filter(
        pl.col("resource_kind").is_in(["domain", "domain_mask"])
    )
    return above.join(named, on=["resource_kind", "resource"]).select("item", "listing").cast(PAIRS)


def _placed(frame: pl.DataFrame, first: str, last: str) -> pl.DataFrame:
    return frame.select(first, last).with_row_index("place").drop_nulls()


def _pairs(
    mine: pl.DataFrame,
    theirs: pl.DataFrame,
    item: "np.ndarray[tuple[int], np.dtype[np.int64]]",
    listing: "np.ndarray[tuple[int], np.dtype[np.int64]]",
) -> pl.DataFrame:
    return pl.DataFrame(
        {"item": mine["place"].gather(item), "listing": theirs["place"].gather(listing)}, PAIRS
    )
