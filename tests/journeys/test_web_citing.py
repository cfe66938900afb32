"""Every answer can be cited, and a link says when what it was made of no longer answers."""

import json
import re
from collections.abc import Iterator
from hashlib import sha256
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import rfc8785
from litestar.testing import TestClient

from overblock import __version__
from overblock.store import Store
from overblock.web.app import create_app
from overblock.web.pages import static_files
from overblock.web.serving.site import Site
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory

AT = f"{START + 3 * HOUR:%Y-%m-%dT%H:%M}"
PAGES = ("/", f"/now?at={AT}", f"/check?q=203.0.113.9&at={AT}", f"/registers/{DUMP}?at={AT}")
OTHER = "pins other snapshots"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = observatory(tmp_path / "observatory")
    path = tmp_path / "first.csv"
    path.write_bytes(dump(START, [line("203.0.113.0/24")]))
    ingest(made, [path])
    return made


@pytest.fixture
def client(store: Store) -> Iterator[TestClient[Site]]:
    with TestClient(create_app(store.root, asked_a_minute=0)) as started:
        yield started


def permalink(page: str) -> str:
    (found,) = re.findall(r'id="permalink" href="([^"]+)"', page)
    return unescape(found)


def manifest(page: str) -> str:
    (found,) = re.findall(r'<pre id="cite-manifest"[^>]*>(.*?)</pre>', page)
    return unescape(found)


@pytest.mark.parametrize("path", PAGES)
def test_a_permalink_pins_moment_snapshot_and_version_and_answers_itself(
    client: TestClient[Site], path: str
) -> None:
    first = client.get(path).text
    link = permalink(first)
    pins = parse_qs(urlsplit(link).query)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", pins["at"][0])
    assert re.fullmatch("[0-9a-f]{16}", pins["snapshot"][0])
    assert pins["version"] == [__version__]
    again = client.get(link).text
    assert (permalink(again), manifest(again)) == (link, manifest(first))
    assert 'role="note"' not in again


@pytest.mark.parametrize("path", PAGES)
def test_the_manifest_is_canonical_and_names_what_the_answer_rests_on(
    client: TestClient[Site], store: Store, path: str
) -> None:
    page = client.get(path).text
    text = manifest(page)
    held = json.loads(text)
    assert rfc8785.dumps(held).decode() == text
    assert sha256(text.encode()).hexdigest() in page
    assert held["snapshots"] == [{"source": DUMP, "sha256": store.artefacts()[0]}]


@pytest.mark.parametrize("path", PAGES[1:3])
def test_the_manifest_holds_the_digest_of_the_data_beside_the_page(
    client: TestClient[Site], path: str
) -> None:
    page = client.get(path).text
    link = urlsplit(permalink(page))
    data = client.get(f"{link.path}.json?{link.query}")
    assert sha256(data.content).hexdigest() == json.loads(manifest(page))["answer_sha256"]


def test_a_link_says_when_other_snapshots_or_another_version_answer(
    client: TestClient[Site], store: Store, tmp_path: Path
) -> None:
    link = permalink(client.get(f"/check?q=203.0.113.9&at={AT}").text)
    assert OTHER not in client.get(link).text
    path = tmp_path / "second.csv"
    path.write_bytes(dump(START + HOUR, [line("203.0.113.0/25")]))
    ingest(store, [path])
    assert OTHER in client.get(link).text
    older = client.get(link.replace(f"version={__version__}", "version=0.0.1<b>")).text
    assert "was made by overblock 0.0.1&lt;b&gt;" in older


def test_bibtex_keeps_hostile_words_as_words(client: TestClient[Site]) -> None:
    page = client.get("/check", params={"q": "http://a.example/}%_\\~{<x>", "at": AT}).text
    (found,) = re.findall(r'<pre id="cite-bibtex"[^>]*>(.*?)</pre>', page, re.DOTALL)
    entry = unescape(found)
    assert "<x>" not in found
    assert entry.startswith("@misc{overblock-")
    depth = 0
    for sign in re.sub(r"\\[{}\\]|\\textbackslash\{\}|\\textasciitilde\{\}", "", entry):
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0


@pytest.mark.parametrize("host", ["evil.example/x", 'a"b', "a b", "a@b"])
def test_a_host_that_is_none_is_not_cited(client: TestClient[Site], host: str) -> None:
    answer = client.get(f"/check?q=203.0.113.9&at={AT}", headers={"host": host})
    assert host not in unescape(answer.text)
    assert answer.status_code == 400 or "url = {/check?" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_what_is_printed_can_be_found_again(client: TestClient[Site], path: str) -> None:
    """A leaf of paper opens no details: link and digest stand on it."""
    page = client.get(path).text
    printed = unescape(page.partition('<p class="printed">')[2].partition("</p>")[0])
    assert permalink(page) in printed
    assert sha256(manifest(page).encode()).hexdigest() in printed
    sheet = static_files()["site.css"].content
    assert b".printed{display:none}" in sheet
    assert b".printed{display:block" in sheet
