"""Telegram's public pages of a channel, as somebody saved them: who follows it, who saw its posts.

Two pages show a channel to anybody.  The preview, ``t.me/s/NAME``, has counters and some twenty
posts (here without what stands between)::

    <div class="tgme_channel_info_counter"><span class="counter_value">12.3K</span>
      <span class="counter_type">subscribers</span></div>
    <section class="tgme_channel_history">
      <div class="tgme_widget_message" data-post="example/17">
        <span class="tgme_widget_message_views">1.24K</span>
        <time datetime="2018-04-16T21:00:00+00:00">21:00</time></div></section>

The other, ``t.me/NAME``, has one line, with a blank between thousands, and no posts::

    <div class="tgme_page_title">Example</div>
    <div class="tgme_page_extra">12 345 subscribers</div>

A counter is known by its word, never by its place, in English or Russian; one that is not there is
unknown, not nought.  A shortened count says 1.24K of anything from 1,235 to 1,250: nobody says
whether Telegram rounds or cuts off, so both are allowed for.  Record 1 is the head of the page,
the posts follow; posts about the channel itself (a new picture) have no views and are silent.

A page does not say when it was saved; only one from the Internet Archive does, in a comment behind
its end.  A page without any post is a new layout, not a channel nobody reads.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import polars as pl
from lxml import etree

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.tables import AUDIENCES, REJECTS

MAX_BYTES = 16 << 20  # a page has a few hundred thousand
MAX_POSTS = 10_000  # a page has twenty
MAX_COUNT = 10**12
SERVICE = "Telegram"
DEFINITION = "Telegram's own count of {} on its public page"
POST = re.compile(r"([A-Za-z]\w{2,31})/([0-9]{1,12})", re.ASCII)
LINK = re.compile(r"tg://resolve\?domain=([A-Za-z]\w{2,31})(?!\w)", re.ASCII)
WHOLE = re.compile(r"[0-9]{1,3}(?: [0-9]{3})*|[0-9]{1,13}")
SHORT = re.compile(r"([0-9]{1,4})(?:\.([0-9]{1,3}))?([KMB])")
POWERS = {"K": 3, "M": 6, "B": 9}
EXTRA = re.compile(r"([0-9][0-9 .]*[KMB]?) (\w+)")  # a count and its word, of those in one line
ARCHIVED = re.compile(rb"FILE ARCHIVED ON (\d\d):(\d\d):(\d\d) ([A-Z][a-z]{2}) (\d\d), (\d{4})")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WORDS = {
    "subscribers": ("subscriber", "subscribers", "подписчик", "подписчика", "подписчиков"),
    "members": ("member", "members", "участник", "участника", "участников"),
    "photos": ("photo", "photos", "фото", "фотография", "фотографии", "фотографий"),
    "videos": ("video", "videos", "видео"),
    "files": ("file", "files", "файл", "файла", "файлов"),
    "links": ("link", "links", "ссылка", "ссылки", "ссылок"),
    "online": ("online", "онлайн"),
}
METRICS = {word: metric for metric, words in WORDS.items() for word in words}


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A count as a page shows it: what it says, and what it can mean at least and at most."""

    value: float
    low: float
    high: float


@dataclass(slots=True)
class _Page:
    """What a page says so far."""

    rows: list[dict[str, object]] = field(default_factory=list)
    rejects: list[tuple[int, str, str]] = field(default_factory=list)

    def refuse(self, record: int, reason: str, value: str) -> None:
        self.rejects.append((record, reason, value.strip()[:200]))

    def add(self, record: int, channel: str, metric: str, count: Count, **more: object) -> None:
        self.rows.append(
            dict.fromkeys(AUDIENCES.schema())
            | more
            | {
                "record": record,
                "service": SERVICE,
                "subject": channel.lower(),  # Telegram takes no note of case
                "metric": metric,
                "definition": DEFINITION.format(metric),
                "unit": metric,
                "value": count.value,
                "low": count.low,
                "high": count.high,
            }
        )


def read(raw: bytes) -> Reading:
    """Read one saved page.

    Flags it ``cut`` where its end is missing; the last post is then not believed.

    Raises:
        SourceDrift: no page of a channel, or one with another layout.
    """
    tree = _parse(raw)
    end = raw.rfind(b"</html>")
    page = _Page()
    history = _first(tree, "tgme_channel_history")
    if history is not None or _first(tree, "tgme_channel_info") is not None:
        _read_preview(tree, page, cut=end < 0)
    elif _first(tree, "tgme_page_title") is not None:
        _read_landing(tree, page)
    else:
        raise SourceDrift(f"not a channel's page on Telegram; it begins with {raw[:60]!r}")
    rejects = pl.DataFrame(page.rejects, REJECTS.schema(), orient="row")
    return Reading(
        published_at=_archived_at(raw[end:]) if end >= 0 else None,
        rows=pl.DataFrame(page.rows, AUDIENCES.schema()),
        rejects=rejects.unique(maintain_order=True).sort("record", maintain_order=True),
        flags=("cut",) if end < 0 else (),
    )


def read_count(text: str) -> Count | None:
    """A count: ``943``, ``12 345``, ``1.24K``, ``3.4M``; None where it is none.

    >>> read_count("1.24K")
    Count(value=1240.0, low=1235.0, high=1250.0)
    """
    written = " ".join(text.split())  # blanks between thousands may be of any kind
    if WHOLE.fullmatch(written):
        whole = float(written.replace(" ", ""))
        return Count(value=whole, low=whole, high=whole) if whole <= MAX_COUNT else None
    found = SHORT.fullmatch(written)
    if found is None:
        return None
    digits, decimals, letter = found[1], found[2] or "", found[3]
    step = 10.0 ** (POWERS[letter] - len(decimals))
    value = int(digits + decimals) * step
    if value > MAX_COUNT:
        return None
    return Count(value=value, low=value - step / 2, high=value + step)


