"""The report's page as people see it: in a real browser, wide and narrow, light and dark."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browsing import grave_findings, overflow

WIDTHS = (1280, 360)


@pytest.fixture(scope="module")
def folder(bundles: Path) -> Path:
    return bundles / "telegram-2018"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_page_fits_says_nothing_wrong_and_asks_nobody(
    browser: Browser, folder: Path, width: int, language: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"file://{folder}/report.{language}.html")
    assert overflow(page) <= 0
    assert page.locator("img").evaluate_all("all => all.every(one => one.naturalWidth > 0)")
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert grave_findings(page) == []
    page.close()


def test_words_stand_out_from_a_dark_paper_too(browser: Browser, folder: Path) -> None:
    """From a light one they do where nothing grave is found."""
    page = browser.new_page(color_scheme="dark")
    page.goto(f"file://{folder}/report.en.html")
    assert [line for line in grave_findings(page) if "contrast" in line] == []
    page.close()


def test_the_keyboard_leads_from_a_figure_to_its_query(browser: Browser, folder: Path) -> None:
    page = browser.new_page()
    page.goto(f"file://{folder}/report.en.html")
    figure = page.locator("#minute a.figure").first
    figure.focus()
    page.keyboard.press("Enter")
    row = page.locator("tr:target")
    assert "extent.ipv4.all of case telegram-2018" in (row.text_content() or "")
    assert (figure.text_content() or "") in (row.text_content() or "")
    page.close()
