"""The test lists of the Citizen Lab: pages by category, for the world or a country.

::

    url,category_code,category_description,date_added,source,notes
    https://www.shop.example/,COMM,E-commerce,2014-04-15,citizenlab,
    https://news.example/a?b=1,NEWS,News Media,2017-04-12,OONI,"a note, in quotes"

Only the host of a page counts; several pages of one host and category are one row, and the record
of the first is kept.  Codes are mapped to plain sectors by ``citizenlab_sectors.csv``, reviewed by
hand, which also knows the codes that older lists have; a code that it does not know, and control
pages, have no sector.
"""

import csv
from functools import cache
from importlib import resources
from io import StringIO

import polars as pl

from overblock.errors import SourceDrift
from overblock.names.columns import ADDRESS_LIKE, canonical_names
from overblock.sources import Reading, Source, first_reason
from overblock.sources._ranks import VALUE_SIGNS, lines_of
from overblock.tables import NAME_CATEGORIES, REJECTS

TABLE = "citizenlab_sectors.csv"
MOST_BYTES = 1 << 26  # a hundred times the longest of these lists
MOST_FIELD = 1 << 17
FIRST = ("url", "category_code")
HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]+)"
CODE = r"^[A-Z][A-Z0-9]{1,7}$"


@cache
def sectors() -> dict[str, str]:
    """The reviewed table: a plain sector for each code that has one."""
    text = resources.files("overblock.sources").joinpath(TABLE).read_text("utf-8")
    return {
        row["category"]: row["sector"] for row in csv.DictReader(StringIO(text)) if row["sector"]
    }


def read(raw: bytes) -> Reading:
    """Read one list.

    Raises:
        SourceDrift: it is empty, a web page, too large, or has another header.
    """
    if len(raw) > MOST_BYTES:
        raise SourceDrift(f"citizenlab_lists: {len(raw)} bytes, more than {MOST_BYTES}")
    lines = lines_of(raw, "citizenlab_lists")
    header = tuple(column.strip() for column in lines["value"][0].split(","))
    if header[:2] != FIRST:
        raise SourceDrift(f"citizenlab_lists: no header of theirs: {lines['value'][0][:80]!r}")
    judged = _judge(_cut(lines.slice(1)))
    sound = judged.filter(pl.col("reason").is_null())
    rows = sound.unique(["canonical", "category"], keep="first", maintain_order=True).select(
        pl.col("record").cast(pl.UInt32), name="canonical", category="category", sector="sector"
    )
    rejects = judged.filter(pl.col("reason").is_not_null()).select(
        pl.col("record").cast(pl.UInt32), "reason", pl.col("value").str.slice(0, VALUE_SIGNS)
    )
    return Reading(
        published_at=None,  # it says when each page was added, not when it was published
        rows=NAME_CATEGORIES.check(rows),
        rejects=REJECTS.check(rejects),
    )


def _cut(lines: pl.DataFrame) -> pl.DataFrame:
    """The first two fields of each line; notes behind them may hold anything."""
    pages, codes = [], []
    for line in lines["value"]:
        try:
            fields = next(csv.reader([line[:MOST_FIELD]]))
        except (csv.Error, StopIteration):
            fields = []
        pages.append(fields[0].strip() if len(fields) > 1 else None)
        codes.append(fields[1].strip().upper() if len(fields) > 1 else None)
    return lines.with_columns(
        page=pl.Series(pages, dtype=pl.String), category=pl.Series(codes, dtype=pl.String)
    )


def _judge(lines: pl.DataFrame) -> pl.DataFrame:
    hosts = lines.with_columns(host=pl.col("page").str.extract(HOST).str.strip_chars("[]"))
    named = hosts.with_columns(canonical_names(hosts["host"].fill_null("")).alias("canonical"))
    nameless = pl.col("canonical").is_null()
    reasons = {
        "too_few_fields": pl.col("page").is_null(),
        "bad_url": pl.col("host").is_null(),
        "no_name_but_address": nameless & pl.col("host").str.contains(ADDRESS_LIKE),
        "bad_name": nameless,
        "bad_category": ~pl.col("category").str.contains(CODE),
    }
    return named.with_columns(
        reason=pl.coalesce("reason", first_reason(reasons)),
        sector=pl.col("category").replace_strict(sectors(), default=None, return_dtype=pl.String),
    )


SOURCE = Source(
    name="citizenlab_lists",
    title="Citizen Lab test lists, pages by category",
    country=None,
    homepage="https://github.com/citizenlab/test-lists",
    licence="CC BY-NC-SA 4.0",
    fills=NAME_CATEGORIES,
    at_least=5,
    read=read,
    files=r"(global|[a-z]{2,3})\.csv",
)
