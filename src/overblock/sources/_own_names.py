"""One's own names and addresses: what the columns may be called, whatever the format of the file.

    name        also domain, hostname, host, fqdn
    address     also ip, ip_address, ipv4, ipv6, a, aaaa, answer; several in one field are parted
                by blanks, commas or bars
    outcome     why there is no address: nxdomain, no_answer, servfail, refused, timeout, error
    seen_at     also timestamp, time, date: ISO 8601, UTC where no zone is said, or seconds
    vantage     also probe: where it was asked from
    chain       also cname: the aliases followed, in order
    title, status, redirect, name_server (also ns)    signs by which parked pages are told

Case does not matter, and other columns are passed over.
"""

import polars as pl

from overblock.sources import Reading
from overblock.sources._resolutions import SIGNS, as_answers, reading

NAME = ("name", "domain", "hostname", "host", "fqdn")
ADDRESS = ("address", "ip", "ip_address", "ipv4", "ipv6", "a", "aaaa", "answer")
MOMENT = ("seen_at", "timestamp", "time", "date")
VANTAGE = ("vantage", "probe")
CHAIN = ("chain", "cname")
SIGN = {
    "title": "title",
    "status": "status",
    "redirect": "redirect",
    "name_server": "name_server",
    "ns": "name_server",
}
SEVERAL = r"[\s,|]"  # parts several addresses in one field


def names_a_name(columns: list[str]) -> bool:
    """Whether one of the columns holds names."""
    return any(column.strip().lower() in NAME for column in columns)


def own_reading(fields: pl.DataFrame) -> Reading:
    """What records say: ``record``, ``value``, ``reason`` and columns of text called as above.

    A field is a text, or a list of texts for addresses and chains.
    """
    frame = fields.rename({column: column.strip().lower() for column in fields.columns})
    frame = frame.with_columns(name=_first(frame, NAME).fill_null(""))
    known: dict[str, pl.Expr | pl.Series] = {
        "value": pl.coalesce("value", "name"),
        "reason": pl.col("reason"),
        "name": pl.col("name"),
        "outcome": _first(frame, ("outcome",)).str.to_lowercase(),
        "moment": _first(frame, MOMENT),
        "vantage": _first(frame, VANTAGE),
    }
    signs = _signs(frame, known["moment"])
    if any(column in frame.columns for column in CHAIN):
        frame = frame.with_columns(chain=_all_texts(frame, CHAIN))
        known["chain"] = pl.col("chain")
    frame = _one_address_a_row(frame)
    return reading(as_answers(frame, **known, address=pl.col("address")), signs)


def _one_address_a_row(frame: pl.DataFrame) -> pl.DataFrame:
    """Take fields with several addresses apart, where there are any."""
    present = [column for column in ADDRESS if column in frame.columns]
    if not present:
        return frame.with_columns(address=pl.lit(None, pl.String))
    (first, *others) = present
    if not others and frame.schema[first] == pl.String:
        plain = frame.with_columns(address=_text(frame, first))
        if not plain["address"].str.contains(SEVERAL).any():
            return plain
    return frame.with_columns(address=_all_texts(frame, ADDRESS)).explode(
        "address", empty_as_null=True
    )


def _all_texts(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.Expr:
    """What several fields say, as one list."""
    return pl.concat_list([_texts(frame, column) for column in columns if column in frame.columns])


def _first(frame: pl.DataFrame, columns: tuple[str, ...]) -> pl.Expr:
    """The first of the columns that says anything in a row."""
    present = [_text(frame, column) for column in columns if column in frame.columns]
    return pl.coalesce(*present) if present else pl.lit(None, pl.String)


def _text(frame: pl.DataFrame, column: str) -> pl.Expr:
    kind = frame.schema[column]
    text = pl.col(column)
    if kind == pl.List(pl.String):
        text = text.list.join(" ")
    elif kind != pl.String:
        text = text.cast(pl.String)
    stripped = text.str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def _texts(frame: pl.DataFrame, column: str) -> pl.Expr:
    """A field as a list of texts, empty ones left out."""
    if frame.schema[column] == pl.List(pl.String):
        whole = pl.col(column).fill_null(pl.lit([], pl.List(pl.String)))
        return whole.list.eval(pl.element().filter(pl.element() != ""))
    text = _text(frame, column).fill_null("").str.replace_all(SEVERAL, "|")
    return text.str.split("|").list.eval(pl.element().filter(pl.element() != ""))


def _signs(frame: pl.DataFrame, moment: pl.Expr | pl.Series) -> pl.DataFrame | None:
    found = []
    for column, sign in SIGN.items():
        if column not in frame.columns:
            continue
        several = sign == "name_server"
        values = _texts(frame, column) if several else pl.concat_list(_text(frame, column))
        one = frame.select(
            "record", "name", sign=pl.lit(sign), value=values, moment=moment
        ).explode("value", empty_as_null=False)
        found.append(one.drop_nulls("value").cast(SIGNS))
    return pl.concat(found).sort("record", maintain_order=True) if found else None
