"""The map in a real browser: wide and narrow, with JavaScript and without, by hand and by keys."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from browsing import grave_findings, opened, overflow
from overblock.store import Store
from register_worlds import HOUR, START, hour_by_hour, line

AT = f"{START + HOUR:%Y-%m-%dT%H:%M}"
CASE = "/map?case=telegram-2018"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
PRESS = "keys => keys.forEach(key => map.dispatchEvent(new KeyboardEvent('keydown', { key })))"
LEVELS = (2, 3)  # of tiles, where one zooms in by two and by three steps
PATHS = (f"{CASE}&network=52.58.0.0/15&lang=ru", f"/map?at={AT}")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("map-site")
    lines = [line("52.58.0.0/16"), line("198.51.100.7", "shop.example", "http://shop.example/")]
    return hour_by_hour(folder, lines)


def width_of(page: Page) -> float:
    """How much of the map is seen, in its units."""
    return float((page.locator("#map").get_attribute("viewBox") or "").split()[2])


@pytest.mark.parametrize("path", PATHS)
def test_the_map_fits_and_can_be_used_by_everybody(browser: Browser, site: str, path: str) -> None:
    with opened(browser, 1280) as page:
        page.goto(site + path)
        assert overflow(page) <= 0
        page.set_viewport_size({"width": 360, "height": 900})
        assert overflow(page) <= 0
        assert grave_findings(page) == []


def test_without_a_script_links_lead_down_to_an_address_and_back(
    browser: Browser, site: str
) -> None:
    with opened(browser, 360, scripts=False) as page:
        page.goto(f"{site}/map?at={AT}")
        for network in ("52.0.0.0/8", "52.58.0.0/16"):
            title = page.locator("#cells title", has_text=re.compile(f"^{network}:"))
            title.locator("xpath=../*[local-name()='rect']").click()
            expect(page.locator("#h-figures")).to_have_text(network)
        expect(page.locator(".big")).to_have_text("65,536")
        page.get_by_role("link", name="All of IPv4").click()
        expect(page.locator(".big")).to_have_text("65,537")
        page.get_by_label("Go to an address or network").fill("198.51.100.7")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#h-figures")).to_have_text("198.51.100.0/24")
        page.locator("#within").get_by_role("link", name="198.51.100.7").click()
        expect(page.locator("#verdict")).to_contain_text("Listed at")


def test_without_a_script_time_goes_by_links(browser: Browser, site: str) -> None:
    with opened(browser, 360, scripts=False) as page:
        page.goto(f"{site}{CASE}&at=2018-04-15")
        expect(page.locator(".big")).to_have_text("0")
        page.locator("#steps a[rel=next]").click()
        expect(page.locator(".big")).to_have_text("1,844,480")
        expect(page.locator("#player")).to_be_hidden()
        page.locator("#stops a").last.click()
        expect(page.locator(".big")).to_have_text("14,631,680")


def test_keys_wheel_and_hand_move_the_map(browser: Browser, site: str) -> None:
    with opened(browser, 1280) as page:
        page.goto(site + CASE)
        page.locator("#map").focus()
        for _ in range(3):  # while the first is on its way
            page.keyboard.press("+")
        expect(page.locator("#map")).to_have_attribute("viewBox", "448 448 128 128")
        expect(page.locator("#seen")).to_contain_text("/")
        before = page.locator("#map").get_attribute("viewBox")
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#map")).not_to_have_attribute("viewBox", before or "")
        page.keyboard.press("Home")
        expect(page.locator("#map")).to_have_attribute("viewBox", "0 0 1024 1024")
        box = page.locator("#map").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 3, box["y"] + box["height"] / 4)
        for _ in range(4):
            page.mouse.wheel(0, -200)
        expect(page.locator("#map")).to_have_class("map zoomed")
        expect(page.locator("#tiles image.under")).to_have_count(1)  # finer tiles took its place
        here = page.url
        page.mouse.down()
        page.mouse.move(box["x"] + 40, box["y"] + 40, steps=4)
        page.mouse.up()
        assert page.url == here  # dragging follows no link
        page.locator("#whole").click()
        expect(page.locator("#map")).to_have_attribute("viewBox", "0 0 1024 1024")


def test_a_tile_that_was_refused_is_asked_for_again(browser: Browser, site: str) -> None:
    """Who moves fast is refused for a while, and must not have to move again to see more."""
    refused: set[str] = set()

    def once(route: Route) -> None:
        """The first time there is too much asked."""
        if route.request.url in refused:
            return route.continue_()
        refused.add(route.request.url)
        return route.fulfill(status=429)

    page = browser.new_page(reduced_motion="reduce")  # one step a key
    page.goto(site + CASE)
    page.route("**/map/tiles/**", once)
    page.locator("#map").focus()
    for _ in range(3):
        page.keyboard.press("+")
    expect(page.locator("#tiles image.under")).to_have_count(1, timeout=60_000)
    assert refused
    page.close()


def test_tiles_that_come_late_take_no_newer_ones_away(browser: Browser, site: str) -> None:
    """Who zooms on sees the finer tiles, also where the coarser ones come while they are asked."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = browser.new_page(reduced_motion="reduce")  # one step a key
    page.goto(site + CASE)
    page.route("**/map/tiles/**", hold)
    tiles = page.locator("#tiles image")
    coarse, fine = (page.locator(f"#tiles image[href*='/{level}/']") for level in LEVELS)
    page.locator("#map").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(coarse).not_to_have_count(0)
    page.keyboard.press("+")
    expect(fine).not_to_have_count(0)
    wanted = fine.count()
    for level in LEVELS:
        came = [route for route in held if f"/{level}/" in route.request.url]
        for route in came:
            with page.expect_event("requestfinished"):
                route.continue_()
    expect(page.locator("#tiles image.under")).to_have_count(1)
    expect(tiles).to_have_count(1 + wanted)
    expect(fine).to_have_count(wanted)
    page.close()


