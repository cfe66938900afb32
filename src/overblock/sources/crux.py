"""The Chrome UX Report: sites that people visit, in buckets of ranks, for the world or a country.

::

    origin,rank
    https://www.google.com,1000
    http://shop.example:8080,5000

An origin is a scheme, a host and a port.  Several origins of one host are one name, with the best
of their buckets: the record of that one is kept, and the others are silent.
"""

import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.sources._ranks import lines_of, ranks_reading
from overblock.tables import NAME_RANKS

HEADER = "origin,rank"
ORIGIN = r"^[A-Za-z][A-Za-z0-9+.-]*://(\[[^\]]*\]|[^/:,]+)(?::[0-9]+)?/?$"


def read(raw: bytes) -> Reading:
    """Read one list, unpacked.

    Raises:
        SourceDrift: it is empty, a web page, or has another header.
    """
    lines = lines_of(raw, "crux")
    if not lines["value"][0].startswith(HEADER):
        raise SourceDrift(f"crux: wanted {HEADER!r}, found {lines['value'][0][:80]!r}")
    parts = pl.col("value").str.splitn(",", 3).struct.rename_fields(["origin", "number", "rest"])
    cut = lines.slice(1).with_columns(parts.alias("cut")).unnest("cut")
    host = pl.col("origin").str.extract(ORIGIN)
    no_host = host.is_null() & pl.col("origin").is_not_null()
    judged = cut.with_columns(
        name=host.str.strip_chars("[]"),
        reason=pl.coalesce("reason", pl.when(no_host).then(pl.lit("bad_url"))),
    )
    return ranks_reading(judged.drop("origin", "rest"), "crux", "bucket")


SOURCE = Source(
    name="crux",
    title="Chrome UX Report, sites by visits in buckets of ranks",
    country=None,
    homepage="https://github.com/zakird/crux-top-lists",
    licence="CC BY 4.0",
    fills=NAME_RANKS,
    at_least=100,
    read=read,
    files=r"(current|[0-9]{6}|.*crux.*)\.csv",
)
