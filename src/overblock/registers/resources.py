"""What entries name: each address, network, name and page, in canonical form.

An entry that names a page or a name *attaches* its addresses; one that names only addresses
*orders* them.  The two are never mixed: see docs/decisions/0003.
"""

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TypeAlias

import numpy as np
import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.addresses.formats import format_ipv6
from overblock.names.canonical import NAME, canonical_name, canonical_url

Canonical: TypeAlias = Callable[[str], str | None]

# What `canonical_url` would give back as it is; all else goes through it.
URL = r"^[a-z][a-z0-9+.-]*://" + NAME[1:-1] + r"(:[0-9]+)?(/[^?#]*)?(\?[^#]+)?(#.+)?$"
LENGTH = r"/(?:[0-9]|[12][0-9]|3[0-2])$"  # of an IPv4 network, as it is written without fail
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
    sound = parsed if fine.all() else parsed.filter(fine)
    single = (pl.col("ipv4_until") - pl.col("ipv4_from") == 1) | (
        pl.col("ipv6_first") == pl.col("ipv6_last")
    )
    rows = sound.with_columns(
        resource_kind=pl.when(single).then(pl.lit("address")).otherwise(pl.lit("prefix")),
        resource=_address_texts(sound),
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


def names_of(entries: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The names, masks and pages that entries name, a row each: `resources_of` without the rest."""
    named = pl.concat([_names(entries, keys), _pages(entries, keys)])
    return named.filter(pl.col("resource").is_not_null()).drop("written")


def _address_texts(rows: pl.DataFrame) -> pl.Series:
    """Each address or network in its one form; IPv6 is written in many, IPv4 hardly ever."""
    text, six = rows["resource"], rows["ipv6_first"].is_not_null()
    slashed = (~six & text.str.contains("/", literal=True)).arg_true()
    if len(slashed):
        text = text.scatter(slashed, _ipv4_texts(text.gather(slashed)))
    if not six.any():
        return text
    firsts = np.frombuffer(b"".join(rows.filter(six)["ipv6_first"]), dtype="S16")
    length = text.filter(six).str.extract(r"/0*([0-9]+)$").replace("128", None)
    ending = pl.select(pl.when(length.is_not_null()).then("/" + length).otherwise(pl.lit("")))
    return text.scatter(six.arg_true(), format_ipv6(firsts) + ending.to_series())


def _ipv4_texts(texts: pl.Series) -> pl.Series:
    """Sound IPv4 networks: those of one address as the address."""
    uncommon = (~texts.str.contains(LENGTH)).arg_true()
    if len(uncommon):
        common = [str(IPv4Network(text)) for text in texts.gather(uncommon)]
        texts = texts.scatter(uncommon, common)
    return texts.str.strip_suffix("/32")


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
    page = _canonical(pl.col("written"), URL, canonical_url)
    return written.with_columns(resource_kind=pl.lit("url"), resource=page)


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
