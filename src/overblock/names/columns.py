"""Names by the million: the same form as `overblock.names.canonical` gives, for whole columns.

Nearly all names are plain ASCII and need no more than lower case; only the rest go one by one.
"""

import polars as pl

from overblock.names.canonical import NAME, NUMBER_LAST, canonical_name

LONGEST_NAME = 253  # RFC 1035 section 2.3.4, as text
BLANKS = "".join(chr(point) for point in range(0x3001) if chr(point).isspace())  # as Python's
WILDCARD = "*."
FOREIGN = r"[^\x00-\x7f]"
ADDRESS_LIKE = r"^[0-9.]+$|^\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?$"


def canonical_names(written: pl.Series) -> pl.Series:
    """Host names in lower case and punycode, without the root's dot; null for what is none.

    ``*.`` in front stays: it is the name of all names below that have no record of their own
    (RFC 4592), and says nothing of the name behind it.

    >>> canonical_names(pl.Series(["Shop.Example.", "*.Пример.РФ", "192.0.2.7"])).to_list()
    ['shop.example', '*.xn--e1afmkfd.xn--p1ai', None]
    """
    bare = pl.col("text").str.strip_prefix(WILDCARD)
    usual = bare.str.to_lowercase().str.strip_suffix(".")
    frame = (
        pl.DataFrame({"text": written})
        .select(pl.col("text").str.strip_chars(BLANKS))
        .with_columns(
            foreign=pl.col("text").str.contains(FOREIGN),
            masked=pl.col("text").str.starts_with(WILDCARD),
        )
        .with_columns(plain=pl.when("foreign").then(_foreign(bare)).otherwise(usual))
    )
    is_name = pl.col("plain").str.contains(NAME) & ~pl.col("plain").str.contains(NUMBER_LAST)
    is_name &= pl.col("plain").str.len_bytes() <= LONGEST_NAME
    name = pl.when("masked").then(pl.concat_str(pl.lit(WILDCARD), "plain")).otherwise("plain")
    return frame.select(pl.when(is_name).then(name).alias(written.name)).to_series()


def _foreign(text: pl.Expr) -> pl.Expr:
    """Each distinct text once: names repeat, and IDNA is slow."""
    return text.map_batches(_foreign_names, return_dtype=pl.String)


def _foreign_names(texts: pl.Series) -> pl.Series:
    distinct = texts.filter(texts.str.contains(FOREIGN)).unique()
    if distinct.is_empty():
        return texts
    known = {text: canonical_name(text[: 4 * LONGEST_NAME]) for text in distinct}
    return texts.replace_strict(known, default=None, return_dtype=pl.String)
