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

# A field is one word: the separator behind it in the upper byte, its value in the lower.
DOT, SLASH, END = (np.uint16(ord(sign) << 8) for sign in "./\n")
BROKEN = np.uint16(0x8000)  # in the upper byte: no separator reaches it
OCTET = np.uint16(0x00FF)
ONE_DIGIT, TWO_DIGITS, THREE_DIGITS, TOO_LONG = 2, 3, 4, 5  # with the separator behind them
TEN, HUNDRED = np.uint16(10), np.uint16(100)
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
    """Cut behind newlines; a row longer than a chunk stands alone, so that no chunk grows."""
    text = padded.tobytes()
    cuts, begin = [], PAD
    for seen in range(PAD, len(text), CHUNK):
        end = text.rfind(b"\n", seen, seen + CHUNK) + 1
        if end and begin + CHUNK < seen:
            first = text.find(b"\n", seen) + 1
            cuts.append((begin, first))
            begin = first
        if end > begin:
            cuts.append((begin, end))
            begin = end
    return cuts


def _read_chunk(padded: Bytes, begin: int, end: int) -> Rows:
    if end - begin > 2 * CHUNK:  # one row, and longer than any address
        return Rows(np.zeros(1, np.uint32), np.zeros(1, np.uint8), np.zeros(1, np.bool_))
    stops = np.flatnonzero(padded[begin:end] < ZERO)
    fields = _read_fields(padded[begin - PAD : end], stops)
    ends = np.flatnonzero(fields & ~OCTET & ~BROKEN == END)  # the field that ends each row
    firsts = np.concatenate([[0], ends[:-1] + 1])
    n_fields = ends - firsts + 1
    prefix = n_fields == PREFIX
    last = len(fields) - 1  # a row of too few fields looks into others, and is left undecided
    octets = [fields.take(np.minimum(firsts + place, last)) ^ DOT for place in range(3)]
    octets.append(fields.take(np.minimum(firsts + 3, last)) ^ np.where(prefix, SLASH, END))
    lengths = np.where(prefix, fields.take(ends) ^ END, np.uint16(WIDTH))
    decided = (octets[0] | octets[1] | octets[2] | octets[3]) <= OCTET
    decided &= (n_fields == ADDRESS) | prefix
    decided &= lengths <= WIDTH
    networks = octets[0].astype(np.uint32)
    for octet in octets[1:]:
        networks <<= np.uint32(8)
        networks |= octet
    networks[~decided] = 0
    lengths[~decided] = 0
    return Rows(networks, lengths.astype(np.uint8), decided)


def _read_fields(padded: Bytes, stops: NDArray[np.int64]) -> NDArray[np.uint16]:
    """The field before each separator; a place in the chunk is ``PAD`` further on in ``padded``."""
    reach = np.empty(len(stops), np.uint8)
    reach[0] = min(stops[0] + 1, TOO_LONG)
    np.minimum(stops[1:] - stops[:-1], TOO_LONG, out=reach[1:], casting="unsafe")
    has_tens, has_hundreds = reach >= TWO_DIGITS, reach >= THREE_DIGITS
    ones = padded[PAD - 1 :].take(stops) - ZERO
    tens = (padded[PAD - 2 :].take(stops) - ZERO) * has_tens
    hundreds = (padded[PAD - 3 :].take(stops) - ZERO) * has_hundreds
    value = hundreds * HUNDRED
    value += tens * np.uint8(TEN)
    value += ones
    broken = np.maximum(np.maximum(ones, tens), hundreds) > NINE
    broken |= (reach < ONE_DIGIT) | (reach == TOO_LONG) | (value > OCTET)
    broken |= has_tens & (value < TEN) | has_hundreds & (value < HUNDRED)  # zeros in front
    fields = padded[PAD:].take(stops).astype(np.uint16) << np.uint16(8)
    fields |= value & OCTET
    fields |= broken * BROKEN
    return fields
