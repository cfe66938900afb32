"""What the how-to pages show is what the commands print."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from made_once import said_of
from real_registers import bundle
from shared_data import ROOT

DOCS = ROOT / "docs"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def examples() -> Any:
    sys.path.insert(0, str(DOCS))
    try:
        return import_module("_examples")
    finally:
        sys.path.remove(str(DOCS))


@pytest.mark.parametrize("name", ["ingest-the-russian-register.md", "check-an-address.md"])
def test_the_commands_of_a_page_print_what_it_shows(
    name: str, examples: Any, observatory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python docs/_examples.py` mends it."""
    monkeypatch.chdir(bundle().parent)
    first_time = said_of(observatory).read_text("utf-8").splitlines()[:1]

    def run(command: str) -> str:
        printed: str = examples.run(command, {"OVERBLOCK_STORE": str(observatory)})
        ingested = command.startswith("ingest") and first_time
        return first_time.pop() if ingested else printed

    page = (DOCS / "howto" / name).read_text("utf-8")
    assert name in examples.PAGES
    assert len(examples.SHOWN.findall(page)) > 1
    assert page == examples.remade(page, run)
