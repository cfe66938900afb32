"""The mirror's history and the official files agree, and the page about it says what is so."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from overblock.registers.extent import alive_at
from overblock.registers.resources import resources_of
from overblock.store import Store
from overblock.tables import GAPS, LISTINGS
from real_registers import CSV, bundle, official_files
from shared_data import ROOT

DOCS = ROOT / "docs"
DECISION = ["authority", "decision_number", "decision_date"]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study() -> Any:
    sys.path.insert(0, str(DOCS))
    try:
        return import_module("_agreement")
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def pairs(study: Any) -> Any:
    assert bundle().exists()
    assert official_files().exists()
    return study.pairs()


def test_every_entry_of_the_official_files_is_in_the_mirror_and_no_other(
    study: Any, pairs: Any
) -> None:
    assert len(pairs) == 40
    assert study.residue(pairs) == []
    assert sum(len(pair.official.reading.rows) for pair in pairs) == 266_589


def test_no_record_of_either_was_rejected(pairs: Any) -> None:
    sides = [side.reading for pair in pairs for side in (pair.official, pair.mirror)]
    assert [len(reading.rejects) for reading in sides] == [0] * 80
    assert {reading.flags for reading in sides} == {()}


def test_the_next_state_of_the_mirror_does_not_agree(pairs: Any) -> None:
    """Or the comparison would find agreement anywhere."""
    for pair in pairs:
        assert not set(pair.agreement_after["outcome"].to_list()) <= {"same", "reordered"}


def test_the_page_says_what_the_registers_say(study: Any, pairs: Any) -> None:
    """`python docs/_agreement.py` mends it."""
    page = study.PAGE.read_text("utf-8")
    assert page == study.page_with(pairs, page)
    assert len(study.MADE.findall(page)) == 2


def test_what_stood_listed_at_a_moment_is_what_the_official_file_lists(
    observatory: Path, pairs: Any
) -> None:
    """Out of the whole history, by its listing intervals, not out of the mirror's one file."""
    view = Store.open(observatory).view()
    listings, gaps = view.read(LISTINGS, CSV), view.read(GAPS, CSV)
    named = [*DECISION, "resource_kind", "resource", "kind"]
    for pair in pairs[::5]:
        standing = alive_at(listings, gaps, pair.official.published_at)
        official = resources_of(pair.official.reading.rows, DECISION).rows
        assert set(standing.select(named).rows()) == set(official.select(named).rows())
        assert standing["confirmed"].all()
