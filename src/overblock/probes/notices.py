"""Short messages to people, through whichever of a hundred services a URL names.

The URL holds a password or a token, so nothing of it but its scheme is ever told: neither in a
message, nor in an error, nor in the words that the library would log.
"""

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import apprise

from overblock.errors import NoticeFailed, UsageError

LIBRARY = "apprise"
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}(?=://)")


def send(urls: Sequence[str], title: str, body: str) -> None:
    """Send one message to every service; all are tried, whichever fails.

    Raises:
        UsageError: a URL names no service; nothing is sent then.
        NoticeFailed: a service did not take it; the message says which by its place and scheme.
    """
    with _silence():
        services = []
        for place, url in enumerate(urls, 1):
            service = apprise.Apprise.instantiate(url, suppress_exceptions=True)
            if service is None:
                raise UsageError(f"notice {place} ({_scheme(url)}) is no URL of a known service")
            services.append((f"{place} ({_scheme(url)})", service))
        failed = [name for name, service in services if not _deliver(service, title, body)]
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
