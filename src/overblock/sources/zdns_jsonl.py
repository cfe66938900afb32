r"""Answers to A and AAAA questions as ZDNS writes them: JSON lines, of its versions 1 and 2.

Version 1, one module a file, and its module ALOOKUP::

    {"name":"shop.example","class":"IN","status":"NOERROR","timestamp":"2018-04-17T10:00:00Z",
     "data":{"answers":[{"type":"A","class":"IN","name":"shop.example","answer":"192.0.2.7"}],
     "resolver":"192.0.2.53:53"}}
    {"name":"shop.example","status":"NOERROR","data":{"ipv4_addresses":["192.0.2.7"]}}

Version 2, the modules of a question side by side::

    {"name":"shop.example","results":{"A":{"status":"NOERROR","timestamp":"2024-08-23T13:12:43-04:00",
     "data":{"answers":[...],"resolver":"192.0.2.53:53"}},"MXLOOKUP":{...}}}

Each module's result gives its addresses, or the one outcome that says why there are none; the
aliases (CNAME) among its answers are the chain, in order; the resolver that answered is the
vantage.  Name servers, where they were asked for, become signs.  Results of other modules say
nothing of addresses and are passed over: a record of nothing else is silent.
"""

from collections.abc import Iterator
from typing import IO

import msgspec

from overblock.sources import Reading, Source
from overblock.sources._gathered import Gathered
from overblock.sources._json_lines import decoded_lines, first_line_is_json, reason_of
from overblock.sources._lines import Block, blocks
from overblock.sources._resolutions import ASKED, whole
from overblock.tables import RESOLUTIONS

ADDRESSES = frozenset({"A", "AAAA"})
MODULES = frozenset({"A", "AAAA", "ALOOKUP"})


class _Answer(msgspec.Struct):
    type: str = ""
    answer: str = ""


class _Data(msgspec.Struct):
    answers: list[_Answer] | None = None
    ipv4_addresses: list[str] | None = None
    ipv6_addresses: list[str] | None = None
    resolver: str | None = None


class _Result(msgspec.Struct):
    status: str = ""
    timestamp: str | None = None
    data: _Data | None = None


class _Line(_Result, kw_only=True):
    name: str
    results: dict[str, msgspec.Raw] | None = None


_LINE = msgspec.json.Decoder(_Line)
_RESULT = msgspec.json.Decoder(_Result)


def stream(opened: IO[bytes]) -> Iterator[Reading]:
    """Read the lines, a block at a time.

    Raises:
        SourceDrift: it is empty, a web page, or not of this form.
    """
    for block in blocks(opened, "zdns_jsonl"):
        if block.first == 1:
            first_line_is_json(block, "zdns_jsonl", is_of_zdns)
        yield _read_block(block)


def read(raw: bytes) -> Reading:
    """Read the lines whole; see `stream`."""
    return whole(stream, raw)


def is_of_zdns(line: bytes) -> bool:
    """Whether a line has the form of ZDNS."""
    try:
        found = msgspec.json.decode(line, type=_Line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return found.results is not None or bool(found.status and found.timestamp)


def _read_block(block: Block) -> Reading:
    gathered = Gathered()
    for number, line, text in decoded_lines(block, _LINE):
        if line is None:
            gathered.refuse(number, reason_of(block, number, text), text)
        elif line.results is None:
            _add(gathered, number, line.name, line)
        else:
            for module, raw in line.results.items():
                _add_module(gathered, number, line.name, module, raw)
    return gathered.reading()


def _add_module(gathered: Gathered, number: int, name: str, module: str, raw: msgspec.Raw) -> None:
    if module not in MODULES and module != "NS":
        return
    try:
        result = _RESULT.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        gathered.refuse(number, "bad_record", bytes(raw)[:200].decode(errors="replace"))
        return
    _add(gathered, number, name, result, asks=module in MODULES)


def _add(gathered: Gathered, number: int, name: str, result: _Result, *, asks: bool = True) -> None:
    data = result.data or _Data()
    answers = data.answers or []
    found = [answer.answer for answer in answers if answer.type in ADDRESSES]
    found += [*(data.ipv4_addresses or []), *(data.ipv6_addresses or [])]
    chain = [answer.answer for answer in answers if answer.type == "CNAME"]
    servers = [answer.answer for answer in answers if answer.type == "NS"]
    said = {"moment": result.timestamp, "vantage": data.resolver}
    for address in found:
        gathered.add(number, name, address=address, chain=chain, **said)
    if not found and asks and (chain or not answers):
        outcome = ASKED.get(result.status, "error")
        gathered.add(number, name, outcome=outcome, chain=chain, **said)
    for server in servers:
        gathered.signs.append((number, name, "name_server", server, result.timestamp))


SOURCE = Source(
    name="zdns_jsonl",
    title="Answers of ZDNS to A, AAAA and ALOOKUP questions",
    country=None,
    homepage="https://github.com/zmap/zdns",
    licence="that of who asked",
    fills=RESOLUTIONS,
    at_least=1,
    read=read,
    stream=stream,
    files=r".*\.(jsonl?|ndjson|txt|out)",
)
