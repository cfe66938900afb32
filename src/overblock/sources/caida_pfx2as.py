"""Who announced a prefix, by CAIDA's ``pfx2as`` files: prefix, length, origin AS.

Tab-separated, no header, a file a day since 2005, IPv4 and IPv6 apart::

    1.0.0.0	24	13335
    2.16.0.0	13	4826_38803
    2.18.0.0	16	1299,34984

``_`` joins several origins, the most seen first; ``,`` joins an AS set, the sum of a path that
was cut short; both may be combined.  Neither names one AS, so ``asn`` is null and ``as_name``
says what is known: ``AS4826, AS38803`` and ``{AS1299, AS34984}``.  The files carry neither names
nor their own date, which stands in the name of the file.
"""

import polars as pl

from overblock.sources import Reading, Source
from overblock.sources._ranges import fields, lines, reading, refuse, with_prefix
from overblock.tables import HOLDER_RANGES

# A number of up to 32 bits, which is what an AS number has (RFC 6793).
ASN = (
    r"(?:\d{1,9}|[1-3]\d{9}|4[01]\d{8}|42[0-8]\d{7}|429[0-3]\d{6}|4294[0-8]\d{5}|42949[0-5]\d{4}"
    r"|429496[0-6]\d{3}|4294967[01]\d{2}|42949672[0-8]\d|429496729[0-5])"
)
ORIGINS = rf"^{ASN}(?:[_,]{ASN})*$"


def read(raw: bytes) -> Reading:
    """Read one ``pfx2as`` file, unpacked.

    Raises:
        SourceDrift: empty, a web page, or too large.
    """
    cut = fields(lines(raw, "caida_pfx2as"), "\t", ("address", "length", "origins"))
    origins = pl.col("origins")
    records = cut.with_columns(
        prefix=pl.concat_str("address", pl.lit("/"), "length"),
        asn=origins.cast(pl.UInt32, strict=False),
        as_name=_several(origins),
    )
    judged = refuse(records, {"bad_asn": ~origins.str.contains(ORIGINS)})
    return reading(with_prefix(judged), None)


def _several(origins: pl.Expr) -> pl.Expr:
    """Several origins in words, null for one."""
    sets = origins.str.replace_all(r"(\d+(?:,\d+)+)", "{${1}}")
    words = sets.str.replace_all(r"(\d+)", "AS${1}").str.replace_all("[_,]", ", ")
    return pl.when(origins.str.contains("[_,]")).then(words)


SOURCE = Source(
    name="caida_pfx2as",
    title="CAIDA RouteViews prefix-to-AS mappings",
    country=None,
    homepage="https://www.caida.org/catalog/datasets/routeviews-prefix2as/",
    licence="CAIDA acceptable use agreement: no redistribution of rows, cite CAIDA",
    fills=HOLDER_RANGES,
    at_least=100_000,  # prefixes: 160,000 in the first file of 2005
    read=read,
    files=r"(.*/)?[^/]*\.pfx2as(\.gz|\.bz2)?",
)
