"""Cloudflare's networks: the lists ``ips-v4`` and ``ips-v6``, or the JSON of its API.

A list has a prefix a line and no last newline; the JSON holds both families::

    {"result": {"ipv4_cidrs": ["192.0.2.0/24"], "ipv6_cidrs": ["2001:db8::/32"], "etag": "…"}}

Neither carries a date.  Customers' own space on AS209242 is left out by the publisher.  For the
JSON, ``record`` counts the prefixes, IPv4 first.
"""

import msgspec
import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.sources._ranges import decoded, lines, reading, with_prefix
from overblock.tables import HOLDER_RANGES


class _Result(msgspec.Struct):
    ipv4_cidrs: list[str]
    ipv6_cidrs: list[str]


class _Answer(msgspec.Struct):
    result: _Result | None
    success: bool = True


def read(raw: bytes) -> Reading:
    """Read a list or the JSON.

    Raises:
        SourceDrift: empty, a web page, an error of the API, or JSON of another form.
    """
    if raw[:200].lstrip().startswith(b"{"):
        records = _records(decoded(raw, _Answer, "cloudflare_ranges"))
    else:
        records = lines(raw, "cloudflare_ranges")
    named = records.with_columns(prefix=pl.col("value"), as_name=pl.lit("Cloudflare"))
    return reading(with_prefix(named), None)


def _records(answer: _Answer) -> pl.DataFrame:
    if answer.result is None or not answer.success:
        raise SourceDrift("cloudflare_ranges: the API answered with an error, not with ranges")
    prefixes = [*answer.result.ipv4_cidrs, *answer.result.ipv6_cidrs]
    return (
        pl.DataFrame({"value": prefixes}, schema={"value": pl.String})
        .with_row_index("record", offset=1)
        .with_columns(reason=pl.lit(None, dtype=pl.String))
    )


SOURCE = Source(
    name="cloudflare_ranges",
    title="Cloudflare's networks (ips-v4, ips-v6, API)",
    country=None,
    homepage="https://www.cloudflare.com/ips/",
    licence="none stated; facts, cite Cloudflare",
    fills=HOLDER_RANGES,
    at_least=5,  # prefixes: fifteen IPv4 and seven IPv6 for years
    read=read,
    files=r"(.*/)?ips(-v[46])?(\.(txt|json))?",
)
