"""JSON lines into structs, a block at a time; a bad line is a reject, not the end of the file."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec

from overblock.errors import SourceDrift
from overblock.sources._lines import BLANKS, Block

Struct = TypeVar("Struct", bound=msgspec.Struct)
BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def decoded_lines(
    block: Block, decoder: msgspec.json.Decoder[Struct]
) -> Iterator[tuple[int, Struct | None, str]]:
    """Each line's number, what it says, and its text; None where it is no such record.

    The text is given only for what is None: nobody asks for it else.  Empty lines are no records.
    """
    blanks = BLANKS.encode()
    for number, line in enumerate(block.lines.split(b"\n"), block.first):
        if not line.strip(blanks):
            continue
        try:
            yield number, decoder.decode(line), ""
        except BAD:
            yield number, None, line[:400].decode(errors="replace")


def reason_of(block: Block, number: int, text: str) -> str:
    """Why a line is no record."""
    if number in block.too_long:
        return "too_long"
    if "\0" in text:
        return "nul_byte"
    return "undecodable" if "\ufffd" in text else "bad_record"


def first_line_is_json(block: Block, feed: str, known: Callable[[bytes], bool]) -> None:
    """Refuse a file whose first lines are no records of the feed.

    Raises:
        SourceDrift: none of its first lines is.
    """
    lines = [line for line in block.lines[: 1 << 20].split(b"\n")[:50] if line.strip()]
    if not any(known(line) for line in lines):
        raise SourceDrift(f"{feed}: not JSON lines of that form: {block.lines[:80]!r}")
