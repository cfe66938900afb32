"""Names as measurements have seen them: where the controls of probes found each to live.

What a probe itself is answered may be the block, so only what its control was answered, where the
block cannot reach, says where a name lives.  Measurements are few a day and of few names; so all
days within reach are taken together, and not only the newest.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import polars as pl

from overblock.measurements.observations import CONTROL
from overblock.measurements.resolutions import resolutions_of
from overblock.reports.names.at_hand import NamesTable, partition_date
from overblock.store import View
from overblock.tables import OBSERVATIONS

NAME = "observations"


def observed_names(view: View, at: datetime, max_age: timedelta) -> NamesTable | None:
    """The controls' answers of the days up to a moment; None where no measurement is of them."""
    days = [
        day
        for day in view.partitions(OBSERVATIONS)
        if _is_day(day) and timedelta(0) <= at.date() - date.fromisoformat(day) <= max_age
    ]
    if not days:
        return None
    name = f"{NAME}@{max(days)}"
    return NamesTable(
        name=name,
        dated_at=partition_date(name),
        batches=lambda: _batches(view, days),
        signs=lambda: iter(()),
    )


def _is_day(partition: str) -> bool:
    return partition[:1].isdigit()


def _batches(view: View, days: list[str]) -> Iterator[pl.DataFrame]:
    of_control = (pl.col("layer") == "dns") & (pl.col("vantage") == CONTROL)
    for day in days:
        for part in view.read_parts(OBSERVATIONS, day):
            rows = resolutions_of(part.filter(of_control)).rows
            if len(rows):
                yield rows
