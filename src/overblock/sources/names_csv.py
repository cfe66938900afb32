"""One's own names and addresses as CSV, parted by commas, semicolons or tabs, under a header.

::

    name,address,seen_at,title
    shop.example,192.0.2.7,2018-04-16T21:00:00Z,Shop
    *.museum.example,192.0.2.8 192.0.2.9,2018-04-16,"Museum, open daily"

The columns may also be called by other names, which the page about ingesting names lists; one of
names must be there.  A name without an address and without an outcome is ``unasked``.  A record is
a line: a field in quotes may hold the separator, but no line break.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import polars as pl

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source, first_reason
from overblock.sources._lines import as_frame, blocks
from overblock.sources._own_names import names_a_name, own_reading
from overblock.sources._resolutions import whole
from overblock.tables import RESOLUTIONS

SEPARATORS = ",;\t"
MOST_COLUMNS = 200
SURPLUS = "surplus field"  # a blank in it: no header of ours has one


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: its separator and what its columns are called."""

    separator: str
    columns: list[str]


def header_of(line: str) -> Header | None:
    """Read a line as the header of such a file; None if it names no column of names.

    >>> header_of("Domain;IP")
    Header(separator=';', columns=['domain', 'ip'])
    """
    for separator in SEPARATORS:
        columns = [column.strip().strip('"').lower() for column in line.split(separator)]
        if names_a_name(columns) and len(columns) <= MOST_COLUMNS:
            distinct = [
                name if name and name not in columns[:place] else f"column {place}"
                for place, name in enumerate(columns)
            ]
            return Header(separator, distinct)
    return None


def stream(opened: IO[bytes]) -> Iterator[Reading]:
    """Read the records, a block at a time.

    Raises:
        SourceDrift: it is empty, a web page, in UTF-16, or its first line is no header of this.
    """
    header: Header | None = None
    for block in blocks(opened, "names_csv"):
        frame = as_frame(block)
        if header is None:
            header = header_of(frame["value"][0])
            if header is None:
                raise SourceDrift(
                    f"names_csv: line 1 calls no column name or domain: {block.lines[:80]!r}"
                )
            frame = frame.slice(1)
        yield own_reading(_fields(frame, header))


def read(raw: bytes) -> Reading:
    """Read the records whole; see `stream`."""
    return whole(stream, raw)


def _fields(lines: pl.DataFrame, header: Header) -> pl.DataFrame:
    """Cut lines into the columns of the header; quotes are left to Python's reader."""
    filled = lines.filter(pl.col("value").str.strip_chars() != "")
    quoted = filled["value"].str.contains('"', literal=True)
    cut = _cut(filled.filter(~quoted), header)
    if quoted.any():
        cut = pl.concat([cut, _cut_quoted(filled.filter(quoted), header)]).sort("record")
    last = header.columns[-1]
    judged = first_reason(
        {
            "too_many_fields": pl.col(SURPLUS).is_not_null(),
            "too_few_fields": pl.col(last).is_null(),
        }
    )
    return cut.with_columns(reason=pl.coalesce("reason", judged)).drop(SURPLUS)


def _cut(lines: pl.DataFrame, header: Header) -> pl.DataFrame:
    names = [*header.columns, SURPLUS]
    parts = pl.col("value").str.splitn(header.separator, len(names))
    return lines.with_columns(parts.struct.rename_fields(names).alias("cut")).unnest("cut")


def _cut_quoted(lines: pl.DataFrame, header: Header) -> pl.DataFrame:
    width = len(header.columns)
    names = [*header.columns, SURPLUS]
    rows = []
    for line in lines["value"]:
        try:
            found = next(csv.reader([line], delimiter=header.separator, strict=True))
        except (csv.Error, StopIteration):
            found = []
        padded: list[str | None] = [*found[: width + 1], *[None] * (width + 1 - len(found))]
        rows.append(padded)
    fields = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return lines.hstack(fields)


SOURCE = Source(
    name="names_csv",
    title="One's own names and addresses, CSV with a header",
    country=None,
    homepage="",
    licence="that of its publisher",
    fills=RESOLUTIONS,
    at_least=1,
    read=read,
    stream=stream,
    files=r".*\.(csv|tsv)",
)
