"""One's own names and addresses as JSON lines; what ``overblock resolve`` writes.

::

    {"name":"shop.example","address":"192.0.2.7","seen_at":"2018-04-16T21:00:00Z","chain":[]}
    {"name":"museum.example","address":["192.0.2.8","2001:db8::8"],"vantage":"AS64500"}
    {"name":"gone.example","outcome":"nxdomain","seen_at":1523912400}

The keys may also be called by other names, which the page about ingesting names lists; others are
passed over.  Addresses, chains and name servers may be lists.  A record without an address and
without an outcome is ``unasked``.
"""

from collections.abc import Iterator, Sequence
from typing import IO, TypeAlias

import msgspec

from overblock.sources import Reading, Source
from overblock.sources._gathered import Gathered
from overblock.sources._json_lines import BAD, decoded_lines, first_line_is_json, refusal
from overblock.sources._lines import Block, blocks
from overblock.sources._resolutions import whole
from overblock.tables import RESOLUTIONS

Texts: TypeAlias = str | list[str] | None
Scalar: TypeAlias = str | int | float | None


class _Line(msgspec.Struct, gc=False):
    name: str | None = None
    domain: str | None = None
    hostname: str | None = None
    host: str | None = None
    fqdn: str | None = None
    address: Texts = None
    ip: Texts = None
    ip_address: Texts = None
    ipv4: Texts = None
    ipv6: Texts = None
    a: Texts = None
    aaaa: Texts = None
    answer: Texts = None
    outcome: str | None = None
    seen_at: Scalar = None
    timestamp: Scalar = None
    time: Scalar = None
    date: Scalar = None
    vantage: str | None = None
    probe: str | None = None
    chain: Texts = None
    cname: Texts = None
    title: str | None = None
    status: Scalar = None
    redirect: str | None = None
    name_server: Texts = None
    ns: Texts = None


_LINE = msgspec.json.Decoder(_Line)


def stream(opened: IO[bytes]) -> Iterator[Reading]:
    """Read the lines, a block at a time.

    Raises:
        SourceDrift: it is empty, a web page, or not of this form.
    """
    for block in blocks(opened, "names_jsonl"):
        if block.first == 1:
            first_line_is_json(block, "names_jsonl", names_something)
        yield _read_block(block)


def read(raw: bytes) -> Reading:
    """Read the lines whole; see `stream`."""
    return whole(stream, raw)


def names_something(line: bytes) -> bool:
    """Whether a line is a record with a name."""
    try:
        return bool(_name(_LINE.decode(line)))
    except BAD:
        return False


def _read_block(block: Block) -> Reading:
    gathered = Gathered()
    for number, line, text in decoded_lines(block, _LINE):
        if line is None:
            gathered.refuse(number, *refusal(block, number, text))
        else:
            _add(gathered, number, line)
    return gathered.reading()


def _name(line: _Line) -> str:
    return line.name or line.domain or line.hostname or line.host or line.fqdn or ""


def _add(gathered: Gathered, number: int, line: _Line) -> None:
    name = _name(line)
    moment = _first(line.seen_at, line.timestamp, line.time, line.date)
    vantage, outcome = line.vantage or line.probe, line.outcome and line.outcome.lower()
    chain = _texts(line.chain, line.cname)
    found = _texts(
        *(line.address, line.ip, line.ip_address, line.ipv4, line.ipv6, line.a, line.aaaa),
        line.answer,
    )
    each: Sequence[str | None] = found or (None,)
    for address in each:
        gathered.add(number, name, address, outcome or None, moment, vantage, chain)
    signs = (("title", line.title), ("status", line.status), ("redirect", line.redirect))
    for sign, value in signs:
        if value is not None:
            gathered.signs.append((number, name, sign, str(value), moment))
    for server in _texts(line.name_server, line.ns):
        gathered.signs.append((number, name, "name_server", server, moment))


def _first(*values: Scalar) -> str | None:
    said = next((value for value in values if value not in (None, "")), None)
    return None if said is None else str(said)


def _texts(*fields: Texts) -> list[str]:
    """All texts of some fields, as they come."""
    found: list[str] = []
    for field in fields:
        if field:
            found += [field] if isinstance(field, str) else [text for text in field if text]
    return found


SOURCE = Source(
    name="names_jsonl",
    title="One's own names and addresses, JSON lines",
    country=None,
    homepage="",
    licence="that of its publisher",
    fills=RESOLUTIONS,
    at_least=1,
    read=read,
    stream=stream,
    files=r".*\.(jsonl?|ndjson)",
)
