"""What inventories hold, brought into one form: addresses, networks and names with a label.

Inventories hold passwords, keys and tags.  A reader hands over only the fields that it knows to
hold an address or a name; here they become that or a reject, and a reject carries no value.
"""

from dataclasses import dataclass
from functools import reduce
from operator import or_
from urllib.parse import urlsplit

import numpy as np
import polars as pl

from overblock.addresses.codec import IPV6_BITS, parse_addresses
from overblock.addresses.formats import format_ipv4, format_ipv6, format_ipv6_prefixes
from overblock.addresses.formats import format_prefixes as format_ipv4_prefixes
from overblock.addresses.intervals import ONE, WIDTH
from overblock.addresses.single import parse_one
from overblock.addresses.sixteen import from_series, to_words
from overblock.errors import BadAddress
from overblock.names.canonical import NUMBER_LAST, canonical_name
from overblock.tables import ADDRESS_COLUMNS, INVENTORY_ITEMS

MOST_SIGNS = 80  # of a label
SLICE = 1 << 20  # values at a time: what is made of them on the way fits memory
LONGEST_VALUE = 2000  # signs: a page's address may be long, a host name not
FOUND = pl.Schema({"label": pl.String, "written": pl.String, "place": pl.String})
REFUSED = pl.Schema({"place": pl.String, "reason": pl.String})
PARSED = (*ADDRESS_COLUMNS, "problem")
TOLD_PROBLEMS = ("host_bits", "bad_prefix_length")  # so near to an address that it was meant as one
USUAL_NAME = r"^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$"
PRIVATE = (
    "10.0.0.0/8",  # private use, RFC 1918
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",  # shared with customers behind one address, RFC 6598
    "127.0.0.0/8",  # loopback, RFC 1122
    "0.0.0.0/8",  # this network, RFC 1122
    "169.254.0.0/16",  # link local, RFC 3927
)
PRIVATE_IPV6 = ("fc00::/7", "fe80::/10", "::1/128", "::/128")  # RFC 4193, RFC 4291


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """``items`` is of `overblock.tables.INVENTORY_ITEMS`; ``rejects`` has ``place``, ``reason``."""

    form: str  # which reader read it
    items: pl.DataFrame
    rejects: pl.DataFrame


def read_items(form: str, found: pl.DataFrame) -> Inventory:
    """Bring what a reader found (``label``, ``written``, ``place``) into one form.

    A page's address gives the name or address that it stands on: its path and its credentials
    stay behind.  A label that is null or empty is the target itself.
    """
    parts = [_read_part(part) for part in found.iter_slices(SLICE)]
    items = pl.concat([INVENTORY_ITEMS.empty(), *(items for items, _ in parts)])
    bare = found["label"].null_count() == len(found)  # then the target is the label
    return Inventory(
        form=form,
        items=items.unique(
            "target" if bare else INVENTORY_ITEMS.key, keep="first", maintain_order=True
        ),
        rejects=pl.concat([REFUSED.to_frame(), *(rejects for _, rejects in parts)]),
    )


