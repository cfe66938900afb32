"""The extent of a register over time, from one sweep over its listings."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import msgspec
import polars as pl

from overblock.errors import NoSnapshot
from overblock.registers.extent import extent_series
from overblock.reports.answers import Gap
from overblock.reports.registers.states import register_snapshots
from overblock.store import View
from overblock.tables import GAPS, LISTINGS

Every: TypeAlias = Literal["snapshot", "hour", "day"]
HistoryGrouping: TypeAlias = Literal["kind", "decision", "authority"]
COLUMN = {"kind": "kind", "decision": "decision_number", "authority": "authority"}
STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """The extent just after a moment."""

    at: datetime
    key: str | None
    ipv4: int
    flags: list[str]  # of the newest snapshot by then
    silent: bool  # the register had said nothing for long: the figure is its last word


class HistoryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock history``; all addresses IPv4, unions."""

    register: str
    every: str
    by: str | None
    rows: list[HistoryRow]
    gaps: list[Gap]


def history(  # noqa: PLR0913  (the command has as many options)
    view: View,
    register: str,
    *,
    begins: datetime | None,
    ends: datetime,
    every: Every = "day",
    by: HistoryGrouping | None = None,
) -> HistoryAnswer:
    """The extent of a register at every snapshot, hour or day between two moments.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none between them.
    """
    snapshots = _snapshots(view, register, ends)
    gaps = view.read(GAPS, register)
    first: datetime = snapshots.row(0, named=True)["at"]
    moments = _moments(snapshots, max(begins or first, first), ends, every)
    if moments.is_empty():
        raise NoSnapshot(f"{register} has no snapshot between {begins} and {ends}")
    series = extent_series(view.read(LISTINGS, register), gaps, COLUMN[by] if by else None)
    judged = _judged(moments, snapshots, gaps)
    rows = _sampled(judged, series, grouped=by is not None)
    return HistoryAnswer(
        register=register,
        every=every,
        by=by,
        rows=[HistoryRow(**row) for row in rows.iter_rows(named=True)],
        gaps=[Gap(**gap) for gap in gaps.drop("register").iter_rows(named=True)],
    )


def _snapshots(view: View, register: str, ends: datetime) -> pl.DataFrame:
    """When each snapshot was, with its flags; of those of one moment the last."""
    taken = register_snapshots(view, register).filter(~pl.col("flags").list.contains("duplicate"))
    placed = taken.select(at="ordered_at", flags="flags").sort("at", maintain_order=True)
    before = placed.unique("at", keep="last", maintain_order=True).filter(pl.col("at") <= ends)
    if before.is_empty():
        raise NoSnapshot(f"{register} has no snapshot at or before {ends:%Y-%m-%d %H:%M} UTC")
    return before


def _moments(
    snapshots: pl.DataFrame, begins: datetime, ends: datetime, every: Every
) -> pl.DataFrame:
    if every == "snapshot":
        return snapshots.select("at").filter(pl.col("at").is_between(begins, ends))
    last: datetime = snapshots.row(-1, named=True)["at"]
    ticks = pl.Series("at", list(_ticks(begins, min(ends, last), STEPS[every])))
    return ticks.cast(pl.Datetime("us", "UTC")).to_frame()


def _ticks(begins: datetime, ends: datetime, step: timedelta) -> Iterator[datetime]:
    """The last instant of each hour or day, and the end itself."""
    if begins > ends:
        return
    whole = begins.replace(minute=0, second=0, microsecond=0)
    at = whole.replace(hour=0) if step == STEPS["day"] else whole
    while (at := at + step) <= ends:
        yield at - timedelta(microseconds=1)
    yield ends


def _judged(moments: pl.DataFrame, snapshots: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    held = moments.sort("at").join_asof(snapshots, on="at")
    silences = gaps.select(at="silent_from", until="silent_until").sort("at")
    return held.join_asof(silences, on="at").with_columns(
        silent=(pl.col("until") > pl.col("at")).fill_null(value=False),
        flags=pl.col("flags").fill_null([]),
    )


def _sampled(moments: pl.DataFrame, series: pl.DataFrame, *, grouped: bool) -> pl.DataFrame:
    """The newest value of each series at each moment; a group not yet there is left out."""
    columns = ["at", "key", "ipv4", "flags", "silent"]
    if not grouped:
        joined = moments.join_asof(series.sort("at"), on="at")
        return joined.with_columns(
            key=pl.lit(None, pl.String), ipv4=pl.col("ipv4").fill_null(0)
        ).select(columns)
    keys = series.select("key").unique(maintain_order=True)
    crossed = moments.join(keys, how="cross").sort("at")
    joined = crossed.join_asof(
        series.sort("at"), on="at", by="key", check_sortedness=False
    ).filter(pl.col("ipv4") > 0)  # fmt: skip
    return joined.sort("at", "ipv4", descending=[False, True]).select(columns)
