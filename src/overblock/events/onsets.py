"""Series to events: when blocking began and ended, as data arrive or over years at once.

A `Watch` takes rows of `SERIES` in the order of time, in pieces as large or small as one likes, and
gives the same events for the same rows.  It watches either each network by itself, or all networks
of a country together, where a change is an event only if most of those measured share it.

The method is Page's cumulative sum (1954) in the form that Lorden (1971) showed to detect soonest
for a given rate of false alarms, one sum for each of a few alternatives to a baseline that is
learned as time goes by; see docs/explanation/events.md.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Self

import msgspec
import numpy as np
import polars as pl

from overblock.errors import UsageError
from overblock.events.book import COUNTS, Book, Places
from overblock.events.deciding import Draft, Level, decide, see_out
from overblock.events.evidence import Floats, worth
from overblock.events.series import KEY, SECONDS, Grain, failing, judged
from overblock.tables import EVENTS

THRESHOLD = 12.0  # nats
FOLLOWED: dict[Grain, int] = {"hour": 24, "day": 7}  # buckets that a ramp is followed for
MOST_OF_A_BUCKET = 0.75  # of the threshold: no bucket alone makes an event
MEMBER = "_member"
GROUP_KEY: dict[Level, list[str]] = {
    "network": KEY,
    "country": [name for name in KEY if name != "probe_asn"],
}


def _no_keys() -> pl.DataFrame:
    kinds = EVENTS.schema()
    return pl.DataFrame(
        schema={name: kinds[name] for name in KEY} | {MEMBER: pl.Int64(), "_group": pl.Int64()}
    )


@dataclass(slots=True)
class Watch:
    """What is known of all series at one moment; `take` moves it on."""

    level: Level
    grain: Grain
    threshold: float = THRESHOLD
    keys: pl.DataFrame = field(default_factory=_no_keys)
    book: Book = field(default_factory=Book.empty)
    pending: dict[int, Draft] = field(default_factory=dict)  # by group, oldest alarm first
    last: int | None = None  # the newest bucket that was taken

    def take(self, series: pl.DataFrame) -> pl.DataFrame:
        """Take the next buckets, each whole; returns the events that are now settled.

        Args:
            series: rows of `SERIES` of this grain, in any order, all later than what was taken.

        Returns:
            Rows of `EVENTS`, sorted by ``known_at``.

        Raises:
            UsageError: a bucket is not later than what was taken: its series must be run anew.
        """
        cells = self._cells(series)
        if cells.is_empty():
            return EVENTS.empty()
        at = cells["bucket"].to_numpy()
        if self.last is not None and at[0] <= self.last:
            raise UsageError(
                f"the {self.grain} of {self._moment(int(at[0])):%Y-%m-%d %H:%M} UTC is not after "
                f"that of {self._moment(self.last):%Y-%m-%d %H:%M}: run what came late anew"
            )
        members, counts = cells[MEMBER].to_numpy().astype(np.int64), _counts(cells)
        edges = np.flatnonzero(np.diff(at, prepend=at[0] - 1))
        settled: list[dict[str, object]] = []
        for begin, end in zip(edges, [*edges[1:], len(at)], strict=True):
            settled += self._step(int(at[begin]), members[begin:end], counts[begin:end])
        self.last = int(at[-1])
        return self._events(settled)

    def standing(self) -> pl.DataFrame:
        """Events that are known but whose ramp may still run, as they look now."""
        return self._events(
            [self._settle(draft, draft.alarm + self._followed()) for draft in self.pending.values()]
        )

    def _followed(self) -> int:
        return FOLLOWED[self.grain]

    def _step(self, at: int, members: Places, counts: Floats) -> list[dict[str, object]]:
        """One bucket."""
        settled = []
        for group, draft in list(self.pending.items()):
            if draft.alarm + self._followed() > at:
                break  # younger ones follow
            settled.append(self._settle(self.pending.pop(group), at))
        groups = self.book.add(at, members, counts, MOST_OF_A_BUCKET * self.threshold)
        alarmed = groups[self.book.g_sum[groups].max(axis=1) >= self.threshold]
        for group in alarmed.tolist():
            found = decide(self.book, group, at, self.threshold, self.level)
            if found is None:
                continue
            if group in self.pending:  # so soon: the one before ends where this begins
                settled.append(self._settle(self.pending.pop(group), found.start))
            self.pending[group] = found
        return settled

    def _settle(self, draft: Draft, until: int) -> dict[str, object]:
        outcome = see_out(self.book, draft, until, self.level)
        return {
            **msgspec.structs.asdict(draft),
            **msgspec.structs.asdict(outcome),
        }

    def _moment(self, bucket: int) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=bucket * SECONDS[self.grain])

    def _cells(self, series: pl.DataFrame) -> pl.DataFrame:
        """Rows that can be judged, with their bucket's number and member, in order.

        Members are numbered as they first come, so that the same rows in other pieces make the
        same numbers, and sums in the same order.
        """
        unknown = (
            pl.lit(value=True) if self.level == "country" else pl.col("probe_asn").is_not_null()
        )
        seconds = SECONDS[self.grain]
        able = (
            series.lazy()
            .filter((pl.col("grain") == self.grain) & (judged() > 0) & unknown)
            .with_columns(bucket=pl.col("bucket_at").dt.epoch("s") // seconds)
        )
        rows = able.collect()
        first = rows.group_by(KEY).agg(pl.col("bucket").min()).sort("bucket", *KEY, nulls_last=True)
        new = first.select(KEY).join(
            self.keys, on=KEY, how="anti", nulls_equal=True, maintain_order="left"
        )
        self._register(new)
        placed = rows.join(self.keys, on=KEY, how="left", nulls_equal=True)
        return placed.sort("bucket", "_group", MEMBER)

    def _register(self, new: pl.DataFrame) -> None:
        """Number new series and what they are watched with."""
        if new.is_empty():
            return
        key = GROUP_KEY[self.level]
        numbered = new.with_row_index(MEMBER, offset=self.keys.height).with_columns(
            pl.col(MEMBER).cast(pl.Int64)
        )
        known = self.keys.select(*key, "_group").unique(maintain_order=True)
        fresh = numbered.select(key).join(
            known, on=key, how="anti", nulls_equal=True, maintain_order="left"
        )
        groups = fresh.unique(maintain_order=True).with_row_index("_group", offset=known.height)
        every = pl.concat([known, groups.select(*key, pl.col("_group").cast(pl.Int64))])
        joined = numbered.join(every, on=key, how="left", nulls_equal=True, maintain_order="left")
        self.keys = pl.concat([self.keys, joined.select(self.keys.columns)])
        self.book.grow(joined["_group"].to_numpy(), every.height)

    def _events(self, settled: list[dict[str, object]]) -> pl.DataFrame:
        if not settled:
            return EVENTS.empty()
        key = GROUP_KEY[self.level]
        named = self.keys.select(*key, "_group").unique("_group", keep="first")
        seconds = SECONDS[self.grain]
        found = pl.DataFrame(settled).join(named, left_on="group", right_on="_group")
        rows = found.with_columns(
            change=pl.when("begins").then(pl.lit("onset")).otherwise(pl.lit("end")),
            at=_instant("start", seconds),
            earliest_at=_instant("earliest", seconds),
            latest_at=_instant("latest", seconds),
            known_at=_instant("alarm", seconds) + pl.duration(seconds=seconds),
            probe_asn=pl.col("probe_asn") if self.level == "network" else pl.lit(None, pl.UInt32),
            n_before=pl.col("n_before").cast(pl.UInt32),
            n_after=pl.col("n_after").cast(pl.UInt32),
            n_networks=pl.col("n_networks").cast(pl.UInt32),
        )
        event_id = rows.select("change", *KEY, "at").map_rows(_digest).to_series()
        named_rows = rows.with_columns(event_id=event_id, group_id=event_id)
        return named_rows.select(*EVENTS.schema()).sort("known_at", *KEY, nulls_last=True)

    def to_bytes(self) -> bytes:
        """All of it, for who goes on tomorrow."""
        keys = BytesIO()
        self.keys.write_ipc(keys)
        return msgspec.msgpack.encode(
            {
                "watch": [self.level, self.grain, self.threshold, self.last],
                "keys": keys.getvalue(),
                "book": self.book.to_bytes(),
                "pending": list(self.pending.values()),
            }
        )

    @classmethod
    def from_bytes(cls, written: bytes) -> Self:
        """A watch that was written by `to_bytes`."""
        read = msgspec.msgpack.decode(written, type=_Written)
        level, grain, threshold, last = read.watch
        return cls(
            level=level,
            grain=grain,
            threshold=threshold,
            keys=pl.read_ipc(BytesIO(read.keys)),
            book=Book.from_bytes(read.book),
            pending={draft.group: draft for draft in read.pending},
            last=last,
        )


class _Written(msgspec.Struct):
    watch: tuple[Level, Grain, float, int | None]
    keys: bytes
    book: bytes
    pending: list[Draft]


def find_events(
    series: pl.DataFrame, level: Level, grain: Grain = "hour", threshold: float = THRESHOLD
) -> pl.DataFrame:
    """All events of whole series, at one level: rows of `EVENTS`, sorted by ``known_at``."""
    watch = Watch(level, grain, threshold)
    settled = watch.take(series)
    return pl.concat([settled, watch.standing()]).sort("known_at", *KEY, nulls_last=True)


def _counts(cells: pl.DataFrame) -> Floats:
    """The columns of the ring, a row a cell."""
    found = cells.select(
        judged().alias("judged").cast(pl.Float64),
        failing().alias("failed").cast(pl.Float64),
        pl.col("n_partly", "n_throttled", "n_reports").cast(pl.Float64),
    )
    raw, failed = found["judged"].to_numpy(), found["failed"].to_numpy()
    reports = found["n_reports"].fill_null(float("nan")).to_numpy()
    value = worth(raw, reports)
    counts = np.empty((len(raw), COUNTS))
    partly, throttled = found["n_partly"].to_numpy(), found["n_throttled"].to_numpy()
    for place, column in enumerate([raw * value, failed * value, raw, failed, partly, throttled]):
        counts[:, place] = column
    return counts


def _instant(bucket: str, seconds: int) -> pl.Expr:
    return (
        pl.from_epoch(pl.col(bucket) * seconds, "s")
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
    )


def _digest(row: tuple[object, ...]) -> tuple[str]:
    return (sha256(msgspec.json.encode(row)).hexdigest()[:32],)
