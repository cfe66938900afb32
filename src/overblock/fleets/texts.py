"""Inventories that are text: their encoding and their lines."""

import polars as pl

from overblock.errors import SourceDrift

MARKS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


def text_of(raw: bytes) -> str:
    """The text of a file: UTF-8, or UTF-16 where it says so; odd signs are kept as marks.

    Raises:
        SourceDrift: there is a NUL in it, so it is no text.
    """
    encoding = next((name for mark, name in MARKS if raw.startswith(mark)), "utf-8")
    text = raw.decode(encoding, "replace")
    if "\0" in text:
        raise SourceDrift("the inventory is no text: it holds a NUL")
    return text


def lines_of(raw: bytes) -> pl.DataFrame:
    """``line`` (1-based) and ``text``."""
    text = text_of(raw).replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n")
    frame = pl.DataFrame({"text": [text]}).select(pl.col("text").str.split("\n"))
    return frame.explode("text").with_row_index("line", offset=1)
