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
from overblock.sources._json_lines import BAD, decoded_lines, first_line_is_json, refusal
from overblock.sources._lines import Block, blocks
from overblock.sources._resolutions import ASKED, whole
from overblock.tables import RESOLUTIONS

ADDRESSES = frozenset({"A", "AAAA"})
WANTED = frozenset({"A", "AAAA", "ALOOKUP", "NS"})


class _Answer(msgspec.Struct, gc=False):
    type: str = ""
    answer: str = ""


class _Data(msgspec.Struct, gc=False):
    answers: list[_Answer] | None = None
    ipv4_addresses: list[str] | None = None
    ipv6_addresses: list[str] | None = None
    resolver: str | None = None


class _Result(msgspec.Struct, gc=False):
    status: str = ""
    timestamp: str | None = None
    data: _Data | None = None


class _Line(_Result, kw_only=True, gc=False):
    name: str
    results: dict[str, _Result] | None = None


class _Doubtful(_Result, kw_only=True, gc=False):
    """A line of which a module's result has not the form: the others may have it."""

    name: str
    results: dict[str, msgspec.Raw]


_NOTHING = _Data()
_LINE = msgspec.json.Decoder(_Line)
_DOUBTFUL = msgspec.json.Decoder(_Doubtful)
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
        found = _LINE.decode(line)
    except BAD:
        return False
    return found.results is not None or bool(found.status and found.timestamp)


def _read_block(block: Block) -> Reading:
    gathered = Gathered()
    for number, line, text in decoded_lines(block, _LINE):
        if line is None:
            _add_doubtful(gathered, number, block, text)
        elif line.results is None:
            _add(gathered, number, line.name, line)
        else:
            for module, result in line.results.items():
                if module in WANTED:
                    _add(gathered, number, line.name, result, asks=module != "NS")
    return gathered.reading()


def _add_doubtful(gathered: Gathered, number: int, block: Block, text: bytes) -> None:
    """Each module's result by itself; those that have not the form are rejects."""
    try:
        line = _DOUBTFUL.decode(text)
    except BAD:
        gathered.refuse(number, *refusal(block, number, text))
        return
    for module, raw in line.results.items():
        if module not in WANTED:
            continue
        try:
            _add(gathered, number, line.name, _RESULT.decode(raw), asks=module != "NS")
        except BAD:
            gathered.refuse(number, *refusal(block, number, bytes(raw)))


def _add(gathered: Gathered, number: int, name: str, result: _Result, *, asks: bool = True) -> None:
    data = result.data or _NOTHING
    answers = data.answers or ()
    moment, vantage = result.timestamp, data.resolver
    found, chain, others = [], [], False
    for answer in answers:
        if answer.type in ADDRESSES:
            found.append(answer.answer)
        elif answer.type == "CNAME":
            chain.append(answer.answer)
        else:
            others = True
            if answer.type == "NS":
                gathered.signs.append((number, name, "name_server", answer.answer, moment))
    found += data.ipv4_addresses or ()
    found += data.ipv6_addresses or ()
    for address in found:
        gathered.add(number, name, address, None, moment, vantage, chain or None)
    if not found and asks and (chain or not others):
        outcome = ASKED.get(result.status, "error")
        gathered.add(number, name, None, outcome, moment, vantage, chain or None)


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
