"""Names and pages in a canonical form, in which equality means sameness.

Imports no array library: the commands that answer about one name must start at once.
"""

import re
from urllib.parse import SplitResult, urlsplit

NAME = r"^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$"  # a host name; underscores do occur
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

    >>> canonical_url("HTTP://Shop.Example/A?b")
    'http://shop.example/A?b'
    """
    try:
        parts = urlsplit(written.strip())
        host = canonical_name(parts.hostname or "")
    except ValueError:
        return None
    if not parts.scheme or not parts.netloc or host is None:
        return None
    return _with_host(parts, host).geturl()


def _with_host(parts: SplitResult, host: str) -> SplitResult:
    credentials, at, _ = parts.netloc.rpartition("@")
    _, colon, port = parts.netloc.rpartition(":")
    ending = colon + port if colon and port.isdigit() else ""
    return parts._replace(netloc=f"{credentials}{at}{host}{ending}")
