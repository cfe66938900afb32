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
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Framing, Parts, Reading, Source, first_reason
from overblock.tables import REGISTER_ENTRIES, REJECTS

DATE_LINE = re.compile(rb"Updated: (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4})\s*\Z")
LONGEST_HEAD = 200  # bytes: a longer first line is no date line, whatever it is
UNDECODABLE_SHARE = 0.001  # of the characters: beyond it the file is not cp1251
UNDEFINED = b"\x98"  # the one byte that means nothing in cp1251
FEWEST_FOREIGN = 12  # bytes beyond ASCII: fewer may pass for UTF-8 by chance
FIELDS = ("addresses", "domain", "url", "authority", "decision", "date")
NAMING = ("domain", "addresses", "url")  # a field that nearly all lines have first
PIECE_BYTES = 1 << 18  # decoded at a time: what is made of them stays in the cache


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
    _check_decodable(raw)
    judged = _judge(_lines(raw, parts.begin), raw)
    return Reading(
        published_at=published_at,
        rows=_rows(judged.filter(pl.col("reason").is_null())),
        rejects=_rejects(judged.filter(pl.col("reason").is_not_null())),
        flags=("cut",) if parts.tail else (),
    )


def split(raw: bytes) -> Parts:
    """Take a dump apart into its date line, its whole lines, and what follows the last of them.

    Raises:
        SourceDrift: it has no date line, or is UTF-8.
    """
    begins = raw.find(b"\n", 0, LONGEST_HEAD) + 1
    if not DATE_LINE.match(raw[:begins]):
        raise SourceDrift(f"line 1 is not a date line: {raw[:80]!r}")
    if not raw.isascii() and _is_utf8(raw):
        raise SourceDrift(f"the file is UTF-8, not cp1251: {_first_foreign(raw)!r}")
    whole = raw.rfind(b"\n") + 1
    return Parts(raw[:begins], raw, raw[whole:], begins, whole)


def read_date_line(head: bytes) -> datetime:
    """The moment in a date line, in UTC."""
    found = DATE_LINE.match(head)
    try:
        written = found.group(1).decode("ascii") if found else ""
        return datetime.strptime(written, "%Y-%m-%d %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError) as error:
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


def _check_decodable(raw: bytes) -> None:
    n_undefined = raw.count(UNDEFINED) if UNDEFINED in raw else 0  # to count is slow
    if n_undefined > max(10, UNDECODABLE_SHARE * len(raw)):
        raise SourceDrift(f"not cp1251: {n_undefined} characters cannot be decoded")


def _is_utf8(body: bytes) -> bool:
    """Whether text beyond ASCII is UTF-8, and too much of it to be so by chance."""
    try:
        text = body.decode("utf-8")  # in cp1251 text this fails at the first Cyrillic word
    except UnicodeDecodeError:
        return False
    return len(body) - len(text) >= FEWEST_FOREIGN


def _first_foreign(body: bytes) -> bytes:
    found = re.search(rb"[\x80-\xff]", body)
    return body[found.start() : found.start() + 40] if found else b""


def _lines(raw: bytes, begin: int) -> pl.DataFrame:
    """One row a line, with its ``FIELDS`` (null where it has too few) and its number."""
    pieces = pl.Series("line", list(_utf8_pieces(raw, begin)), pl.Binary).cast(pl.String)
    lines = pieces.str.split("\n").explode()
    if b"\r" in raw:
        lines = lines.str.strip_suffix("\r")
    fields = lines.str.splitn(";", len(FIELDS)).struct.rename_fields(FIELDS).struct.unnest()
    odd = fields["date"].str.contains(";", literal=True)  # the last holds what is too many
    if b'"' in raw:
        odd = odd.fill_null(value=False) | lines.str.contains('"', literal=True)
    numbered = lines.to_frame().with_row_index("record", offset=2)
    return _reread(numbered.hstack(fields), odd)


def _utf8_pieces(raw: bytes, begin: int) -> Iterator[bytes]:
    """All from ``begin`` on in UTF-8, some lines at a time, the last without its newline."""
    view = memoryview(raw)
    while begin < len(raw):
        end = raw.rfind(b"\n", begin, begin + PIECE_BYTES) + 1
        end = end or raw.find(b"\n", begin) + 1 or len(raw)
        yield str(view[begin:end], "cp1251", "replace").encode().removesuffix(b"\n")
        begin = end


def _reread(lines: pl.DataFrame, odd: pl.Series) -> pl.DataFrame:
    """Read the few odd lines one by one, and put what they say in their places."""
    if not odd.any():
        return lines
    rows = [_fields(line) for line in lines["line"].filter(odd)]
    places = odd.arg_true()
    columns = zip(FIELDS, zip(*rows, strict=True), strict=True)
    return lines.with_columns(
        lines[name].scatter(places, pl.Series(values, dtype=pl.String)) for name, values in columns
    )


def _judge(lines: pl.DataFrame, raw: bytes) -> pl.DataFrame:
    """Lines with ``decision_date``, and ``reason`` where they are rejects; ``raw`` holds them."""
    line = pl.col("line")
    nul = line.str.contains("\0", literal=True) if b"\0" in raw else pl.lit(value=False)
    foreign = line.str.contains("\ufffd", literal=True) if UNDEFINED in raw else pl.lit(value=False)
    rejects = {  # the first condition that holds names the reason; reasons are never renamed
        "empty": line == "",
        "nul_byte": nul,
        "undecodable": foreign,
        "too_few_fields": pl.col("date").is_null(),
        "bad_decision_date": pl.col("decision_date").is_null(),
        "nothing_named": pl.lit(_nothing_named(lines)),
    }
    dated = lines.with_columns(decision_date=pl.col("date").str.to_date("%Y-%m-%d", strict=False))
    return dated.with_columns(reason=first_reason(rejects))


def _nothing_named(lines: pl.DataFrame) -> pl.Series:
    """Which lines have only bars and blanks where they should name something."""
    left = pl.arange(len(lines), eager=True)
    for field in NAMING:
        named = lines[field].gather(left).str.contains(r"[^|\s]").fill_null(value=False)
        left = left.filter(~named)
    return pl.Series([False]).new_from_index(0, len(lines)).scatter(left, values=True)


def _fields(line: str) -> list[str] | list[None]:
    """The fields of a line with quotes or with more separators than fields.

    By the rules of CSV where they give six; else two from the left and three from the right.
    """
    fields = _csv_fields(line)
    if len(fields) != len(FIELDS):
        plain = line.split(";")
        if len(plain) < len(FIELDS):
            return [None for _ in FIELDS]
        fields = [*plain[:2], ";".join(plain[2:-3]), *plain[-3:]]
    return fields


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
            "addresses": pl.col("addresses")
            .str.replace_all(" ", "|", literal=True)  # either parts them
            .str.split("|")
            .list.filter(pl.element() != ""),
            "domains": listed("domain", "|"),
            "urls": listed("url", " | "),
            "authority": pl.col("authority").str.strip_chars(),
            "decision_number": pl.col("decision").str.strip_chars(),
            "decision_date": pl.col("decision_date"),
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
