"""Rows too many to be held: written to stdout a part at a time, as CSV, Parquet or JSON."""

import io
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, BinaryIO, Literal

import click
import msgspec
import polars as pl
import pyarrow.parquet as pq

from overblock.cli._options import refuse_terminal

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer  # exists for type checkers only

MOMENT = "%Y-%m-%dT%H:%M:%S%.fZ"


def write_frames(form: Literal["csv", "parquet"], frames: Iterable[pl.DataFrame]) -> None:
    """Write frames of one schema; the first says what the columns are, also where it is empty."""
    if form == "parquet":
        refuse_terminal()
        _write_parquet(frames)
        return
    for number, frame in enumerate(frames):
        text = frame.write_csv(include_header=number == 0, datetime_format=MOMENT)
        sys.stdout.write(text)


def write_json(
    answer: msgspec.Struct, name: str, parts: Iterable[Sequence[msgspec.Struct]]
) -> None:
    """Write an answer whose list ``name`` is empty, with what belongs there, a part at a time.

    What is written is what `overblock.cli._options.Rendering` writes of the whole.
    """
    empty = f'  "{name}": []'.encode()
    head, found, tail = msgspec.json.format(msgspec.json.encode(answer)).partition(empty)
    if not found:
        raise ValueError(f"no empty list {name} in {type(answer).__name__}")
    click.echo(head + empty[:-1], nl=False)
    between, end = b"", b"]"
    for part in filter(len, parts):
        rows = (
            msgspec.json.format(msgspec.json.encode(part)).removeprefix(b"[").removesuffix(b"\n]")
        )
        click.echo(between + rows.replace(b"\n", b"\n  "), nl=False)  # in a text it is escaped
        between, end = b",", b"\n  ]"
    click.echo(end + tail)


def _write_parquet(frames: Iterable[pl.DataFrame]) -> None:
    writer: pq.ParquetWriter | None = None
    target = _Counting(sys.stdout.buffer)
    for frame in frames:
        rows = frame.to_arrow()
        if writer is None:
            writer = pq.ParquetWriter(target, rows.schema, compression="zstd")
        writer.write_table(rows)
    if writer is not None:
        writer.close()
    target.flush()


class _Counting(io.RawIOBase):
    """A pipe that knows how much went into it, which the footer of Parquet has to say."""

    def __init__(self, target: BinaryIO) -> None:
        super().__init__()
        self._target, self._n_bytes = target, 0

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, written: "ReadableBuffer") -> int:
        """Pass bytes on."""
        n_bytes = self._target.write(written)
        self._n_bytes += n_bytes
        return n_bytes

    def tell(self) -> int:
        """How many bytes were written."""
        return self._n_bytes

    def flush(self) -> None:
        """Pass it on."""
        self._target.flush()
