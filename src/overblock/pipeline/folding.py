"""A register's states, one after the other, into records, rejects, runs and judged snapshots.

Each state is compared as bytes with the one before.  Of many states only their changes are kept,
until enough new records wait; these are then read at once, and the states judged and folded.
What is held in memory is one state, the changes of a batch and what the register lists now.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Self

import polars as pl

from overblock.errors import SourceDrift
from overblock.pipeline.bodies import Body, read_records, take_apart
from overblock.registers.changes import Changes, changes_between
from overblock.registers.flags import Course, Facts
from overblock.registers.listings import with_entry_keys
from overblock.registers.resources import resources_of
from overblock.registers.runs import RecordKey, Run, RunState, Step, record_key
from overblock.sources import Source
from overblock.tables import RECORD_REJECTS, RECORDS

BATCH_BYTES = 4 << 20  # of new records read at once
BATCH_STATES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One state of a register as it came; ``content`` is None where its bytes are missing."""

    artefact: str
    member: str
    content: bytes | None
    fetched_at: datetime | None
    in_sequence: bool = False  # it follows the arrival before by the source's own doing
    truncated: bool = False  # its compressed file ended early
    problem: str = ""

    def with_content(self, content: bytes) -> Self:
        """The same arrival with its bytes."""
        return replace(self, content=content)

    def without_content(self) -> Self:
        """The same arrival, its bytes left out: they may be large."""
        return replace(self, content=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    arrival: Arrival  # without its content
    n_bytes: int
    digest: str
    published_at: datetime
    cut: bool
    n_lost: int
    changes: Changes
    numbers: tuple[int, ...] | None  # of all its records, where its body was written out
    keys: Mapping[bytes, RecordKey]
    n_records: int
    seen_before: bool


@dataclass(slots=True, kw_only=True)
class Folded:
    """What a fold has made and nobody has stored yet."""

    snapshots: list[dict[str, Any]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    records: list[pl.DataFrame] = field(default_factory=list)
    rejects: list[pl.DataFrame] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Fold:
    """A fold in progress; `take` each arrival in order, `settle` at the end."""

    source: Source
    course: Course = field(default_factory=Course)
    state: RunState = field(default_factory=RunState)
    records: bytes = b""  # body of the last state that was applied
    records_from: int = 0  # where its records begin
    n_records: int = 0
    met: set[RecordKey] = field(default_factory=set)  # every record there ever was: read once
    bad: set[RecordKey] = field(default_factory=set)  # records read in part, or not at all
    unread: set[RecordKey] = field(default_factory=set)  # no entry: unreadable, or a mere comment
    n_bad: int = 0  # how many of each stand in the last state
    n_unread: int = 0
    known: set[tuple[str, datetime]] = field(default_factory=set)  # digest and date of all states
    made: Folded = field(default_factory=Folded)
    last_state: tuple[str, bytes] | None = None  # digest and content of the last applied
    _batch: list[_Taken] = field(default_factory=list)
    _batch_bytes: int = 0
    _head: bytes = b""  # of the last state: any serves to read records
    _hashing: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))

    def take(self, arrival: Arrival, now: datetime) -> None:
        """Take in one state; ``now`` dates it where neither it nor its file does.

        What is no state of this source is recorded as unreadable.
        """
        body = self._body(arrival)
        if body is None or arrival.content is None:
            self._miss(arrival, now)
            return
        taken = self._compared(arrival, arrival.content, body, now)
        self._batch.append(taken)
        self._batch_bytes += sum(map(len, taken.changes.came))
        if self._batch_bytes >= BATCH_BYTES or len(self._batch) >= BATCH_STATES:
            self.settle()

    def _body(self, arrival: Arrival) -> Body | None:
        if arrival.content is None:
            return None
        try:
            return take_apart(self.source, arrival.content)
        except SourceDrift:
            return None

    def _compared(self, arrival: Arrival, content: bytes, body: Body, now: datetime) -> _Taken:
        """What a state changed against the last that was applied; it is now the last."""
        hashed = self._hashing.submit(_digest, content)  # on the other core meanwhile
        keys: dict[bytes, RecordKey] = {}  # of all that came, as each is asked for, then of others
        changes = changes_between(
            self.records,
            body.records,
            body.separator,
            before_from=self.records_from,
            after_from=body.begin,
            wanted=lambda record: keys.setdefault(record, record_key(record)) not in self.met,
        )
        keys.update((record, record_key(record)) for record in changes.left)
        digest = hashed.result()
        published_at = body.published_at or arrival.fetched_at or now
        seen = (digest, published_at) in self.known  # a list without a date may go back to it
        n_records = self.n_records + changes.came.total() - changes.left.total()
        if not seen:
            self.records, self.records_from = body.records, body.begin
            self.n_records = n_records
            self.last_state = digest, content
        self.known.add((digest, published_at))
        self._head = body.head
        return _Taken(
            arrival=arrival.without_content(),
            n_bytes=len(content),
            digest=digest,
            published_at=published_at,
            cut=body.cut,
            n_lost=body.n_lost,
            changes=changes,
            numbers=body.numbers,
            keys=keys,
            n_records=n_records,
            seen_before=seen,
        )

    def settle(self) -> None:
        """Read what came new in the batch, and fold it."""
        if not self._batch:
            return
        self._read_new()
        for taken in self._batch:
            self._fold_in(taken)
        self._batch.clear()
        self._batch_bytes = 0

    def _read_new(self) -> None:
        """Read the batch's new records, all at once."""
        firsts: dict[RecordKey, _Taken] = {}
        records = list[bytes]()
        for taken in self._batch:
            for record in taken.changes.came:
                key = taken.keys[record]
                if key not in self.met and key not in firsts:
                    firsts[key] = taken
                    records.append(record)
        keys = list(firsts)
        read = read_records(self.source, self._head, records)
        hexed = pl.Series("record_key", keys, dtype=pl.Binary).bin.encode("hex")
        register = pl.lit(self.source.name).alias("register")
        entries = with_entry_keys(
            read.rows.with_columns(register, record_key=hexed.gather(read.rows["record"]))
        )
        values = resources_of(entries, ["record"]).rejects
        rejects = pl.concat([read.rejects, values.cast(read.rejects.schema)])
        self.made.records.append(entries.select(*RECORDS.schema()))
        self._keep_rejects(rejects, records, list(firsts.values()), hexed)
        self.bad |= {keys[number] for number in rejects["record"].to_list()}
        self.unread |= set(keys) - {keys[number] for number in read.rows["record"].to_list()}
        self.met.update(keys)

    def _keep_rejects(
        self, rejects: pl.DataFrame, records: list[bytes], firsts: list[_Taken], hexed: pl.Series
    ) -> None:
        """Rejects with the place where each was first met."""
        if rejects.is_empty():
            return
        numbers = rejects["record"]
        met = [(records[number], firsts[number]) for number in numbers.to_list()]
        places = [_place(self.source, taken, record) for record, taken in met]
        self.made.rejects.append(
            rejects.with_columns(
                register=pl.lit(self.source.name),
                record_key=hexed.gather(numbers),
                digest=pl.Series([taken.digest for _, taken in met], dtype=pl.String),
                record=pl.Series(places, dtype=pl.UInt32),
            ).select(*RECORD_REJECTS.schema())
        )

    def _fold_in(self, taken: _Taken) -> None:
        arrival, changes = taken.arrival, taken.changes
        left = {taken.keys[record]: times for record, times in changes.left.items()}
        came = {taken.keys[record]: times for record, times in changes.came.items()}
        n_bad = self.n_bad + _count(came, self.bad) - _count(left, self.bad)
        n_unread = self.n_unread + _count(came, self.unread) - _count(left, self.unread)
        facts = Facts(
            published_at=taken.published_at,
            fetched_at=arrival.fetched_at if arrival.in_sequence else None,
            n_records=taken.n_records - n_unread,
            cut=taken.cut or arrival.truncated,
            n_new_rejects=len(self.unread & self.bad & came.keys()),
            seen_before=taken.seen_before,
            in_sequence=arrival.in_sequence,
        )
        flags = self.course.judge(facts, self.source.silent_after, self.source.at_least)
        self.course = self.course.after(facts, flags)
        at = self.course.ordered_at or taken.published_at
        if not taken.seen_before:
            step = Step(at=at, left=left, came=came, whole=not flags)
            self.made.runs += self.state.apply(step)
            self.n_bad, self.n_unread = n_bad, n_unread
        row = self._snapshot_row(arrival, at, flags)
        self.made.snapshots.append(
            row
            | {
                "digest": taken.digest,
                "published_at": taken.published_at,
                "n_bytes": taken.n_bytes,
                "n_records": taken.n_records - n_unread,
                "n_rejects": n_bad + taken.n_lost,
            }
        )

    def _miss(self, arrival: Arrival, now: datetime) -> None:
        self.settle()
        at = self.course.ordered_at or arrival.fetched_at or now
        self.made.snapshots.append(self._snapshot_row(arrival, at, ("unreadable",)))

    def _snapshot_row(self, arrival: Arrival, at: datetime, flags: Iterable[str]) -> dict[str, Any]:
        return {
            "register": self.source.name,
            "digest": None,
            "published_at": None,
            "ordered_at": at,
            "fetched_at": arrival.fetched_at,
            "artefact": arrival.artefact,
            "member": arrival.member,
            "n_bytes": 0,
            "n_records": 0,
            "n_rejects": 0,
            "flags": list(flags),
        }


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _count(records: Mapping[RecordKey, int], among: set[RecordKey]) -> int:
    return sum(times for key, times in records.items() if key in among) if among else 0


def _place(source: Source, taken: _Taken, record: bytes) -> int:
    """The number in its file of a record that came new, as the source's reader counts."""
    place = taken.changes.places[record]
    if taken.numbers is not None:
        return taken.numbers[place]
    return place + (source.framing.first_record if source.framing else 1)
