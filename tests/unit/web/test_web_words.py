"""Every word of the pages has its Russian."""

import ast
import io
import re
from typing import TypeGuard

import pytest
from babel.messages.extract import extract_python

from overblock.registers.flags import FLAGS
from overblock.reports.document.words import words_of
from overblock.reports.measured.rule_words import rules_in_words
from overblock.sources import all_sources
from overblock.web.pages import Reader, accepted
from shared_data import ROOT

FOLDER = ROOT / "src" / "overblock" / "web"
SAID = re.compile(r'\bsay\(\s*"([^"]+)"')
BESIDE = ("*.j2", "*.toml", "*.csv")  # of what is said, what stands in no Python
CALLS = {"phrase": None, "say": None}


def messages() -> set[str]:
    found = set()
    for path in FOLDER.rglob("*.py"):
        extracted = extract_python(io.BytesIO(path.read_bytes()), CALLS, (), {})
        told = (text if isinstance(text, str) else (text or [""])[0] for _, _, text, _ in extracted)
        found |= {str(message) for message in told if message}  # an empty one stands in a variable
    for path in (FOLDER / "templates").rglob("*.j2"):
        found |= set(SAID.findall(path.read_text("utf-8")))
    return found


def test_every_word_of_the_pages_is_translated() -> None:
    assert len(messages()) > 80
    assert messages() - set(words_of("ru").messages) == set()


def test_every_reason_of_a_rule_is_translated() -> None:
    reasons = {rule.because for rule in rules_in_words()}
    assert len(reasons) > 100
    assert reasons - set(words_of("ru").messages) == set()


def test_what_a_flag_means_is_translated() -> None:
    assert set(FLAGS.values()) - set(words_of("ru").messages) == set()


def test_nothing_is_translated_that_nobody_says() -> None:
    package = FOLDER.parent
    said, beside = {source.title for source in all_sources().values()}, " "
    for path in package.rglob("*.py"):
        constants = (node for node in ast.walk(ast.parse(path.read_bytes())) if is_text(node))
        said |= {" ".join(str(node.value).split()) for node in constants}
    for path in (file for ending in BESIDE for file in package.rglob(ending)):
        beside += " ".join(path.read_text("utf-8").split()) + " "
    told = {" ".join(message.split()) for message in words_of("ru").messages}
    assert {message for message in told - said if message not in beside} == set()


def is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_no_template_says_anything_that_cannot_be_translated() -> None:
    """Between tags and places stand only signs, the project's name, and names of formats."""
    plain = {"overblock", "API", "json", "IPv4", "sha256", "registers", "check", "BibTeX"}
    for path in (FOLDER / "templates").rglob("*.j2"):
        text = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", " ", path.read_text("utf-8"), flags=re.DOTALL)
        text = re.sub(r'<[^>]*>|\blang="en"', " ", text)  # an attribute may be a macro of its own
        words = set(re.findall(r"[^\W\d_]{3,}\d*", text))
        assert words - plain == set(), path.name


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", ["ru", "ru", "en"]),
        ("en;q=0.5, ru;q=0.7", ["ru", "en"]),
        ("de, *;q=0.1", ["de", "*"]),
        ("ru;q=much, en", ["en"]),
        ("", [""]),
        ("x," * 10_000, ["x"] * 20),
    ],
)
def test_the_languages_of_a_browser_are_read_the_dearest_first(
    header: str, languages: list[str]
) -> None:
    assert accepted(header) == languages


def test_a_link_keeps_the_language_that_was_chosen_and_no_other() -> None:
    chosen = Reader(language="ru", chosen=True, path="/", query=())
    taken = Reader(language="ru", chosen=False, path="/", query=())
    assert chosen.link("/check", q="a&b") == "/check?q=a%26b&lang=ru"
    assert taken.link("/check") == "/check"
    assert taken.same("en") == "/?lang=en"


def test_one_verdict_and_one_bystander_are_told_as_one() -> None:
    reader = Reader(language="en", chosen=False, path="/", query=())
    counting = [
        text for text in messages() if re.search(r"\|verdicts\||\|bystanders\||\|fail\|", text)
    ]
    assert len(counting) >= 6
    for message in counting:
        places = set(re.findall(r"\{(\w+)[|}]", message))
        one = reader.say(message, **dict.fromkeys(places, 1))
        assert not re.search(r"\b1 (?:verdicts|bystanders|fail|are|were)\b|more say\b", one), one
        two = reader.say(message, **dict.fromkeys(places, 2))
        assert not re.search(r"\b2 (?:verdict|bystander|fails|is|was)\b|more says\b", two), two
    assert not any(
        re.search(r"\{\w+\} (?:verdicts|bystanders)\b.* fail", text) for text in messages()
    )


def test_one_snapshot_day_or_record_is_told_as_one() -> None:
    things = ("snapshot", "day", "record", "resource")
    counting = [
        text for text in messages() if any(f"|{thing}|{thing}s|" in text for thing in things)
    ]
    assert len(counting) >= 6
    reader = Reader(language="en", chosen=False, path="/", query=())
    for message in counting:
        places = set(re.findall(r"\{(\w+)[|}]", message))
        one = reader.say(message, **dict.fromkeys(places, 1))
        assert not re.search(r"\b1 (?:snapshots|days|records|resources)\b", one), one
