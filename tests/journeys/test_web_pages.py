"""The site as people see it: in a real browser, over HTTP, wide and narrow, without JavaScript."""

import pytest
from playwright.sync_api import Browser, Response

from browsing import grave_findings, opened, overflow, turning
from overblock.store import Store
from real_registers import register_of_2018
from register_worlds import DUMP, ingest, observatory

WIDTHS = (1280, 360)
NOTHING_NEW = 304


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The register of 2018-05-05, as it was published."""
    made = observatory(tmp_path_factory.mktemp("site") / "observatory")
    ingest(made, [register_of_2018()])
    return made


@pytest.mark.parametrize("width", WIDTHS)
def test_in_one_minute_from_the_first_page(browser: Browser, site: str, width: int) -> None:
    """Is it listed, under which decision, of what date, with how many others?  No JavaScript."""
    with opened(browser, width, scripts=False) as page:
        page.goto(site)
        page.get_by_label("Address, network, domain or page").fill("52.58.1.1")
        page.get_by_label("At the moment").fill("2018-05-05")
        with turning(page):
            page.get_by_role("button", name="Look it up").click()
        text = page.locator("main").inner_text()
        assert "Listed at 5 May 2018, 23:59 UTC" in text
        assert "Decision 27-31-2015/Ид4082-15 of 4 December 2015, Генпрокуратура" in text
        assert "13,705,515 IPv4 addresses" in text
        page.locator(".cite summary").click()
        with turning(page):
            page.locator("#permalink").click()
        assert page.locator("main").inner_text().splitlines()[:4] == text.splitlines()[:4]


def test_the_keyboard_is_enough(browser: Browser, site: str) -> None:
    with opened(browser, 1280) as page:
        page.goto(site)
        field = page.get_by_label("Address, network, domain or page")
        for _ in range(12):
            if field.evaluate("one => one === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.type("52.58.1.1")
        page.keyboard.press("Tab")
        page.keyboard.type("2018-05-05")
        with turning(page):
            page.keyboard.press("Enter")
        assert "Listed at 5 May 2018" in page.locator("#verdict").inner_text()


PATHS = (
    "/?lang=ru",
    "/check",
    "/check?q=52.58.1.1&at=2018-05-05",
    "/check?q=52.58.1.1%0A1.1.1.1&at=2018-05-05&lang=ru",
    f"/registers/{DUMP}?at=2018-05-05",
    "/sources",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_fits_and_can_be_used_by_everybody(browser: Browser, site: str, path: str) -> None:
    with opened(browser, WIDTHS[0]) as page:
        page.goto(site + path)
        assert overflow(page) <= 0
        page.set_viewport_size({"width": WIDTHS[1], "height": 900})
        assert overflow(page) <= 0
        assert grave_findings(page) == []
        assert 0 not in page.locator("img").evaluate_all("all => all.map(one => one.naturalWidth)")


def test_the_report_on_a_case_stands_in_place(browser: Browser, site: str) -> None:
    with opened(browser, 360) as page:
        page.goto(f"{site}/cases/piracy-shield")
        assert page.locator("#minute").count() == 1
        assert overflow(page) <= 0
        font = page.locator("body").evaluate("one => getComputedStyle(one).maxWidth")
        assert font != "none"  # its own style applies


@pytest.mark.parametrize("path", ["/", "/?lang=ru", "/check"])
def test_a_first_page_is_light_with_all_that_the_browser_loads(
    browser: Browser, site: str, path: str
) -> None:
    """Under 150 kB before any packing, scripts and pictures too."""
    with opened(browser, WIDTHS[0]) as page:
        loaded: list[Response] = []
        page.on("response", lambda one: loaded.append(one))  # noqa: PLW0108  (no method of C)
        page.goto(site + path, wait_until="networkidle")
        with_bodies = [one for one in loaded if one.status != NOTHING_NEW]
        sizes = {one.url.removeprefix(site): len(one.body()) for one in with_bodies}
    assert len(sizes) > 2
    assert sum(sizes.values()) < 150_000, sizes
