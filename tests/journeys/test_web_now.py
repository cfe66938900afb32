"""The first page on the night of a block: what changed, how fresh it is; it renews itself."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from litestar.testing import TestClient
from playwright.sync_api import expect

from browsing import chromium, opened, served
from measured_worlds import measured_observatory
from overblock.store import Store
from overblock.web.app import create_app
from overblock.web.serving.site import Site
from overblock.web.validators import entity_tag
from register_worlds import DUMP, dump, ingest, line, observatory

HOSTILE = "<img src=x>"
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)
HTML = "text/html; charset=utf-8"
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
LINES = [line(f"203.0.{place}.0/24", decision=f"{HOSTILE}{place}") for place in range(4)]


def tell(store: Store, age: timedelta, lines: list[str]) -> None:
    """The register says something, that long ago."""
    path = store.root.parent / f"{age.total_seconds():.0f}.csv"
    path.write_bytes(dump(NOW - age, lines))
    ingest(store, [path], now=NOW)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = observatory(tmp_path / "observatory")
    tell(made, 30 * HOUR, LINES[:1])
    tell(made, 5 * HOUR, LINES[:3])
    return made


@pytest.fixture
def client(store: Store) -> Iterator[TestClient[Site]]:
    with TestClient(create_app(store.root, asked_a_minute=0)) as started:
        yield started


def test_one_glance_tells_how_much_what_a_day_changed_and_how_old_it_is(
    client: TestClient[Site],
) -> None:
    page = client.get("/").text
    assert '<strong class="big">768</strong>' in page
    assert re.search(
        "\\+512</span>\\s*<span[^>]*>\N{MINUS SIGN}0</span> in the last 24 hours", page
    )
    assert "5 hours old" in page
    assert page.count("<polyline") == 1
    assert HOSTILE not in page


def test_one_hour_is_no_hours(store: Store, client: TestClient[Site]) -> None:
    tell(store, HOUR, LINES[:3])
    assert "1 hour old" in client.get("/").text
    assert "возраст 1 час" in client.get("/?lang=ru").text


def test_the_last_changes_are_told_with_the_decision_that_weighs_most(
    client: TestClient[Site],
) -> None:
    last, first = client.get("/now.json").json()["changes"]
    assert (last["added"]["ipv4"], last["removed"]["ipv4"]) == (512, 0)
    assert last["added"]["largest"]["decision"] == f"{HOSTILE}1"
    assert first["begins"] is True
    assert "the first state at hand" in client.get("/").text


def test_a_moment_of_the_past_is_told_as_it_was(client: TestClient[Site]) -> None:
    at = f"{NOW - 6 * HOUR:%Y-%m-%dT%H:%M}"
    answer = client.get("/now.json", params={"at": at}).json()
    assert [one["ipv4"] for one in answer["registers"]] == [256]
    assert [one["snapshots"] for one in answer["sources"]] == [1]
    assert len(answer["changes"]) == 1
    page = client.get("/now", params={"at": at}).text
    assert "data-live" not in page
    assert "http-equiv" not in page


@pytest.mark.parametrize("path", ["/", "/?lang=ru", "/now.json", "/now.csv", "/sources.json"])
def test_who_has_it_is_told_that_nothing_is_new_until_something_is(
    client: TestClient[Site], store: Store, path: str
) -> None:
    first = client.get(path)
    tag = first.headers["etag"]
    same = client.get(path, headers={"If-None-Match": tag})
    assert (same.status_code, same.content) == (304, b"")
    tell(store, HOUR, LINES)
    other = client.get(path, headers={"If-None-Match": tag})
    assert other.status_code == 200
    assert other.headers["etag"] != tag


def test_the_clock_alone_makes_no_news_but_an_hour_more_does() -> None:
    told = {"at": "1", "age": 3_700.0, "day": {"since": "0", "n": 1}}
    later = {"at": "2", "age": 3_760.0, "day": {"since": "1", "n": 1}}
    assert entity_tag(told, "en") == entity_tag(later, "en")
    assert entity_tag(told, "en") != entity_tag(told, "ru")
    assert entity_tag(told) != entity_tag({**later, "age": 7_300.0})
    assert entity_tag(told) != entity_tag({**told, "day": {"since": "0", "n": 2}})


def test_the_page_renews_itself_and_leaves_what_is_being_typed(store: Store) -> None:
    with chromium() as browser, served(store.root) as site, opened(browser, 1280) as page:
        page.goto(site)
        page.wait_for_load_state("networkidle")
        page.locator("#q").fill("203.0.")
        tell(store, HOUR, LINES)
        page.evaluate(LOOK)
        page.locator(".big", has_text="1,024").wait_for()
        assert page.locator("#said").inner_text().startswith("Renewed: As of")
        assert page.locator("#q").input_value() == "203.0."


def test_what_changed_before_the_first_look_is_shown_too(store: Store) -> None:
    """As where the browser gives the page of an hour ago, or the network is slow."""
    with chromium() as browser, served(store.root) as site, opened(browser, 1280) as page:
        page.goto(site, wait_until="networkidle")
        old = page.content()
        tell(store, HOUR, LINES)
        page.route(f"{site}/?old", lambda route: route.fulfill(body=old, content_type=HTML))
        with page.expect_request(f"{site}/now.json"):
            page.goto(f"{site}/?old")
        page.unroute(f"{site}/?old")
        page.evaluate(LOOK)
        expect(page.locator(".big")).to_have_text("1,024")


def test_what_somebody_was_reading_by_keyboard_is_renewed_afterwards(store: Store) -> None:
    with chromium() as browser, served(store.root) as site, opened(browser, 1280) as page:
        page.goto(site, wait_until="networkidle")
        page.locator("#live a").first.focus()
        tell(store, HOUR, LINES)
        with page.expect_event("requestfinished", lambda one: one.url == f"{site}/"):
            page.evaluate(LOOK)
        assert page.locator(".big").inner_text() == "768"
        page.locator("#q").focus()
        page.evaluate(LOOK)
        expect(page.locator(".big")).to_have_text("1,024")


def test_what_was_refused_is_shown_later(store: Store) -> None:
    with chromium() as browser, served(store.root) as site:
        page = browser.new_page()
        page.goto(site, wait_until="networkidle")
        tell(store, HOUR, LINES)
        page.route(f"{site}/", lambda route: route.fulfill(status=503))
        page.evaluate(LOOK)
        expect(page.locator("#said")).to_contain_text("does not answer")
        page.unroute(f"{site}/")
        page.evaluate(LOOK)
        expect(page.locator(".big")).to_have_text("1,024")
        expect(page.locator("#said")).to_contain_text("Renewed: As of")
        page.close()


def test_without_scripts_the_page_loads_itself_again(client: TestClient[Site]) -> None:
    page = client.get("/").text
    assert '<noscript><meta http-equiv="refresh" content="300"></noscript>' in page
    assert '<p id="said" class="meta" role="status"></p>' in page


def test_a_source_told_by_no_register_is_no_register(client: TestClient[Site]) -> None:
    told = client.get("/now.json").json()
    assert [one["register"] for one in told["registers"]] == [DUMP]


@pytest.mark.slow
def test_events_stand_on_the_page_and_what_they_rest_on_is_cited(tmp_path: Path) -> None:
    made = measured_observatory(tmp_path)
    with TestClient(create_app(made.root, asked_a_minute=0)) as client:
        told = client.get("/now.json?at=2026-03-10").json()
        page = client.get("/now?at=2026-03-10").text
        assert {row["change"] for row in told["events"]} == {"onset"}
        assert f'href="/events/{told["events"][0]["event_id"]}"' in page
        assert told["verdicts"] in page
        for event in told["events"]:
            assert client.get(f"/events/{event['event_id']}").status_code == 200
        assert client.get("/now.json?at=2026-01-01").json()["events"] == []
        entries = client.get("/feeds/events.atom").text.count("<entry>")
        assert entries == len(told["events"]) == 3
        for part in (made.root / "tables" / "verdicts").rglob("*.parquet"):
            part.write_bytes(b"no parquet")
        broken = client.get("/now.json?at=2026-03-11").json()
        assert (broken["events"], broken["registers"][0]["ipv4"]) == ([], 257)
        assert "no Parquet file" in broken["events_broken"]
        assert "Measurements cannot be read" in client.get("/now?at=2026-03-11").text