def _read_part(found: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items and rejects of some rows, none of them twice looked at that is a plain address."""
    text = found["written"].str.strip_chars().str.strip_suffix(".").str.to_lowercase()
    rows = found.select("label", "place", text=text)
    rows = rows.filter(pl.col("text").str.len_chars() > 0)
    parsed = parse_addresses(rows["text"])
    rows = rows.with_columns(at_once=parsed["ipv4_from"].is_not_null())
    doubtful = parsed["problem"].is_not_null().arg_true()
    host = _hosts(rows["text"].gather(doubtful), parsed["problem"].gather(doubtful))
    again = host.is_not_null().arg_true()
    if len(again):  # what stood in other clothes may be an address
        second, places = parse_addresses(host.gather(again)), doubtful.gather(again)
        parsed = parsed.with_columns(parsed[name].scatter(places, second[name]) for name in PARSED)
        is_name = host.str.contains(USUAL_NAME) & ~host.str.contains(NUMBER_LAST)
        host = host.to_frame("host").select(pl.when(is_name).then("host")).to_series()
    hosts = pl.Series("host", [None], pl.String).new_from_index(0, len(rows))
    rows = pl.concat([rows, hosts.scatter(doubtful, host).to_frame(), parsed], how="horizontal")
    fine = pl.col("problem").is_null() | pl.col("host").is_not_null()
    reason = pl.when(pl.col("problem").is_in(TOLD_PROBLEMS)).then("problem")
    rejects = rows.filter(~fine).select("place", reason=reason.otherwise(pl.lit("not_a_name")))
    return _items(rows.filter(fine)), rejects.cast(REFUSED)


def host_of(text: str) -> str | None:
    """The name or address in a page's address, a mask, ``name:port`` or an IDN; None if none.

    >>> host_of("https://me:secret@shop.example:8443/cart"), host_of("*.shop.example")
    ('shop.example', 'shop.example')
    >>> host_of("[2001:db8::7]:443"), host_of("::ffff:192.0.2.7")
    ('2001:db8::7', '192.0.2.7')
    """
    if len(text) > LONGEST_VALUE:
        return None
    try:
        network = parse_one(text)
    except BadAddress:
        pass
    else:  # ::ffff:192.0.2.7, which a person writes for the IPv4 address
        return format_ipv4([network.first]).item() if network.version == 4 else text  # noqa: PLR2004
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return None
    if ":" in host:
        return host
    name = canonical_name(host.removeprefix("*."))
    return name if name and "." in name else None


def _hosts(text: pl.Series, problem: pl.Series) -> pl.Series:
    """The name in each text, or the address in other clothes; null where there is neither."""
    asked = ~problem.is_in(TOLD_PROBLEMS)
    usual = asked & text.str.contains(USUAL_NAME)
    slow = pl.when(asked & ~usual).then("text").map_elements(host_of, return_dtype=pl.String)
    host = pl.when(usual).then("text").otherwise(slow)
    return text.to_frame("text").select(host.alias("host")).to_series()


def _items(rows: pl.DataFrame) -> pl.DataFrame:
    is_ipv4, is_ipv6 = (pl.col(name).is_not_null() for name in ("ipv4_from", "ipv6_first"))
    single = (pl.col("ipv4_until") - pl.col("ipv4_from") == 1) | (
        pl.col("ipv6_first") == pl.col("ipv6_last")
    )
    # An address of four octets is read in one form only, so what was read is that form.
    plain = pl.col("at_once") & single & ~pl.col("text").str.contains("/", literal=True)
    is_name = ~is_ipv4 & ~is_ipv6
    target = pl.when(plain).then("text").when(is_name).then("host")
    rows = rows.with_columns(
        target=target,
        item_kind=pl.when(is_name).then(pl.lit("name"))
        .when(single).then(pl.lit("address")).otherwise(pl.lit("network")),
        is_private=_is_private(),
    )  # fmt: skip
    label = pl.col("label").str.strip_chars().str.slice(0, MOST_SIGNS)
    return (
        rows.with_columns(target=_with_texts(rows))
        .with_columns(label=pl.when(label.str.len_chars() > 0).then(label).otherwise("target"))
        .select(*INVENTORY_ITEMS.schema())
        .cast(INVENTORY_ITEMS.schema())
    )


def _with_texts(rows: pl.DataFrame) -> pl.Series:
    """The targets, those still open written out in the one form there is."""
    target = rows["target"]
    for column, texts in (("ipv4_from", _ipv4_texts), ("ipv6_first", _ipv6_texts)):
        places = (target.is_null() & rows[column].is_not_null()).arg_true()
        if len(places):
            target = target.scatter(places, texts(rows[places]))
    return target


def _is_private() -> pl.Expr:
    """Whether all of an address or network lies in a range that no public network carries."""
    tests = []
    for network in map(parse_one, PRIVATE):
        inside = pl.col("ipv4_from") >= network.first
        tests.append(inside & (pl.col("ipv4_until") <= network.last + 1))
    for network in map(parse_one, PRIVATE_IPV6):
        first, last = (value.to_bytes(16, "big") for value in (network.first, network.last))
        inside = pl.col("ipv6_first") >= pl.lit(first, pl.Binary)
        tests.append(inside & (pl.col("ipv6_last") <= pl.lit(last, pl.Binary)))
    return reduce(or_, (test.fill_null(value=False) for test in tests))


def _ipv4_texts(rows: pl.DataFrame) -> pl.Series:
    firsts = rows["ipv4_from"].to_numpy()
    sizes = rows["ipv4_until"].to_numpy() - firsts
    lengths = (WIDTH - np.log2(np.maximum(sizes, ONE)).astype(np.uint64)).astype(np.uint8)
    single = pl.Series(sizes == ONE)
    return format_ipv4(firsts).zip_with(single, format_ipv4_prefixes(firsts, lengths))


def _ipv6_texts(rows: pl.DataFrame) -> pl.Series:
    firsts, lasts = from_series(rows["ipv6_first"]), from_series(rows["ipv6_last"])
    n_hosts = np.zeros(len(firsts), np.uint8)
    for first, last in zip(to_words(firsts), to_words(lasts), strict=True):
        n_hosts += np.array([int(bits).bit_count() for bits in first ^ last], np.uint8)
    single = pl.Series(n_hosts == 0)
    return format_ipv6(firsts).zip_with(single, format_ipv6_prefixes(firsts, IPV6_BITS - n_hosts))
