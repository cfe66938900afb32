"""Addresses and prefixes as text, in bulk, in the one form that equality of strings can trust.

IPv4 is written with four octets; IPv6 as RFC 5952 wants it, in lower case and with the longest
run of zeros cut.  A prefix always carries its length, a single address never does.
"""

import socket

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from overblock.addresses.sixteen import N_BYTES, Sixteens, to_words

DOTTED = pl.Series([f"{octet}." for octet in range(256)])
LAST = pl.Series([f"{octet}" for octet in range(256)])
LENGTHS = pl.Series([f"/{length}" for length in range(129)])


def format_ipv4(values: ArrayLike) -> pl.Series:
    """IPv4 addresses as text.

    >>> format_ipv4([3221225991, 0]).to_list()
    ['192.0.2.7', '0.0.0.0']
    """
    return pl.select(pl.concat_str(_octets(values)).alias("")).to_series()


def format_prefixes(networks: ArrayLike, lengths: ArrayLike) -> pl.Series:
    """IPv4 prefixes as text, each with its length.

    >>> format_prefixes([3221225984], [24]).to_list()
    ['192.0.2.0/24']
    """
    parts = [*_octets(networks), LENGTHS.gather(np.asarray(lengths, np.uint32))]
    return pl.select(pl.concat_str(parts).alias("")).to_series()


def format_ipv6(values: Sixteens) -> pl.Series:
    r"""IPv6 addresses as text.

    >>> format_ipv6(np.array([b"\x20\x01\x0d\xb8".ljust(16, b"\0")], "S16")).to_list()
    ['2001:db8::']
    """
    raw = np.ascontiguousarray(values, f"S{N_BYTES}").tobytes()
    texts = [
        socket.inet_ntop(socket.AF_INET6, raw[place : place + N_BYTES])
        for place in range(0, len(raw), N_BYTES)
    ]
    high, low = to_words(values)
    # The C library writes what lies near an embedded IPv4 address with dots; we never do.
    for row in np.flatnonzero((high == 0) & (low >> np.uint64(48) == 0)).tolist():
        texts[row] = _undotted(texts[row])
    return pl.Series(texts, dtype=pl.String)


def format_ipv6_prefixes(networks: Sixteens, lengths: ArrayLike) -> pl.Series:
    """IPv6 prefixes as text, each with its length."""
    return format_ipv6(networks) + LENGTHS.gather(np.asarray(lengths, np.uint32))


def _octets(values: ArrayLike) -> list[pl.Series]:
    """The four octets as text; a value beyond IPv4 is out of bounds."""
    wanted = np.asarray(values, np.uint64)
    places = [(wanted >> np.uint64(shift)) for shift in (24, 16, 8, 0)]
    below = [places[0], *(place & np.uint64(255) for place in places[1:])]
    *upper, last = (place.astype(np.uint32) for place in below)
    return [*(DOTTED.gather(place) for place in upper), LAST.gather(last)]


def _undotted(text: str) -> str:
    head, _, tail = text.rpartition(":")
    if "." not in tail:
        return text
    number = int.from_bytes(socket.inet_aton(tail))
    return f"{head}:{number >> 16:x}:{number & 0xFFFF:x}"
