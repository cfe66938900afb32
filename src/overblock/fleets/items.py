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
from overblock.names.canonical import canonical_name
from overblock.tables import INVENTORY_ITEMS

MOST_SIGNS = 80  # of a label
LONGEST_VALUE = 2000  # signs: a page's address may be long, a host name not
FOUND = pl.Schema({"label": pl.String, "written": pl.String, "place": pl.String})
REFUSED = pl.Schema({"place": pl.String, "reason": pl.String})
PARSED = ("ipv4_from", "ipv4_until", "ipv6_first", "ipv6_last", "problem")
TOLD_PROBLEMS = ("host_bits", "bad_prefix_length")  # so near to an address that it was meant as one
USUAL_NAME = r"^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})+$"
ONLY_NUMBERS = r"^[0-9.]+$"
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
    text = found["written"].str.strip_chars().str.strip_suffix(".").str.to_lowercase()
    rows = found.select("label", "place", text=text)
    rows = rows.filter(pl.col("text").str.len_chars() > 0)
    parsed = parse_addresses(rows["text"])
    doubtful = parsed["problem"].is_not_null().arg_true()
    hosts = _hosts(rows["text"].gather(doubtful), parsed["problem"].gather(doubtful))
    again = (hosts["host"].is_not_null() & ~hosts["usual"]).arg_true()
    if len(again):  # what stood in other clothes may be an address
        second, places = parse_addresses(hosts["host"].gather(again)), doubtful.gather(again)
        parsed = parsed.with_columns(parsed[name].scatter(places, second[name]) for name in PARSED)
    host = pl.Series("host", [None], pl.String).new_from_index(0, len(rows))
    hosts = host.scatter(doubtful, hosts["host"]).to_frame()
    rows = pl.concat([rows, hosts, parsed], how="horizontal")
    is_address = pl.col("problem").is_null()
    fine = is_address | pl.col("host").str.contains(USUAL_NAME)
    fine &= is_address | ~pl.col("host").str.contains(ONLY_NUMBERS)
    fine = fine.fill_null(value=False)
    reason = pl.when(pl.col("problem").is_in(TOLD_PROBLEMS)).then("problem")
    rejects = rows.filter(~fine).select("place", reason=reason.otherwise(pl.lit("not_a_name")))
    return Inventory(form=form, items=_items(rows.filter(fine)), rejects=rejects.cast(REFUSED))


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


def _hosts(text: pl.Series, problem: pl.Series) -> pl.DataFrame:
    """``host``: the name, or the address in other clothes; ``usual``: it was a plain name."""
    written = pl.col("text")
    open_question = problem.is_not_null() & ~problem.is_in(TOLD_PROBLEMS)
    usual = (
        open_question
        & text.str.contains(USUAL_NAME)
        & ~text.str.contains(ONLY_NUMBERS)
    )  # fmt: skip
    slow = pl.when(open_question & ~usual).then(written)
    return text.to_frame("text").select(
        host=pl.when(usual).then(written).otherwise(
            slow.map_elements(host_of, return_dtype=pl.String)
        ),
        usual=usual,
    )  # fmt: skip


def _items(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.with_row_index("row")
    is_ipv4, is_ipv6 = (pl.col(name).is_not_null() for name in ("ipv4_from", "ipv6_first"))
    ipv4, ipv6 = rows.filter(is_ipv4), rows.filter(is_ipv6)
    texts = pl.concat([
        ipv4.select("row", target=_ipv4_texts(ipv4)),
        ipv6.select("row", target=_ipv6_texts(ipv6)),
        rows.filter(~is_ipv4 & ~is_ipv6).select("row", target="host"),
    ])  # fmt: skip
    single = (pl.col("ipv4_until") - pl.col("ipv4_from") == 1) | (
        pl.col("ipv6_first") == pl.col("ipv6_last")
    )
    label = pl.col("label").str.strip_chars().str.slice(0, MOST_SIGNS)
    return (
        rows.join(texts, on="row", maintain_order="left")
        .with_columns(
            label=pl.when(label.str.len_chars() > 0).then(label).otherwise("target"),
            item_kind=pl.when(~is_ipv4 & ~is_ipv6).then(pl.lit("name"))
            .when(single).then(pl.lit("address")).otherwise(pl.lit("network")),
            is_private=_is_private(),
        )
        .unique(INVENTORY_ITEMS.key, keep="first", maintain_order=True)
        .select(*INVENTORY_ITEMS.schema())
        .cast(INVENTORY_ITEMS.schema())
    )  # fmt: skip


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
