"""One's own plain list: a name a line, an address a line, or a name and an address.

::

    # shops that asked us
    shop.example
    shop.example 192.0.2.7
    192.0.2.8, пример.рф
    https://museum.example/visit
    198.51.100.4

Blanks, a comma, a semicolon or a tab part the two; which of them is the address shows by itself.
Of a page only the host counts.  A name alone is ``unasked``: nobody said where it lives, and
``overblock resolve`` finds out.  An address alone stands for itself: it is its own name.  Empty
lines and comments (``#`` at the start or after a blank) are no records.
"""

from collections.abc import Iterator
from typing import IO

import polars as pl

from overblock.sources import Reading, Source, first_reason
from overblock.sources._lines import Block, as_frame, blocks
from overblock.sources._resolutions import as_answers, reading, whole
from overblock.tables import RESOLUTIONS

URL_HOST = r"^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)"
ADDRESS = r"^(?:\d{1,3}\.){3}\d{1,3}(?:/\d+)?$|^\[?[0-9A-Fa-f.]*:[0-9A-Fa-f.:]*(?:/\d+)?\]?$"
PARTS = 2


def stream(opened: IO[bytes]) -> Iterator[Reading]:
    """Read the list, a block of lines at a time.

    Raises:
        SourceDrift: it is empty, a web page, or in UTF-16.
    """
    for block in blocks(opened, "names_list"):
        yield reading(_answers(block))


def read(raw: bytes) -> Reading:
    """Read the list whole; see `stream`."""
    return whole(stream, raw)


def _answers(block: Block) -> pl.DataFrame:
    text = pl.col("text").str.replace(r"(?s)(?:^|\s)#.*$", "").str.strip_chars(" \t\r,;")
    parts = pl.col("text").str.splitn(";", PARTS + 1).struct
    first, second, surplus = (parts.field(f"field_{number}") for number in range(PARTS + 1))
    cut = (
        as_frame(block)
        .with_columns(text=pl.col("value"))
        .with_columns(text)
        .filter(pl.col("text") != "")
        .with_columns(pl.col("text").str.replace_all(r"\s*[\s,;]\s*", ";"))
        .with_columns(first=first, second=second, surplus=surplus)
    )
    hosts = [
        pl.coalesce(pl.col(part).str.extract(URL_HOST), part).str.strip_chars("[]")
        for part in ("first", "second")
    ]
    cut = cut.with_columns(hosts)
    is_address = pl.col("first").str.contains(ADDRESS)
    turned = is_address & pl.col("second").is_not_null()
    return as_answers(
        cut,
        value=pl.col("value").str.strip_chars(),
        reason=pl.coalesce(
            "reason", first_reason({"too_many_fields": pl.col("surplus").is_not_null()})
        ),
        name=pl.when(turned).then("second").when(~is_address).then("first"),
        address=pl.when(is_address).then("first").otherwise("second"),
    )


SOURCE = Source(
    name="names_list",
    title="A list of names, of addresses, or of names with addresses, one a line",
    country=None,
    homepage="",
    licence="that of its publisher",
    fills=RESOLUTIONS,
    at_least=1,
    read=read,
    stream=stream,
    files=r".*\.(txt|lst|list)",
)
