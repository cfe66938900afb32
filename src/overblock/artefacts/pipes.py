"""What comes through a pipe, and that Ctrl-C ends the wait for it.

Polars has the system begin a read anew that an interruption broke off (``SA_RESTART``), so that
whoever waits in `read` for a pipe that says nothing hears of Ctrl-C only when it does.  `poll` is
never begun anew (signal(7)): so what is waited for is waited for there.
"""

import io
import select
from collections.abc import Iterator
from typing import BinaryIO

from overblock.artefacts.unpacking import READ_BYTES


def pieces(source: BinaryIO) -> Iterator[bytes]:
    """The bytes of a stream to its end, each piece as soon as it is there."""
    wait = _waiting(source)
    read = source.read1 if isinstance(source, io.BufferedReader) else source.read
    while True:
        if wait is not None:
            wait.poll()
        piece = read(READ_BYTES)
        if not piece:
            return
        yield piece


def _waiting(source: BinaryIO) -> "select.poll | None":
    """What waits for a stream of the system; None where it is in memory."""
    if not isinstance(source, io.BufferedReader):
        return None
    try:
        number = source.fileno()
    except io.UnsupportedOperation:
        return None
    waiting = select.poll()
    waiting.register(number, select.POLLIN)
    return waiting
