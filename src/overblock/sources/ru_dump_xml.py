"""Russia's block register as the regulator hands it to operators: ``dump.xml``.

In windows-1251, without line ends (they stand here for the reader's eye)::

    <?xml version="1.0" encoding="windows-1251"?>
    <reg:register updateTime="2015-03-14T16:00:00+03:00"
        updateTimeUrgently="2015-03-14T11:36:00+03:00" formatVersion="2.1"
        xmlns:reg="http://rsoc.ru" xmlns:tns="http://rsoc.ru">
    <content id="161411" includeTime="2015-03-14T11:34:42" urgencyType="1" entryType="3">
        <decision date="2014-03-13" number="27-31-2015/Ид1" org="Генпрокуратура"/>
        <url><![CDATA[http://shop.example/a]]></url>
        <domain><![CDATA[shop.example]]></domain>
        <ip>192.0.2.7</ip><ipSubnet ts="…">198.51.100.0/24</ipSubnet><ipv6>2001:db8::7</ipv6>
    </content>
    </reg:register>

A record is a ``content`` element, numbered from 1.  ``includeTime`` has no zone and is Moscow's;
in the hour that Moscow lived twice (26 October 2014, 01:00 to 02:00) it is taken as the first.
No ``urgencyType`` means not urgent: the publisher marks only what is.  The element's and the
items' own ``ts`` and the root's ``updateTimeUrgently`` are known and left out.

Whole records are rejected as ``undecodable``, ``bad_xml``, ``no_decision``, ``several_decisions``,
``bad_id``, ``bad_decision_date``, ``nothing_named`` and ``cut``; single values as
``bad_included_at``, ``bad_urgency``, ``unknown_block_type``, ``unknown_attribute``,
``unknown_element``, ``stray_text`` and ``empty_value``, and then the rest of the entry stays.

A file may be long, so it is read in batches of 2 MiB: `read_stream` forgets each once handed over.
"""

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import BinaryIO

import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source, first_reason
from overblock.sources._dump_framing import (
    FRAMING,
    SEPARATOR,
    WHOLE_TAIL,
    Head,
    bodies,
    read_head,
    take_head,
)
from overblock.sources._dump_records import LISTS, read_records
from overblock.tables import REGISTER_ENTRIES, REJECTS

BLOCK_TYPES = ("default", "domain", "domain-mask", "ip")
MAX_UNDECODABLE = 5  # records of a batch; more are no accident but another encoding
CYRILLIC = re.compile("[\u0400-\u04ff]")

DECISION_DATE = pl.when(pl.col("date").str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")).then(
    pl.col("date").str.to_date("%Y-%m-%d", strict=False)
)
# Polars carries the zone data itself, so Moscow's clock is known on a bare machine too.
INCLUDED_AT = (
    pl.when(pl.col("includeTime").str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}$"))
    .then(pl.col("includeTime").str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="us", strict=False))
    .dt.replace_time_zone("Europe/Moscow", ambiguous="earliest", non_existent="null")
    .dt.convert_time_zone("UTC")
)
IS_URGENT = (
    pl.when(pl.col("urgencyType").is_null() | (pl.col("urgencyType") == "0"))
    .then(statement=False)
    .when(pl.col("urgencyType") == "1")
    .then(statement=True)
)
WHOLE = {  # reasons for which an entry is rejected, the first that holds, and the value at fault
    "bad_id": (~pl.col("id").str.contains("^[0-9]{1,18}$").fill_null(value=False), "id"),
    "bad_decision_date": (pl.col("decision_date").is_null(), "date"),
    "nothing_named": (pl.all_horizontal(pl.col(LISTS).list.len() == 0), "id"),
}
SINGLE = {  # reasons for which only a value is
    "bad_included_at": (
        pl.col("includeTime").is_not_null() & pl.col("included_at").is_null(),
        "includeTime",
    ),
    "bad_urgency": (pl.col("is_urgent").is_null(), "urgencyType"),
    "unknown_block_type": (
        pl.col("blockType").is_not_null() & ~pl.col("blockType").is_in(BLOCK_TYPES),
        "blockType",
    ),
}


def read(raw: bytes) -> Reading:
    """Read one ``dump.xml``.

    Raises:
        SourceDrift: it does not begin as a register, or is not in the encoding that it declares.
    """
    batches = list(read_stream(BytesIO(raw)))
    return Reading(
        published_at=batches[0].published_at,
        rows=pl.concat([batch.rows for batch in batches]),
        rejects=pl.concat([batch.rejects for batch in batches]),
        flags=batches[-1].flags,
    )


