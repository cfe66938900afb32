"""Who announced a range today, by iptoasn.com: ranges with AS, country and name.

Tab-separated, no header, IPv4, IPv6 or both, hourly::

    1.0.0.0	1.0.0.255	13335	US	CLOUDFLARENET
    1.0.1.0	1.0.3.255	0	None	Not routed
    2001:200::	2001:200:5ff:ffff:ffff:ffff:ffff:ffff	2500	JP	WIDE-BB WIDE Project

AS 0 says that nobody announces the range.  That is a fact, not a fault, and it names no holder:
such lines are neither rows nor rejects, and their addresses have no holder in any answer.  The
country is the one of the AS, ``None`` or ``Unknown`` where it is not known.  The file is not
dated.
"""

import polars as pl

from overblock.sources import Reading, Source
from overblock.sources._ranges import fields, lines, reading, refuse, with_range
from overblock.tables import HOLDER_RANGES

FIELDS = ("first", "last", "asn_text", "country_text", "*as_name")
NO_COUNTRY = ("None", "Unknown", "")


def read(raw: bytes) -> Reading:
    """Read one ``ip2asn`` file, unpacked.

    Raises:
        SourceDrift: empty, a web page, or too large.
    """
    cut = fields(lines(raw, "iptoasn"), "\t", FIELDS).with_columns(
        asn=pl.when(pl.col("asn_text").str.contains(r"^\d{1,10}$")).then(
            pl.col("asn_text").cast(pl.UInt32, strict=False)
        ),
        country=pl.when(~pl.col("country_text").is_in(NO_COUNTRY)).then("country_text"),
    )
    judged = refuse(
        with_range(cut),
        {
            "bad_asn": pl.col("asn").is_null(),
            "bad_country": ~pl.col("country").str.contains("^[A-Z]{2}$").fill_null(value=True),
            "bad_encoding": pl.col("as_name").str.contains("\ufffd", literal=True),
        },
    )
    routed = judged.filter(pl.col("reason").is_not_null() | (pl.col("asn") != 0))
    return reading(routed, None)


SOURCE = Source(
    name="iptoasn",
    title="iptoasn.com, IP address to AS database",
    country=None,
    homepage="https://iptoasn.com/",
    licence="PDDL 1.0 (public domain)",
    fills=HOLDER_RANGES,
    at_least=50_000,  # routed ranges: the smaller of its files, IPv6, has more
    read=read,
    files=r"(.*/)?ip2asn-[^/]*\.tsv(\.gz)?",
)
