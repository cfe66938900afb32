"""The table of holders nearest in time: of the observatory, or the one overblock carries."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from overblock.sources import geoip2fast_bundle
from overblock.store import View
from overblock.tables import HOLDER_RANGES


@dataclass(frozen=True, slots=True)
class HolderTable:
    """A dated table of holders."""

    name: str
    dated_at: date
    ranges: pl.DataFrame


def holder_table(view: View | None, at: datetime) -> HolderTable:
    """The table whose date is nearest to a moment."""
    stored = view.partitions(HOLDER_RANGES) if view else []
    dated = {partition: date.fromisoformat(partition.partition("@")[2]) for partition in stored}
    nearest = min(dated, key=lambda name: abs(dated[name] - at.date()), default=None)
    if view is not None and nearest is not None:
        name = nearest.partition("@")[0]
        return HolderTable(name, dated[nearest], view.read(HOLDER_RANGES, nearest))
    reading = geoip2fast_bundle.read_installed("ipv4")
    published = reading.published_at or at
    return HolderTable(geoip2fast_bundle.SOURCE.name, published.date(), reading.rows)