def test_enter_leads_to_where_the_map_is_on_its_way(browser: Browser, site: str) -> None:
    """Not to where it was when the key was pressed."""
    with opened(browser, 1280) as page:
        page.goto(site + CASE)
        pressed = ["+", "+", "Home", "+", "Enter"]
        page.evaluate(PRESS, pressed)  # all within one frame
        expect(page.locator("#h-figures")).to_have_text("128.0.0.0/2")


def test_a_button_that_was_let_go_outside_holds_the_map_no_more(
    browser: Browser, site: str
) -> None:
    with opened(browser, 1280) as page:
        page.emulate_media(reduced_motion="reduce")
        page.goto(site + CASE)
        page.evaluate(PRESS, ["+"])
        expect(page.locator("#map")).to_have_attribute("viewBox", "256 256 512 512")
        box = page.locator("#map").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 200, box["y"] + 200)
        page.evaluate(
            """() => map.dispatchEvent(new PointerEvent("pointerdown",
                { pointerId: 1, clientX: 200, clientY: 200, buttons: 1, bubbles: true }))"""
        )
        page.mouse.move(box["x"] + 300, box["y"] + 300, steps=3)
        page.evaluate(FRAMES)
        expect(page.locator("#map")).to_have_attribute("viewBox", "256 256 512 512")


def test_the_slider_leads_through_the_case_and_plays_it(browser: Browser, site: str) -> None:
    with opened(browser, 1280) as page:
        page.clock.install(time=NOON)
        page.emulate_media(reduced_motion="reduce")
        page.goto(site + CASE)
        slider = page.locator("#slider")
        slider.focus()
        page.keyboard.press("End")
        expect(page.locator("#told")).to_contain_text("14,631,680")
        expect(page.locator(".big")).to_have_text("14,631,680")
        expect(page).to_have_url(re.compile("at=2018-05-19"))
        page.clock.pause_at(NOON + HOUR)
        page.keyboard.press("Space")
        expect(page.locator("#play")).to_contain_text("Pause")
        first = page.locator("#stops a").first.get_attribute("data-state")
        expect(page.locator("#tiles image").first).to_have_attribute("href", re.compile(f"{first}"))
        page.clock.run_for(2_000)
        expect(page.locator("#told")).to_contain_text("1,844,480")
        page.clock.resume()
        page.keyboard.press("Space")
        expect(page.locator("#play")).to_contain_text("Play")
        expect(page.locator(".moment")).to_contain_text("April 2018")
        picture = page.locator("#tiles image").first.get_attribute("href") or ""
        assert picture.split("/")[4] == page.locator("#stops [aria-current]").get_attribute(
            "data-state"
        )


def test_playing_waits_for_a_picture_that_comes_late(browser: Browser, site: str) -> None:
    """Else who has a slow line sees the slider run and the map stand still."""
    held: list[Route] = []
    page = browser.new_page()
    page.clock.install(time=NOON)
    page.goto(f"{site}{CASE}&at=2018-05-19")
    page.clock.pause_at(NOON + HOUR)
    page.route("**/*@2x.png", lambda route: held.append(route))  # noqa: PLW0108  (no method of C)
    with page.expect_request("**/*@2x.png"):
        page.locator("#play").click()
    page.clock.run_for(10_000)
    assert page.locator("#slider").input_value() == "0"
    assert len(held) == 1
    with page.expect_request(lambda request: request.url != held[0].request.url):
        held[0].continue_()  # it is seen, and the next is asked for
    page.clock.run_for(1_000)
    expect(page.locator("#slider")).to_have_value("1")
    page.close()


def test_figures_that_come_late_take_no_newer_ones_place(browser: Browser, site: str) -> None:
    held: list[Route] = []
    page = browser.new_page()
    page.goto(f"{site}{CASE}&at=2018-05-19")
    page.evaluate(
        """() => {
            window.told = [];
            const tell = () => window.told.push(document.querySelector(".big").textContent);
            map.addEventListener("settled", tell);
        }"""
    )
    page.route("**/map?**", lambda route: held.append(route))  # noqa: PLW0108  (the same)
    page.locator("#slider").focus()
    for key in ("Home", "End"):
        with page.expect_request("**/map?**"):
            page.keyboard.press(key)
    for route in held:  # the older first: it came late already
        with page.expect_event("requestfinished"):
            route.continue_()
    page.wait_for_function("window.told.includes('14,631,680')")
    assert page.evaluate("window.told") == ["14,631,680"]
    page.close()


def test_figures_and_pictures_that_were_refused_are_asked_for_again(
    browser: Browser, site: str
) -> None:
    refused: set[str] = set()

    def once(route: Route) -> None:
        """The first time there is too much asked."""
        if route.request.url in refused:
            return route.continue_()
        refused.add(route.request.url)
        return route.fulfill(status=429)

    page = browser.new_page()
    page.goto(f"{site}{CASE}&at=2018-05-19")
    for path in ("**/*@2x.png", "**/map?**"):
        page.route(path, once)
    page.locator("#slider").focus()
    page.keyboard.press("Home")
    expect(page.locator("#figures")).to_have_attribute("aria-busy", "true")  # of another moment
    expect(page.locator(".big")).to_have_text("0")
    expect(page.locator("#figures")).not_to_have_attribute("aria-busy", "true")
    state = page.locator("#stops a").first.get_attribute("data-state")
    expect(page.locator("#tiles image").first).to_have_attribute("href", re.compile(f"{state}"))
    assert len(refused) > 1
    page.close()
