"""Parquet files of names, some rows at a time; whatever is wrong with one is a `SourceDrift`."""

from collections.abc import Iterator
from typing import IO

import polars as pl

from overblock.errors import SourceDrift

BATCH_ROWS = 1 << 18


def columns_of(opened: IO[bytes], feed: str) -> list[str]:
    """What the columns of a file are called.

    Raises:
        SourceDrift: it is no Parquet file, or its end is missing.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415  (25 megabytes, which only reading a file needs)

    try:
        return [str(name) for name in pq.ParquetFile(opened).schema_arrow.names]
    except _bad() as error:
        raise SourceDrift(f"{feed}: not a whole Parquet file: {str(error)[:200]}") from error


def batches(opened: IO[bytes], feed: str, columns: list[str]) -> Iterator[pl.DataFrame]:
    """The rows of some columns, with ``record`` from 1 on.

    Raises:
        SourceDrift: it is no Parquet file, damaged, or not of columns that can be told.
    """
    import pyarrow as pa  # noqa: PLC0415  (the same)
    import pyarrow.parquet as pq  # noqa: PLC0415  (the same)

    first = 1
    try:
        for batch in pq.ParquetFile(opened).iter_batches(BATCH_ROWS, columns=columns):
            batch.validate(full=True)  # a name may hold bytes that are no text
            frame = pl.DataFrame(pa.Table.from_batches([batch]))
            yield frame.with_row_index("record", offset=first)
            first += len(frame)
    except _bad() as error:
        raise SourceDrift(f"{feed}: damaged after row {first - 1}: {str(error)[:200]}") from error


def _bad() -> tuple[type[Exception], ...]:
    """What the library raises of a file that is damaged."""
    import pyarrow as pa  # noqa: PLC0415  (the same)

    return pa.ArrowException, OSError, ValueError, TypeError, MemoryError
