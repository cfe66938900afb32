r"""A plain list: addresses, networks, names or pages, one a line.

::

    # our shops
    192.0.2.7
    198.51.100.0/24   # the office
    https://shop.example/cart

What stands behind a `#` is nobody's business but the author's: it is not read.  A line that holds
more than one value is a reject, since which of them is meant would be a guess.
"""

import polars as pl

from overblock.fleets.items import Inventory, read_items
from overblock.fleets.texts import lines_of

FORM = "plain list"


def read(raw: bytes) -> Inventory:
    """Read a plain list; places are ``line 7``."""
    text = pl.col("text")
    lines = lines_of(raw)
    if b"#" in raw or b";" in raw:
        lines = lines.with_columns(text.str.replace(r"(^|\s)[#;].*$", ""))
    lines = lines.with_columns(text.str.strip_chars(" \t\r,;\"'")).filter(text.str.len_chars() > 0)
    several = text.str.contains(r"\s") | (
        text.str.contains(r"[,;]") & ~text.str.contains("://", literal=True)
    )
    place = pl.format("line {}", "line")
    found = lines.filter(~several).select(
        label=pl.lit(None, pl.String), written="text", place=place
    )
    read_in = read_items(FORM, found)
    refused = lines.filter(several).select(place=place, reason=pl.lit("several_values"))
    return Inventory(form=FORM, items=read_in.items, rejects=pl.concat([read_in.rejects, refused]))
