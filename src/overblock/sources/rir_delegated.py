"""Which country a range was delegated to, by the five registries' ``delegated`` files.

``|``-separated, plain or extended form::

    2|ripencc|1709938799|3|19830705|20240308|+0100
    ripencc|*|ipv4|*|2|summary
    ripencc|FR|ipv4|2.0.0.0|1048576|20100712|allocated
    apnic|JP|ipv6|2001:200::|35|19990813|allocated|A918EDB2

The first line is the version and dates the file.  An IPv4 line gives a *number of addresses*,
which need not be a power of two and need not begin at a multiple of it, so the range need be no
prefix; an IPv6 line gives a prefix length.  Only ``allocated`` and ``assigned`` lines say whose
a range is.  Summaries, AS numbers and what is ``available`` or ``reserved`` are facts of another
kind: neither rows nor rejects.  ``ZZ`` and nothing stand for no country; ``EU`` and ``AP``, which
are no countries either, are kept as published.
"""

import re
from datetime import UTC, datetime

import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.sources._ranges import (
    bounded,
    fields,
    lines,
    reading,
    refuse,
    with_prefix,
)
from overblock.tables import HOLDER_RANGES

FIELDS = ("registry", "country_text", "type", "start", "extent", "date", "*rest")
HEADER = re.compile(rb"\d[\d.]*\|\w+\|\d*\|\d*\|\d*\|(\d*)\|([+-]?)(\d{1,5})$")
HELD = ("allocated", "assigned")
TOP = 2**32
NOT_HELD = ("available", "reserved")


def read(raw: bytes) -> Reading:
    """Read one file of one registry.

    Raises:
        SourceDrift: the first line that is no comment is not a version line.
    """
    published_at = _published_at(raw)
    every = lines(raw, "rir_delegated").slice(1)
    summary = pl.col("value").str.contains(
        r"^[^|]*\|[^|]*\|(?:asn|ipv4|ipv6)\|[^|]*\|\d+\|summary$"
    )
    cut = fields(every.filter(~summary), "|", FIELDS).with_columns(
        status=pl.col("rest").str.splitn("|", 2).struct.field("field_0"),
        country=pl.when(~pl.col("country_text").is_in(["ZZ", ""])).then("country_text"),
    )
    judged = refuse(
        cut,
        {
            "unknown_type": ~pl.col("type").is_in(["asn", "ipv4", "ipv6"]),
            "unknown_status": ~pl.col("status").is_in([*HELD, *NOT_HELD]),
            "bad_country": ~pl.col("country").str.contains("^[A-Z]{2}$").fill_null(value=True),
        },
    )
    held = pl.col("type").is_in(["ipv4", "ipv6"]) & pl.col("status").is_in(HELD)
    return reading(_with_range(judged.filter(pl.col("reason").is_not_null() | held)), published_at)


def _with_range(records: pl.DataFrame) -> pl.DataFrame:
    """Add the address columns: a count of addresses for IPv4, a prefix for IPv6."""
    is_ipv6 = (pl.col("type") == "ipv6").fill_null(value=False)
    length = pl.when(is_ipv6).then(pl.concat_str(pl.lit("/"), "extent"))
    parsed = with_prefix(records.with_columns(prefix=pl.concat_str("start", length.fill_null(""))))
    count = pl.when(pl.col("extent").str.contains(r"^\d{1,10}$")).then(
        pl.col("extent").cast(pl.UInt64, strict=False)
    )
    until = pl.when(~is_ipv6, count > 0).then(pl.col("ipv4_from") + count)
    counted = parsed.with_columns(ipv4_until=until)
    sound = (pl.col("ipv4_until") <= TOP).fill_null(value=False)
    sound6 = is_ipv6 & pl.col("ipv6_last").is_not_null()
    return refuse(counted, {"bad_range": ~sound & ~sound6})


def _published_at(raw: bytes) -> datetime | None:
    """Midnight, at the registry, of the day up to which the file counts; None if it is blank."""
    start = bounded(raw, "rir_delegated")[:4096].splitlines()
    first = next((line.strip() for line in start if line.strip() and line[:1] != b"#"), b"")
    header = HEADER.fullmatch(first)
    if header is None:
        raise SourceDrift(f"rir_delegated: line 1 is not a version line: {first[:80]!r}")
    day, sign, offset = (part.decode() for part in header.groups())
    if not day.strip("0"):
        return None
    zone = f"{sign or '+'}{offset[-4:]:0>4}"
    try:
        return datetime.strptime(f"{day} {zone}", "%Y%m%d %z").astimezone(UTC)
    except ValueError as error:
        raise SourceDrift(f"rir_delegated: line 1 bears no date: {first[:80]!r}") from error


SOURCE = Source(
    name="rir_delegated",
    title="Regional registries' delegated files",
    country=None,
    homepage="https://www.nro.net/about/rirs/statistics/",
    licence="the registries' terms: free use, cite the registry",
    fills=HOLDER_RANGES,
    at_least=1_000,  # ranges: the smallest registry, AFRINIC, had more in its second year
    read=read,
    files=r"(.*/)?delegated-[^/]*",
)
