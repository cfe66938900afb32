"""Russia's block register, as published in the z-i mirror's ``dump.csv``.

The first line dates the snapshot; each further line is one register entry of six fields parted
by ``;``, in cp1251::

    Updated: 2020-01-30 15:33:00 +0000
    192.0.2.7 | 2001:db8::7;shop.example;https://shop.example/a;ФНС;2-6-27;2016-06-14
    198.51.100.0/24;;;Генпрокуратура;27-31-2018/Ид2971-18;2018-04-16
    192.0.2.9;a.example;"http://a.example/?x=1;y=2";суд;2-946/13;2013-06-10

Until about 2017 a URL with a ``;`` stood unquoted and made more fields; since then it is quoted.
Both are read: two fields from the left, three from the right, what is between is the URL.
From 2019 on the register is split: ``dump.csv`` and ``dump-00.csv`` to ``dump-19.csv`` lie side by
side, some without a date line, and their union is the register.

Facts only: this reader splits, strips and types.  What an entry *blocks* (a page, a name, an
address) is inferred later, by `overblock.registers`.
"""

import csv
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Framing, Parts, Reading, Source, first_reason
from overblock.tables import REGISTER_ENTRIES, REJECTS

DATE_LINE = re.compile(rb"Updated: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\s*\Z")
LONGEST_HEAD = 200  # bytes: a longer first line is no date line, whatever it is
UNDECODABLE_SHARE = 0.001  # of the characters: beyond it the file is not cp1251
FEWEST_FOREIGN = 12  # bytes beyond ASCII: fewer may pass for UTF-8 by chance
DECISION_DATE = pl.col("date").str.to_date("%Y-%m-%d", strict=False)
REJECTS_OF_A_LINE = {  # the first condition that holds names the reason; reasons are never renamed
    "empty": pl.col("line") == "",
    "nul_byte": pl.col("line").str.contains("\0", literal=True),
    "undecodable": pl.col("line").str.contains("\ufffd", literal=True),
    "too_few_fields": pl.col("n_fields") < 6,  # noqa: PLR2004  (the six of the format)
    "bad_decision_date": DECISION_DATE.is_null(),
    "nothing_named": (pl.col("addresses") == "")
    & (pl.col("domain").str.strip_chars() == "")
    & (pl.col("url").str.strip_chars() == ""),
}


def read(raw: bytes) -> Reading:
    """Read one ``dump.csv``, given as fetched, or as joined from its parts.

    Returns:
        Rows of `register_entries` in file order, and the lines that could not be read, each with
        its 1-based ``record`` number (the date line is 1) and ``reason``.  A file whose last
        line does not end is flagged ``cut``.

    Raises:
        SourceDrift: the file no longer begins with a dated ``Updated:`` line, or is not cp1251.
    """
    parts = split(raw)
    published_at = read_date_line(parts.head)
    judged = _judge(_lines(_decode(parts.body + parts.tail)))
    return Reading(
        published_at=published_at,
        rows=_rows(judged.filter(pl.col("reason").is_null())),
        rejects=_rejects(judged.filter(pl.col("reason").is_not_null())),
        flags=("cut",) if parts.tail else (),
    )


def split(raw: bytes) -> Parts:
    """Take a dump apart into its date line, its whole lines, and what follows the last of them."""
    begins = raw.find(b"\n", 0, LONGEST_HEAD) + 1
    if not DATE_LINE.match(raw[:begins]):
        raise SourceDrift(f"line 1 is not a date line: {raw[:80]!r}")
    whole = raw.rfind(b"\n") + 1
    return Parts(raw[:begins], raw[begins:whole], raw[whole:])


