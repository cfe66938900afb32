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
from functools import reduce
from hashlib import sha256
from io import BytesIO
from itertools import pairwise
from operator import xor
from typing import Self

import msgspec
import numpy as np
import polars as pl

from overblock.errors import UsageError
from overblock.events.book import Book, Places
from overblock.events.deciding import Draft, Level, Rule, decide, see_out
from overblock.events.evidence import Floats, worth
from overblock.events.series import KEY, SECONDS, Grain, failing, judged
from overblock.tables import EVENTS

THRESHOLD = 14.0  # nats: fewer than one false event in 1,000 series-days, with room
FOLLOWED: dict[Grain, int] = {"hour": 24, "day": 7}  # buckets that a ramp is followed for
MOST_OF_A_BUCKET = 0.75  # of the threshold: no bucket alone makes an event
MEMBER, GROUP = "_member", "_group"
# 64 bits that stand for a key, so that texts are compared once: of a million series two have the
# same once in 40 million times.  Who could forge that could as well forge the measurements.
PRINT = "_print"
FINGERPRINT = reduce(xor, (pl.col(key).hash(seed) for seed, key in enumerate(KEY, start=1)))
GROUP_KEY: dict[Level, list[str]] = {
    "network": KEY,
    "country": [name for name in KEY if name != "probe_asn"],
}


