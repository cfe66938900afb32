"""Files of names into the observatory: one partition a source and day, a part some million rows.

Such a file may be larger than memory, so it is read as a stream, and what was read is written in
parts, each sorted by name, under a partition that no reader sees.  Only at its end is it known of
which day it is, that of its newest resolution; then its parts are given that day's partition, and
the store is checkpointed: a call that is killed goes on with the next file.  Aliases wait apart
until all is read, and are then followed within their file.

Several files of one day stand side by side.  A second list of ranks or categories of one day
replaces the first.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import polars as pl

from overblock.artefacts.streaming import Streamed
from overblock.errors import SourceError, TooFewRows
from overblock.pipeline.aliases import ALIAS, follow
from overblock.pipeline.ingested import Ingested
from overblock.sources import Reading, Source
from overblock.store import Writer, digest_of
from overblock.tables import (
    NAME_CATEGORIES,
    NAME_RANKS,
    NAME_REJECTS,
    NAME_SIGNS,
    RESOLUTIONS,
    SNAPSHOTS,
    Table,
)

NAME_TABLES = (RESOLUTIONS, NAME_RANKS, NAME_CATEGORIES)
PART_ROWS = 2_000_000  # some 300 MB while they are sorted
BUILDING = "building"  # in the place of a day, while it is not known
ALIASES = "aliases"  # the same, for those that wait to be followed
AHEAD = timedelta(days=1)  # as much as a clock may be fast; beyond, a moment dates no file
DATED = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?([01]\d)(?:[-_.]?([0-3]\d))?(?!\d)")


@dataclass(slots=True, kw_only=True)
class Gathering:
    """Rows of one table that wait to be a part, in the order of one column."""

    writer: Writer
    table: Table
    partition: str
    order: str
    part_rows: int
    frames: list[pl.DataFrame] = field(default_factory=list)
    n_rows: int = 0
    parts: list[str] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        """Add rows; write a part where there are enough."""
        self.frames.append(frame)
        self.n_rows += len(frame)
        if self.n_rows >= self.part_rows:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        if self.n_rows:
            together = pl.concat(self.frames)
            self.frames = []  # one copy of the rows beside the sorted one is enough
            ordered = together.sort(self.order, maintain_order=True)
            del together
            digest = self.writer.append(self.table, self.partition, ordered)
            self.parts += [digest] if digest else []
        self.frames, self.n_rows = [], 0


@dataclass(slots=True, kw_only=True)
class Naming:
    """The files of one source of names, on their way into the store."""

    writer: Writer
    source: Source
    now: datetime
    watch: Callable[[int, int, int | None], object]  # files and bytes taken; None: of how many

    def keep(self, file: Streamed) -> Ingested:
        """Keep what one file says.

        What cannot be read is told among the failures, and nothing of it is kept.
        """
        artefact = digest_of(file.raw)
        if self._is_known(artefact, file.member):
            return Ingested(duplicates=1)
        try:
            told = self._read(file, artefact)
        except SourceError as error:
            for table in (self.source.fills, NAME_SIGNS, NAME_REJECTS):
                self.writer.drop(table, self._partition(BUILDING))
            self.writer.drop(RESOLUTIONS, self._partition(ALIASES))
            return Ingested(failures=(f"{file.name}: {error}",))
        self._put_raw(file)
        named = dated_name(file.name) or dated_name(file.outer)
        day = (told.newest or named or file.fetched_at or self.now).date()
        self._place(day, artefact, told)
        self._add_snapshot(file, artefact, told)
        self.writer.checkpoint()
        return Ingested(
            snapshots=1,
            flagged=int(bool(told.flags)),
            rejects=told.n_rejects,
            n_bytes=file.n_bytes,
        )

    def _is_known(self, artefact: str, member: str) -> bool:
        known = self.writer.view().read(SNAPSHOTS, self.source.name)
        same = (pl.col("artefact") == artefact) & (pl.col("member") == member)
        return not known.filter(same).is_empty()

    def _read(self, file: Streamed, artefact: str) -> "_Told":
        rows, signs, rejects, aliases = (
            self._gathering(table, day, order)
            for table, day, order in (
                (self.source.fills, BUILDING, "name"),
                (NAME_SIGNS, BUILDING, "name"),
                (NAME_REJECTS, BUILDING, "record"),
                (RESOLUTIONS, ALIASES, "name"),
            )
        )
        told = _Told()
        for reading in self._readings(file):
            told.add(reading, self.now + AHEAD)
            self.watch(0, file.n_read - told.n_watched, None)
            told.n_watched = file.n_read
            if self.source.fills is RESOLUTIONS:
                is_alias = reading.rows["outcome"] == ALIAS
                aliases.add(reading.rows.filter(is_alias))
                rows.add(reading.rows.filter(~is_alias))
            else:
                rows.add(reading.rows)
            if reading.signs is not None:
                signs.add(reading.signs)
            rejects.add(_with_source(reading.rejects, self.source, artefact))
        if told.n_rows < self.source.at_least:
            raise TooFewRows(
                f"{self.source.name}: {told.n_rows:,} rows, fewer than {self.source.at_least:,}"
            )
        for each in (rows, signs, rejects, aliases):
            each.write()
        self._follow(rows)
        told.parts = rows.parts
        told.flags += ["cut"] if file.truncated and "cut" not in told.flags else []
        return told

    def _gathering(self, table: Table, day: str, order: str) -> Gathering:
        return Gathering(
            writer=self.writer,
            table=table,
            partition=self._partition(day),
            order=order,
            part_rows=PART_ROWS,
        )

    def _follow(self, rows: Gathering) -> None:
        """Put in the place of aliases what they lead to, within the file."""
        waiting = self._partition(ALIASES)
        view = self.writer.view()
        paths = [*view.paths(RESOLUTIONS, rows.partition), *view.paths(RESOLUTIONS, waiting)]
        for part in view.read_parts(RESOLUTIONS, waiting):
            rows.add(follow(part, lambda: pl.scan_parquet(paths)))
        rows.write()
        self.writer.drop(RESOLUTIONS, waiting)

    def _readings(self, file: Streamed) -> Iterator[Reading]:
        if self.source.stream is not None:
            yield from self.source.stream(file.opened)
        else:
            yield self.source.read(file.opened.read())

    def _place(self, day: date, artefact: str, told: "_Told") -> None:
        """Give what was read the partition of its day, and note which parts are of which file."""
        building, dated = self._partition(BUILDING), self._partition(f"{day:%Y-%m-%d}")
        if self.source.fills is not RESOLUTIONS:
            for table in (self.source.fills, NAME_REJECTS):
                self.writer.drop(table, dated)
        for table in (self.source.fills, NAME_SIGNS, NAME_REJECTS):
            if self.writer.view().paths(table, building):
                self.writer.move(table, building, dated)
        files_of = self.writer.facts.setdefault("name_parts", {})
        held = files_of.get(dated, {}) if self.source.fills is RESOLUTIONS else {}
        files_of[dated] = held | dict.fromkeys(told.parts, artefact)
        told.day = day

    def _partition(self, day: str) -> str:
        return f"{self.source.name}@{day}"

    def _put_raw(self, file: Streamed) -> None:
        provenance = {
            "kind": "file",
            "source": self.source.name,
            "name": file.name,
            "member": file.member,
            "fetched_at": file.fetched_at or self.now,  # what comes through a pipe is fetched now
            "ingested_at": self.now,
            "n_bytes": file.n_raw,
        }
        self.writer.put_raw(file.raw, provenance)

    def _add_snapshot(self, file: Streamed, artefact: str, told: "_Told") -> None:
        dated = told.newest or datetime.combine(told.day, datetime.min.time(), UTC)
        row = {
            "register": self.source.name,
            "digest": artefact,
            "published_at": dated,
            "ordered_at": dated,
            "fetched_at": file.fetched_at or self.now,
            "artefact": artefact,
            "member": file.member,
            "n_bytes": file.n_bytes,
            "n_records": told.n_records,
            "n_rejects": told.n_rejects,
            "flags": told.flags,
        }
        frame = pl.DataFrame([row], schema=SNAPSHOTS.schema(), orient="row")
        self.writer.append(SNAPSHOTS, self.source.name, frame)


@dataclass(slots=True, kw_only=True)
class _Told:
    """What a file said, in figures."""

    newest: datetime | None = None
    n_rows: int = 0
    n_records: int = 0
    n_rejects: int = 0
    n_watched: int = 0  # bytes of which the watcher was told
    flags: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    day: date = date.min

    def add(self, reading: Reading, latest: datetime) -> None:
        """Count a batch in; no moment after ``latest`` dates the file."""
        self.n_rows += len(reading.rows)
        self.n_records += reading.rows["record"].n_unique()
        self.n_rejects += reading.rejects["record"].n_unique()
        self.flags += [flag for flag in reading.flags if flag not in self.flags]
        if "seen_at" in reading.rows.columns:
            seen = reading.rows["seen_at"]
            newest = seen.filter(seen <= latest).max()
            if isinstance(newest, datetime):
                self.newest = max(self.newest or newest, newest)


def dated_name(name: str) -> datetime | None:
    """The day, or the month, that the name of a file says it is of.

    >>> dated_name("lists/2018-04-20-1524203000-fdns_a.json.gz"), dated_name("top-1m.csv.zip")
    (datetime.datetime(2018, 4, 20, 0, 0, tzinfo=datetime.timezone.utc), None)
    """
    for found in DATED.finditer(name.rpartition("/")[2]):
        year, month, day = (int(part) for part in found.groups(default="1"))
        try:
            return datetime(year, month, day, tzinfo=UTC)
        except ValueError:
            continue  # digits that are no date
    return None


def _with_source(rejects: pl.DataFrame, source: Source, artefact: str) -> pl.DataFrame:
    return rejects.select(
        pl.lit(source.name).alias("source"), pl.lit(artefact).alias("digest"), *rejects.columns
    )