def _parse(raw: bytes) -> etree._Element:
    """The tree of a page.

    Raises:
        SourceDrift: it is empty, too large, not in UTF-8, or nothing that has a tree.
    """
    if len(raw) > MAX_BYTES:
        raise SourceDrift(f"not a channel's page: {len(raw):,} bytes, over {MAX_BYTES >> 20} MiB")
    if b"\0" in raw:
        raise SourceDrift(f"not a page in UTF-8: it holds NULs and begins with {raw[:60]!r}")
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True)
    try:
        tree = etree.fromstring(raw.strip(), parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        tree = None
    if tree is None:
        raise SourceDrift(f"not a web page; it begins with {raw[:60]!r}")
    return tree


def _read_preview(tree: etree._Element, page: _Page, *, cut: bool) -> None:
    posts = [
        each
        for each in _all(tree, "tgme_widget_message")
        if each.get("data-post") is not None and not _within_another(each)
    ]
    if cut:
        posts = posts[:-1]  # its counts may be half of what they were
    if not posts or len(posts) > MAX_POSTS:
        raise SourceDrift(
            f"not the layout that it had: a preview with {len(posts) or 'no'} posts"
            f"{' before it is cut' if cut else ''}"
        )
    named = (POST.fullmatch(post.get("data-post", "")) for post in posts)
    channel = next((found[1] for found in named if found), None)
    if channel is None:
        page.refuse(1, "no_channel", posts[0].get("data-post", ""))
        return
    for counter in _all(tree, "tgme_channel_info_counter"):
        _add_counter(page, channel, _text(counter, "counter_value"), _text(counter, "counter_type"))
    for record, post in enumerate(posts, start=2):
        _read_post(page, record, channel, post)


def _read_landing(tree: etree._Element, page: _Page) -> None:
    """The page without posts: its channel is told by the link that opens it in the program."""
    links = (value for each in tree.iter("a", "meta") for value in each.attrib.values())
    found = next(filter(None, map(LINK.search, links)), None)
    extra = " ".join(_text(tree, "tgme_page_extra").split())
    if found is None:
        page.refuse(1, "no_channel", _text(tree, "tgme_page_title"))
        return
    for part in extra.split(", ") if extra else []:
        written = EXTRA.fullmatch(part)
        if written is not None:
            _add_counter(page, found[1], written[1], written[2])
        elif part[:1].isdigit():
            page.refuse(1, "bad_count", part)


def _add_counter(page: _Page, channel: str, value: str, word: str) -> None:
    metric = METRICS.get(word.strip().lower())
    count = read_count(value)
    if metric is None:
        page.refuse(1, "unknown_counter", f"{value} {word}")
    elif count is None:
        page.refuse(1, "bad_count", f"{value} {word}")
    elif any(row["metric"] == metric for row in page.rows):
        page.refuse(1, "repeated_counter", f"{value} {word}")
    else:
        page.add(1, channel, metric, count)


def _read_post(page: _Page, record: int, channel: str, post: etree._Element) -> None:
    mark = post.get("data-post", "")
    found = POST.fullmatch(mark)
    if found is None or found[1].lower() != channel.lower():
        page.refuse(record, "bad_post", mark)
        return
    written = _text(post, "tgme_widget_message_views")
    if "service_message" in _classes(post) or not written:
        return  # it has no views, or they are unknown
    count, at = read_count(written), _posted_at(post)
    if count is None:
        page.refuse(record, "bad_count", written)
    elif at is None:
        page.refuse(record, "bad_timestamp", mark)
    else:
        name = f"{channel}/{found[2]}".lower()
        page.add(record, channel, "views", count, at_first=at, at_last=at, post=name)


def _posted_at(post: etree._Element) -> datetime | None:
    """When a post was made: the last dated time in it, as what it answers to stands before."""
    dated = [each.get("datetime", "") for each in post.iter("time") if each.get("datetime")]
    try:
        at = datetime.fromisoformat(dated[-1]) if dated else None
        return at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _archived_at(tail: bytes) -> datetime | None:
    """When the Internet Archive saved the page, by its comment behind the page's end."""
    found = ARCHIVED.search(tail[:4096])
    if found is None or found[4].decode() not in MONTHS:
        return None
    hour, minute, second, day, year = (int(found[part]) for part in (1, 2, 3, 5, 6))
    try:
        month = MONTHS.index(found[4].decode()) + 1
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def _classes(element: etree._Element) -> list[str]:
    return element.get("class", "").split()


def _all(tree: etree._Element, name: str) -> Iterator[etree._Element]:
    """The elements of a class, in the order of the page."""
    return (each for each in tree.iter(etree.Element) if name in _classes(each))


def _first(tree: etree._Element, name: str) -> etree._Element | None:
    return next(_all(tree, name), None)


def _text(tree: etree._Element, name: str) -> str:
    """What stands in the first element of a class; empty where there is none."""
    found = _first(tree, name)
    return "" if found is None else "".join(map(str, found.itertext()))


def _within_another(post: etree._Element) -> bool:
    return any(above.get("data-post") is not None for above in post.iterancestors())


SOURCE = Source(
    name="telegram_preview",
    title="Telegram: public pages of channels, saved",
    country=None,
    homepage="https://t.me",
    licence="no open licence; counts are facts, texts stay with their authors",
    fills=AUDIENCES,
    at_least=1,
    read=read,
    silent_after=timedelta(days=7),
    files=r".*\.html?",
)
