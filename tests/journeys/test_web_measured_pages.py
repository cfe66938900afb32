"""Collateral, measurements and events as people see them: wide and narrow, with scripts or none."""

from playwright.sync_api import Browser

from browsing import grave_findings, opened, overflow, turning

WIDE, NARROW = 1280, 360
AT = "2015-01-02T12:00"
PATHS = (
    "/measurements",
    "/measurements?columns=days&cc=XA&lang=ru",
    "/measurements/series?target=https%3A%2F%2Fshop.example%2F&feature=all&cc=XA",
    "/events",
    f"/collateral?at={AT}&by=rule&lang=ru",
    f"/collateral/names?at={AT}",
    f"/collateral/name?q=bank.example&at={AT}",
    f"/collateral/dead?to={AT}",
)


def test_the_pages_fit_and_can_be_used_by_everybody(browser: Browser, site: str) -> None:
    """All in one window, as a new one each would take half of the time."""
    found: dict[str, list[str]] = {}
    with opened(browser, WIDE) as page:
        for path in PATHS:
            page.set_viewport_size({"width": WIDE, "height": 900})
            page.goto(site + path)
            problems = grave_findings(page)
            for width in (WIDE, NARROW):
                page.set_viewport_size({"width": width, "height": 900})
                if overflow(page) > 0:
                    problems.append(f"wider than {width}")
            widths = page.locator("img").evaluate_all("all => all.map(one => one.naturalWidth)")
            found[path] = problems + ["a picture is missing"] * (0 in widths)
    assert [(path, found[path]) for path in PATHS if found[path]] == []


def test_a_narrow_screen_shows_the_matrix_as_a_list_with_the_place_in_each_cell(
    browser: Browser, site: str
) -> None:
    with opened(browser, NARROW, scripts=False) as page:
        page.goto(f"{site}/measurements")
        cell = page.locator(".matrix td.s-blocked").first
        assert "XA AS64500" in cell.inner_text()
        assert "blocked" in cell.inner_text()
        box = cell.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= NARROW
        page.set_viewport_size({"width": WIDE, "height": 900})
        assert "XA AS64500" not in cell.inner_text()  # there the head of the column says it


def test_the_heads_of_the_matrix_stay_in_sight(browser: Browser, site: str) -> None:
    with opened(browser, WIDE) as page:
        page.set_viewport_size({"width": 700, "height": 260})
        page.goto(f"{site}/measurements?columns=days")
        region = page.locator(".matrix-scroll")
        region.evaluate("one => { one.scrollTop = 120; one.scrollLeft = 200 }")
        top = "one => one.getBoundingClientRect().top"
        left = "one => one.getBoundingClientRect().left"
        head, name = page.locator(".matrix thead th").first, page.locator(".matrix tbody th").last
        assert abs(head.evaluate(top) - region.evaluate(top)) < 4
        assert abs(name.evaluate(left) - region.evaluate(left)) < 8


def test_from_what_fails_to_the_evidence_by_keyboard_and_links(browser: Browser, site: str) -> None:
    """Where is it blocked, since when, in which measurement, and by which rule?  No JavaScript."""
    with opened(browser, WIDE, scripts=False) as page:
        page.goto(site)
        with turning(page):
            page.get_by_role("link", name="Measurements").click()
        page.locator(".matrix td.s-blocked a").first.focus()
        with turning(page):
            page.keyboard.press("Enter")
        with turning(page):
            page.get_by_role("link", name="The measurements themselves").click()
        with turning(page):
            page.locator("tr", has_text="blocked").first.get_by_role("link").click()
        assert "✕ blocked" in page.locator("#verdict").inner_text()
        with turning(page):
            page.locator(".why a").click()
        rule = page.url.rpartition("#")[2]
        assert rule.startswith("web.")
        assert page.locator(f'[id="{rule}"]').is_visible()


def test_from_the_list_of_events_to_one_with_its_picture(browser: Browser, site: str) -> None:
    with opened(browser, NARROW, scripts=False) as page:
        page.goto(f"{site}/events")
        with turning(page):
            page.get_by_role("link", name="6 March 2026").first.click()
        assert "began" in page.locator("#verdict").inner_text()
        assert page.locator("figure img").evaluate("one => one.naturalWidth") > 400
        with turning(page):
            page.get_by_role("link", name="XA AS64501").click()
        assert "XA AS64501" in page.locator("#verdict").inner_text()


def test_a_name_is_looked_up_from_the_page_of_collateral(browser: Browser, site: str) -> None:
    with opened(browser, NARROW, scripts=False) as page:
        page.goto(f"{site}/collateral?at={AT}")
        page.get_by_label("Is this name hit?").fill("bank.example")
        with turning(page):
            page.get_by_role("button", name="Look it up").click()
        assert "partly hit" in page.locator("#verdict").inner_text()
        assert "Of its 2 addresses, 1 are listed." in page.locator("#verdict").inner_text()
