"""What the form of many lines sends: typed lines, and a file of them.

A file is read in memory and forgotten; its name is not looked at.  A plain list keeps its lines,
so that pages are asked about as pages; of tables and of what clouds print the columns that hold
addresses and names are taken, as ``overblock watch`` takes them.
"""

from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile

from overblock.errors import SourceDrift, TooMuchAsked, UsageError
from overblock.fleets.csv_table import delimiter_of
from overblock.fleets.inventory import JSON, read_inventory
from overblock.fleets.texts import MARKS, text_of
from overblock.fleets.zone_file import SIGNS
from overblock.web.inputs import MOST_BYTES

CYRILLIC = "cp1251"  # what old Russian programs write
CONTROLS = frozenset(range(9)) | {0x0B, 0x0C} | frozenset(range(0x0E, 0x20)) - {0x1B}


async def read_form(request: Request[Any, Any, Any]) -> tuple[str, str]:
    """The lines that were sent, typed and of a file, and the moment.

    Raises:
        TooMuchAsked: the file is too large.
        UsageError: it is no text, or nothing in it can be asked about.
    """
    form = await request.form()
    typed, at, file = (form.get(name, "") for name in ("q", "at", "file"))
    lines = typed if isinstance(typed, str) else ""
    if isinstance(file, UploadFile):
        content = await file.read(MOST_BYTES + 1)
        if content:
            lines = f"{lines}\n{lines_of_file(content)}"
    return lines, at if isinstance(at, str) else ""


def lines_of_file(content: bytes) -> str:
    """What a file asks about, one a line.

    >>> lines_of_file(b"name,ip" + bytes([10]) + b"web-1,192.0.2.7")
    '192.0.2.7'

    Raises:
        TooMuchAsked: it is too large.
        UsageError: it is no text, or nothing in it can be asked about.
    """
    if len(content) > MOST_BYTES:
        raise TooMuchAsked(f"the file has more than {MOST_BYTES:,} bytes: send it in parts")
    content = _utf8(content)
    try:
        text = text_of(content)
        if not (JSON.match(content) or SIGNS.search(text) or delimiter_of(text)):
            return text
        return "\n".join(read_inventory(content).items["target"].unique(maintain_order=True))
    except SourceDrift as error:
        raise UsageError(str(error).replace("inventory", "file")) from error


def _utf8(content: bytes) -> bytes:
    """The same in UTF-8; what is neither that nor marked otherwise is taken for Cyrillic."""
    if any(content.startswith(mark) for mark, _ in MARKS):
        return content
    if not CONTROLS.isdisjoint(content):
        raise UsageError("the file is no text: send lines, or a table as CSV")
    try:
        content.decode()
    except UnicodeDecodeError:
        return content.decode(CYRILLIC, "replace").encode()
    return content
