"""One's own names and addresses as Parquet, also as an observatory keeps them.

::

    name: string, address: string | list<string>, seen_at: timestamp, title: string, …

The columns may also be called by other names, which the page about ingesting names lists; others
are not read.  Addresses may also be numbers (``ipv4``) or sixteen bytes (``ipv6``), as in the table
``resolutions``.  A file cut short cannot be read: its index stands at its end.
"""

from collections.abc import Iterator
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

LAST_IPV4 = 2**32 - 1
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
    return whole(stream, raw)


def _as_text(values: pl.Series) -> pl.Series:
    """A column as text; what is neither text nor one of our forms of an address is cast."""
    name, kind = values.name, values.dtype
    if kind.is_integer() and name.lower() == "ipv4":
        text = values.cast(pl.String)
        sound = values.is_between(0, LAST_IPV4).fill_null(value=False).arg_true()
        addresses = format_ipv4(values.gather(sound).cast(pl.UInt64))
    elif kind == pl.Binary and name.lower() == "ipv6":
        text = ("0x" + values.bin.encode("hex")).alias(name)
        sound = (values.bin.size() == N_BYTES).fill_null(value=False).arg_true()
        addresses = format_ipv6(from_series(values.gather(sound)))
    elif isinstance(kind, pl.Datetime):
        utc = values.dt.convert_time_zone("UTC") if kind.time_zone else values
        return utc.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ").alias(name)
    elif kind.is_nested() or kind in {pl.Binary, pl.Object}:
        raise SourceDrift(f"names_parquet: column {name!r} is of type {kind}")
    else:
        return values.cast(pl.String, strict=False)
    return text.scatter(sound, addresses) if len(sound) else text  # the rest will be rejected


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
