"""Events of several networks that are one: what began at the same time, as far as anyone can tell.

Two events belong together when their intervals share a moment.  Taken in the order in which
their intervals end, each event that began before the first of them ended is of its group: the
fewest groups there can be, and none that drifts, as each holds one moment that is in all its
intervals.
"""

from hashlib import sha256

import msgspec
import polars as pl

from overblock.tables import EVENTS

OF_GROUP = ["change", "test", "probe_cc", "target", "feature"]


def group_events(events: pl.DataFrame) -> pl.DataFrame:
    """Give the same ``group_id`` to events of one target that may have been at the same moment.

    Args:
        events: rows of `EVENTS` of any level, in any order.

    Returns:
        The same rows, sorted by ``at`` and key.
    """
    if events.is_empty():
        return EVENTS.check(events)
    order = [*OF_GROUP, "latest_at", "earliest_at", "probe_asn"]
    ordered = events.sort(order, nulls_last=True)
    ids: list[str] = []
    group: tuple[list[object], object] | None = None  # its words, and when its first event ended
    for *words, earliest, latest in ordered.select(
        *OF_GROUP, "earliest_at", "latest_at"
    ).iter_rows():
        if group is None or group[0] != words or earliest >= group[1]:
            group = words, latest
        ids.append(_digest([*group[0], group[1]]))
    grouped = ordered.with_columns(group_id=pl.Series(ids, dtype=pl.String))
    return grouped.sort("at", *OF_GROUP, "probe_asn", nulls_last=True)


def _digest(words: list[object]) -> str:
    return sha256(msgspec.json.encode(words)).hexdigest()[:32]
