"""Answers as massdns writes them, as simple text (``-o S``) or as JSON lines (``-o J``).

Simple text has a line an answer, and where it was asked for (``-o St``) its time to live and
class; an alias and what it leads to follow one another::

    www.shop.example. CNAME shop.example.
    shop.example. A 192.0.2.7
    museum.example. 300 IN AAAA 2001:db8::8

The first name of such a run is the one that was asked for, and the rest of it the chain.  A run
that leads to no address is ``no_answer``.  JSON lines have a line a question::

    {"name":"www.shop.example.","type":"A","class":"IN","status":"NOERROR","rx_ts":1523976325000000000,
     "data":{"answers":[{"ttl":300,"type":"A","class":"IN","name":"shop.example.","data":"192.0.2.7"}]},
     "resolver":"192.0.2.53:53"}

Name servers become signs.  Other types say nothing of addresses and are silent.
"""

from collections.abc import Iterator
from typing import IO

import msgspec
import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.sources._gathered import Gathered
from overblock.sources._json_lines import BAD, decoded_lines, first_line_is_json, refusal
from overblock.sources._lines import Block, as_frame, blocks
from overblock.sources._resolutions import ASKED, SIGNS, as_answers, reading, whole
from overblock.tables import RESOLUTIONS

LINE = r"^(?<name>\S+)\s+(?:\d+\s+)?(?:IN\s+)?(?<type>[A-Z][A-Z0-9]*)\s+(?<answer>\S.*)$"
ADDRESSES = ("A", "AAAA")
USUAL = (*ADDRESSES, "CNAME", "NS")
REFUSED = pl.col("reason").is_not_null()
MOST_HELD = 100_000  # lines of one run that are carried into the next block


class _Answer(msgspec.Struct, gc=False):
    type: str = ""
    data: str = ""


class _Data(msgspec.Struct, gc=False):
    answers: list[_Answer] | None = None


class _Line(msgspec.Struct, gc=False):
    name: str
    type: str
    status: str | None = None
    error: str | None = None
    rx_ts: int | None = None
    resolver: str | None = None
    data: _Data | None = None


_LINE = msgspec.json.Decoder(_Line)


def stream(opened: IO[bytes]) -> Iterator[Reading]:
    """Read the output, a block at a time.

    Raises:
        SourceDrift: it is empty, a web page, in UTF-16, or of neither form.
    """
    held: pl.DataFrame | None = None
    as_json = False
    for block in blocks(opened, "massdns"):
        if block.first == 1:
            as_json = block.lines.lstrip().startswith(b"{")
            _refuse_other_forms(block, as_json=as_json)
        if as_json:
            yield _read_json(block)
            continue
        runs = _runs(_cut(block), held)
        last = runs["run"] == runs["run"].max()
        held = runs.filter(last)
        if len(held) > MOST_HELD:
            last, held = pl.repeat(value=False, n=len(runs), eager=True), None
        yield _read_runs(runs.filter(~last))
    if held is not None:
        yield _read_runs(held)


def read(raw: bytes) -> Reading:
    """Read the output whole; see `stream`."""
    return whole(stream, raw)


def is_of_massdns(line: bytes) -> bool:
    """Whether a line has the form of massdns, as JSON."""
    try:
        found = _LINE.decode(line)
    except BAD:
        return False
    return found.status is not None or found.error is not None


def is_simple(text: str) -> bool:
    """Whether a line has the form of massdns, as simple text."""
    return bool(pl.Series([text.strip()]).str.contains(LINE).item())


def _refuse_other_forms(block: Block, *, as_json: bool) -> None:
    if as_json:
        first_line_is_json(block, "massdns", is_of_massdns)
        return
    if block.lines.lstrip().startswith(b";;"):
        raise SourceDrift("massdns: its full text is not read here; write -o S or -o J")
    start = pl.Series(block.lines[:20_000].decode(errors="replace").split("\n")[:50])
    if not start.str.strip_chars().str.contains(LINE).any():
        raise SourceDrift(f"massdns: no line of its simple text: {block.lines[:80]!r}")


