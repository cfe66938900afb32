"""Measurements into the observatory, each once, by the day on which it came in.

What has a key that is there already is not added: the same line again is a duplicate; another
line under the same key is kept as an envelope, apart and flagged, and counts for nothing.  A
report that was sent twice is flagged and has no verdicts.  Rows lie in the order of their targets,
so that who asks for a page reads little.
"""

from dataclasses import dataclass, field

import msgspec
import polars as pl

from overblock.measurements.batches import BadLine
from overblock.measurements.flags import CONFLICTING, RESUBMITTED
from overblock.measurements.resubmission import ONE_RUN, day_of, flag, with_resubmitted
from overblock.pipeline.measuring import Measured
from overblock.store import Writer
from overblock.tables import (
    MEASUREMENT_FILES,
    MEASUREMENTS,
    OBSERVATIONS,
    RECORD_REJECTS,
    VERDICTS,
)

FILES = "measurements"  # the partition of files and of rejects
MOST_REJECTS = 1000  # of a file that are kept; all are counted
WAITING_BYTES = 16 << 20  # of frames: then they are written


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of measurements that were brought in; ``failures`` names what could not be read."""

    files: int = 0
    known_files: int = 0
    measurements: int = 0
    duplicates: int = 0
    conflicting: int = 0
    resubmitted: int = 0
    rejects: int = 0
    observations: int = 0
    verdicts: int = 0
    n_bytes: int = 0
    cut: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()

    def __add__(self, other: "Kept") -> "Kept":
        pairs = (
            (name, getattr(self, name) + getattr(other, name)) for name in self.__struct_fields__
        )
        return Kept(**dict(pairs))


@dataclass(slots=True)
class _File:
    """A file of which rows are on their way."""

    artefact: str
    name: str
    flags: list[str] | None = None  # once all of it is read
    n_measurements: int = 0
    n_new: int = 0
    n_rejects: int = 0
    n_read: int = 0  # bytes
    n_taken: int = 0
    rejects: list[BadLine] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether all that was read of it was taken."""
        return self.flags is not None and self.n_taken == self.n_read


