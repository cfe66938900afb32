"""The badge that other sites show: true, accessible, and stale where it is stale."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from litestar.testing import TestClient
from lxml import etree

from browsing import chromium, served
from overblock.store import Store
from overblock.web.app import create_app
from overblock.web.registers.badge import THEMES
from overblock.web.serving.site import Site
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory

SVG = "{http://www.w3.org/2000/svg}"
NOW = datetime.now(UTC).replace(microsecond=0)


def told_at(folder: Path, at: datetime) -> Store:
    """An observatory whose register spoke once."""
    made = observatory(folder / "observatory")
    path = folder / "dump.csv"
    path.write_bytes(dump(at, [line("203.0.113.0/24")]))
    ingest(made, [path], now=NOW)
    return made


@pytest.fixture
def fresh(tmp_path: Path) -> Store:
    return told_at(tmp_path, NOW - 5 * HOUR)


@pytest.fixture
def client(fresh: Store) -> Iterator[TestClient[Site]]:
    with TestClient(create_app(fresh.root, asked_a_minute=0)) as started:
        yield started


def texts(svg: bytes) -> tuple[str, list[str]]:
    """The title of a badge, and what it shows."""
    root = etree.fromstring(svg)
    title = root.find(f"{SVG}title")
    assert title is not None
    assert root.get("aria-labelledby") == title.get("id")
    return str(title.text), [str(one.text) for one in root.iter(f"{SVG}text")]


def test_a_badge_says_how_much_and_how_old_to_the_eye_and_to_the_ear(
    client: TestClient[Site],
) -> None:
    title, shown = texts(client.get(f"/badge/{DUMP}.svg").content)
    assert "256 IPv4 addresses listed" in title
    assert shown == ["RU", "256 IPv4 listed · 5 hours old"]
    title, shown = texts(client.get(f"/badge/{DUMP}.svg?lang=ru").content)
    assert "256" in title
    assert shown[1] == "внесено IPv4: 256 · возраст 5 часов"


def test_a_stale_badge_says_that_it_is_stale(tmp_path: Path) -> None:
    store = told_at(tmp_path, START)
    with TestClient(create_app(store.root, asked_a_minute=0)) as client:
        title, shown = texts(client.get(f"/badge/{DUMP}.svg").content)
        told = client.get(f"/badge/{DUMP}.json").json()
    assert "silent for" in shown[1]
    assert "no change is not no block" in title
    assert (told["state"], told["ipv4"], told["ipv4_added"]) == ("silent", 256, None)


def test_a_badge_of_a_damaged_register_says_so(fresh: Store) -> None:
    for part in (fresh.root / "tables" / "listings").rglob("*.parquet"):
        part.write_bytes(b"no parquet")
    with TestClient(create_app(fresh.root, asked_a_minute=0)) as client:
        assert texts(client.get(f"/badge/{DUMP}.svg").content)[1][1] == "cannot be read"
        assert client.get(f"/badge/{DUMP}.json").json()["state"] == "broken"


@pytest.mark.parametrize("form", ["json", "svg"])
def test_only_badges_may_be_loaded_by_other_sites(client: TestClient[Site], form: str) -> None:
    headers = client.get(f"/badge/{DUMP}.{form}").headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    for path in ("/", "/badge", "/now.json"):
        other = client.get(path).headers
        assert "access-control-allow-origin" not in other
        assert other["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/badge/none.svg", "/badge/none.json", f"/badge/{DUMP}", f"/badge/{DUMP}.svg?theme=x"]
)
def test_what_is_no_badge_is_refused(client: TestClient[Site], path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_page_gives_what_to_put_on_a_site(client: TestClient[Site]) -> None:
    page = client.get("/badge?lang=ru").text
    assert f"/badge/{DUMP}.svg?lang=ru" in page
    assert "&lt;img src=" in page


def test_another_site_shows_it_in_each_theme_with_its_text_inside(fresh: Store) -> None:
    """A page of another origin: the browser would refuse what may not be loaded across."""
    with chromium() as browser, served(fresh.root) as site:
        page = browser.new_page(color_scheme="dark")
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        images = "".join(f'<img src="{site}/badge/{DUMP}.svg?theme={one}">' for one in THEMES)
        page.set_content(images)
        page.wait_for_function("[...document.images].every(one => one.complete)")
        widths = page.locator("img").evaluate_all("all => all.map(one => one.naturalWidth)")
        assert len(widths) == len(THEMES)
        assert all(width > 150 for width in widths)
        page.goto(f"{site}/badge/{DUMP}.svg?theme=dark")
        fill = page.locator("rect.v").evaluate("one => getComputedStyle(one).fill")
        assert fill == "rgb(142, 197, 255)"
        inside = page.locator("text.w").evaluate(
            "one => one.getBBox().x + one.getBBox().width < one.ownerSVGElement.width.baseVal.value"
        )
        assert inside
        assert said == []
