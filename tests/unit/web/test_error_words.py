"""Errors that a page can meet are said in the reader's language."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from overblock import errors
from overblock.reports.names.worlds import HOW_TO_HAVE_NAMES
from overblock.web.error_words import MOST_SIGNS, SENTENCES, Said, error_words
from overblock.web.pages import Reader
from shared_data import ROOT

SOURCE = ROOT / "src" / "overblock"
ASKED = (
    *("web", "reports/collateral", "reports/maps", "reports/measured", "reports/registers"),
    *("reports/names/worlds.py", "reports/moments.py", "reports/tables_at_hand.py"),
    *("reports/targets.py", "addresses/single.py"),
)
COMMANDS = {  # what no page asks: files that are named on the command line, and how a site starts
    *("web/serving/engine.py", "web/serving/sockets.py", "reports/measured/verdicts.py"),
    "reports/measured/blocked_addresses.py",
}
TOLD = {"StoreDamaged", "PartGone", "SourceDrift", "FetchFailed"}  # of what broke in a file
RUSSIAN = Reader(language="ru", chosen=True, path="/", query=())
ENGLISH = Reader(language="en", chosen=True, path="/", query=())


def raised() -> Iterator[tuple[str, str]]:
    """Where each error is raised, and what it says with something in its places."""
    kinds = {name for name in vars(errors) if isinstance(getattr(errors, name), type)} - TOLD
    for part in ASKED:
        place = SOURCE / part
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            name = str(path.relative_to(SOURCE))
            if name in COMMANDS:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and _called(node) in {*kinds, "NotFoundException"}:
                    yield from ((f"{name}: {text}", text) for text in _said(node))


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _said(node: ast.Call) -> Iterator[str]:
    """The sentence of a call: what is computed as a whole is no sentence of its own."""
    told = node.args[0] if node.args else None
    if isinstance(told, ast.BinOp):
        told = told.left
    if isinstance(told, ast.Constant):
        yield str(told.value)
    if isinstance(told, ast.JoinedStr):
        yield "".join(str(_value(part)) for part in told.values)


def _value(part: ast.expr) -> object:
    if isinstance(part, ast.Constant):
        return part.value
    held = part.value if isinstance(part, ast.FormattedValue) else part
    is_known = isinstance(held, ast.Name) and held.id == "HOW_TO_HAVE_NAMES"
    return HOW_TO_HAVE_NAMES if is_known else 7


def test_every_error_that_a_page_can_meet_is_said_in_russian() -> None:
    found = dict(raised())
    assert len(found) > 60
    say = error_words(RUSSIAN)
    assert {where for where, text in found.items() if say(text).foreign} == set()


def test_no_sentence_is_said_that_nobody_raises() -> None:
    elsewhere = ("store.py", "web/failing.py", "web/serving/site.py", "reports/drawing/renderer.py")
    told = "\n".join([*dict(raised()).values(), *(_text(SOURCE / name) for name in elsewhere)])
    told = told.replace("{root}", "this folder")  # as no page says where it is
    for sentence in SENTENCES:
        parts = re.split(r"\{\w+\}", sentence.message)
        longest = max(parts, key=len).strip(" ;:")
        assert longest in told, sentence.message


def _text(path: Path) -> str:
    return path.read_text("utf-8")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("no register here is called 'x'; registers: a, b", "реестра 'x' здесь нет; есть: a, b"),
        ("no register here is called 'xy'…", "реестра 'xy'… здесь нет"),
        ("page 0: from 1 to 9", "страница 0: можно от 1 до 9"),
        ("by=7: one of group, a, b", "by=7: можно group, a, b"),
    ],
)
def test_what_stands_in_the_places_stays(told: str, said: str) -> None:
    assert error_words(RUSSIAN)(told) == Said(said, foreign=False)
    assert error_words(ENGLISH)(told) == Said(told, foreign=False)


@pytest.mark.parametrize("told", ["", "a part broke", "x" * 10_000, "Not Found\n", "{name}"])
def test_what_is_no_known_sentence_stays_as_it_is(told: str) -> None:
    assert error_words(RUSSIAN)(told) == Said(told, foreign=True)


def test_a_hostile_value_takes_no_longer_to_be_known() -> None:
    """A place is looked for in so many signs at most, whatever a visitor writes into it."""
    hostile = " has a snapshot at or before " * 1_000 + "; its first is of " * 1_000
    assert len(hostile) > MOST_SIGNS
    assert error_words(RUSSIAN)(hostile).foreign
