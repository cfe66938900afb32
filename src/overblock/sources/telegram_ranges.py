"""Telegram's own networks, as its ``cidr.txt`` lists them: one prefix a line.

::

    91.108.56.0/22
    2001:b28:f23d::/48

In early 2025 the file flipped for a month between this and lines with stray blanks and tabs
before, behind and even inside the prefix, so blanks are dropped wherever they stand.  The file
carries no date and no AS number.
"""

import polars as pl

from overblock.sources import Reading, Source
from overblock.sources._ranges import lines, reading, with_prefix
from overblock.tables import HOLDER_RANGES


def read(raw: bytes) -> Reading:
    """Read one ``cidr.txt``.

    Raises:
        SourceDrift: empty, a web page, or too large.
    """
    records = lines(raw, "telegram_ranges").with_columns(
        prefix=pl.col("value").str.replace_all(r"[ \t]", ""), as_name=pl.lit("Telegram")
    )
    return reading(with_prefix(records), None)


SOURCE = Source(
    name="telegram_ranges",
    title="Telegram's networks (cidr.txt)",
    country=None,
    homepage="https://core.telegram.org/resources/cidr.txt",
    licence="none stated; facts, cite Telegram",
    fills=HOLDER_RANGES,
    at_least=8,  # prefixes: it was fourteen for years
    read=read,
    files=r"(.*/)?cidr\.txt",
)