def read_date_line(head: bytes) -> datetime:
    """The moment in a date line, in UTC."""
    found = DATE_LINE.match(head)
    try:
        written = found.group(1).decode("ascii") if found else ""
        return datetime.strptime(written, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except ValueError as error:
        raise SourceDrift(f"line 1 is not a date line: {head[:80]!r}") from error


def join_parts(parts: Sequence[bytes]) -> bytes:
    """Make one dump of split parts: the newest date line, then every part's records.

    A part that was cut goes last, so that the whole is seen to be cut.
    """
    if len(parts) == 1:
        return parts[0]
    heads, bodies = [], []
    for part in parts:
        first, newline, rest = part.partition(b"\n")
        dated = bool(newline) and DATE_LINE.match(first[:LONGEST_HEAD]) is not None
        heads += [first + newline] if dated else []
        bodies.append(rest if dated else part)
    if not heads:
        raise SourceDrift(f"none of {len(parts)} parts begins with a date line: {parts[0][:80]!r}")
    bodies.sort(key=lambda body: bool(body) and not body.endswith(b"\n"))  # stable: whole first
    ended = [body + b"\n" if not body.endswith(b"\n") else body for body in bodies[:-1] if body]
    return max(heads, key=read_date_line) + b"".join([*ended, bodies[-1]])


def _decode(body: bytes) -> str:
    foreign = len(body) - len(body.decode("ascii", "ignore")) if not body.isascii() else 0
    if foreign >= FEWEST_FOREIGN and _is_utf8(body):
        raise SourceDrift(f"the file is UTF-8, not cp1251: {_first_foreign(body)!r}")
    text = body.decode("cp1251", "replace")
    if text.count("\ufffd") > max(10, UNDECODABLE_SHARE * len(text)):
        raise SourceDrift(f"not cp1251: {text.count(chr(0xFFFD))} characters cannot be decoded")
    return text


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _first_foreign(body: bytes) -> bytes:
    found = re.search(rb"[\x80-\xff]", body)
    return body[found.start() : found.start() + 40] if found else b""


def _lines(text: str) -> pl.DataFrame:
    """One row a line: its fields, counted from both ends."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()  # the file ends as it should
    frame = pl.DataFrame({"line": lines}, schema={"line": pl.String}).with_columns(
        pl.col("line").str.strip_suffix("\r")
    )
    fields = pl.col("line").str.split(";")
    return frame.with_row_index("record", offset=2).with_columns(
        n_fields=fields.list.len(),
        addresses=fields.list.get(0, null_on_oob=True),
        domain=fields.list.get(1, null_on_oob=True),
        url=fields.list.slice(2, fields.list.len().cast(pl.Int64) - 5).list.join(";"),
        authority=fields.list.get(-3, null_on_oob=True),
        decision=fields.list.get(-2, null_on_oob=True),
        date=fields.list.get(-1, null_on_oob=True),
    )


def _judge(lines: pl.DataFrame) -> pl.DataFrame:
    dated = lines["line"].str.starts_with("Updated: ")  # date lines of further parts
    lines = _unquote(lines.filter(~dated) if dated.any() else lines)
    return lines.with_columns(reason=first_reason(REJECTS_OF_A_LINE))


def _unquote(lines: pl.DataFrame) -> pl.DataFrame:
    """Read lines that hold a quote by the rules of CSV, where they give six fields so."""
    quoted = lines.filter(pl.col("line").str.contains('"', literal=True))
    names = ("addresses", "domain", "url", "authority", "decision", "date")
    reread = [
        (record, *fields)
        for record, line in quoted.select("record", "line").iter_rows()
        if len(fields := _csv_fields(line)) == len(names)
    ]
    if not reread:
        return lines
    schema = pl.Schema({"record": lines.schema["record"], **dict.fromkeys(names, pl.String())})
    return lines.update(
        pl.DataFrame(reread, schema=schema, orient="row"), on="record"
    ).with_columns(
        n_fields=pl.when(pl.col("record").is_in([row[0] for row in reread]))
        .then(pl.lit(len(names), pl.UInt32))
        .otherwise("n_fields")
    )


def _csv_fields(line: str) -> list[str]:
    if len(line) > csv.field_size_limit():
        return []  # a quote somewhere in a field of megabytes: the plain rule reads it
    try:
        return next(csv.reader([line], delimiter=";", strict=True))
    except csv.Error:
        return []


def _rows(judged: pl.DataFrame) -> pl.DataFrame:
    def listed(column: str, between: str) -> pl.Expr:
        items = pl.col(column).str.split(between).list.eval(pl.element().str.strip_chars())
        return items.list.filter(pl.element() != "")

    absent = {
        column.name: pl.lit(None, kind)
        for column, kind in zip(
            REGISTER_ENTRIES.columns, REGISTER_ENTRIES.schema().values(), strict=True
        )
    }
    return judged.select(
        **absent
        | {
            "record": pl.col("record"),
            "addresses": pl.col("addresses").str.extract_all(r"[^|\s]+"),
            "domains": listed("domain", "|"),
            "urls": listed("url", " | "),
            "authority": pl.col("authority").str.strip_chars(),
            "decision_number": pl.col("decision").str.strip_chars(),
            "decision_date": DECISION_DATE,
            "networks": pl.lit([], pl.List(pl.String)),
        }
    )


def _rejects(judged: pl.DataFrame) -> pl.DataFrame:
    return judged.select("record", "reason", value=pl.col("line").str.slice(0, 200)).cast(
        REJECTS.schema()
    )


SOURCE = Source(
    name="ru_zapret_csv",
    title="Roskomnadzor block register (z-i mirror, CSV)",
    country="RU",
    homepage="https://github.com/zapret-info/z-i",
    licence="official act, no copyright (RF Civil Code, art. 1259.6)",
    fills=REGISTER_ENTRIES,
    at_least=1,  # the first snapshot of 2012 has a dozen entries; shrinking is judged by history
    read=read,
    framing=Framing(
        separator=b"\n",
        split=split,
        published_at=read_date_line,
        whole_tail=b"",
        first_record=2,
    ),
    files=r"dump.*\.csv",
    parts=r"dump(-\d\d)?\.csv",
    join=join_parts,
)
