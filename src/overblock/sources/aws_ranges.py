"""Amazon's networks with service and region, as ``ip-ranges.json`` lists them.

::

    {"syncToken": "1524200000", "createDate": "2018-04-20-04-53-20",
     "prefixes": [{"ip_prefix": "18.196.0.0/15", "region": "eu-central-1", "service": "EC2"}],
     "ipv6_prefixes": [{"ipv6_prefix": "2a05:d014::/36", "region": "eu-central-1", …}]}

The service ``AMAZON`` contains all others, so a prefix often stands there twice.  Both rows are
kept, as both are said; `overblock.holders.join` prefers the specific one.  ``record`` counts the
prefixes, IPv4 first.
"""

from datetime import UTC, datetime

import msgspec
import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.sources._ranges import Row, decoded, json_records, reading, with_prefix
from overblock.tables import HOLDER_RANGES


class _Prefix(msgspec.Struct):
    service: str
    region: str
    ip_prefix: str | None = None
    ipv6_prefix: str | None = None


class _File(msgspec.Struct):
    createDate: str  # noqa: N815  (the publisher's word)
    prefixes: list[msgspec.Raw]
    ipv6_prefixes: list[msgspec.Raw] = []  # not there before 2016


def read(raw: bytes) -> Reading:
    """Read one ``ip-ranges.json``.

    Raises:
        SourceDrift: not JSON, or not of that form.
    """
    file = decoded(raw, _File, "aws_ranges")
    records = json_records([*file.prefixes, *file.ipv6_prefixes], _Prefix, _row)
    named = records.with_columns(as_name=pl.lit("Amazon"))
    return reading(with_prefix(named), _published_at(file.createDate))


def _row(prefix: _Prefix) -> Row:
    text = prefix.ip_prefix if prefix.ipv6_prefix is None else prefix.ipv6_prefix
    both = prefix.ip_prefix is not None and prefix.ipv6_prefix is not None
    return None if both else text, prefix.service, prefix.region


def _published_at(created: str) -> datetime:
    try:
        return datetime.strptime(created, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise SourceDrift(f"aws_ranges: createDate is no date: {created[:80]!r}") from error


SOURCE = Source(
    name="aws_ranges",
    title="Amazon's networks (ip-ranges.json)",
    country=None,
    homepage="https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html",
    licence="none stated; facts, cite Amazon",
    fills=HOLDER_RANGES,
    at_least=500,  # prefixes: over a thousand in 2018
    read=read,
    files=r"(.*/)?[^/]*ip-ranges[^/]*\.json",
)
