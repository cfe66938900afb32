"""Forward DNS as Rapid7's Project Sonar published it until 2022: JSON lines, one answer each.

::

    {"timestamp":"1523976325","name":"shop.example","type":"a","value":"192.0.2.7"}
    {"timestamp":"1523976325","name":"www.shop.example","type":"cname","value":"shop.example"}

Answers of type a and aaaa are addresses.  An alias (cname) has its addresses in the lines of the
name that it points to, which may stand anywhere in tens of gigabytes: it is read with the outcome
``alias``, and an ingest follows it once all is read.  Name servers (ns) become signs.  Other types
say nothing of addresses and are silent.
"""

from collections.abc import Iterator
from typing import IO

import msgspec

from overblock.sources import Reading, Source
from overblock.sources._gathered import Gathered
from overblock.sources._json_lines import BAD, decoded_lines, first_line_is_json, refusal
from overblock.sources._lines import Block, blocks
from overblock.sources._resolutions import whole
from overblock.tables import RESOLUTIONS


class _Line(msgspec.Struct, gc=False):
    name: str
    type: str
    value: str
    timestamp: str | int | None = None


_LINE = msgspec.json.Decoder(_Line)


def stream(opened: IO[bytes]) -> Iterator[Reading]:
    """Read the lines, a block at a time.

    Raises:
        SourceDrift: it is empty, a web page, or not of this form.
    """
    for block in blocks(opened, "rapid7_fdns"):
        if block.first == 1:
            first_line_is_json(block, "rapid7_fdns", is_of_sonar)
        yield _read_block(block)


def read(raw: bytes) -> Reading:
    """Read the lines whole; see `stream`."""
    return whole(stream, raw)


def is_of_sonar(line: bytes) -> bool:
    """Whether a line has the form of Project Sonar."""
    try:
        _LINE.decode(line)
    except BAD:
        return False
    return True


def _read_block(block: Block) -> Reading:
    gathered = Gathered()
    for number, line, text in decoded_lines(block, _LINE):
        if line is None:
            gathered.refuse(number, *refusal(block, number, text))
            continue
        moment = None if line.timestamp is None else str(line.timestamp)
        kind = line.type.lower()
        if kind in {"a", "aaaa"}:
            gathered.add(number, line.name, address=line.value, moment=moment)
        elif kind == "cname":
            gathered.add(number, line.name, outcome="alias", moment=moment, chain=[line.value])
        elif kind == "ns":
            gathered.signs.append((number, line.name, "name_server", line.value, moment))
    return gathered.reading()


SOURCE = Source(
    name="rapid7_fdns",
    title="Rapid7 Project Sonar, forward DNS",
    country=None,
    homepage="https://opendata.rapid7.com/sonar.fdns_v2/",
    licence="for research, by application; no redistribution of rows",
    fills=RESOLUTIONS,
    at_least=1,
    read=read,
    stream=stream,
    files=r".*fdns.*\.json",
)
