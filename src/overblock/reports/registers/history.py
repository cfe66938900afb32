"""The extent of a register over time, from one sweep over its listings.

What a group lists changes seldom: the sweep gives its changes, and each holds for all moments up
to the next.  So a history of many groups costs as much as it has rows, and no moment is computed
anew.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

import msgspec
import numpy as np
import polars as pl
from msgspec.structs import replace
from numpy.typing import NDArray

from overblock.errors import NoSnapshot
from overblock.instants import TICK
from overblock.registers.extent import extent_series
from overblock.reports.answers import Gap
from overblock.reports.registers.extent import OWNERS, spelt
from overblock.reports.registers.owners import cut_by_owner
from overblock.reports.registers.states import register_snapshots
from overblock.reports.tables_at_hand import holder_table
from overblock.store import View
from overblock.tables import GAPS, LISTINGS

Every: TypeAlias = Literal["snapshot", "hour", "day"]
HistoryGrouping: TypeAlias = Literal[
    "kind", "decision", "authority", "holder", "country", "origin-as", "service"
]
Places: TypeAlias = NDArray[np.int64]  # (n,)
COLUMNS = frozenset({"kind", "authority"})  # of the listings themselves
ACT = ["decision_number", "decision_date", "authority"]  # a number alone is given out twice
WANTED = (
    *("kind", *ACT, "ipv4_from", "ipv4_until"),
    *("listed_from", "last_seen_at", "listed_until"),
)
STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
AT_A_TIME = 100_000  # rows of a frame
LAST = np.iinfo(np.int64).max


class HistoryRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The extent just after a moment; of a decision, which is known by more than its number."""

    at: datetime
    key: str | None
    ipv4: int
    flags: list[str]  # of the newest snapshot by then
    silent: bool  # the register had said nothing for long: the figure is its last word
    authority: str | None = None  # of a decision
    decision_date: date | None = None


class HistoryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock history``; all addresses IPv4, unions."""

    register: str
    every: str
    by: str | None
    rows: list[HistoryRow]
    gaps: list[Gap]
    holders_from: str | None = None  # which table says whose an address is, and its date


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A history before it is written out: a row is a moment, a group and a size.

    ``moments`` has ``at``, ``flags`` and ``silent``; ``groups`` has ``key``, null where it is not
    grouped, and of decisions ``authority`` and ``decision_date``.  Sorted by moment, then size,
    the largest first, then group.
    """

    register: str
    every: str
    by: str | None
    moments: pl.DataFrame
    groups: pl.DataFrame
    moment: Places
    key: Places
    ipv4: Places
    gaps: list[Gap]
    holders_from: str | None

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.moment)

    def rows(self, places: Places) -> list[HistoryRow]:
        """Some rows."""
        moments, groups = list(self.moments.iter_rows()), self.groups.to_dicts()
        picked = (column[places].tolist() for column in (self.moment, self.key, self.ipv4))
        return [
            HistoryRow(at=at, ipv4=ipv4, flags=flags, silent=silent, **groups[key])
            for moment, key, ipv4 in zip(*picked, strict=True)
            for at, flags, silent in (moments[moment],)
        ]

    def frames(self) -> Iterator[pl.DataFrame]:
        """All rows as frames, one after the other; one without rows where there are none."""
        for begin in range(0, max(len(self), 1), AT_A_TIME):
            some = slice(begin, begin + AT_A_TIME)
            told = self.moments[self.moment[some]]
            groups = self.groups[self.key[some]]
            yield told.select(
                "at",
                groups["key"],
                pl.Series("ipv4", self.ipv4[some]),
                "flags",
                "silent",
                *groups.drop("key").get_columns(),
            )

    def parts(self) -> Iterator[list[HistoryRow]]:
        """All rows, a part at a time."""
        for begin in range(0, len(self), AT_A_TIME):
            yield self.rows(np.arange(begin, min(begin + AT_A_TIME, len(self))))

    def answer(self) -> HistoryAnswer:
        """All of it."""
        return replace(self.without_rows(), rows=self.rows(np.arange(len(self))))

    def without_rows(self) -> HistoryAnswer:
        """All but the rows."""
        return HistoryAnswer(
            register=self.register,
            every=self.every,
            by=self.by,
            rows=[],
            gaps=self.gaps,
            holders_from=self.holders_from,
        )


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
        MissingHolders: no table of holders can answer.
    """
    return sampled(view, register, begins=begins, ends=ends, every=every, by=by).answer()


def sampled(  # noqa: PLR0913  (as `history`)
    view: View,
    register: str,
    *,
    begins: datetime | None,
    ends: datetime,
    every: Every = "day",
    by: HistoryGrouping | None = None,
) -> Sampled:
    """The same as `history`, for those who need not have all rows as structs."""
    snapshots = _snapshots(view, register, ends)
    gaps = view.read(GAPS, register)
    first: datetime = snapshots.row(0, named=True)["at"]
    moments = _moments(snapshots, max(begins or first, first), ends, every)
    if moments.is_empty():
        raise NoSnapshot(
            f"{register} has no snapshot between {begins or first:%Y-%m-%d %H:%M} UTC and "
            f"{ends:%Y-%m-%d %H:%M} UTC"
        )
    series, acts, holders_from = _series(view, register, gaps, by, moments["at"][-1])
    judged = _judged(moments, snapshots, gaps)
    times = judged["at"].dt.timestamp("us").to_numpy()
    keys, moment, key, ipv4 = _grouped(times, series) if by else _whole(times, series)
    return Sampled(
        register=register,
        every=every,
        by=by,
        moments=judged,
        groups=keys.to_frame("key") if acts is None else acts[keys],
        moment=moment,
        key=key,
        ipv4=ipv4,
        gaps=_within(gaps, judged["at"][0], ends),
        holders_from=holders_from,
    )


def _series(
    view: View, register: str, gaps: pl.DataFrame, by: HistoryGrouping | None, at: datetime
) -> tuple[pl.DataFrame, pl.DataFrame | None, str | None]:
    """The changes of each group; the acts that these are numbers of; and who says whose it is.

    That is the table of holders nearest to ``at``.
    """
    listed = view.choose(LISTINGS, register, lambda rows: rows.select(WANTED))
    if by == "decision":
        numbered, acts = _numbered(listed)
        return extent_series(numbered, gaps, "act"), acts, None
    if by is None or by in COLUMNS:
        return extent_series(listed, gaps, by), None, None
    holders = holder_table(view, at, OWNERS[by])
    cut = cut_by_owner(listed, holders.ranges, OWNERS[by])
    return extent_series(cut, gaps, "owner"), None, holders.name


def _numbered(listed: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Listings with the number of their act, and the acts, in the order of these numbers."""
    named = listed.with_columns(spelt(listed["decision_number"]))
    acts = named.select(ACT).unique().sort(ACT, nulls_last=True).with_row_index("act")
    numbered = named.join(acts, on=ACT, how="left", nulls_equal=True, maintain_order="left")
    return numbered, acts.select("authority", "decision_date", key="decision_number")


