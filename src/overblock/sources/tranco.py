"""The Tranco list: registrable names by popularity, made of several lists over thirty days.

::

    1,google.com
    2,microsoft.com

No header; the file does not say its date nor its id, so keep both in its name: the page of a list
is ``https://tranco-list.eu/list/<id>``.
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
    lines = lines_of(raw, "tranco")
    return ranks_reading(lines.with_columns(parts.alias("cut")).unnest("cut"), "tranco")


SOURCE = Source(
    name="tranco",
    title="Tranco, the names that several top lists agree on",
    country=None,
    homepage="https://tranco-list.eu/",
    licence="free with citation of the list's id; parts carry licences of their own",
    fills=NAME_RANKS,
    at_least=100,  # the shortest list that is handed out has a thousand
    read=read,
    files=r"(top-1m|tranco).*\.csv",
)
