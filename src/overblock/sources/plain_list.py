"""Any list of one address, network, name or URL a line: for all that has no source of its own.

::

    # blocked in the office network, 3 May
    192.0.2.7
    198.51.100.0/24   ; the whole range
    shop.example

What a line may hold, and why one is rejected, stands in `overblock.sources._lists`.  The list has
no date of its own, so the moment it was fetched or committed must date it, and it states no
decision.  A list without a single entry is read as such, and refused by the source's floor: here
nobody knows whether nothing is blocked or the download broke.
"""

from overblock.sources import Reading, Source
from overblock.sources._lists import list_framing, read_list
from overblock.tables import REGISTER_ENTRIES


def read(raw: bytes) -> Reading:
    """Read a list of one thing a line.

    Raises:
        SourceDrift: it is a web page, is in UTF-16 or is longer than 256 MiB.
    """
    return read_list(raw, "plain_list")


SOURCE = Source(
    name="plain_list",
    title="A list of addresses, networks, names or URLs, one a line",
    country=None,
    homepage="",
    licence="that of its publisher",
    fills=REGISTER_ENTRIES,
    at_least=1,
    read=read,
    framing=list_framing("plain_list"),
    files=r".*\.(txt|lst|list|netset|ipset)",
)
