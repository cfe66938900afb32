"""A list of names to be resolved: one a line, as people have them at hand.

A name may stand as a URL or with a port after it; blanks, empty lines and comments (``#``) are
passed over.  A name that comes again is asked once.  What is no name is a row in rejects.
"""

import io
import re
from collections.abc import Iterator
from ipaddress import ip_network
from urllib.parse import urlsplit

import msgspec

from overblock.names.canonical import canonical_name

LONGEST_NAME = 253  # RFC 1035, section 2.3.4, as it is written, without the last dot
LONGEST_LINE = 8192  # a URL may be long, a megabyte is no line of a list
MOST_SIGNS = 200  # that are kept of a rejected line
_COMMENT = re.compile(r"(?:^|\s)#.*$")


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A line that holds no name."""

    record: int  # 1-based number of the line
    reason: str  # of `overblock.reasons`
    value: str  # the line, its first 200 signs


def read_names(raw: bytes) -> Iterator[str | Rejected]:
    r"""The names of a list in its order, each once, and what is none.

    >>> list(read_names(b"shop.example.\nhttps://shop.example/a\n# mine\n_x.example:53\n"))
    ['shop.example', '_x.example']
    """
    seen: set[str] = set()
    for number, line in enumerate(io.BytesIO(raw.removeprefix(b"\xef\xbb\xbf")), start=1):
        text = line[:LONGEST_LINE].decode(errors="replace")
        text = _COMMENT.sub("", text.strip()).strip()
        if not text:
            continue
        name = _host(text)
        if name is None:
            reason = _why_not(text)
            yield Rejected(record=number, reason=reason, value=text[:MOST_SIGNS])
        elif name not in seen:
            seen.add(name)
            yield name


def _host(text: str) -> str | None:
    """The canonical name in a line; None where there is none, or an address."""
    written: str | None = text
    if "/" in text or ":" in text:
        try:
            written = urlsplit(text if "://" in text else f"//{text}").hostname
        except ValueError:
            return None
    name = canonical_name(written or "")
    if name is None or len(name) > LONGEST_NAME or name.rpartition(".")[2].isdigit():
        return None  # no top-level domain is a number: an address, or what failed to be one
    return name


def _why_not(text: str) -> str:
    if "\ufffd" in text:
        return "undecodable"
    bare = text.rpartition("://")[2].partition("/")[0]
    if _is_address(text) or _is_address(bare) or _is_address(bare.rpartition(":")[0].strip("[]")):
        return "nothing_to_resolve"
    return "several_values" if len(text.split()) > 1 else "not_a_name"


def _is_address(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True
