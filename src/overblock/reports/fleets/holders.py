"""Whose each item of a fleet is: by the table of holders nearest in time that knows the address.

The narrowest range answers, as `overblock.reports.checks.check` says it; a network is asked about
by its first address.
"""

from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.intervals import ONE, IntervalSet
from overblock.addresses.locate import Points
from overblock.addresses.meeting import meet
from overblock.addresses.prefixes import LongestMatch
from overblock.addresses.sixteen import Sixteens, from_series
from overblock.reports.checks.check import HolderAnswer, holder_tables
from overblock.store import View
from overblock.tables import HOLDER_RANGES

TOLD = ("as_name", "asn", "country", "service")
NOBODY = -1


def holders_of(view: View, items: pl.DataFrame, at: datetime) -> list[HolderAnswer | None]:
    """An answer an item, in their order; None for names, and where no table knows the address."""
    found: list[HolderAnswer | None] = [None] * len(items)
    rows = items.select("ipv4_from", "ipv6_first").with_row_index("item")
    open4 = rows.filter(pl.col("ipv4_from").is_not_null())
    open6 = rows.filter(pl.col("ipv6_first").is_not_null())
    for partition in holder_tables(view, at):
        if open4.is_empty() and open6.is_empty():
            break
        ranges = view.read(HOLDER_RANGES, partition)
        told = ranges.select(pl.any_horizontal(pl.col(TOLD).is_not_null())).to_series().to_numpy()
        for asked, places in (
            (open4, _ipv4(open4["ipv4_from"].to_numpy(), ranges)),
            (open6, _ipv6(from_series(open6["ipv6_first"]), ranges)),
        ):
            held = (places != NOBODY) & told[places] if len(told) else places != NOBODY
            _fill(found, asked["item"].to_numpy()[held], places[held], ranges, partition)
        known = pl.Series([answer is not None for answer in found], dtype=pl.Boolean)
        open4, open6 = (
            asked.filter(~known.gather(asked["item"])) if len(asked) else asked
            for asked in (open4, open6)
        )
    return found


def _fill(
    found: list[HolderAnswer | None],
    items: NDArray[np.uint32],
    places: NDArray[np.int64],
    ranges: pl.DataFrame,
    partition: str,
) -> None:
    """Put an answer to each item that a range holds; holders are fewer than ranges."""
    source, _, dated_at = partition.partition("@")
    answers: dict[tuple[Any, ...], HolderAnswer] = {}
    said = ranges.select(TOLD)[places].rows()
    for item, words in zip(items.tolist(), said, strict=True):
        if words not in answers:
            name, asn, country, service = words
            answers[words] = HolderAnswer(
                name=name,
                asn=asn,
                country=country,
                service=service,
                source=source,
                dated_at=dated_at,
            )
        found[item] = answers[words]


def _ipv4(points: Points, ranges: pl.DataFrame) -> NDArray[np.int64]:
    """The narrowest range that holds each point: its place, or -1; the rest is not laid out."""
    placed = ranges.select("ipv4_from", "ipv4_until").with_row_index("place").drop_nulls()
    starts, ends = placed["ipv4_from"].to_numpy(), placed["ipv4_until"].to_numpy()
    wanted = IntervalSet.of(points, points + ONE)
    meets = np.flatnonzero(wanted.count_below(ends) > wanted.count_below(starts))
    found = LongestMatch.of(starts[meets], ends[meets]).match(points)
    place = placed["place"].to_numpy().astype(np.int64)[meets]
    return np.where(found >= 0, np.append(place, NOBODY)[found], NOBODY)


def _ipv6(points: Sixteens, ranges: pl.DataFrame) -> NDArray[np.int64]:
    """The same for IPv6; of the ranges that hold a point the one that begins last is narrowest."""
    placed = ranges.select("ipv6_first", "ipv6_last").with_row_index("place").drop_nulls()
    answer = np.full(len(points), NOBODY, np.int64)
    if len(points) and len(placed):
        firsts, lasts = from_series(placed["ipv6_first"]), from_series(placed["ipv6_last"])
        mine, theirs = meet(points, points, firsts, lasts)
        order = np.lexsort((firsts[theirs], mine))
        answer[mine[order]] = placed["place"].to_numpy().astype(np.int64)[theirs[order]]
    return answer
