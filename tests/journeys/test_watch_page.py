"""The page about watching a fleet shows what the commands print, and names what there is."""

import re
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import pytest

from overblock.reports.fleets.answer import ItemState, WatchAnswer
from overblock.reports.fleets.metrics import metrics_text
from shared_data import ROOT

DOCS = ROOT / "docs"
PAGE = DOCS / "howto" / "watch-a-fleet.md"


@pytest.fixture(scope="module")
def page_maker() -> Any:
    sys.path.insert(0, str(DOCS))
    try:
        return import_module("_watch")
    finally:
        sys.path.remove(str(DOCS))


@pytest.mark.slow
def test_the_commands_of_the_page_print_what_it_shows(
    page_maker: Any, observatory: Path, tmp_path: Path
) -> None:
    """`python docs/_watch.py OBSERVATORY` mends it."""
    page = PAGE.read_text("utf-8")
    assert page.count("69.163.194.239 (books)") > 2
    assert page == page_maker.remade_in(page, tmp_path, observatory)


def test_the_page_tells_every_state() -> None:
    told = re.findall(r"^\| (\w+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [state for state in told if state in get_args(ItemState)] == list(get_args(ItemState))


def test_the_alarms_of_the_page_rest_on_metrics_that_there_are(answer: WatchAnswer) -> None:
    named = set(re.findall(r"overblock_\w+", PAGE.read_text("utf-8")))
    written = metrics_text(answer).decode()
    assert named
    assert {name for name in named if f"# TYPE {name} gauge" not in written} == set()


@pytest.fixture
def answer() -> WatchAnswer:
    return WatchAnswer(
        at=datetime(2018, 4, 16, tzinfo=UTC),
        before=None,
        inventories=[],
        counts={},
        sources=[],
        changes=[],
        candidates=[],
        items=[],
    )
