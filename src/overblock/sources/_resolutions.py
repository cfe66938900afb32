"""What the sources of resolutions share: from names and addresses as written to rows and rejects.

A reader makes a frame with a row an answer (see `ANSWERS`) and hands it to `reading`.  There

* a name is put into its canonical form; what is none is rejected: ``no_name_but_address`` for an
  address in the place of a name, ``bad_name`` for the rest;
* an answer on which no public site can live (private, loopback, reserved: see
  `overblock.addresses.special`) is an outcome of its own, ``bogon``: it is a sign of blocking or of
  a slip, not an address;
* an answer that is no address at all is rejected;
* a moment that is none, or lies before there were names, is rejected as ``bad_timestamp``.

The same answer twice in one record is one row.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, TypeAlias

import numpy as np
import polars as pl

from overblock.addresses.bogons import bogons_ipv4, bogons_ipv6
from overblock.addresses.codec import parse_addresses
from overblock.addresses.formats import format_ipv6
from overblock.addresses.sixteen import from_series
from overblock.names.columns import ADDRESS_LIKE, canonical_names
from overblock.sources import Reading, first_reason
from overblock.sources._moments import moments
from overblock.tables import NAME_SIGNS, REJECTS, RESOLUTIONS, Table
from overblock.tables.names import OUTCOMES

ANSWERS = pl.Schema(
    {
        "record": pl.UInt32(),
        "value": pl.String(),  # what a reject of the record shows
        "reason": pl.String(),  # why it is rejected already; null while nothing is wrong
        "name": pl.String(),
        "address": pl.String(),  # null where none came
        "outcome": pl.String(),  # why none came; null where one did, or where nobody asked
        "moment": pl.String(),  # when it was asked, as written; null where that is not said
        "vantage": pl.String(),
        "chain": pl.List(pl.String()),
    }
)
SIGNS = pl.Schema(
    {
        "record": pl.UInt32(),
        "name": pl.String(),
        "sign": pl.String(),
        "value": pl.String(),
        "moment": pl.String(),
    }
)
VALUE_SIGNS = 200  # as much of a bad record as its reject shows
MOST_SIGN_SIGNS = 500  # as much of a title as tells a parked page
ASKED = {  # the words of DNS and of the programs that ask
    "NOERROR": "no_answer",
    "NO_ANSWER": "no_answer",
    "NORECORD": "no_answer",
    "NXDOMAIN": "nxdomain",
    "SERVFAIL": "servfail",
    "REFUSED": "refused",
    "TIMEOUT": "timeout",
    "ITERATIVE_TIMEOUT": "timeout",
}
WITH_ADDRESS = ("address", "bogon")  # which of them it is, the address itself decides
Stream: TypeAlias = Callable[[IO[bytes]], Iterator[Reading]]


def whole(stream: Stream, raw: bytes, table: Table = RESOLUTIONS) -> Reading:
    """All that a stream of batches says of one file, as one reading."""
    readings = list(stream(BytesIO(raw)))
    moments = [reading.published_at for reading in readings if reading.published_at]
    signs = [reading.signs for reading in readings if reading.signs is not None]
    return Reading(
        published_at=max(moments, default=None),
        rows=pl.concat([table.empty(), *(reading.rows for reading in readings)]),
        rejects=pl.concat([REJECTS.empty(), *(reading.rejects for reading in readings)]),
        signs=pl.concat(signs) if signs else None,
    )


def reading(answers: pl.DataFrame, signs: pl.DataFrame | None = None) -> Reading:
    """Rows and rejects of answers as written; ``signs`` of the same records, where there are any.

    What is rejected for its name or its moment has no signs either.
    """
    judged = _with_address(_with_name(answers)).with_columns(moments(answers["moment"]))
    judged = judged.with_columns(
        reason=pl.coalesce(
            "reason",
            "name_reason",
            first_reason(
                {
                    "bad_timestamp": pl.col("moment").is_not_null() & pl.col("seen_at").is_null(),
                    "no_address": pl.col("outcome").is_in(WITH_ADDRESS)
                    & pl.col("address").is_null(),
                    "unknown_outcome": ~pl.col("outcome").is_in(OUTCOMES),
                }
            ),
        )
    ).with_columns(record_reason=pl.col("reason"), reason=pl.coalesce("reason", "problem"))
    rejected = judged.filter(pl.col("reason").is_not_null())
    shown = pl.when(pl.col("record_reason").is_null()).then("address").otherwise("value")
    rejects = rejected.select(
        "record", "reason", value=pl.coalesce(shown, pl.lit("")).str.slice(0, VALUE_SIGNS)
    ).unique(maintain_order=True)
    rows = _rows(judged.filter(pl.col("reason").is_null()))
    told = None
    if signs is not None:
        told, more = _signs(signs, judged)
        rejects = pl.concat([rejects, more]).sort("record", maintain_order=True)
    return Reading(
        published_at=rows["seen_at"].max(),  # type: ignore[arg-type]  # of a column of instants
        rows=RESOLUTIONS.check(rows),
        rejects=REJECTS.check(rejects),
        signs=told,
    )


def as_answers(frame: pl.DataFrame, **known: pl.Expr | pl.Series) -> pl.DataFrame:
    """Answers of a frame with ``record``; what of `ANSWERS` is not ``known`` is null."""
    nothing = pl.Series("chain", [[]], dtype=pl.List(pl.String)).new_from_index(0, len(frame))
    missing = {name: pl.lit(None, kind) for name, kind in ANSWERS.items()}
    columns = missing | {"record": pl.col("record"), "chain": pl.lit(nothing)} | known
    return frame.select(**columns).select(*ANSWERS).cast(ANSWERS)


def _with_name(answers: pl.DataFrame) -> pl.DataFrame:
    """Add the canonical ``name``, and the ``name_reason`` where there is none.

    A null stands for the address of the same row, which is its own name.
    """
    name = canonical_names(answers["name"])
    lacks = pl.col("name").is_null() & ~(
        pl.col("written").is_null() & pl.col("address").is_not_null()
    )
    like_address = pl.col("written").str.contains(ADDRESS_LIKE)
    return (
        answers.rename({"name": "written"})
        .with_columns(name.alias("name"))
        .with_columns(
            name_reason=first_reason(
                {"no_name_but_address": lacks & like_address, "bad_name": lacks}
            )
        )
    )


def _with_address(answers: pl.DataFrame) -> pl.DataFrame:
    """Add ``ipv4``, ``ipv6``, the final ``outcome``, ``answer``, and the ``problem``, if any."""
    parsed = parse_addresses(answers["address"].fill_null("").str.strip_chars("[]"))
    one_ipv4 = (pl.col("ipv4_until") - pl.col("ipv4_from") == 1).fill_null(value=False)
    one_ipv6 = (pl.col("ipv6_first") == pl.col("ipv6_last")).fill_null(value=False)
    single = parsed.select(
        ipv4=pl.when(one_ipv4).then("ipv4_from").cast(pl.UInt32),
        ipv6=pl.when(one_ipv6).then("ipv6_first"),
        problem="problem",
    )
    bogon = _bogons(single["ipv4"], single["ipv6"]) | (
        single["problem"] == "ipv4_mapped"
    ).fill_null(value=False)
    given, is_bogon = pl.col("address").is_not_null(), pl.lit(bogon)
    not_believed = given & pl.col("outcome").is_in(["rewritten", "disputed"]).fill_null(value=False)
    no_place = is_bogon | not_believed
    has_one = pl.col("ipv4").is_not_null() | pl.col("ipv6").is_not_null()
    return answers.hstack(single).with_columns(
        pl.when(~no_place).then(pl.col("ipv4", "ipv6")),
        pl.coalesce("name", pl.when(pl.col("written").is_null()).then(_own_names(answers, single))),
        answer=pl.when(no_place).then("address"),
        outcome=pl.when(not_believed)
        .then("outcome")
        .when(is_bogon)
        .then(pl.lit("bogon"))
        .when(given)
        .then(pl.lit("address"))
        .otherwise(pl.col("outcome").fill_null("unasked")),
        problem=pl.when(given & ~has_one & ~is_bogon).then(
            pl.coalesce("problem", pl.lit("not_an_address"))
        ),
    )


def _own_names(answers: pl.DataFrame, single: pl.DataFrame) -> pl.Series:
    """Addresses as names of their own, in their one form."""
    text = answers["address"].str.strip_chars("[]").str.strip_suffix("/32")
    lone = single.with_row_index("row").filter(
        pl.lit(answers["written"].is_null()) & pl.col("ipv6").is_not_null()
    )
    if lone.is_empty():
        return text
    return text.scatter(lone["row"], format_ipv6(from_series(lone["ipv6"])))


def _bogons(ipv4: pl.Series, ipv6: pl.Series) -> pl.Series:
    found = np.zeros(len(ipv4), np.bool_)
    four = np.flatnonzero(ipv4.is_not_null().to_numpy())
    found[four] = bogons_ipv4(ipv4.drop_nulls().to_numpy())
    six = np.flatnonzero(ipv6.is_not_null().to_numpy())
    if len(six):
        found[six] = bogons_ipv6(from_series(ipv6.drop_nulls()))
    return pl.Series(found)


def _rows(answers: pl.DataFrame) -> pl.DataFrame:
    rows = answers.select(*RESOLUTIONS.schema().names())
    if rows["record"].n_unique() < len(rows):
        rows = rows.unique(subset=RESOLUTIONS.key, keep="first", maintain_order=True)
    if not rows["chain"].list.len().sum():
        return rows
    aliases = rows.select("chain").with_row_index("row").explode("chain", empty_as_null=False)
    named = aliases.with_columns(canonical_names(aliases["chain"])).drop_nulls("chain")
    chains = named.group_by("row", maintain_order=True).agg("chain")
    return (
        rows.drop("chain")
        .with_row_index("row")
        .join(chains, on="row", how="left", maintain_order="left")
        .with_columns(pl.col("chain").fill_null(pl.lit([], pl.List(pl.String))))
        .select(*RESOLUTIONS.schema().names())
    )


def _signs(signs: pl.DataFrame, judged: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Signs of the records that are sound, and rejects of those that hold nothing but signs."""
    unsound = judged.filter(pl.col("record_reason").is_not_null()).select("record").unique()
    kept = (
        signs.join(unsound, on="record", how="anti", maintain_order="left")
        .rename({"name": "written"})
        .with_columns(pl.col("value").str.strip_chars().str.slice(0, MOST_SIGN_SIGNS))
    )
    server = pl.col("value").str.to_lowercase().str.strip_suffix(".")
    kept = kept.with_columns(
        pl.when(pl.col("sign") == "name_server").then(server).otherwise("value").alias("value"),
        canonical_names(kept["written"]).alias("name"),
        seen_at=moments(kept["moment"]),
    )
    nameless = kept.filter(pl.col("name").is_null())
    rejects = nameless.select(
        "record",
        reason=pl.lit("bad_name"),
        value=pl.col("written").fill_null("").str.slice(0, VALUE_SIGNS),
    )
    rows = (
        kept.filter(pl.col("name").is_not_null(), pl.col("value") != "")
        .select(*NAME_SIGNS.schema().names())
        .unique(subset=NAME_SIGNS.key, keep="first", maintain_order=True)
    )
    return NAME_SIGNS.check(rows), rejects.unique(maintain_order=True)
