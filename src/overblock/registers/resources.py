"""What entries name: each address, network, name and page, in canonical form.

An entry that names a page or a name *attaches* its addresses; one that names only addresses
*orders* them.  The two are never mixed: see docs/decisions/0003.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.registers.names import NAME, canonical_name, canonical_url
from overblock.tables import REJECTS

ListingKind: TypeAlias = Literal["ordered", "attached"]
Canonical: TypeAlias = Callable[[str], str | None]

URL = r"^[a-z][a-z0-9+.-]*://[^/?#\s]+"
KIND = (
    pl.when((pl.col("domains").list.len() == 0) & (pl.col("urls").list.len() == 0))
    .then(pl.lit("ordered"))
    .otherwise(pl.lit("attached"))
)


@dataclass(frozen=True, slots=True)
class Resources:
    """``rows``: the keys asked for, ``resource_kind``, ``resource``, addresses, ``kind``.

    ``rejects``: the same keys, ``reason`` and ``value``, for values that are none of these.
    """

    rows: pl.DataFrame
    rejects: pl.DataFrame


def addresses_of(entries: pl.DataFrame, keys: list[str]) -> Resources:
    """The addresses and networks that entries list, a row each, under the entries' ``keys``."""
    exploded = (
        entries.select(*keys, kind=KIND, resource=pl.col("addresses"))
        .explode("resource", empty_as_null=False, keep_nulls=False)
    )  # fmt: skip
    parsed = pl.concat([exploded, parse_addresses(exploded["resource"])], how="horizontal")
    fine = parsed["problem"].is_null()
    single = (pl.col("ipv4_until") - pl.col("ipv4_from") == 1) | (
        pl.col("ipv6_first") == pl.col("ipv6_last")
    )
    rows = parsed.filter(fine).with_columns(
        resource_kind=pl.when(single).then(pl.lit("address")).otherwise(pl.lit("prefix")),
        resource=pl.col("resource").str.to_lowercase().str.strip_suffix("/32"),
    )
    return Resources(
        rows.drop("problem"),
        parsed.filter(~fine).select(*keys, reason="problem", value="resource"),
    )


def resources_of(entries: pl.DataFrame, keys: list[str]) -> Resources:
    """All that entries name, a row each: addresses, networks, names, masks and pages."""
    addresses = addresses_of(entries, keys)
    named = [_names(entries, keys), _pages(entries, keys)]
    rows = [
        part.filter(pl.col("resource").is_not_null()).drop("written") for part in named
    ]  # fmt: skip
    unread = [
        part.filter(pl.col("resource").is_null()).select(
            *keys,
            reason=pl.format("bad_{}", pl.col("resource_kind").str.replace("_mask", "")),
            value="written",
        )
        for part in named
    ]
    columns = addresses.rows.columns
    return Resources(
        pl.concat([addresses.rows, *rows], how="diagonal").select(columns),
        pl.concat([addresses.rejects, *unread]),
    )


def rejects_of(rejects: pl.DataFrame) -> pl.DataFrame:
    """Values that could not be read, as rows of `rejects` (needs the key ``record``)."""
    return rejects.select("record", "reason", pl.col("value").str.slice(0, 200)).cast(
        REJECTS.schema()
    )


def _names(entries: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    written = _exploded(entries, keys, "domains")
    plain = pl.col("written").str.to_lowercase().str.strip_suffix(".")
    masked = plain.str.starts_with("*.")
    name = _canonical(plain.str.strip_prefix("*."), NAME, canonical_name)
    return written.with_columns(
        resource_kind=pl.when(masked).then(pl.lit("domain_mask")).otherwise(pl.lit("domain")),
        resource=name,
    )


def _pages(entries: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    written = _exploded(entries, keys, "urls")
    host = pl.col("written").str.extract(r"^([^:/?#]+://[^/?#]*)").str.to_lowercase()
    rest = pl.col("written").str.replace(r"^[^:/?#]+://[^/?#]*", "")
    lowered = pl.when(host.is_not_null()).then(host + rest).otherwise(pl.col("written"))
    return written.with_columns(
        resource_kind=pl.lit("url"), resource=_canonical(lowered, URL, canonical_url)
    )


def _exploded(entries: pl.DataFrame, keys: list[str], column: str) -> pl.DataFrame:
    return entries.select(*keys, kind=KIND, written=pl.col(column)).explode(
        "written", empty_as_null=False, keep_nulls=False
    )


def _canonical(text: pl.Expr, pattern: str, slow: Canonical) -> pl.Expr:
    """The text itself where it has the usual shape in ASCII, else what ``slow`` makes of it."""
    usual = text.str.contains(pattern) & ~text.str.contains(r"[^\x21-\x7e]")
    return pl.when(usual).then(text).otherwise(
        pl.when(~usual).then(text).map_elements(slow, return_dtype=pl.String)
    )  # fmt: skip
