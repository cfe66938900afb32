"""The Majestic Million: registrable names by how many networks link to them.

::

    GlobalRank,TldRank,Domain,TLD,RefSubNets,RefIPs,IDN_Domain,IDN_TLD,PrevGlobalRank,…
    1,1,facebook.com,com,492044,2521363,facebook.com,com,1,…

The columns are found by the header, which must be there.
"""

import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.sources._ranks import lines_of, ranks_reading
from overblock.tables import NAME_RANKS

NUMBER, NAME = "GlobalRank", "Domain"


def read(raw: bytes) -> Reading:
    """Read one list, unpacked.

    Raises:
        SourceDrift: it is empty, a web page, or its header lacks a column.
    """
    lines = lines_of(raw, "majestic")
    header = lines["value"][0].split(",")
    if not {NUMBER, NAME} <= set(header):
        raise SourceDrift(f"majestic: no columns {NUMBER} and {NAME} in {lines['value'][0][:80]!r}")
    parts = pl.col("value").str.split(",")
    cut = lines.slice(1).with_columns(
        number=parts.list.get(header.index(NUMBER), null_on_oob=True),
        name=parts.list.get(header.index(NAME), null_on_oob=True),
    )
    return ranks_reading(cut, "majestic")


SOURCE = Source(
    name="majestic",
    title="The Majestic Million, names by links from other networks",
    country=None,
    homepage="https://majestic.com/reports/majestic-million",
    licence="CC BY 3.0",
    fills=NAME_RANKS,
    at_least=100,
    read=read,
    files=r".*majestic.*\.csv",
)