def _read_json(block: Block) -> Reading:
    gathered = Gathered()
    for number, line, text in decoded_lines(block, _LINE):
        if line is None:
            gathered.refuse(number, *refusal(block, number, text))
            continue
        answers = (line.data.answers if line.data else None) or []
        chain = [answer.data for answer in answers if answer.type == "CNAME"]
        found = [answer.data for answer in answers if answer.type in ADDRESSES]
        moment = None if line.rx_ts is None else str(line.rx_ts)
        for address in found:
            gathered.add(number, line.name, address, None, moment, line.resolver, chain)
        if not found and line.type in ADDRESSES:
            outcome = ASKED.get(line.status or line.error or "", "error")
            gathered.add(number, line.name, None, outcome, moment, line.resolver, chain)
        for answer in answers:
            if answer.type == "NS":
                gathered.signs.append((number, line.name, "name_server", answer.data, moment))
    return gathered.reading()


def _cut(block: Block) -> pl.DataFrame:
    """Lines with ``name``, ``type`` and ``answer``; null where a line has not the form."""
    lines = as_frame(block).with_columns(pl.col("value").str.strip_chars())
    filled = lines.filter(pl.col("value") != "")
    cut = _fields(filled)
    plain = cut["type"].is_in(USUAL).fill_null(value=False)
    if plain.all():
        return cut
    parts = pl.col("value").str.extract_groups(LINE).struct.unnest()
    rest = filled.filter(~plain).with_columns(parts)
    return pl.concat([cut.filter(plain), rest]).sort("record")


def _fields(lines: pl.DataFrame) -> pl.DataFrame:
    """The three fields of the simplest form, parted by a blank each."""
    parts = pl.col("value").str.splitn(" ", 3).struct.rename_fields(["name", "type", "answer"])
    return lines.with_columns(parts.alias("cut")).unnest("cut")


def _runs(lines: pl.DataFrame, held: pl.DataFrame | None) -> pl.DataFrame:
    """Number the runs: lines of one name, and what an alias before them led to."""
    together = lines if held is None else pl.concat([held.drop("run"), lines])
    name, answer = (
        pl.col(column).str.to_lowercase().str.strip_suffix(".") for column in ("name", "answer")
    )
    follows = (name == name.shift(1)) | (
        (answer.shift(1) == name) & (pl.col("type").shift(1) == "CNAME")
    )
    return together.with_columns(run=(~follows.fill_null(value=False)).cum_sum())


def _read_runs(runs: pl.DataFrame) -> Reading:
    if runs.is_empty():
        return reading(as_answers(pl.DataFrame(schema={"record": pl.UInt32})))
    kind = pl.col("type")
    led = runs["run"].is_in(runs.filter(kind == "CNAME")["run"].implode())
    kept = runs.filter(~led).filter(kind.is_in(ADDRESSES) | kind.is_null() | REFUSED)
    kept = kept.with_columns(asked="name", chain=pl.lit([], pl.List(pl.String)))
    if led.any():
        kept = pl.concat([kept, _led(runs.filter(led))]).sort("record")
    is_alias = pl.col("type") == "CNAME"
    signs = runs.filter(kind == "NS").select(
        "record",
        "name",
        sign=pl.lit("name_server"),
        value="answer",
        moment=pl.lit(None, pl.String),
    )
    answers = as_answers(
        kept,
        value=pl.col("value"),
        reason=pl.coalesce("reason", pl.when(pl.col("type").is_null()).then(pl.lit("bad_record"))),
        name=pl.col("asked").fill_null(""),
        address=pl.when(~is_alias).then("answer"),
        outcome=pl.when(is_alias).then(pl.lit("no_answer")),
        chain=pl.col("chain"),
    )
    return reading(answers, signs.cast(SIGNS))


def _led(runs: pl.DataFrame) -> pl.DataFrame:
    """Runs with an alias: the lines that say something, with who was asked for and the chain."""
    kind = pl.col("type")
    alias = kind == "CNAME"
    told = runs.group_by("run", maintain_order=True).agg(
        asked=pl.col("name").first(),
        chain=pl.col("answer").filter(alias),
        leads=kind.is_in(ADDRESSES).any(),
    )
    lines = runs.join(told, on="run", how="left", maintain_order="left")
    first = pl.int_range(pl.len()).over("run") == 0
    wanted = kind.is_in(ADDRESSES) | kind.is_null() | (alias & first & ~pl.col("leads"))
    return lines.filter(wanted.fill_null(value=True) | REFUSED).drop("leads")


SOURCE = Source(
    name="massdns",
    title="Answers of massdns, simple text or JSON lines",
    country=None,
    homepage="https://github.com/blechschmidt/massdns",
    licence="that of who asked",
    fills=RESOLUTIONS,
    at_least=1,
    read=read,
    stream=stream,
    files=r".*\.(txt|jsonl?|ndjson|out)",
)
