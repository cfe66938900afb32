"""One's own names and addresses as Parquet, also as an observatory keeps them.

::

    name: string, address: string | list<string>, seen_at: timestamp, title: string, …

The columns may also be called by other names, which the page about ingesting names lists; others
are not read.  Addresses may also be numbers (``ipv4``) or sixteen bytes (``ipv6``), as in the table
``resolutions``.  A file cut short cannot be read: its index stands at its end.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import IO

import polars as pl

from overblock.addresses.formats import format_ipv4, format_ipv6
from overblock.addresses.sixteen import N_BYTES, from_series
from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.sources._own_names import (
    ADDRESS,
    CHAIN,
    MOMENT,
    NAME,
    SIGN,
    VANTAGE,
    names_a_name,
    own_reading,
)
from overblock.sources._parquet import batches, columns_of
from overblock.sources._resolutions import whole
from overblock.tables import RESOLUTIONS

KNOWN = {*NAME, *ADDRESS, *MOMENT, *VANTAGE, *CHAIN, *SIGN, "outcome"}
TEXTS = pl.List(pl.String)


def stream(opened: IO[bytes]) -> Iterator[Reading]:
    """Read the file, some rows at a time.

    Raises:
        SourceDrift: it is no whole Parquet file, or no column of it holds names.
    """
    columns = columns_of(opened, "names_parquet")
    if not names_a_name(columns):
        shown = ", ".join(columns)[:200]
        raise SourceDrift(f"names_parquet: no column is called name or domain: {shown}")
    wanted = [column for column in columns if column.strip().lower() in KNOWN]
    for frame in batches(opened, "names_parquet", wanted):
        text = frame.with_columns(
            _as_text(frame[column]) for column in wanted if frame[column].dtype != TEXTS
        )
        nothing = pl.lit(None, pl.String)
        yield own_reading(text.with_columns(value=nothing, reason=nothing))


def read(raw: bytes) -> Reading:
    """Read the file whole; see `stream`."""
    if not raw:
        raise SourceDrift("names_parquet: the file is empty")
    return whole(stream, BytesIO(raw).getvalue())


def _as_text(values: pl.Series) -> pl.Series:
    """A column as text; what is neither text nor one of our forms of an address is cast."""
    name, kind = values.name, values.dtype
    present = values.is_not_null().arg_true()
    if kind.is_integer() and name.lower() == "ipv4":
        texts = format_ipv4(values.drop_nulls().cast(pl.UInt64, strict=False).fill_null(0))
    elif kind == pl.Binary and name.lower() == "ipv6":
        whole_ones = values.bin.size() == N_BYTES
        present = whole_ones.fill_null(value=False).arg_true()
        texts = format_ipv6(from_series(values.gather(present)))
    elif isinstance(kind, pl.Datetime):
        utc = values.dt.convert_time_zone("UTC") if kind.time_zone else values
        return utc.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ").alias(name)
    elif kind.is_nested() or kind in {pl.Binary, pl.Object}:
        raise SourceDrift(f"names_parquet: column {name!r} is of type {kind}")
    else:
        return values.cast(pl.String, strict=False)
    text = pl.Series(name, [None], dtype=pl.String).new_from_index(0, len(values))
    return text.scatter(present, texts) if len(present) else text


SOURCE = Source(
    name="names_parquet",
    title="One's own names and addresses, Parquet",
    country=None,
    homepage="",
    licence="that of its publisher",
    fills=RESOLUTIONS,
    at_least=1,
    read=read,
    stream=stream,
    files=r".*\.(parquet|pq)",
)