def _no_keys() -> pl.DataFrame:
    kinds = EVENTS.schema()
    schema: dict[str, pl.DataType] = {name: kinds[name] for name in KEY}
    schema |= {MEMBER: pl.Int64(), GROUP: pl.Int64(), PRINT: pl.UInt64()}
    return pl.DataFrame(schema=schema)


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
        at, members, counts = self._cells(series)
        if not len(at):
            return EVENTS.empty()
        if self.last is not None and at[0] <= self.last:
            raise UsageError(
                f"the {self.grain} of {self._moment(int(at[0])):%Y-%m-%d %H:%M} UTC is not after "
                f"that of {self._moment(self.last):%Y-%m-%d %H:%M}: run what came late anew"
            )
        edges = np.flatnonzero(np.diff(at, prepend=at[0] - 1)).tolist()
        settled: list[dict[str, object]] = []
        for begin, end in pairwise([*edges, len(at)]):
            settled += self._step(int(at[begin]), members[begin:end], counts[:, begin:end])
        self.last = int(at[-1])
        return self._events(settled)

    def standing(self) -> pl.DataFrame:
        """Events that are known but whose ramp may still run, as they look now."""
        return self._events(
            [
                self._settle(draft, draft.alarm + FOLLOWED[self.grain])
                for draft in self.pending.values()
            ]
        )

    def rule(self) -> Rule:
        """What makes an event here."""
        return Rule(self.level, self.threshold, FOLLOWED[self.grain])

    def _step(self, at: int, members: Places, counts: Floats) -> list[dict[str, object]]:
        """One bucket."""
        settled = []
        for group, draft in list(self.pending.items()):
            if draft.alarm + FOLLOWED[self.grain] > at:
                break  # younger ones follow
            settled.append(self._settle(self.pending.pop(group), at))
        most = MOST_OF_A_BUCKET * self.threshold
        groups, highest = self.book.add(at, members, counts, most)
        for group in groups[highest >= self.threshold].tolist():
            found = decide(self.book, group, at, self.rule())
            if found is None:
                continue
            if group in self.pending:  # so soon: the one before ends where this begins
                settled.append(self._settle(self.pending.pop(group), found.start))
            self.pending[group] = found
        return settled

    def _settle(self, draft: Draft, until: int) -> dict[str, object]:
        outcome = see_out(self.book, draft, until, self.rule())
        return {
            **msgspec.structs.asdict(draft),
            **msgspec.structs.asdict(outcome),
        }

    def _moment(self, bucket: int) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=bucket * SECONDS[self.grain])

    def _cells(self, series: pl.DataFrame) -> tuple[Places, Places, Floats]:
        """Bucket, member and counts of the rows that can be judged, in order.

        Members are numbered as they first come, so that the same rows in other pieces make the
        same numbers, and sums in the same order.
        """
        named = pl.lit(value=True) if self.level == "country" else pl.col("probe_asn").is_not_null()
        able = series.lazy().filter((pl.col("grain") == self.grain) & (judged() > 0) & named)
        rows = able.select(
            *KEY,
            FINGERPRINT.alias(PRINT),
            (pl.col("bucket_at").dt.epoch("s") // SECONDS[self.grain]).alias("bucket"),
            judged().cast(pl.Float64).alias("judged"),
            failing().cast(pl.Float64).alias("failed"),
            pl.col("n_partly", "n_throttled", "n_reports").cast(pl.Float64),
        ).collect()
        placed = self._placed(rows)
        if placed[MEMBER].has_nulls():
            new = rows.join(self.keys, on=PRINT, how="anti").group_by(PRINT)
            first = new.agg(pl.col(*KEY).first(), pl.col("bucket").min())
            self._register(first.sort("bucket", *KEY, nulls_last=True))
            placed = self._placed(rows)
        at, member = placed["bucket"].to_numpy(), placed[MEMBER].to_numpy()
        # One number to sort by: the bucket, then the group, then the member.
        rank = np.empty(self.keys.height, np.int64)
        rank[np.lexsort((self.keys[MEMBER], self.keys[GROUP]))] = np.arange(self.keys.height)
        place, counts = at * np.int64(self.keys.height) + rank[member], _counts(placed)
        if (place[1:] > place[:-1]).all():  # as the store has them
            return at, member, counts
        order = np.argsort(place, kind="stable")
        return at[order], member[order], counts[:, order]

    def _placed(self, rows: pl.DataFrame) -> pl.DataFrame:
        numbers = self.keys.select(PRINT, MEMBER)
        return rows.drop(KEY).join(numbers, on=PRINT, how="left")

    def _register(self, new: pl.DataFrame) -> None:
        """Number new series and what they are watched with."""
        key = GROUP_KEY[self.level]
        known = self.keys.select(*key, GROUP).unique(maintain_order=True)
        fresh = new.select(key).unique(maintain_order=True)
        fresh = fresh.join(known, on=key, how="anti", nulls_equal=True, maintain_order="left")
        every = pl.concat([known, _numbered(fresh, GROUP, known.height)])
        numbered = _numbered(new, MEMBER, self.keys.height)
        joined = numbered.join(every, on=key, how="left", nulls_equal=True, maintain_order="left")
        self.keys = pl.concat([self.keys, joined.select(self.keys.columns)])
        self.book.grow(joined[GROUP].to_numpy(), every.height)

    def _events(self, settled: list[dict[str, object]]) -> pl.DataFrame:
        if not settled:
            return EVENTS.empty()
        key = GROUP_KEY[self.level]
        named = self.keys.select(*key, GROUP).unique(GROUP, keep="first")
        seconds = SECONDS[self.grain]
        found = pl.DataFrame(settled).join(named, left_on="group", right_on=GROUP)
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
    """The counts of a book, a column a cell."""
    raw, failed = cells["judged"].to_numpy(), cells["failed"].to_numpy()
    value = worth(raw, cells["n_reports"].fill_null(float("nan")).to_numpy())
    partly, throttled = cells["n_partly"].to_numpy(), cells["n_throttled"].to_numpy()
    return np.stack([raw * value, failed * value, raw, failed, partly, throttled])


def _numbered(rows: pl.DataFrame, name: str, first: int) -> pl.DataFrame:
    """Rows with their number as the last column."""
    return rows.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias(name))


def _instant(bucket: str, seconds: int) -> pl.Expr:
    return (
        pl.from_epoch(pl.col(bucket) * seconds, "s")
        .cast(pl.Datetime("us"))
        .dt.replace_time_zone("UTC")
    )


def _digest(row: tuple[object, ...]) -> tuple[str]:
    return (sha256(msgspec.json.encode(row)).hexdigest()[:32],)
