"""Words, method, sources and API in a browser: for everybody, wide and narrow."""

import re

import pytest
from litestar.testing import TestClient
from playwright.sync_api import Browser

from browsing import grave_findings, opened, overflow
from overblock.reports.glossary import glossary
from overblock.store import Store
from overblock.web.serving.site import Site
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory

PATHS = ("/glossary?lang=ru", "/method?lang=ru", "/api", "/sources", "/badge")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A register with a silence, whose last file is cut."""
    folder = tmp_path_factory.mktemp("words")
    made = observatory(folder / "observatory")
    for day, ended in ((0, True), (30, False)):
        path = folder / f"{day}.csv"
        path.write_bytes(dump(START + day * 24 * HOUR, [line("203.0.113.0/24")], ended=ended))
        ingest(made, [path])
    return made


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_words_fits_and_can_be_used_by_everybody(
    browser: Browser, site: str, path: str
) -> None:
    with opened(browser, 1280) as page:
        page.goto(site + path)
        assert overflow(page) <= 0
        page.set_viewport_size({"width": 360, "height": 900})
        assert overflow(page) <= 0
        assert grave_findings(page) == []


def test_each_word_has_its_anchor_in_each_language(client: TestClient[Site]) -> None:
    ids = [one.id for one in glossary().term]
    for language in ("en", "ru"):
        page = client.get("/glossary", params={"lang": language}).text
        assert re.findall(r'<dt id="([^"]+)"', page) == ids
    assert [one["id"] for one in client.get("/glossary.json").json()["term"]] == ids


def test_the_method_leads_only_to_pages_that_are_there(client: TestClient[Site]) -> None:
    pages = {page for one in client.get("/method.json").json() for page in one["pages"]}
    assert len(pages) > 5
    assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_a_source_tells_its_licence_its_newest_snapshot_its_flags_and_its_silences(
    client: TestClient[Site], store: Store
) -> None:
    (told,) = (one for one in client.get("/sources.json").json() if one["name"] == DUMP)
    assert told["snapshot"] in store.artefacts()
    assert (told["snapshots"], told["gaps"], told["flags"]) == (2, 1, ["cut"])
    assert told["last_gap"]["silent_from"].startswith("2015-01-01T00:00")
    page = client.get("/sources").text
    assert told["snapshot"] in page
    assert "the last from 1 January 2015" in page
    early = client.get("/sources.json?at=2015-01-02").json()
    (then,) = (one for one in early if one["name"] == DUMP)
    assert (then["snapshots"], then["gaps"], then["flags"]) == (1, 0, [])
