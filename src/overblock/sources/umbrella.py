"""The Umbrella list: names by how many users of one resolver asked for them.

::

    1,google.com
    2,www.google.com

No header.  It counts questions and not visits, so names that only machines ask for stand high.
"""

import polars as pl

from overblock.sources import Reading, Source
from overblock.sources._ranks import lines_of, ranks_reading
from overblock.tables import NAME_RANKS


def read(raw: bytes) -> Reading:
    """Read one list, unpacked.

    Raises:
        SourceDrift: it is empty, a web page, or no list of ranks and names.
    """
    parts = pl.col("value").str.splitn(",", 2).struct.rename_fields(["number", "name"])
    lines = lines_of(raw, "umbrella")
    return ranks_reading(lines.with_columns(parts.alias("cut")).unnest("cut"), "umbrella")


SOURCE = Source(
    name="umbrella",
    title="Cisco Umbrella, names by number of DNS questions",
    country=None,
    homepage="https://umbrella-static.s3-us-west-1.amazonaws.com/index.html",
    licence="free of charge, no licence stated",
    fills=NAME_RANKS,
    at_least=100,  # the shortest list that is handed out has a thousand
    read=read,
    files=r".*(top-1m|umbrella).*\.csv",
)
