"""Names and pages in a canonical form, in which equality means sameness.

Imports no array library: the commands that answer about one name must start at once.
"""

import re
from urllib.parse import SplitResult, urlsplit

NAME = r"^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$"  # a host name; underscores do occur
HOST_OF_PAGE = r"^[a-z][a-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#:]+)"  # in canonical form
NUMBER_LAST = r"(^|\.)[0-9]+$"  # a host whose last label is a number is an address gone wrong


def canonical_name(written: str) -> str | None:
    """A host name in lower case and punycode, without the root's dot; None if it is none.

    >>> canonical_name("Пример.РФ.")
    'xn--e1afmkfd.xn--p1ai'
    """
    text = written.strip().lower().removesuffix(".")
    if not text.isascii():
        import idna  # noqa: PLC0415  (its tables take a while, and few names need them)

        try:
            text = idna.encode(text, uts46=True, transitional=False).decode("ascii")
        except idna.IDNAError:
            return None
    return text if re.match(NAME, text) else None


def canonical_url(written: str) -> str | None:
    """A page's address with scheme and host in lower case and punycode; None if it is none.

    Path and query stay as written: servers tell them apart by case.

    >>> canonical_url("HTTP://Shop.Example/A?b"), canonical_url("http://[2001:DB8:0::7]:80/")
    ('http://shop.example/A?b', 'http://[2001:db8::7]:80/')
    """
    try:
        parts = urlsplit(written.strip())
        named = parts.hostname or ""
        host = _literal(named) if ":" in named else canonical_name(named)
    except ValueError:
        return None
    if not parts.scheme or not parts.netloc or host is None:
        return None
    return _with_host(parts, host).geturl()


def _literal(written: str) -> str:
    """An IPv6 address as hosts of pages are written (RFC 3986 section 3.2.2)."""
    from ipaddress import IPv6Address  # noqa: PLC0415  (few pages stand on one)

    return f"[{IPv6Address(written)}]"


def _with_host(parts: SplitResult, host: str) -> SplitResult:
    credentials, at, _ = parts.netloc.rpartition("@")
    _, colon, port = parts.netloc.rpartition(":")
    ending = colon + port if colon and port.isdigit() else ""
    return parts._replace(netloc=f"{credentials}{at}{host}{ending}")
