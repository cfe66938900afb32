"""Resolutions straight from a file or a pipe, for a question that needs no observatory.

Which source reads a file, its beginning tells: its name never does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from shutil import copyfileobj, rmtree
from tempfile import mkdtemp
from typing import BinaryIO
from weakref import finalize

import polars as pl

from overblock.artefacts.archives import moment_of
from overblock.artefacts.streaming import STREAM_LIMITS, Streamed, open_streams
from overblock.errors import SourceDrift, UsageError
from overblock.pipeline.naming import dated_name
from overblock.reports.names.at_hand import NamesTable
from overblock.sources import Reading, Source, find_source
from overblock.sources._parquet import columns_of
from overblock.sources.openintel_parquet import is_of_openintel
from overblock.tables import RESOLUTIONS

STDIN, STDIN_NAME = "-", "stdin"
HEAD_BYTES = 1 << 16
PARQUET = b"PAR1"
GUESSED = (  # the most particular form first; a plain list reads any text
    "zdns_jsonl",
    "massdns",
    "rapid7_fdns",
    "names_jsonl",
    "names_csv",
    "names_list",
)


def names_of_file(
    path: str, source: str | None = None, *, stdin: BinaryIO | None = None
) -> NamesTable:
    """The resolutions of one file, folder or archive; ``-`` is stdin, which is kept on disk.

    ``source`` names the source that reads it; without one, its beginning tells.

    Raises:
        FetchFailed: it is missing or damaged; reading raises it too.
        UsageError: the source named gives no resolutions.
    """
    named = find_source(source) if source else None
    if named is not None and named.fills is not RESOLUTIONS:
        raise UsageError(f"{named.name} gives no resolutions: it gives {named.fills.name}")
    piped = path == STDIN
    reader = _kept(stdin, named) if piped else _Reader(path=path, source=named)
    return NamesTable(
        name=STDIN_NAME if piped else path,
        dated_at=None if piped else _date_of(path),
        batches=reader.rows,
        signs=reader.signs,
        n_rejects=reader.rejected,
    )


def guess_names_source(head: bytes) -> Source:
    """The source that reads a text which begins with ``head``; its last line may be cut.

    Raises:
        SourceDrift: none reads it; the message shows how it begins.
    """
    if head.startswith(PARQUET):
        return find_source("names_parquet")
    if not head:
        raise SourceDrift("it is empty")
    whole_lines = head[: head.rfind(b"\n") + 1] or head
    for name in GUESSED:
        source = find_source(name)
        try:
            reading = source.read(whole_lines)
        except SourceDrift:
            continue
        if len(reading.rows) > len(reading.rejects) // 2:
            return source
    raise SourceDrift(f"no source of names reads it; it begins with {head[:60]!r}")


@dataclass(slots=True, kw_only=True, weakref_slot=True)
class _Reader:
    """A file that is read anew each time it is asked for."""

    path: str
    source: Source | None
    called: str = ""  # what messages call it; nothing: as the file is called
    n_rejects: int | None = None  # known once it was read to its end

    def rows(self) -> Iterator[pl.DataFrame]:
        n_rejects = 0
        for reading in self._readings():
            n_rejects += reading.rejects["record"].n_unique()
            yield reading.rows
        self.n_rejects = n_rejects

    def signs(self) -> Iterator[pl.DataFrame]:
        for reading in self._readings():
            if reading.signs is not None and len(reading.signs):
                yield reading.signs

    def rejected(self) -> int:
        if self.n_rejects is None:
            for _ in self.rows():
                pass
        return self.n_rejects or 0

    def _readings(self) -> Iterator[Reading]:
        for file in open_streams([self.path], lambda _: True, STREAM_LIMITS):
            source = self.source or _guessed(file, self.called or file.name)
            if source.stream is None:
                yield source.read(file.opened.read())
            else:
                yield from source.stream(file.opened)


def _guessed(file: Streamed, called: str) -> Source:
    head = _head(file.opened)
    if head.startswith(PARQUET):
        return _parquet_source(file.opened)
    try:
        return guess_names_source(head)
    except SourceDrift as error:
        raise SourceDrift(f"{called}: {error}") from error


def _head(opened: BinaryIO) -> bytes:
    """How it begins; what is read of it next begins there again."""
    if isinstance(opened, BufferedReader) and not opened.seekable():
        return opened.peek(HEAD_BYTES)[:HEAD_BYTES]
    head = opened.read(HEAD_BYTES)
    opened.seek(0)
    return head


def _parquet_source(opened: BinaryIO) -> Source:
    columns = columns_of(opened, "parquet")
    opened.seek(0)
    return find_source("openintel_parquet" if is_of_openintel(columns) else "names_parquet")


def _kept(stdin: BinaryIO | None, source: Source | None) -> _Reader:
    """A pipe, in a file that goes when nobody can ask for it any more."""
    folder = mkdtemp(prefix="overblock-")
    place = Path(folder, "stdin")
    reader = _Reader(path=str(place), source=source, called=STDIN_NAME)
    finalize(reader, rmtree, folder, ignore_errors=True)
    for file in open_streams([STDIN], lambda _: True, STREAM_LIMITS, stdin=stdin):
        with place.open("ab") as target:
            copyfileobj(file.opened, target)
    return reader


def _date_of(path: str) -> datetime | None:
    dated = dated_name(path)
    if dated is not None or not Path(path).is_file():
        return dated
    return moment_of(Path(path).stat().st_mtime)
