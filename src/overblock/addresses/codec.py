"""Text to addresses and back, in bulk.

Dotted IPv4 takes the fast lane of `overblock.addresses.octets`.  What that leaves undecided is
read one by one, as Python's `ipaddress` would, with these differences: a value that could mean
two things is a problem, never a guess.

not_an_address     anything else: words, nothing, 999.1.1.1, fe80::1%eth0; also 010.1.1.1, which
                   some programs read as 8.1.1.1
bad_prefix_length  /33, /129, /x; a netmask (/255.255.255.0) is read as ipaddress reads it
host_bits          10.0.0.1/24: the address or the network?
ipv4_mapped        ::ffff:192.0.2.7: an IPv4 address that a filter for IPv6 never sees

The names are public: a reject carries them as its reason.
"""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.locate import Points
from overblock.addresses.octets import NEWLINE, PAD, Bytes, as_bytes, read_rows
from overblock.addresses.sixteen import Sixteens, from_words, to_series, to_words

Codes: TypeAlias = NDArray[np.uint8]  # (n,), places in PROBLEMS

PROBLEMS = (None, "not_an_address", "bad_prefix_length", "host_bits", "ipv4_mapped", "not_ipv4")
FINE, NOT_AN_ADDRESS, BAD_PREFIX_LENGTH, HOST_BITS, IPV4_MAPPED, NOT_IPV4 = range(len(PROBLEMS))

SLASH, COLON = ord("/"), ord(":")
IPV4_BITS, IPV6_BITS = 32, 128
# What a prefix length leaves to hosts, as a mask.
IPV4_HOSTS = np.array([(1 << (IPV4_BITS - bits)) - 1 for bits in range(IPV4_BITS + 1)], np.uint64)
IPV6_HOSTS = np.array(
    [divmod((1 << (IPV6_BITS - bits)) - 1, 1 << 64) for bits in range(IPV6_BITS + 1)], np.uint64
)
MAPPED = np.uint64(0xFFFF)  # bits 64 to 95 of ::ffff:0:0/96


@dataclass(frozen=True, slots=True)
class ParsedNetworks:
    """IPv4 networks, a row of text each; ``starts`` and ``ends`` are 0 where there is a problem."""

    starts: Points  # (n,)
    ends: Points  # (n,), one past the last address
    problems: Codes  # (n,)


@dataclass(frozen=True, slots=True)
class _Ipv6:
    """The rows that are written as IPv6."""

    rows: list[int]
    firsts: Sixteens  # (n,)
    lasts: Sixteens  # (n,)
    problems: Codes  # (n,)


def parse_networks(text: bytes | Bytes) -> ParsedNetworks:
    r"""Read IPv4 addresses and prefixes, one a line; lines may end in CR LF.

    An IPv6 network without fault has the problem ``not_ipv4`` here; use `parse_addresses` where
    both may come.

    >>> parsed = parse_networks(b"192.0.2.0/24\n192.0.2.0/33\n")
    >>> int(parsed.ends[0] - parsed.starts[0]), PROBLEMS[parsed.problems[1]]
    (256, 'bad_prefix_length')
    """
    raw = text if isinstance(text, bytes) else text.tobytes()
    parsed, ipv6 = _read(raw.replace(b"\r\n", b"\n") if b"\r" in raw else raw)
    parsed.problems[ipv6.rows] = np.where(ipv6.problems == FINE, NOT_IPV4, ipv6.problems)
    return parsed


def parse_addresses(tokens: pl.Series) -> pl.DataFrame:
    """Read addresses and networks of both kinds, one a value.

    Returns:
        One row a token: ``ipv4_from`` and ``ipv4_until`` (half-open), or ``ipv6_first`` and
        ``ipv6_last`` (closed, sixteen bytes), or the ``problem``; the others are null.

    >>> parse_addresses(pl.Series(["10.0.0.0/8", "010.0.0.1"]))["problem"].to_list()
    [None, 'not_an_address']
    """
    parsed, ipv6 = _read(_joined(tokens.cast(pl.String).fill_null("").rename("")))
    parsed.problems[ipv6.rows] = ipv6.problems
    is_ipv4 = parsed.problems == FINE
    names = pl.Series(PROBLEMS, dtype=pl.String)
    problem = names.gather(parsed.problems) if not is_ipv4.all() else _nothing(len(tokens))
    is_ipv4[ipv6.rows] = False
    frame = pl.DataFrame({"ipv4_from": parsed.starts, "ipv4_until": parsed.ends})
    if not is_ipv4.all():
        frame = frame.select(pl.when(pl.Series(is_ipv4)).then(pl.all()))
    return frame.with_columns(
        ipv6_first=_scatter(ipv6, ipv6.firsts, len(frame)),
        ipv6_last=_scatter(ipv6, ipv6.lasts, len(frame)),
        problem=problem,
    )