def _whole(times: Places, series: pl.DataFrame) -> tuple[pl.Series, Places, Places, Places]:
    """The one group that is everything: it has a row at each moment, nought too."""
    changed = series["at"].dt.timestamp("us").to_numpy()
    sizes = np.append(series["ipv4"].to_numpy().astype(np.int64), 0)  # the last: before the first
    places = np.arange(len(times))
    held = sizes[np.searchsorted(changed, times, side="right") - 1]
    return pl.Series("key", [None], pl.String), places, np.zeros_like(places), held


def _grouped(times: Places, series: pl.DataFrame) -> tuple[pl.Series, Places, Places, Places]:
    """Groups at moments, by their changes: each holds until the next; nought has no row."""
    changes = series.sort("key", "at", nulls_last=True)
    key = changes["key"].rle_id().to_numpy().astype(np.int64)
    ipv4 = changes["ipv4"].to_numpy().astype(np.int64)
    since = changes["at"].dt.timestamp("us").to_numpy()
    until = np.append(since[1:], LAST)
    until[np.append(key[1:] != key[:-1], True)] = LAST
    first, stop = (np.searchsorted(times, edge) for edge in (since, until))
    n_rows = np.where(ipv4 > 0, stop - first, 0)
    which = np.repeat(np.arange(len(n_rows)), n_rows)
    moment = first[which] + np.arange(len(which)) - (np.cumsum(n_rows) - n_rows)[which]
    order = np.lexsort((key[which], -ipv4[which], moment))
    keys = changes["key"].rle().struct.field("value")
    return keys, moment[order], key[which][order], ipv4[which][order]


def _snapshots(view: View, register: str, ends: datetime) -> pl.DataFrame:
    """When each snapshot was, with its flags; of those of one moment the last.

    The later ones too: what held between two of them is known only by both.

    Raises:
        NoSnapshot: there is none at or before ``ends``.
    """
    taken = register_snapshots(view, register).filter(~pl.col("flags").list.contains("duplicate"))
    placed = taken.select(at="ordered_at", flags="flags").sort("at", maintain_order=True)
    if placed.is_empty() or placed["at"][0] > ends:
        raise NoSnapshot(f"{register} has no snapshot at or before {ends:%Y-%m-%d %H:%M} UTC")
    return placed.unique("at", keep="last", maintain_order=True)


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
        yield at - TICK
    yield ends


def _within(gaps: pl.DataFrame, begins: datetime, ends: datetime) -> list[Gap]:
    """The silences that have a moment in common with the time that is told of."""
    met = gaps.filter((pl.col("silent_from") <= ends) & (pl.col("silent_until") > begins))
    return [Gap(**gap) for gap in met.drop("register").iter_rows(named=True)]


def _judged(moments: pl.DataFrame, snapshots: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    held = moments.sort("at").join_asof(snapshots, on="at")
    silences = gaps.select(at="silent_from", until="silent_until").sort("at")
    return held.join_asof(silences, on="at").select(
        "at",
        pl.col("flags").fill_null([]),
        silent=(pl.col("until") > pl.col("at")).fill_null(value=False),
    )