def read_stream(file: BinaryIO) -> Iterator[Reading]:
    """Read a ``dump.xml`` of any length, a batch of records at a time.

    Yields at least one reading; record numbers run on; only the last can be flagged as ``cut``.

    Raises:
        SourceDrift: as `read` does.
    """
    start, held = take_head(file)
    head = read_head(start)
    n_read = 0
    for body, tail in bodies(held, file):
        if not n_read:
            _refuse_mojibake(body, head)
        batch, undecodable = _batch(body, n_read, head)
        n_read += len(batch) + len(undecodable)
        rows, rejects = _typed(*read_records(batch, head.root))
        rejects = [undecodable, *rejects]
        if tail is not None and tail.lstrip().startswith(b"<content"):
            rejects.append(_reject(n_read + 1, "cut", tail.decode(head.encoding, "replace")))
        yield Reading(
            published_at=head.published_at,
            rows=rows,
            rejects=_tidy(rejects),
            flags=() if tail is None or tail == WHOLE_TAIL else ("cut",),
        )


def _refuse_mojibake(body: bytes, head: Head) -> None:
    """Refuse UTF-8 that calls itself windows-1251: nearly any bytes can be read as that."""
    if head.encoding == "utf-8" or body.isascii():
        return
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return
    if foreign := CYRILLIC.search(text):
        raise SourceDrift(f"declares windows-1251 but is UTF-8: {text[foreign.start() :][:20]!r}")


def _batch(body: bytes, n_before: int, head: Head) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number and decode records; the second frame is rejects: those that cannot be decoded."""
    try:
        whole = body.decode(head.encoding).split(SEPARATOR.decode())[:-1]
        return _numbered(whole, range(n_before + 1, n_before + 1 + len(whole))), REJECTS.empty()
    except UnicodeDecodeError:
        pieces = dict(enumerate(body.split(SEPARATOR)[:-1], n_before + 1))
    texts: dict[int, str] = {}
    undecodable = []
    for record, piece in pieces.items():
        try:
            texts[record] = piece.decode(head.encoding)
        except UnicodeDecodeError:
            undecodable.append(
                _reject(record, "undecodable", piece.decode(head.encoding, "replace"))
            )
    if len(undecodable) > max(MAX_UNDECODABLE, len(pieces) // 20):
        raise SourceDrift(
            f"{len(undecodable)} of {len(pieces)} records are not {head.encoding}, as declared"
        )
    return _numbered(list(texts.values()), list(texts)), pl.concat(undecodable)


def _numbered(texts: list[str], records: Sequence[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {"record": records, "text": texts}, {"record": pl.UInt32, "text": pl.String}
    )


def _typed(facts: pl.DataFrame, rejects: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Rows of `REGISTER_ENTRIES`, and all rejects: of the records, and of single values."""
    judged = facts.with_columns(
        decision_date=DECISION_DATE, included_at=INCLUDED_AT, is_urgent=IS_URGENT
    ).with_columns(reason=first_reason({reason: holds for reason, (holds, _) in WHOLE.items()}))
    lazy = judged.lazy()
    kept = lazy.filter(pl.col("reason").is_null())
    refused = [
        *(
            _valued(lazy.filter(pl.col("reason") == reason), reason, column)
            for reason, (_, column) in WHOLE.items()
        ),
        *(
            _valued(kept.filter(holds), reason, column)
            for reason, (holds, column) in SINGLE.items()
        ),
    ]
    rows = kept.select(
        "record",
        pl.col("id").alias("entry_id"),
        "addresses",
        "domains",
        "urls",
        _unless_empty("org").alias("authority"),
        _unless_empty("number").alias("decision_number"),
        "decision_date",
        pl.when(pl.col("blockType").is_in(BLOCK_TYPES)).then("blockType").alias("block_type"),
        _unless_empty("entryType").alias("entry_type"),
        "is_urgent",
        "included_at",
        _unless_empty("hash").alias("entry_hash"),
        pl.lit([], pl.List(pl.String)).alias("networks"),
    )
    typed, found = pl.collect_all([rows, pl.concat(refused)])
    return typed, [rejects, found]


def _unless_empty(column: str) -> pl.Expr:
    return pl.when(pl.col(column) != "").then(pl.col(column))


def _valued(faulty: pl.LazyFrame, reason: str, column: str) -> pl.LazyFrame:
    return faulty.select("record", reason=pl.lit(reason), value=pl.col(column).fill_null(""))


def _reject(record: int, reason: str, value: str) -> pl.DataFrame:
    return pl.DataFrame([(record, reason, value)], REJECTS.schema(), orient="row")


def _tidy(rejects: list[pl.DataFrame]) -> pl.DataFrame:
    """Rejects in the order of the file, each said once, cut to 200 signs."""
    value = pl.col("value").str.strip_chars().str.slice(0, 200)
    return (
        pl.concat(rejects)
        .with_columns(value)
        .unique(maintain_order=True)
        .sort("record", maintain_order=True)
    )


SOURCE = Source(
    name="ru_dump_xml",
    title="Roskomnadzor block register (official XML)",
    country="RU",
    homepage="https://vigruzki.rkn.gov.ru",
    licence="official act, no copyright (RF Civil Code, art. 1259.6)",
    fills=REGISTER_ENTRIES,
    at_least=1,  # the first states of 2012 have a dozen entries; shrinking is judged by history
    read=read,
    framing=FRAMING,
    files=r"dump[^/]*\.xml(\.[0-9]{2})?",
    parts=r"dump\.xml(\.[0-9]{2})?",
    signed_by=".sig",
)
