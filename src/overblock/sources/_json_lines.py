"""JSON lines into structs, a block at a time; a bad line is a reject, not the end of the file."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count, repeat
from typing import TypeVar

import msgspec

from overblock.errors import SourceDrift
from overblock.sources._lines import BLANKS, Block

Struct = TypeVar("Struct", bound=msgspec.Struct)
SHOWN_BYTES = 400
BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decoded_lines(
    block: Block, decoder: msgspec.json.Decoder[Struct]
) -> Iterable[tuple[int, Struct | None, bytes]]:
    """Each line's number, what it says, and its bytes; None where it is no such record.

    The bytes are given only for what is None.  Empty lines are no records.
    """
    n_lines = block.lines.count(b"\n") + 1
    try:
        together = decoder.decode_lines(block.lines)
    except BAD:
        return _one_by_one(block, decoder)
    if len(together) != n_lines:  # some are empty
        return _one_by_one(block, decoder)
    return zip(count(block.first), together, repeat(b"", n_lines))


def _one_by_one(
    block: Block, decoder: msgspec.json.Decoder[Struct]
) -> Iterator[tuple[int, Struct | None, bytes]]:
    for number, line in enumerate(block.lines.split(b"\n"), block.first):
        try:
            yield number, decoder.decode(line), b""
        except BAD:
            if line.strip(BLANKS.encode()):
                yield number, None, line


def refusal(block: Block, number: int, line: bytes) -> tuple[str, str]:
    """Why a line is no record, and what to show of it."""
    text = line[:SHOWN_BYTES].decode(errors="replace")
    if number in block.too_long:
        return "too_long", text
    if b"\0" in line:
        return "nul_byte", text
    return ("undecodable" if "\ufffd" in text else "bad_record"), text


def first_line_is_json(block: Block, feed: str, known: Callable[[bytes], bool]) -> None:
    """Refuse a file whose first lines are no records of the feed.

    Raises:
        SourceDrift: none of its first lines is.
    """
    lines = [line for line in block.lines[: 1 << 20].split(b"\n")[:50] if line.strip()]
    if not any(known(line) for line in lines):
        raise SourceDrift(f"{feed}: not JSON lines of that form: {block.lines[:80]!r}")
