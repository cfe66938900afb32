"""A real browser for pages: Debian's Chromium, steered by Playwright, with no network."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from overblock.web.app import create_app

CHROMIUM = shutil.which("chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
GRAVE = {"serious", "critical"}
expect.set_options(timeout=30_000)  # as all else that is waited for: a busy machine proves nothing


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser; the test is left out where there is none, but not in CI."""
    if CHROMIUM is None:
        assert not os.environ.get("CI"), "Debian's chromium is not installed"
        pytest.skip("needs chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@contextmanager
def served(store: Path) -> Iterator[str]:
    """The site over an observatory on a free port of this machine."""
    config = uvicorn.Config(
        create_app(store, asked_a_minute=0), port=0, access_log=False, log_level="warning"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def opened(browser: Browser, width: int, *, scripts: bool = True) -> Iterator[Page]:
    """A page that fails the test if it says anything on the console or asks another host."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=scripts
    )
    page = context.new_page()
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.add(request.url.split("/")[2]))
    yield page
    assert said == []
    assert len(asked) == 1
    assert asked.pop().startswith("127.0.0.1:")
    context.close()


@contextmanager
def turning(page: Page) -> Iterator[None]:
    """What is done within leads to another page, which is there whole afterwards."""
    with page.expect_navigation():
        yield


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window."""
    width: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return width


def grave_findings(page: Page) -> list[str]:
    """What axe-core finds serious: rule, and the first place."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['target']}" for one in found if one["impact"] in GRAVE]
