"""Rows too many to be held: frames written to stdout one after the other, as CSV or Parquet."""

import io
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, Literal

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
