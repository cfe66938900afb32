"""A register's fold, taken out of the store and put back: what `ingest` and a rebuild share."""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl

from overblock.artefacts.limits import Limits
from overblock.artefacts.unpacking import unpack
from overblock.pipeline.bodies import take_apart
from overblock.pipeline.folding import Arrival, Fold, Folded
from overblock.pipeline.ingested import Ingested
from overblock.registers.flags import Course
from overblock.registers.listings import listings
from overblock.registers.runs import RecordKey, Run, RunState, record_key
from overblock.registers.silences import silences
from overblock.sources import Source
from overblock.store import Store, Writer
from overblock.tables import GAPS, LISTINGS, RECORD_REJECTS, RECORDS, RUNS, SNAPSHOTS

OPEN = "+open"  # ends the name of the partition of runs that nothing has ended
MOST_PARTS = 24  # of a table: more are made one
CHUNK_RECORDS = 10_000  # whose listings are derived at once
CHUNKS_READ = 8  # at once, or an eighth of them: each reading goes through all records there are
HEX_PAIRS = 256  # entry keys are dealt out by their first two digits
TABLES = (SNAPSHOTS, RECORDS, RECORD_REJECTS, RUNS, LISTINGS, GAPS)


@dataclass(slots=True, kw_only=True)
class Register:
    """One register of an observatory that is being written to."""

    source: Source
    store: Store
    writer: Writer
    fold: Fold = field(init=False)
    finished: set[str] = field(default_factory=set)  # histories read to their end
    promised: dict[str, Future[str]] = field(default_factory=dict)  # artefacts still being kept

    def __post_init__(self) -> None:
        self.fold = self._loaded()

    def take(self, arrival: Arrival, now: datetime) -> None:
        """Take in one state; see `Fold.take`."""
        self.fold.take(arrival, now)

    def checkpoint(self) -> None:
        """Keep what was folded so far, unseen by readers."""
        self._save()
        self.writer.checkpoint()

    def publish(self, finished: Iterable[str] = ()) -> None:
        """Store what was folded, derive listings and gaps, and make it all seen at once.

        ``finished`` are the artefacts that need not be opened again.
        """
        self.finished |= {self.kept_as(artefact) for artefact in finished}
        self._save()
        name, view = self.source.name, self.writer.view()
        self._derive_listings()
        self.writer.replace(GAPS, name, silences(self.snapshots(), self.source.silent_after))
        for table in (SNAPSHOTS, RECORDS, RECORD_REJECTS, RUNS):
            if len(view.paths(table, name)) > MOST_PARTS:
                together = view.read(table, name).unique(maintain_order=True)
                self.writer.replace(table, name, together)
        self.writer.publish()

    def _derive_listings(self) -> None:
        """Listings from records and runs, some entries at a time: a part each."""
        name, view = self.source.name, self.writer.view()
        scanned = view.scan(RECORDS, name)
        n_records: int = scanned.select(pl.len()).collect().item()
        n_chunks = min(-(-n_records // CHUNK_RECORDS), HEX_PAIRS) or 1
        chunk = pl.col("entry_key").str.slice(0, 2).str.to_integer(base=16) * n_chunks // HEX_PAIRS
        all_runs = pl.concat([view.scan(RUNS, name), view.scan(RUNS, name + OPEN)])
        self.writer.drop(LISTINGS, name)
        n_read = max(CHUNKS_READ, n_chunks // CHUNKS_READ)
        for first in range(0, n_chunks, n_read):
            some = (
                scanned.with_columns(chunk=chunk)
                .filter(pl.col("chunk").is_between(first, first + n_read, closed="left"))
                .unique("record_key", keep="first", maintain_order=True)
                .collect()
            )
            keys = some.lazy().select("record_key")
            runs = all_runs.join(keys, on="record_key", how="semi").collect()
            for number in range(first, min(first + n_read, n_chunks)):
                records = some.filter(pl.col("chunk") == number).drop("chunk")
                theirs = runs.join(records, on="record_key", how="semi")
                self.writer.append(LISTINGS, name, listings(records, theirs))

    def forget(self) -> None:
        """Drop all that was derived, so that the register can be folded anew from raw."""
        for table in TABLES:
            for partition in (self.source.name, self.source.name + OPEN):
                self.writer.drop(table, partition)
        self.writer.facts.pop(self.source.name, None)
        self.fold = Fold(source=self.source)

    def tally(self, before: pl.DataFrame) -> Ingested:
        """What was added to the snapshots that stood ``before``."""
        places = SNAPSHOTS.key
        kept = before.select(places)
        added = self.snapshots().join(kept, on=places, how="anti", nulls_equal=True)
        return Ingested(
            snapshots=len(added),
            flagged=int((added["flags"].list.len() > 0).sum()),
            rejects=len(self.writer.view().read(RECORD_REJECTS, self.source.name)),
            n_bytes=int(added["n_bytes"].sum()),
        )

    def kept_file(self, row: Mapping[str, Any], name: str, limits: Limits) -> Arrival:
        """A file from the raw tier, as it arrived; ``row`` is its snapshot."""
        content, truncated = unpack(self.store.raw(row["artefact"]), name, limits)
        return Arrival(
            artefact=row["artefact"],
            member=row["member"],
            content=content,
            fetched_at=row["fetched_at"],
            truncated=truncated,
        )

    def kept_as(self, artefact: str) -> str:
        """The digest of an artefact, once it is kept, by the name that stood for it till then."""
        promise = self.promised.get(artefact)
        return promise.result() if promise else artefact

    def snapshots(self) -> pl.DataFrame:
        """All snapshots so far, in the order they were taken."""
        return self.writer.view().read(SNAPSHOTS, self.source.name)

    def _save(self) -> None:
        self.fold.settle()
        made, self.fold.made = self.fold.made, Folded()
        name = self.source.name
        for row in made.snapshots:
            row["artefact"] = self.kept_as(row["artefact"])
        self.writer.append(
            SNAPSHOTS, name, pl.DataFrame(made.snapshots, schema=SNAPSHOTS.schema(), orient="row")
        )
        self.writer.append(RECORDS, name, pl.concat([RECORDS.empty(), *made.records]))
        self.writer.append(RECORD_REJECTS, name, pl.concat([RECORD_REJECTS.empty(), *made.rejects]))
        self.writer.append(RUNS, name, self._runs_frame(made.runs))
        if made.snapshots or not self.writer.view().paths(RUNS, name + OPEN):  # else as they stand
            self.writer.replace(RUNS, name + OPEN, self._runs_frame(self.fold.state.open_runs()))
        if self.fold.last_state is not None:
            digest, content = self.fold.last_state
            self.writer.put_raw(content, None)
            self.writer.facts[name] = {
                "last_state": digest,
                "finished": sorted(self.finished),
                "silent_after": self.source.silent_after.total_seconds(),
                **_course_facts(self.fold.course),
            }

    def _runs_frame(self, runs: Iterable[Run]) -> pl.DataFrame:
        """Runs as a frame, by columns: tens of thousands of rows are built in no time so."""
        kept = list(runs)
        frame = pl.DataFrame(
            {
                "register": pl.repeat(self.source.name, len(kept), eager=True),
                "record_key": _hexed([run.record_key for run in kept]),
                "listed_from": _instants([run.listed_from for run in kept]),
                "last_seen_at": _instants([run.last_seen_at for run in kept]),
                "listed_until": _instants([run.listed_until for run in kept]),
            },
            schema=RUNS.schema(),
        )
        return frame.sort(RUNS.key)

    def _loaded(self) -> Fold:
        """The fold as the store left it."""
        fold = Fold(source=self.source)
        facts: dict[str, Any] | None = self.writer.facts.get(self.source.name)
        if facts is None:
            return fold
        name, view = self.source.name, self.writer.view()
        self.finished = set(facts["finished"])
        fold.course = _course(facts)
        fold.last_state = facts["last_state"], self.store.raw(facts["last_state"])
        dated = view.read(SNAPSHOTS, name).select("digest", "published_at").drop_nulls()
        fold.known = set(dated.iter_rows())
        body = take_apart(self.source, fold.last_state[1])
        fold.records, fold.records_from = body.records, body.begin
        fold.state = _run_state(
            view.read(RUNS, name + OPEN), body.records[body.begin :], body.separator
        )
        fold.state.at = fold.course.ordered_at
        fold.n_records = fold.state.counts.total()
        standing = fold.state.counts.keys()
        rejects = {bytes.fromhex(key) for key in view.read(RECORD_REJECTS, name)["record_key"]}
        read = {bytes.fromhex(key) for key in view.read(RECORDS, name)["record_key"]}
        fold.met = read | rejects | standing
        fold.bad, fold.unread = rejects, fold.met - read
        fold.n_bad = sum(fold.state.counts[key] for key in fold.bad & standing)
        fold.n_unread = sum(fold.state.counts[key] for key in fold.unread & standing)
        return fold


def _hexed(keys: list[RecordKey]) -> pl.Series:
    return pl.Series(keys, dtype=pl.Binary).bin.encode("hex")


def _instants(moments: list[datetime | None] | list[datetime]) -> pl.Series:
    """Moments as a column; each distinct one is converted once, as thousands share few."""
    distinct = pl.Series(list(dict.fromkeys(moments)), dtype=pl.Datetime("us", "UTC"), strict=True)
    number = {moment: place for place, moment in enumerate(dict.fromkeys(moments))}
    return distinct.gather([number[moment] for moment in moments])


def _run_state(open_runs: pl.DataFrame, records: bytes, separator: bytes) -> RunState:
    state = RunState()
    for record in records.split(separator)[:-1]:
        state.counts[record_key(record)] += 1
    columns = open_runs.select("record_key", "listed_from", "last_seen_at")
    for hexed, begun, seen in columns.iter_rows():
        key = bytes.fromhex(hexed)
        if key in state.counts:
            state.since[key] = begun
        else:
            state.held[key] = (begun, seen)
    return state


def _course_facts(course: Course) -> dict[str, Any]:
    return {
        "ordered_at": course.ordered_at.isoformat() if course.ordered_at else None,
        "whole_records": course.whole_records,
        "doubted_records": course.doubted_records,
    }


def _course(facts: dict[str, Any]) -> Course:
    written = facts["ordered_at"]
    return Course(
        ordered_at=datetime.fromisoformat(written).astimezone(UTC) if written else None,
        whole_records=facts["whole_records"],
        doubted_records=facts["doubted_records"],
    )
