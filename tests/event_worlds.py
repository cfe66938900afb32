"""Small series for tests of events: stretches of hours that are all alike."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import polars as pl

from overblock.events.series import STATES
from overblock.tables import SERIES

FIRST = datetime(2026, 3, 2, tzinfo=UTC)


class Stretch(NamedTuple):
    """Hours that each have these verdicts."""

    hours: int
    ok: int
    blocked: int
    state: str = "blocked"  # what the failing ones are


def series_of(
    networks: dict[int, list[Stretch]], target: str = "https://a.example/"
) -> pl.DataFrame:
    """Rows of `SERIES`: for each network its stretches, one after the other."""
    series = [_of_network(network, stretches) for network, stretches in networks.items()]
    return pl.concat(series).with_columns(target=pl.lit(target))


def _of_network(network: int, stretches: list[Stretch]) -> pl.DataFrame:
    hours = [stretch for stretch in stretches for _ in range(stretch.hours)]
    counts = dict.fromkeys((f"n_{state}" for state in STATES), [0] * len(hours))
    counts["n_ok"] = [hour.ok for hour in hours]
    for state in {hour.state for hour in hours}:
        counts[f"n_{state}"] = [hour.blocked * (hour.state == state) for hour in hours]
    words = {"grain": "hour", "test": "web_connectivity", "probe_cc": "RU", "feature": "all"}
    begin = FIRST + timedelta(hours=len(hours) - 1)
    times = pl.datetime_range(FIRST, begin, "1h", time_unit="us", eager=True)
    return (
        pl.DataFrame(counts | {"bucket_at": times})
        .with_columns(
            probe_asn=pl.lit(network),
            target=pl.lit(""),
            n_reports=pl.lit(None),
            **{name: pl.lit(word) for name, word in words.items()},
        )
        .select(*SERIES.schema())
        .cast(dict(SERIES.schema()))  # type: ignore[arg-type]  # a mapping of columns to types
    )
