"""Feeds hold what RFC 4287 asks of them, and hostile names stay names."""

import re
from datetime import datetime, timedelta
from urllib.parse import quote

import pytest
from litestar.testing import TestClient
from lxml import etree

from overblock.store import Store
from overblock.web.feeds.atom import MOST_SIGNS, Entry, Feed, atom
from overblock.web.feeds.page import MOST
from overblock.web.serving.site import Site
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory

ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = "]]><script>alert(1)</script>&\x0b"
REGISTER = f"/feeds/registers/{DUMP}.atom"
CHECK = f"/feeds/check.atom?q={quote('203.0.113.9')}"
FEEDS = (REGISTER, CHECK, "/feeds/events.atom")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A network that comes, goes, and comes again, under a decision with a hostile number."""
    folder = tmp_path_factory.mktemp("feeds")
    made = observatory(folder / "observatory")
    stays = [line(f"198.51.100.{last}", f"shop{last}.example") for last in range(9)]
    comes = line("203.0.113.0/24", decision=HOSTILE)
    for hour, lines in enumerate(([*stays, comes], stays, [*stays, comes])):
        path = folder / f"{hour}.csv"
        path.write_bytes(dump(START + hour * HOUR, lines))
        ingest(made, [path])
    return made


def one(parent: "etree._Element", name: str) -> str:
    """The text of the one child of a name."""
    (found,) = parent.findall(ATOM + name)
    return str(found.text)


def checked(document: bytes) -> list["etree._Element"]:
    """The entries of a feed that has all that section 4.1 asks for."""
    root = etree.fromstring(document)
    assert root.tag == f"{ATOM}feed"
    told = [root, *root.findall(f"{ATOM}entry")]
    for element in told:
        assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", one(element, "id"))
        assert one(element, "title").strip()
        assert datetime.fromisoformat(one(element, "updated")).tzinfo is not None
        rels = [link.get("rel") for link in element.findall(f"{ATOM}link")]
        assert rels.count("alternate") == 1
        assert all(link.get("href") for link in element.findall(f"{ATOM}link"))
    assert [link.get("rel") for link in root.findall(f"{ATOM}link")].count("self") == 1
    (author,) = root.findall(f"{ATOM}author")
    assert one(author, "name") == "overblock"
    ids = [one(element, "id") for element in told]
    assert len(set(ids)) == len(ids)
    whens = [one(element, "updated") for element in told[1:]]
    assert whens == sorted(whens, reverse=True)
    assert not whens or one(root, "updated") == whens[0]
    return told[1:]


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_feed_has_all_that_its_standard_asks_for(
    client: TestClient[Site], path: str, language: str
) -> None:
    answer = client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/atom+xml")
    checked(answer.content)
    xml_lang = etree.fromstring(answer.content).get("{http://www.w3.org/XML/1998/namespace}lang")
    assert xml_lang == language


def test_the_feed_of_a_register_tells_each_change_with_its_decision(
    client: TestClient[Site],
) -> None:
    last, middle, first = checked(client.get(REGISTER).content)
    assert one(last, "title") == "+256 / \N{MINUS SIGN}0 addresses"
    assert one(middle, "title") == "+0 / \N{MINUS SIGN}256 addresses"
    assert "first state at hand" in one(first, "summary")
    assert "<script>alert(1)</script>" in one(last, "summary")
    assert "<script" not in client.get(REGISTER).text


def test_the_feed_of_a_search_tells_when_its_answer_changed(
    client: TestClient[Site],
) -> None:
    entries = checked(client.get(CHECK).content)
    titles = [one(entry, "title") for entry in entries]
    assert titles[0] == f"{DUMP} is silent"
    assert [title.split(" by ")[0] for title in titles[1:]] == [
        "203.0.113.9 is listed",
        "203.0.113.9 is no longer listed",
        "203.0.113.9 is listed",
    ]
    nothing = client.get("/feeds/check.atom?q=192.0.2.1").content
    assert [one(entry, "title") for entry in checked(nothing)] == [f"{DUMP} is silent"]


@pytest.mark.parametrize("path", FEEDS)
def test_an_entry_is_the_same_whoever_asks_and_in_whatever_language(
    client: TestClient[Site], path: str
) -> None:
    again = f"{path}{'&' if '?' in path else '?'}lang=ru"
    ids = [
        [one(entry, "id") for entry in checked(client.get(asked).content)]
        for asked in (path, again)
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize("path", FEEDS)
def test_who_has_a_feed_is_told_that_nothing_is_new(client: TestClient[Site], path: str) -> None:
    tag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/feeds/check.atom", 400),
        ("/feeds/check.atom?q=%27+OR+1%3D1", 400),
        ("/feeds/check.atom?q=" + "%0A".join(["192.0.2.1"] * 21), 413),
        ("/feeds/registers/none.atom", 404),
        ("/feeds/registers/none", 404),
    ],
)
def test_what_is_no_feed_is_refused_in_one_line(
    client: TestClient[Site], path: str, status: int
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    if path.partition("?")[0].endswith(".atom"):
        assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("/", "/feeds/events.atom"),
        (f"/registers/{DUMP}?lang=ru", f"{REGISTER}?lang=ru"),
        ("/check?q=203.0.113.9", "/feeds/check.atom?q=203.0.113.9"),
        ("/sources", None),
        ("/registers/none", None),
    ],
)
def test_a_page_names_the_feed_that_tells_of_it(
    client: TestClient[Site], page: str, feed: str | None
) -> None:
    found = re.findall(r'<link rel="alternate" type="application/atom[^>]* href="([^"]+)"',
                       client.get(page).text)  # fmt: skip
    assert found == ([feed] if feed else [])


def test_a_feed_is_bounded_and_holds_no_sign_that_xml_has_not() -> None:
    odd = "".join(map(chr, range(32))) + "\ud800\ufffe<&>\"'" + "x" * 2_000
    entry = Entry(name=odd, title=odd, at=START, link="/", summary=odd)
    feed = Feed(
        name=odd, title=odd, language="en", link="/", own="/", updated=START, entries=[entry]
    )
    (found,) = checked(atom(feed))
    assert len(one(found, "title")) == MOST_SIGNS
    early = Entry(name="a", title="a", at=START.replace(year=1), link="/", summary="a")
    checked(atom(Feed(name="a", title="a", language="en", link="/", own="/",
                      updated=START + timedelta(1), entries=[early])))  # fmt: skip
    assert MOST < 100
