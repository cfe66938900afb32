"""A file as a head and a body of records, so that states can be compared and read piece by piece.

A source with a framing is taken apart as bytes.  One without is read whole, and its rows are
written out again, a line each, with what of it could not be read: those lines are its records.
A line does not say where its record stood, as one that has only moved is the same.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TypeAlias

import msgspec
import polars as pl

from overblock.errors import SourceDrift, SourceError
from overblock.sources import Reading, Source
from overblock.tables import REGISTER_ENTRIES, REJECTS

HEAD_BYTES = 1 << 14  # a head is hardly ever longer
MOST_RECORDS = 1 << 17  # that are read at once: what a reader makes of a line is large
Told: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One state, taken apart; from ``begin`` on, each record is ended by ``separator``."""

    head: bytes
    records: bytes
    begin: int = 0
    separator: bytes
    published_at: datetime | None
    cut: bool
    n_lost: int  # records at a cut end of which nothing can be read
    numbers: tuple[int, ...] | None = None  # of its records, where these were written out


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Records that were read: ``record`` numbers them from 0, in the order they were given."""

    rows: pl.DataFrame
    rejects: pl.DataFrame


def take_apart(source: Source, content: bytes) -> Body:
    """The body of one file.

    Raises:
        SourceDrift: it is not what this source publishes.
    """
    framing = source.framing
    if framing is None:
        return _written_out(source.read(content))
    parts = framing.split(content)
    linewise = framing.whole_tail == b""
    cut = parts.tail != b"" if linewise else parts.tail.strip() != framing.whole_tail
    kept = parts.tail + framing.separator if linewise and cut else b""
    to_its_end = not kept and parts.stop in {None, len(parts.raw)}  # then nothing is copied
    return Body(
        head=parts.head,
        records=parts.raw if to_its_end else parts.body + kept,
        begin=parts.begin if to_its_end else 0,
        separator=framing.separator,
        published_at=framing.published_at(parts.head),
        cut=cut,
        n_lost=int(cut and not linewise and bool(parts.tail.strip())),
    )


def published_at(source: Source, content: bytes) -> datetime | None:
    """The date of one file, by its own word.

    Raises:
        SourceDrift: it is not what this source publishes.
    """
    framing = source.framing
    if framing is None:
        return source.read(content).published_at
    try:
        head = framing.split(content[:HEAD_BYTES]).head
    except SourceDrift:
        head = framing.split(content).head
    return framing.published_at(head)


def read_records(source: Source, head: bytes, records: list[bytes]) -> Records:
    """Read records of any states at once; ``head`` is that of one of them."""
    framing = source.framing
    if framing is None:
        return _read_written(records)
    if not records:
        return Records(rows=REGISTER_ENTRIES.empty(), rejects=REJECTS.empty())
    if len(records) > MOST_RECORDS:
        return _read_in_halves(source, head, records)
    together = framing.join(head, b"".join(record + framing.separator for record in records))
    try:
        reading = source.read(together)
    except SourceError:
        return _read_singly(source, head, records)
    known = pl.concat([reading.rows["record"], reading.rejects["record"]]).n_unique()
    linewise = framing.whole_tail == b""  # lines cannot run together, and some are mere comments
    if reading.flags or (known != len(records) and not linewise):
        return _read_singly(source, head, records)
    return _numbered(reading, framing.first_record)


def _read_singly(source: Source, head: bytes, records: list[bytes]) -> Records:
    """Read records one by one, where one of them spoils the rest."""
    if len(records) == 1:
        return _read_spoilt(source, head, records[0])
    return _read_in_halves(source, head, records)


def _read_in_halves(source: Source, head: bytes, records: list[bytes]) -> Records:
    half = len(records) // 2
    first = read_records(source, head, records[:half])
    second = read_records(source, head, records[half:])
    moved = [frame.with_columns(pl.col("record") + half) for frame in (second.rows, second.rejects)]
    return Records(
        rows=pl.concat([first.rows, moved[0]]), rejects=pl.concat([first.rejects, moved[1]])
    )


def _read_spoilt(source: Source, head: bytes, record: bytes) -> Records:
    framing = source.framing
    if framing is not None:
        try:
            reading = source.read(framing.join(head, record + framing.separator))
        except SourceError:
            reading = None
        silent = framing.whole_tail == b""  # a comment
        if reading is not None and (silent or len(reading.rows) + len(reading.rejects) > 0):
            return _numbered(reading, framing.first_record)
    shown = record[:200].decode("utf-8", "backslashreplace")
    unread = pl.DataFrame([(0, "malformed", shown)], schema=REJECTS.schema(), orient="row")
    return Records(rows=REGISTER_ENTRIES.empty(), rejects=unread)


def _numbered(reading: Reading, first: int) -> Records:
    rows, rejects = (
        frame.with_columns(pl.col("record") - first) for frame in (reading.rows, reading.rejects)
    )
    return Records(rows=rows, rejects=rejects)


def _written_out(reading: Reading) -> Body:
    encode = msgspec.json.Encoder(enc_hook=_plain).encode
    rows, rejects = _by_record(reading.rows), _by_record(reading.rejects)
    numbers, lines = list[int](), list[bytes]()
    for number in sorted(rows.keys() | rejects.keys()):
        first, *others = rows.get(number, [None])
        told = [(first, rejects.get(number, [])), *((row, []) for row in others)]
        lines += map(encode, told)
        numbers += [number] * len(told)
    return Body(
        head=b"",
        records=b"".join(line + b"\n" for line in lines),
        separator=b"\n",
        published_at=reading.published_at,
        cut="cut" in reading.flags,
        n_lost=0,
        numbers=tuple(numbers),
    )


def _by_record(told: pl.DataFrame) -> dict[int, list[Told]]:
    """What is told of each record, without its number."""
    found: dict[int, list[Told]] = {}
    for row in told.iter_rows(named=True):
        found.setdefault(row.pop("record"), []).append(row)
    return found


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{value!r} is no value of a table")


def _read_written(records: list[bytes]) -> Records:
    rows, rejects = list[Told](), list[Told]()
    for number, record in enumerate(records):
        row, unread = msgspec.json.decode(record)
        rows += [row | {"record": number}] if row else []
        rejects += [reject | {"record": number} for reject in unread]
    return Records(rows=_framed(rows), rejects=pl.DataFrame(rejects, schema=REJECTS.schema()))


def _framed(rows: list[Told]) -> pl.DataFrame:
    schema = REGISTER_ENTRIES.schema()
    text = {name: pl.String() if kind.is_temporal() else kind for name, kind in schema.items()}
    return pl.DataFrame(rows, schema=text).with_columns(
        pl.col("decision_date").str.to_date("%Y-%m-%d"),
        pl.col("included_at").str.to_datetime("%+", time_unit="us", time_zone="UTC"),
    )
