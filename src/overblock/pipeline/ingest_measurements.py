"""Files of measurements into the observatory: kept as they came, read once, resumed if killed.

A file is known by the digest of its bytes and passed over the next time.  Rows are written when
enough of them wait, each time with a checkpoint, so that a call that was killed goes on there; what
it had taken of a file that was not yet at its end is met again as duplicates, and told as such.
"""

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TypeAlias

import polars as pl

from overblock.artefacts.measurements import Found, find_files, read_blocks
from overblock.artefacts.pipes import pieces
from overblock.errors import SourceDrift, SourceError
from overblock.measurements.batches import Block
from overblock.measurements.fingerprints import Fingerprints
from overblock.pipeline.keeping import FILES, WAITING_BYTES, Keeper, Kept
from overblock.pipeline.measuring import Measured, Measuring, measure_all
from overblock.pipeline.reading import in_batches
from overblock.pipeline.spreading import spread
from overblock.store import Store, digest_of
from overblock.tables import (
    MEASUREMENT_FILES,
    MEASUREMENTS,
    OBSERVATIONS,
    RECORD_REJECTS,
    VERDICTS,
)

GO_BYTES = 5 << 20  # of lines that one process measures in one go, as a go is dear
Watch: TypeAlias = Callable[[int, int, int | None], object]  # measurements and bytes; None


def _unwatched(n_measurements: int, n_bytes: int, in_all: int | None) -> None:
    """Nobody looks."""


@dataclass(slots=True, kw_only=True)
class MeasurementIngest:
    """One call of ``overblock measurements ingest``."""

    store: Store
    now: datetime
    processes: int = 1
    watch: Watch = field(default=_unwatched)
    stdin: BinaryIO | None = None
    known: Fingerprints | None = None  # block pages to look for
    waiting_bytes: int = WAITING_BYTES  # of rows, before they are written

    def run(self, paths: Sequence[str]) -> Kept:
        """Read ``paths`` in.

        Raises:
            SourceError: nothing of them could be read; the message is that of the first.
            StoreBusy: another process is writing.
        """
        with self.store.writing("measurements") as writer, ExitStack() as opened:
            keeper = Keeper(writer, self.waiting_bytes)
            kept = self._read(self._given(paths, keeper, opened), keeper, opened)
        if kept.failures and not kept.files and not kept.known_files:
            raise SourceDrift(kept.failures[0])
        return kept

    def rebuild(self) -> Kept:
        """Draw all tables anew from the files that are kept: the rules may have changed.

        Raises:
            StoreDamaged: a file is not there any more, or not what its name says.
        """
        with self.store.writing("measurements anew") as writer, ExitStack() as opened:
            files = self.store.view().read(MEASUREMENT_FILES, FILES)
            if not writer.resumed:
                for table in (MEASUREMENTS, OBSERVATIONS, VERDICTS, MEASUREMENT_FILES):
                    for partition in writer.view().partitions(table):
                        writer.drop(table, partition)
                writer.drop(RECORD_REJECTS, FILES)
            keeper = Keeper(writer, self.waiting_bytes)
            return self._read(self._kept_files(files, keeper, opened), keeper, opened)

    def _read(
        self, blocks: Generator[Block, None, None], keeper: Keeper, opened: ExitStack
    ) -> Kept:
        opened.enter_context(closing(blocks))
        if self.processes == 1:
            told: Iterator[Measured] = measure_all(blocks, self.known)
        else:
            spreading = spread(Measuring(self.known), in_batches(blocks, GO_BYTES), self.processes)
            told = opened.enter_context(closing(spreading))
        for measured in told:
            keeper.take(measured)
            self.watch(len(measured.envelopes), sum(measured.n_bytes.values()), None)
        keeper.write()
        keeper.writer.publish()
        return keeper.kept

    def _given(
        self, paths: Sequence[str], keeper: Keeper, opened: ExitStack
    ) -> Generator[Block, None, None]:
        read = keeper.writer.view().read(MEASUREMENT_FILES, FILES)
        known = set(read["artefact"])
        for given in find_files(paths):
            found = self._on_disk(given, opened)
            path = found.path
            assert path is not None  # noqa: S101  (what came through a pipe lies on the disk now)
            artefact = digest_of(path)
            if artefact in known:
                keeper.kept += Kept(known_files=1)
                continue
            known.add(artefact)
            yield from self._file(replace(found, artefact=artefact), path, keeper)

    def _kept_files(
        self, files: pl.DataFrame, keeper: Keeper, opened: ExitStack
    ) -> Generator[Block, None, None]:
        """The blocks of the files that are kept, in the order in which they came."""
        done = set(keeper.writer.view().read(MEASUREMENT_FILES, FILES)["artefact"])
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="overblock-")))
        for artefact, name in files.select("artefact", "file").iter_rows():
            if artefact not in done:
                self.store.copy_raw(artefact, folder / "raw")
                found = Found(name, folder / "raw", artefact)
                yield from self._file(found, folder / "raw", keeper)

    def _file(self, found: Found, path: Path, keeper: Keeper) -> Iterator[Block]:
        """The blocks of one file; one that is damaged gives what came before the damage."""
        artefact, flags = found.artefact, list[str]()
        keeper.begin(artefact, found.name)
        try:
            for block in read_blocks(found, lambda _, flag: flags.append(flag)):
                keeper.read(artefact, block.n_bytes)
                yield block
        except SourceError as error:
            keeper.kept += Kept(failures=(str(error),))
            if not keeper.has_read(artefact):
                keeper.forget(artefact)
                return
            flags.append("damaged")
        if "cut" in flags:
            keeper.kept += Kept(cut=(found.name,))
        keeper.writer.put_raw(path, self._provenance(found, path))
        keeper.end(artefact, sorted(set(flags)))

    def _provenance(self, found: Found, path: Path) -> dict[str, object]:
        return {
            "kind": "measurements",
            "source": "ooni",
            "name": found.name,
            "ingested_at": self.now,
            "n_bytes": path.stat().st_size,
        }

    def _on_disk(self, found: Found, opened: ExitStack) -> Found:
        """What comes through a pipe is laid on the disk first, as it is kept as it came."""
        if found.path is not None:
            return found
        folder = Path(opened.enter_context(TemporaryDirectory(prefix="overblock-")))
        with (folder / "stdin").open("wb") as held:
            held.writelines(pieces(self.stdin or sys.stdin.buffer))
        return replace(found, path=folder / "stdin")
