"""A register and a target's time in a real browser: with scripts and without, wide and narrow."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import grave_findings, opened, overflow, turning
from overblock.store import Store
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory

HOME = f"/registers/{DUMP}"
AT = "2015-01-01T02:00"
WIDTHS = (1280, 360)
NUMBER = "2-1779/2018"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Some hours of a register: a network comes, another goes, and one state is cut."""
    folder = tmp_path_factory.mktemp("register-pages")
    made = observatory(folder / "observatory")
    lines = [
        line("203.0.113.0/24", decision=NUMBER),
        line("198.51.100.7", "shop.example", "http://shop.example/a", decision="2"),
        *(line(f"192.0.2.{number}", decision=f"27-31/{number}") for number in range(60)),
    ]
    for hour, some in enumerate((lines[1:], lines, lines[:1], lines[:-1])):
        path = folder / f"{hour}.csv"
        path.write_bytes(dump(START + hour * HOUR, some, ended=hour != 2))
        ingest(made, [path])
    return made


PATHS = (
    f"{HOME}?by=decision&at={AT}&lang=ru",
    f"{HOME}/decisions?at={AT}&sort=first&lang=ru",
    f"{HOME}/decisions?number={NUMBER}",
    f"{HOME}/diff?from=2015-01-01T00:00&to=2015-01-01T01:00",
    f"/check?q=203.0.113.9&at={AT}",
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


def test_without_scripts_the_chart_is_a_picture_and_time_has_steps(
    browser: Browser, site: str
) -> None:
    with opened(browser, 360, scripts=False) as page:
        page.goto(f"{site}{HOME}?by=decision")
        assert "2 at the end" not in page.locator("main").inner_text()
        assert page.locator("figure img").get_attribute("alt")
        expect(page.get_by_role("button", name="interactive")).to_have_count(0)
        page.goto(f"{site}/check?q=203.0.113.9&at={AT}")
        expect(page.locator("#slide")).to_be_hidden()
        with turning(page):
            page.get_by_role("link", name=re.compile("change before")).click()
        assert "Listed at 1 January 2015, 01:00 UTC" in page.locator("#verdict").inner_text()


def test_by_the_keyboard_from_the_register_to_a_decision_and_its_addresses(
    browser: Browser, site: str
) -> None:
    with opened(browser, 1280) as page:
        page.goto(f"{site}{HOME}/decisions")
        page.get_by_label("Words of the number").focus()
        page.keyboard.type("1779")
        page.keyboard.press("Enter")
        page.wait_for_url("**q=1779**")
        link = page.get_by_role("link", name=NUMBER)
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**number=**")
        text = page.locator("main").inner_text()
        assert "256 IPv4 addresses stand under it" in text
        assert "203.0.113.0/24" in text


def test_the_slider_goes_to_a_moment_and_says_on_the_way_what_is_listed(
    browser: Browser, site: str
) -> None:
    with opened(browser, 1280) as page:
        page.goto(f"{site}/check?q=203.0.113.9&at={AT}")
        slider = page.get_by_label("Slide through time")
        slider.focus()
        assert slider.get_attribute("aria-valuetext") == "2015-01-01: listed"
        page.keyboard.press("ArrowRight")
        page.wait_for_url("**at=2015-01-02**")
        expect(page.locator("#verdict")).to_contain_text("2 January 2015")


def test_before_it_is_moved_the_slider_says_what_the_page_says(browser: Browser, site: str) -> None:
    """Of the page's moment: at the end of that day the network was listed."""
    with opened(browser, 1280) as page:
        page.goto(f"{site}/check?q=203.0.113.9&at=2015-01-01T00:30")
        expect(page.locator("#verdict")).to_contain_text("Not listed")
        slider = page.get_by_label("Slide through time")
        expect(slider).to_have_attribute("aria-valuetext", "2015-01-01: not listed")


def test_who_comes_back_finds_the_slider_where_the_page_is(browser: Browser, site: str) -> None:
    """Loaded again, or as the browser had kept it: a slider elsewhere would tell another day."""
    with opened(browser, 1280) as page:
        page.goto(f"{site}/check?q=203.0.113.9&at={AT}")
        slider, mark = page.get_by_label("Slide through time"), page.locator(".strip line.mark")
        told, stood = slider.get_attribute("aria-valuetext") or "", mark.get_attribute("x1") or ""
        slider.focus()
        with turning(page):
            page.keyboard.press("ArrowRight")
        page.go_back()
        expect(slider).to_have_attribute("aria-valuetext", told)
        slider.evaluate(
            "one => { one.value = 1; one.dispatchEvent(new Event('input', { bubbles: true })) }"
        )
        expect(slider).not_to_have_attribute("aria-valuetext", told)
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
        expect(slider).to_have_attribute("aria-valuetext", told)
        expect(mark).to_have_attribute("x1", stood)


def heard(page: Page) -> list[str]:
    """What a page fetches from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("/", 3)[3]))
    return asked


def test_a_chart_becomes_interactive_when_it_is_asked_to_and_not_before(
    browser: Browser, site: str
) -> None:
    """Under the site's policy, which lets no text become code; hostile names stay text."""
    with opened(browser, 1280) as page:
        asked = heard(page)
        page.goto(f"{site}{HOME}?by=decision")
        page.wait_for_load_state("networkidle")
        assert [path for path in asked if "vega" in path or ".vl.json" in path] == []
        page.get_by_role("button", name="Make this chart interactive").click()
        stage = page.locator(".stage svg")
        expect(stage).to_be_visible()
        expect(page.locator("figure img")).to_be_hidden()
        assert sum("vega-" in path for path in asked) == 1
        box = stage.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.4)
        tip = page.locator(".tip")
        expect(tip).to_contain_text(re.compile(r".+\n2015-01-01 0\d:00 UTC\nIPv4: \d+"))
        assert "undefined" not in page.locator(".tip").inner_text()
        assert overflow(page) <= 0
        page.evaluate("document.documentElement.focus()")
        assert grave_findings(page) == []


def test_a_chart_that_cannot_be_fetched_stays_a_picture_and_may_be_asked_for_again(
    browser: Browser, site: str
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*.vl.json*", lambda route: route.abort())
    page.goto(f"{site}{HOME}")
    page.get_by_role("button", name="Make this chart interactive").click()
    again = page.get_by_role("button", name="It cannot be shown")
    expect(again).to_be_visible()
    expect(page.locator("figure img")).to_be_visible()
    page.unroute("**/*.vl.json*")
    again.click()
    expect(page.locator(".stage svg")).to_be_visible()
    expect(page.locator("script[src*=vega]")).to_have_count(1)
    context.close()


def test_the_picture_is_dark_where_the_page_is(browser: Browser, site: str) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(site + HOME)
    shown = page.locator("figure img").evaluate("one => one.currentSrc")
    assert "theme=dark" in shown
    page.emulate_media(color_scheme="dark", media="print")
    light = f"{site}{HOME}/history.svg?theme=light&lang=en"
    expect(page.locator("figure img")).to_have_js_property("currentSrc", light)
    context.close()


def test_a_file_is_sent_by_the_form(browser: Browser, site: str) -> None:
    with opened(browser, 1280, scripts=False) as page:
        page.goto(f"{site}/check?at={AT}")
        page.get_by_label("Or a file").set_input_files(
            {"name": "mine.csv", "mimeType": "text/csv", "buffer": b"203.0.113.9\n1.2.3.4\n"}
        )
        with turning(page):
            page.get_by_role("button", name="Look them up").click()
        assert "Of 2 asked about, 1 was listed" in page.locator("#verdict").inner_text()
