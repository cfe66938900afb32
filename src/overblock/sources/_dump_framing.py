"""Taking Russia's ``dump.xml`` apart into records, without reading them.

A record is what a true ``</content>`` ends.  Those bytes may also stand where they end nothing: in
a URL within CDATA (whoever is listed chooses the URL), in a comment, in a processing instruction.
Splitting there would let a listed site write register entries of its own, so such a separator is
spelt anew (``</con]]><![CDATA[tent>``), which XML reads as the very same text.  An attribute cannot
hold it: ``<`` is not allowed there.

What is malformed is not mended: a section that never ends leaves all that follows in the tail.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from lxml import etree

from overblock.errors import SourceDrift
from overblock.sources import Framing, Parts

SEPARATOR = b"</content>"
WHOLE_TAIL = b"</reg:register>"
CHUNK = 2 << 20  # bytes read at a time: enough for columns to pay, little enough to forget
MAX_HEAD = 64 << 10  # bytes; the real one has about 200
MAX_RECORD = 64 << 20  # bytes; the longest field ever seen has 4 MiB

_ROOT = re.compile(r"<reg:register\b[^<>]*>\s*\Z")
_ROOT_TAG = re.compile(rb"<reg:register\b[^<>]*>")
_DECLARATION = re.compile(rb"<\?xml\b[^>]*\?>")
_ENCODING = re.compile(rb"""\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENCODINGS = {"windows-1251": "cp1251", "cp1251": "cp1251", "utf-8": "utf-8", "utf8": "utf-8"}