@dataclass(slots=True)
class Keeper:
    """Takes what was measured, and writes it when enough waits.

    Files are begun, read and ended as they come; what they say follows later, in their order.
    """

    writer: Writer
    waiting_bytes: int = WAITING_BYTES
    kept: Kept = field(default_factory=Kept)
    _files: dict[str, _File] = field(default_factory=dict)  # by artefact
    _waiting: list[tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]] = field(default_factory=list)
    _n_rows: int = 0  # measurements that wait
    _n_bytes: int = 0  # of the frames that do

    def begin(self, artefact: str, name: str) -> None:
        """The next file."""
        self._files[artefact] = _File(artefact, name)

    def read(self, artefact: str, n_bytes: int) -> None:
        """So much of it was read."""
        self._files[artefact].n_read += n_bytes

    def has_read(self, artefact: str) -> bool:
        """Whether anything of it was."""
        return self._files[artefact].n_read > 0

    def forget(self, artefact: str) -> None:
        """It holds nothing."""
        del self._files[artefact]

    def end(self, artefact: str, flags: list[str]) -> None:
        """All of it was."""
        self._files[artefact].flags = flags
        self.kept += Kept(files=1)

    def take(self, measured: Measured) -> None:
        """What a batch says."""
        row = pl.col("row").cast(pl.UInt32) + self._n_rows
        frames = (measured.envelopes, measured.observations, measured.verdicts)
        envelopes, facts, meant = (frame.with_columns(row) for frame in frames)
        self._waiting.append((envelopes, facts, meant))
        self._n_rows += len(envelopes)
        for artefact, n_measurements in envelopes.group_by("artefact").len().iter_rows():
            self._files[artefact].n_measurements += n_measurements
        for artefact, n_bytes in measured.n_bytes.items():
            self._files[artefact].n_taken += n_bytes
        for bad in measured.rejects:
            file = self._files[bad.artefact]
            file.n_rejects += 1
            if file.n_rejects <= MOST_REJECTS:
                file.rejects.append(bad)
        self._n_bytes += sum(int(frame.estimated_size()) for frame in frames)
        if self._n_bytes > self.waiting_bytes:
            self.write()

    def write(self) -> None:
        """Write what waits: the store has all of it or nothing, whatever happens."""
        if self._waiting:
            envelopes, facts, meant = map(pl.concat, zip(*self._waiting, strict=True))
            self._waiting.clear()
            days = envelopes.with_columns(day=day_of())
            for (day,), of_day in days.group_by("day", maintain_order=True):
                self._write_day(str(day), of_day.drop("day"), facts, meant)
        done = [file for file in self._files.values() if file.done]
        self.writer.append(MEASUREMENT_FILES, FILES, _files_frame(done))
        self.writer.append(RECORD_REJECTS, FILES, _rejects_frame(done))
        for file in done:
            self.kept += Kept(rejects=file.n_rejects, n_bytes=file.n_read)
            del self._files[file.artefact]
        self._n_bytes = self._n_rows = 0
        self.writer.checkpoint()

    def _write_day(
        self, day: str, envelopes: pl.DataFrame, facts: pl.DataFrame, meant: pl.DataFrame
    ) -> None:
        fresh, tally = _judged(envelopes, *self._known(day, envelopes))
        order = fresh.sort("target", "started_at", "measurement_uid", nulls_last=True)
        apart = pl.col("flags").list.contains(CONFLICTING)
        again = pl.col("flags").list.contains(RESUBMITTED)
        seen = _in_order(facts, order.filter(~apart), "number")
        counted = _in_order(meant, order.filter(~apart & ~again), "feature", "layer")
        for table, frame in ((MEASUREMENTS, order), (OBSERVATIONS, seen), (VERDICTS, counted)):
            self.writer.append(table, day, frame.select(table.schema().names()))
        for artefact, n_new in fresh.group_by("artefact").len().iter_rows():
            self._files[artefact].n_new += n_new
        self.kept += tally + Kept(observations=len(seen), verdicts=len(counted))

    def _known(self, day: str, envelopes: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Of the measurements of a day that are there: those of the same keys, and the same runs.

        A day has hundreds of thousands; only those that are met again are taken into memory.
        """
        there = self.writer.view().scan(MEASUREMENTS, day)
        ours = envelopes.lazy()
        met = there.join(ours.select("measurement_uid").unique(), on="measurement_uid", how="semi")
        run = ours.select(ONE_RUN).unique()
        runs = there.select(ONE_RUN).join(run, on=list(ONE_RUN), how="semi", nulls_equal=True)
        keys = met.select("measurement_uid", first_digest="digest")
        return keys.collect(engine="streaming"), runs.unique().collect(engine="streaming")


def _judged(
    envelopes: pl.DataFrame, known: pl.DataFrame, runs: pl.DataFrame
) -> tuple[pl.DataFrame, Kept]:
    """What is new of a day, under keys of its own and flagged; and how many there were of each."""
    rows = _against(envelopes, known)
    same = rows.filter(pl.col("digest") == pl.col("first_digest"))
    other = rows.filter(pl.col("digest") != pl.col("first_digest"))
    new = rows.filter(pl.col("first_digest").is_null())
    if len(other):
        other = other.with_columns(
            measurement_uid=pl.col("measurement_uid") + "#" + pl.col("digest").str.slice(0, 16),
            flags=flag(CONFLICTING),
        )
        kept_apart = _against(other.drop("first_digest"), known)
        same = pl.concat([same, kept_apart.filter(pl.col("first_digest").is_not_null())])
        other = kept_apart.filter(pl.col("first_digest").is_null())
    fresh = _with_resubmitted(new, runs)
    n_again = int(fresh["flags"].list.contains(RESUBMITTED).sum())
    tally = Kept(
        measurements=len(new) + len(other),
        duplicates=len(same),
        conflicting=len(other),
        resubmitted=n_again,
    )
    return pl.concat([fresh, other]).drop("first_digest"), tally


def _against(envelopes: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Add ``first_digest``: of the line that had the key before; null for the first one."""
    rows = envelopes.join(known, on="measurement_uid", how="left", maintain_order="left")
    first = pl.col("digest").first().over("measurement_uid")
    later = pl.int_range(pl.len()).over("measurement_uid") > 0
    return rows.with_columns(pl.col("first_digest").fill_null(pl.when(later).then(first)))


def _with_resubmitted(envelopes: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Flag what ran at the same moment of the same report as one before it, here or in ``runs``."""
    met = runs.with_columns(met=pl.lit(value=True))
    rows = envelopes.join(
        met, on=list(ONE_RUN), how="left", nulls_equal=True, maintain_order="left"
    )
    return with_resubmitted(rows).drop("met")


def _in_order(frame: pl.DataFrame, envelopes: pl.DataFrame, *within: str) -> pl.DataFrame:
    """The rows of some measurements, in the order of these."""
    places = envelopes.select("row").with_row_index("place")
    return frame.join(places, on="row").sort("place", *within)


def _files_frame(files: list[_File]) -> pl.DataFrame:
    rows = [
        (
            *(file.artefact, file.name, file.n_measurements, file.n_new),
            *(file.n_rejects, file.n_read, file.flags),
        )
        for file in files
    ]
    return pl.DataFrame(rows, MEASUREMENT_FILES.schema(), orient="row")


def _rejects_frame(files: list[_File]) -> pl.DataFrame:
    rows = [
        (FILES, bad.digest, file.artefact, bad.record, bad.reject.reason, bad.reject.value)
        for file in files
        for bad in file.rejects
    ]
    return pl.DataFrame(rows, RECORD_REJECTS.schema(), orient="row").unique(
        RECORD_REJECTS.key, maintain_order=True
    )