def _joined(tokens: pl.Series) -> bytes:
    """The tokens as lines; one that itself holds a newline becomes an empty line."""
    if tokens.is_empty():
        return b""
    text: bytes = tokens.str.join("\n").item().encode() + b"\n"
    if text.count(b"\n") == len(tokens):
        return text
    broken = tokens.str.contains("\n", literal=True)
    return _joined(tokens.zip_with(~broken, pl.Series([""])))


def _read(text: bytes) -> tuple[ParsedNetworks, _Ipv6]:
    """Read every line; those of IPv6 stay problems until the caller says what they are to it."""
    padded = as_bytes(text)
    rows = read_rows(padded)
    networks, lengths = rows.networks.astype(np.uint64), rows.lengths
    problems = np.where(rows.decided, np.uint8(FINE), np.uint8(NOT_AN_ADDRESS))
    ipv6: dict[int, str] = {}
    for row, token in _doubtful(padded, rows.decided):
        if ":" in token.partition("/")[0]:
            ipv6[row] = token
        else:
            networks[row], lengths[row], problems[row] = _read_ipv4(token)
    hosts = IPV4_HOSTS.take(lengths)
    problems[(problems == FINE) & (networks & hosts > 0)] = HOST_BITS
    ends = networks + hosts + np.uint64(1)
    none = problems != FINE
    networks[none], ends[none] = 0, 0
    return ParsedNetworks(networks, ends, problems), _read_ipv6(ipv6)


def _doubtful(padded: Bytes, decided: NDArray[np.bool_]) -> Iterator[tuple[int, str]]:
    """What the kernel left undecided but may be sound, for it has a slash or a colon."""
    if decided.all():
        return
    text = padded.tobytes()
    stops = np.flatnonzero(padded == NEWLINE)[PAD - 1 :]  # the one before the first row, and on
    marks = np.flatnonzero((padded == SLASH) | (padded == COLON))
    marked = np.zeros(len(decided), np.bool_)
    marked[np.searchsorted(stops, marks) - 1] = True
    rows = np.flatnonzero(marked & ~decided)
    begins, ends = stops[rows] + 1, stops[rows + 1]
    for row, begin, end in zip(rows.tolist(), begins.tolist(), ends.tolist(), strict=True):
        yield row, text[begin:end].decode("ascii", "replace")


def _read_ipv4(token: str) -> tuple[int, int, int]:
    """Address, prefix length and problem of an uncommon prefix."""
    address, _, length = token.partition("/")
    try:
        value = IPv4Address(address)
    except AddressValueError:
        return 0, 0, NOT_AN_ADDRESS
    try:
        return int(value), IPv4Network((value, length), strict=False).prefixlen, FINE
    except ValueError:
        return 0, 0, BAD_PREFIX_LENGTH


def _read_ipv6(tokens: dict[int, str]) -> _Ipv6:
    n_rows = len(tokens)
    raw = bytearray(16 * n_rows)
    lengths = np.full(n_rows, IPV6_BITS, np.uint8)
    problems = np.zeros(n_rows, np.uint8)
    for place, token in enumerate(tokens.values()):
        address, slash, length = token.partition("/")
        try:
            raw[16 * place : 16 * place + 16] = socket.inet_pton(socket.AF_INET6, address)
        except (OSError, ValueError):  # ValueError: a NUL or a lone surrogate inside
            problems[place] = NOT_AN_ADDRESS
            continue
        bits = _ipv6_length(length) if slash else IPV6_BITS
        if bits is None:
            problems[place] = BAD_PREFIX_LENGTH
        else:
            lengths[place] = bits
    high, low = to_words(np.frombuffer(raw, "S16"))
    high_hosts, low_hosts = IPV6_HOSTS[lengths].T
    mapped = (high == 0) & (low >> np.uint64(32) == MAPPED)
    problems[(problems == FINE) & mapped] = IPV4_MAPPED
    problems[(problems == FINE) & ((high & high_hosts > 0) | (low & low_hosts > 0))] = HOST_BITS
    return _Ipv6(
        list(tokens),
        from_words(high, low),
        from_words(high | high_hosts, low | low_hosts),
        problems,
    )


def _ipv6_length(text: str) -> int | None:
    if not (text.isascii() and text.isdigit()):
        return None
    digits = text.lstrip("0") or "0"
    return int(digits) if len(digits) <= 3 and int(digits) <= IPV6_BITS else None  # noqa: PLR2004


def _scatter(ipv6: _Ipv6, values: Sixteens, n_rows: int) -> pl.Series:
    """Put the sound values into their rows, null elsewhere."""
    if not ipv6.rows:
        return _nothing(n_rows, pl.Binary())
    place = pl.Series([None], dtype=pl.UInt32).new_from_index(0, n_rows)
    sound = np.flatnonzero(ipv6.problems == FINE)
    place = place.scatter(np.array(ipv6.rows, np.int64)[sound], sound.astype(np.uint32))
    return to_series(values).gather(place)


def _nothing(n_rows: int, kind: pl.DataType | None = None) -> pl.Series:
    """Nulls, of text if no other kind is given."""
    return pl.Series([None], dtype=kind or pl.String).new_from_index(0, n_rows)
