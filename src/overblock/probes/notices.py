"""Short messages to people, through whichever of a hundred services a URL names.

The URL holds a password or a token, so nothing of it but its scheme is ever told: neither in a
message, nor in an error, nor in the words that the library would log.
"""

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import apprise

from overblock.errors import NoticeFailed, UsageError

LIBRARY = "apprise"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}(?=://)")


@dataclass(frozen=True, slots=True)
class Service:
    """Who is to be told, and what messages call it."""

    name: str
    notify: apprise.NotifyBase


def find_services(urls: Sequence[str]) -> list[Service]:
    """The services that the URLs name; none of them is asked anything.

    Raises:
        UsageError: a URL names no service.
    """
    found = []
    with _silence():
        for place, url in enumerate(urls, 1):
            notify = apprise.Apprise.instantiate(url, suppress_exceptions=True)
            if notify is None:
                raise UsageError(f"notice {place} ({_scheme(url)}) is no URL of a known service")
            found.append(Service(f"{place} ({_scheme(url)})", notify))
    return found


def send(services: Sequence[Service], title: str, body: str) -> None:
    """Send one message to every service; all are tried, whichever fails.

    Raises:
        NoticeFailed: a service did not take it; the message says which by its place and scheme.
    """
    with _silence():
        failed = [one.name for one in services if not _deliver(one.notify, title, body)]
    if failed:
        raise NoticeFailed(
            f"notice {', '.join(failed)} was not delivered; what changed is told again next time"
        )


def _deliver(service: apprise.NotifyBase, title: str, body: str) -> bool:
    post = apprise.Apprise()
    post.add(service)
    return bool(post.notify(body=body, title=title, body_format="text"))


def _scheme(url: str) -> str:
    found = SCHEME.match(url)
    return found.group() if found else "without scheme"


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the library from logging, as it would tell the URL; its own warnings concern nobody."""
    logger = logging.getLogger(LIBRARY)
    before = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = before
