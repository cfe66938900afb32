"""Feeds as Atom 1.0 (RFC 4287): what each must have, and texts that nobody can break out of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid5

from lxml import etree

from overblock import __version__
from overblock.reports.document.words import CONTROLS, REPLACED

NAMESPACE = "http://www.w3.org/2005/Atom"
XML = "http://www.w3.org/XML/1998/namespace"
OURS = UUID("6f7ac1f0-6f0e-5c0e-9d43-0a4d2f6f4b11")  # under which our names become identities
NO_XML = dict.fromkeys([*range(0xD800, 0xE000), 0xFFFE, 0xFFFF], REPLACED)
MOST_SIGNS = 500  # of a title or summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened; ``name`` is unique and stays the same in every language."""

    name: str
    title: str
    at: datetime
    link: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """Things that happened, the newest first."""

    name: str
    title: str
    language: str
    link: str  # of the page
    own: str  # of the feed itself
    updated: datetime  # where there is no entry
    entries: Sequence[Entry]


def identity(name: str) -> str:
    """A name as a URN that is the same for ever."""
    return uuid5(OURS, name.encode(errors="replace").decode()).urn


def clean(text: str) -> str:
    """A text that XML can hold, on one line, not too long."""
    held = CONTROLS.sub(REPLACED, " ".join(text.split())).translate(NO_XML)
    return held if len(held) <= MOST_SIGNS else f"{held[: MOST_SIGNS - 1]}…"


def atom(feed: Feed) -> bytes:
    """The feed as a document."""
    root = etree.Element(f"{{{NAMESPACE}}}feed", nsmap={None: NAMESPACE})
    root.set(f"{{{XML}}}lang", feed.language)
    _text(root, "id", identity(feed.name))
    _text(root, "title", feed.title)
    _text(root, "updated", _instant(max((one.at for one in feed.entries), default=feed.updated)))
    _link(root, "self", feed.own, "application/atom+xml")
    _link(root, "alternate", feed.link, "text/html")
    author = etree.SubElement(root, f"{{{NAMESPACE}}}author")
    _text(author, "name", "overblock")
    _text(root, "generator", "overblock").set("version", __version__)
    for entry in feed.entries:
        _entry(root, feed, entry)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _entry(root: "etree._Element", feed: Feed, entry: Entry) -> None:
    found = etree.SubElement(root, f"{{{NAMESPACE}}}entry")
    _text(found, "id", identity(f"{feed.name} {entry.name}"))
    _text(found, "title", entry.title)
    _text(found, "updated", _instant(entry.at))
    _text(found, "published", _instant(entry.at))
    _link(found, "alternate", entry.link, "text/html")
    _text(found, "summary", entry.summary).set("type", "text")


def _text(parent: "etree._Element", name: str, text: str) -> "etree._Element":
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    made.text = clean(text)
    return made


def _link(parent: "etree._Element", rel: str, href: str, kind: str) -> None:
    etree.SubElement(parent, f"{{{NAMESPACE}}}link", rel=rel, href=href, type=kind)


def _instant(at: datetime) -> str:
    """A moment as RFC 3339 writes it; Atom knows no year of fewer than four digits."""
    return at.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
