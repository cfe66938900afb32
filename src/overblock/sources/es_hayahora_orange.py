"""Addresses blocked in Spain now on Orange: hayahora.futbol's ``blocked-orange.txt``.

See `overblock.sources._hayahora`.
"""

from overblock.sources import Reading
from overblock.sources._hayahora import hayahora_list
from overblock.sources._lists import read_list


def read(raw: bytes) -> Reading:
    """Read the list; an empty one is an answer.

    Raises:
        SourceDrift: it is a web page, is in UTF-16 or is longer than 256 MiB.
    """
    return read_list(raw, "es_hayahora_orange", network="Orange")


SOURCE = hayahora_list("es_hayahora_orange", "Orange", read)
