"""Dotted IPv4 text to integers, a whole file at once.

The kernel never looks at a row.  It finds every separator, reads the up to three digits before
each as one field, and then puts fields together to rows by their number: four are an address,
five a prefix.  A row with anything unusual about it is not judged here but left *undecided*;
`overblock.addresses.codec` looks at those one by one.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Bytes: TypeAlias = NDArray[np.uint8]

NEWLINE = ord("\n")
ZERO = np.uint8(ord("0"))  # every separator sorts before the digits
NINE = np.uint8(9)
PAD = 3  # bytes before the first, so that three digits can be read at any place
CHUNK = 1 << 18  # bytes: what is made of them stays in the cache

DOT, SLASH, END, BROKEN = (np.uint16(0), np.uint16(0x1000), np.uint16(0x2000), np.uint16(0x8000))
OCTET = np.uint16(0x00FF)
KINDS = np.full(256, BROKEN, np.uint16)  # what a separator ends; any odd byte breaks its row
KINDS[ord(".")], KINDS[ord("/")], KINDS[NEWLINE] = DOT, SLASH, END
# The least number of one, two and three digits; shorter and longer fields can never reach theirs.
LEAST = np.array([BROKEN, BROKEN, 0, 10, 100, BROKEN], np.uint16)
LONGEST = len(LEAST) - 1
ADDRESS, PREFIX = 4, 5  # fields in a row
WIDTH = 32  # bits of an IPv4 address


@dataclass(frozen=True, slots=True)
class Rows:
    """What the kernel read of each row; ``networks`` and ``lengths`` say nothing if undecided."""

    networks: NDArray[np.uint32]  # (n,), host bits included
    lengths: NDArray[np.uint8]  # (n,), 0 to 32
    decided: NDArray[np.bool_]  # (n,)


def as_bytes(text: bytes | Bytes) -> Bytes:
    """The text between three bytes of padding and a final newline (added where there is none)."""
    given = np.frombuffer(text, np.uint8) if isinstance(text, bytes) else text
    whole = len(given) == 0 or given[-1] == NEWLINE
    padded = np.full(PAD + len(given) + (not whole), NEWLINE, np.uint8)
    padded[PAD : PAD + len(given)] = given
    return padded


def read_rows(padded: Bytes) -> Rows:
    r"""Read rows of text made by `as_bytes`.

    >>> rows = read_rows(as_bytes(b"192.0.2.7\n10.0.0.0/8\n2001:db8::/32"))
    >>> rows.networks.tolist(), rows.lengths.tolist(), rows.decided.tolist()
    ([3221225991, 167772160, 0], [32, 8, 0], [True, True, False])
    """
    parts = [_read_chunk(padded, begin, end) for begin, end in _chunks(padded)]
    if not parts:
        return Rows(np.empty(0, np.uint32), np.empty(0, np.uint8), np.empty(0, np.bool_))
    return Rows(
        np.concatenate([part.networks for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.decided for part in parts]),
    )


def _chunks(padded: Bytes) -> list[tuple[int, int]]:
    """Cut behind newlines; a row longer than a chunk makes its chunk longer."""
    cuts, begin = [], PAD
    for seen in range(PAD, len(padded), CHUNK):
        rows = np.flatnonzero(padded[seen : seen + CHUNK] == NEWLINE)
        if len(rows):
            end = seen + int(rows[-1]) + 1
            cuts.append((begin, end))
            begin = end
    return cuts


def _read_chunk(padded: Bytes, begin: int, end: int) -> Rows:
    stops = np.flatnonzero(padded[begin:end] < ZERO)
    stops += begin
    fields = _read_fields(padded, stops, begin)
    ends = np.flatnonzero(padded[stops] == NEWLINE)  # the field that ends each row
    firsts = np.concatenate([[0], ends[:-1] + 1])
    n_fields = ends - firsts + 1
    prefix = n_fields == PREFIX
    fourth = fields[np.minimum(firsts + 3, len(fields) - 1)] ^ np.where(prefix, SLASH, END)
    octets = [fields[np.minimum(firsts + place, len(fields) - 1)] for place in range(3)]
    lengths = np.where(prefix, fields[ends] ^ END, np.uint16(WIDTH))
    decided = (octets[0] | octets[1] | octets[2] | fourth) <= OCTET
    decided &= (n_fields == ADDRESS) | prefix
    decided &= lengths <= WIDTH
    networks = octets[0].astype(np.uint32)
    for octet in (*octets[1:], fourth):
        networks <<= np.uint32(8)
        networks |= octet
    networks[~decided] = 0
    lengths[~decided] = 0
    return Rows(networks, lengths.astype(np.uint8), decided)


def _read_fields(padded: Bytes, stops: NDArray[np.int64], begin: int) -> NDArray[np.uint16]:
    """The kind and value of the field before each separator: ``BROKEN`` or ``kind | value``."""
    reach = np.minimum(np.diff(stops, prepend=begin - 1), LONGEST)  # digits and their separator
    ones = padded[stops - 1] - ZERO
    tens = (padded[stops - 2] - ZERO) * (reach > 2)  # noqa: PLR2004  (two digits and more)
    hundreds = (padded[stops - 3] - ZERO) * (reach > 3)  # noqa: PLR2004  (three digits)
    value = hundreds * np.uint16(100)
    value += tens * np.uint8(10)
    value += ones
    broken = np.maximum(np.maximum(ones, tens), hundreds) > NINE
    broken |= (value < LEAST[reach]) | (value > OCTET)  # 010 is too small for its length
    fields = KINDS[padded[stops]]
    fields |= value * ~broken
    fields[broken] = BROKEN
    return fields