# Anything but the plain CDATA that nearly every record has: no "<" and no "]" within.
_MAY_HIDE = re.compile(rb"<!(?!\[CDATA\[[^\]<]*+\]\]>)")
_SECTION = re.compile(rb"<!\[CDATA\[|<!--|<\?")
_ENDS = {b"<![CDATA[": b"]]>", b"<!--": b"-->", b"<?": b"?>"}
_RESPELT = {
    b"<![CDATA[": b"</con]]><![CDATA[tent>",
    b"<!--": b"</con tent>",  # a comment says nothing, so its words may change
    b"<?": b"</con tent>",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands before the first record."""

    published_at: datetime  # in UTC
    encoding: str  # a Python codec: cp1251 or utf-8
    root: str  # the root's start tag, which binds the namespaces of the records


def safe_parser() -> etree.XMLParser[etree._Element]:
    """A parser that expands no entity, loads no DTD and opens no file or connection.

    ``huge_tree`` lifts the limit of 10 MB a field; the caller bounds what it hands over.
    """
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def read_head(head: bytes) -> Head:
    """Read what stands before the first record.

    Raises:
        SourceDrift: it is not the head of a register; the message shows its first bytes.
    """
    shown = head[:80]
    if not head.strip():
        raise SourceDrift("the file is empty, and a register never is")
    if b"<!doctype" in head.lower():
        raise SourceDrift(f"the file has a DOCTYPE, which no register has: {shown!r}")
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    declaration = _DECLARATION.match(bare)
    named = _ENCODING.search(declaration[0]) if declaration else None
    label = named[1].decode("ascii") if named else "utf-8"  # XML's own default
    encoding = _ENCODINGS.get(label.lower())
    if encoding is None:
        raise SourceDrift(f"the file declares the encoding {label!r}: {shown!r}")
    try:
        text = bare[declaration.end() if declaration else 0 :].decode(encoding)
        found = etree.fromstring(text.encode() + WHOLE_TAIL, safe_parser())
    except (UnicodeDecodeError, etree.XMLSyntaxError) as error:
        raise SourceDrift(f"the file does not begin as a register: {shown!r}") from error
    root = _ROOT.search(text)
    if root is None or found.tag != "{http://rsoc.ru}register" or len(found) or None in found.nsmap:
        raise SourceDrift(f"the root is {found.tag!r}, not a register: {shown!r}")
    return Head(published_at=_moment(found.get("updateTime")), encoding=encoding, root=root[0])


def _moment(written: str | None) -> datetime:
    try:
        moment = datetime.fromisoformat(written or "")
    except ValueError as error:
        raise SourceDrift(f"the register's updateTime is no moment: {written!r}") from error
    if moment.tzinfo is None:
        raise SourceDrift(f"the register's updateTime has no zone: {written!r}")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise SourceDrift(f"the register's updateTime is no moment: {written!r}") from error


def published_at(head: bytes) -> datetime:
    """When the register was published, by its ``updateTime``, in UTC."""
    return read_head(head).published_at


def split(raw: bytes) -> Parts:
    """Take a whole file apart.

    Raises:
        SourceDrift: it does not begin as a register.
    """
    at = _head_end(raw)
    head = raw[:at]
    read_head(head)
    body, tail = _take_records(raw[at:])
    return Parts(head=head, raw=body, tail=_plain(tail))


def take_head(file: BinaryIO) -> tuple[bytes, bytes]:
    """What stands before the first record of a file, and what was read beyond it."""
    start = _read(file, CHUNK)
    at = _head_end(start)
    return start[:at], start[at:]


def bodies(held: bytes, file: BinaryIO) -> Iterator[tuple[bytes, bytes | None]]:
    """The records of a file as they come, in a memory that does not depend on its length.

    Yields at least one pair of records and tail; the tail is None while more may come.

    Raises:
        SourceDrift: no record ends within 64 MiB.
    """
    while chunk := _read(file, CHUNK):
        body, held = _take_records(held)
        if len(held) > MAX_RECORD:
            raise SourceDrift(f"no record ends within {MAX_RECORD} bytes: {held[:80]!r}")
        if body:
            yield body, None
        held += chunk
    body, tail = _take_records(held)
    yield body, _plain(tail)


def _read(file: BinaryIO, size: int) -> bytes:
    """Read ``size`` bytes unless the file ends: what decompresses may hand out less at a time."""
    parts: list[bytes] = []
    while size > 0 and (part := file.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _head_end(start: bytes) -> int:
    at = start.find(b"<content", 0, MAX_HEAD)
    if at >= 0:
        return at
    root = _ROOT_TAG.search(start, 0, MAX_HEAD)  # a register without entries
    return root.end() if root else min(len(start), MAX_HEAD)


def _plain(tail: bytes) -> bytes:
    """Blanks around the end of the root say nothing, so a whole tail is always the same bytes."""
    return WHOLE_TAIL if tail.strip() == WHOLE_TAIL else tail


def _take_records(data: bytes) -> tuple[bytes, bytes]:
    """Whole records from the start of ``data``, and what is left."""
    clean, unended = _respell(data)
    end = clean.rfind(SEPARATOR) + len(SEPARATOR)
    if end < len(SEPARATOR):
        return b"", clean + unended
    return clean[:end], clean[end:] + unended


def _respell(data: bytes) -> tuple[bytes, bytes]:
    """Respell separators that end nothing; the second part begins in a section without an end.

    It goes from section to section as XML does, once through ``data`` whatever that holds.
    """
    spelt: list[bytes] = []
    done, instruction = 0, -1
    while True:
        if instruction < done:
            instruction = data.find(b"<?", done)
            instruction = len(data) if instruction < 0 else instruction
        other = _MAY_HIDE.search(data, done, instruction)
        at = other.start() if other else instruction
        spelt.append(data[done:at])
        if at == len(data):
            return b"".join(spelt), b""
        section = _SECTION.match(data, at)
        opens = section[0] if section else b"<!"  # no section: the parser will refuse it
        closes = data.find(_ENDS[opens], section.end()) if section else at + len(opens)
        if closes < 0:
            return b"".join(spelt), data[at:]
        spelt.append(data[at:closes].replace(SEPARATOR, _RESPELT.get(opens, SEPARATOR)))
        done = closes


FRAMING = Framing(
    separator=SEPARATOR, split=split, published_at=published_at, whole_tail=WHOLE_TAIL
)
