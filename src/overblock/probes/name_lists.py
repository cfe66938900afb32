"""A list of names to be resolved: one a line, as people have them at hand.

A name may stand as a URL, with a port after it or behind its rank (``1,shop.example``, as lists of
popular names have it); blanks, empty lines and comments (``#``) are passed over.  A name that comes
again is asked once.  What is no name is a row in rejects.
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
_PLAIN = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_-]{1,63}\.)+[a-z][a-z0-9-]{0,62}")
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//")
_ADDRESS_LIKE = re.compile(r"(?:\w+://)?\[?[0-9A-Fa-f.:]+[\]/:].*|[0-9.]+")
_RANK = re.compile(r"[0-9]{1,9},")
_COMMENT = re.compile(r"(?:^|\s)#.*$")


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A line that holds no name."""

    record: int  # 1-based number of the line
    reason: str  # of `overblock.reasons`
    value: str  # the line, its first 200 signs


def read_names(raw: bytes, seen: set[str]) -> Iterator[str | Rejected]:
    r"""The names of a list in its order, each once, and what is none.

    ``seen`` holds the names of other lists, which are not given again, and takes up those of this.

    >>> list(read_names(b"shop.example.\nhttps://shop.example/a\n# mine\n_x.example:53\n", set()))
    ['shop.example', '_x.example']
    """
    for number, line in enumerate(io.BytesIO(raw.removeprefix(b"\xef\xbb\xbf")), start=1):
        text = line[:LONGEST_LINE].decode(errors="replace").strip()
        if "#" in text:
            text = _COMMENT.sub("", text).strip()
        found = text if _PLAIN.fullmatch(text) else _read_line(text, number)
        if isinstance(found, Rejected):
            yield found
        elif found and found not in seen:
            seen.add(found)
            yield found


def _read_line(text: str, number: int) -> str | Rejected:
    """A name that is not written in its plain form, or what is none; nothing gives nothing."""
    if not text:
        return ""
    ranked = _RANK.match(text)
    named = text[ranked.end() :] if ranked else text
    reason = _why_not(named)
    name = None if reason else canonical_name(_host(named) or "")
    if name is not None and _is_name(name):
        return name
    return Rejected(record=number, reason=reason or "not_a_name", value=text[:MOST_SIGNS])


def _why_not(text: str) -> str | None:
    if "\ufffd" in text:
        return "undecodable"
    if len(text.split()) > 1:
        return "several_values"
    if _ADDRESS_LIKE.fullmatch(text) and (_is_address(text) or _is_address(_host(text))):
        return "no_name_but_address"
    return None


def _host(text: str) -> str | None:
    """What stands for a host in a line."""
    if "/" not in text and ":" not in text:
        return text
    try:
        return urlsplit(text if _SCHEME.match(text) else f"//{text}").hostname
    except ValueError:
        return None


def _is_name(name: str) -> bool:
    """Whether it can be asked for; no top-level domain is a number (RFC 3696, section 2)."""
    return len(name) <= LONGEST_NAME and not name.rpartition(".")[2].isdigit()


def _is_address(text: str | None) -> bool:
    try:
        ip_network(text or "", strict=False)
    except ValueError:
        return False
    return True
