"""The report's page as people see it: in a real browser, wide and narrow, light and dark."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from browsing import grave_findings, overflow
from overblock.reports.document.bundle import Wishes, write_bundle
from overblock.reports.document.subjects import subject_named

CASE = "telegram-2018"
WIDTHS = (1280, 360)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pages") / CASE
    return write_bundle(
        subject_named(CASE), place, Wishes(made_at=datetime(2026, 11, 21, tzinfo=UTC))
    )


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


Scheme = Literal["dark", "light"]


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_words_stand_out_from_the_paper(browser: Browser, folder: Path, scheme: Scheme) -> None:
    page = browser.new_page(color_scheme=scheme)
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
