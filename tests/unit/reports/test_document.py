"""The report's parts: figures that agree, words in each language, texts that cannot harm."""

import ast
import re
from datetime import UTC, date, datetime
from importlib.resources import files

import polars as pl
import pytest
from babel.messages.pofile import read_po

from overblock.cases.loading import bundled_cases, load_case
from overblock.cases.units import UNITS
from overblock.reports.answers import Group
from overblock.reports.document.case_account import KINDS
from overblock.reports.document.html import render_html
from overblock.reports.document.parts import (
    Document,
    Figure,
    Paragraph,
    Section,
    Table,
    phrase,
)
from overblock.reports.document.register_document import names_of
from overblock.reports.document.words import SHORT_YEAR, words_of
from overblock.reports.spreadsheets import tame
from shared_data import ROOT

AT = datetime(2018, 5, 5, 13, 25, tzinfo=UTC)
FOLDER = ROOT / "src" / "overblock" / "reports" / "document"
DRAWING = ("cases/pictures.py", "charts.py", "audiences/chart.py")
MAKERS = {"phrase", "Phrase"}  # calls whose first argument is a message
PLACES = re.compile(r"\{[a-z_][a-z0-9_]*\}")
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&\0\1javascript:"


def figure(value: float | None = 14_598_912, name: str = "extent") -> Figure:
    return Figure(name=name, query="extent of all", value=value, unit="addresses")


def document(*blocks: Paragraph | Table) -> Document:
    section = Section(name="minute", title=phrase("In one minute"), blocks=blocks)
    return Document(
        name="x", title="A title", place="RU", at=AT, utc_offset="+03:00", sections=(section,)
    )


def messages() -> set[str]:
    """All messages of the code and the page, as they are looked up."""
    found = set()
    drawn = (FOLDER.parent / name for name in DRAWING)
    for path in (*FOLDER.glob("*.py"), *drawn):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in MAKERS and node.args:
                message = node.args[0]
                if isinstance(message, ast.Constant) and isinstance(message.value, str):
                    found.add(message.value)
    return found | set(re.findall(r'p\("([^"]+)"', (FOLDER / "page.html.j2").read_text("utf-8")))


def test_every_message_is_translated() -> None:
    assert messages() - set(words_of("ru").messages) == set()


def test_what_cases_say_in_closed_words_is_translated() -> None:
    known = words_of("ru").messages
    said = {"throttle", "restrict", "block", "unblock", *UNITS}
    for name in bundled_cases():
        case = load_case(name)
        said |= set(case.table("events")["feature"]) | (
            set(case.table("timeline")["kind"]) - set(KINDS)
        )
        assert case.facts.said_in("ru").title != case.facts.title
        assert case.facts.said_in("de") == case.facts
    assert said - set(known) == set()


def test_every_catalogue_translates_with_the_same_places_and_no_message_twice() -> None:
    seen: set[str] = set()
    for path in (files("overblock") / "locale" / "ru" / "LC_MESSAGES").iterdir():
        with path.open("rb") as file:
            known = {str(one.id): str(one.string) for one in read_po(file) if one.id}
        for message, translated in known.items():
            assert translated, message
            assert set(PLACES.findall(message)) == set(PLACES.findall(translated)), message
        assert seen & set(known) == set(), path.name
        seen |= set(known)
    assert len(seen) > 100


def test_numbers_and_days_are_written_as_people_of_the_language_do() -> None:
    english, russian = words_of("en"), words_of("ru")
    share = Figure(name="s", query="s", value=0.9994, unit="share", form="share")
    assert [words(figure()) for words in (english, russian)] == [
        "14,598,912",
        "14\N{NO-BREAK SPACE}598\N{NO-BREAK SPACE}912",
    ]
    assert english(share) == "99.94 %"
    assert english(AT) == "5 May 2018, 13:25 UTC"
    assert english(date(2018, 5, 5)) == "5 May 2018"
    assert russian(AT).startswith("5 мая 2018")
    assert (english(None), english(figure(None))) == ("unknown", "unknown")


def test_two_figures_of_one_name_that_disagree_are_a_defect() -> None:
    one = Paragraph(text=phrase("{low} to {high}", low=figure(1), high=figure(2)))
    with pytest.raises(ValueError, match="disagree"):
        document(one).figures()


def test_acts_of_one_number_are_told_apart_by_date_and_authority() -> None:
    acts: dict[str, list[date | None]] = {
        "7": [date(2014, 1, 1), date(2014, 1, 2), None, None],
        "8": [None],
    }
    groups = [
        Group(key, 1, None, 1, None, authority="a", decision_date=day)
        for key, days in acts.items()
        for day in days
    ]
    assert names_of(groups) == [
        "7 of 2014-01-01 by a",
        "7 of 2014-01-02 by a",
        "7 of None by a",
        "7 of None by a (2)",
        "8",
    ]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_hostile_texts_stay_texts(language: str) -> None:
    cells = (HOSTILE, 'https://a.example/"><script>alert(1)</script>', figure())
    table = Table(
        name="t", caption=phrase("{words}", words=HOSTILE), columns=(phrase("what"),) * 3,
        rows=(cells,),
    )  # fmt: skip
    page = render_html(document(table), "ru" if language == "ru" else "en")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"""(?:src|href)=["'](?!#|data:|https://a\.example/)""", page)


def test_each_figure_leads_to_its_query() -> None:
    page = render_html(document(Paragraph(text=phrase("{low}", low=figure()))), "en")
    shown = '<data value="14598912">14,598,912</data>'
    assert f'<a class="figure" href="#f1" title="extent of all">{shown}</a>' in page
    assert '<tr id="f1"><td>extent</td>' in page


def test_what_a_spreadsheet_would_run_stays_a_text() -> None:
    frame = pl.DataFrame({"a": ["=cmd()", "+1", "-1", "@x", "\tx", "x", "", None], "n": range(8)})
    tamed = tame(frame)
    assert tamed["a"].to_list() == ["'=cmd()", "'+1", "'-1", "'@x", "'\tx", "x", "", None]
    assert tamed["n"].to_list() == list(range(8))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (1, "молчит 1 день"),
        (3, "молчит 3 дня"),
        (11, "молчит 11 дней"),
        (883, "молчит 883 дня"),
        (0.5, "молчит 0,5 дня"),
        (None, "молчит неизвестно дней"),
    ],
)
def test_a_word_goes_with_its_number(number: float | None, said: str) -> None:
    """Russian has three forms, English two, the second of which stands twice."""
    days = Figure(name="d", query="d", value=number, unit="day")
    told = phrase("silent for {days} days: no change is not no block", days=days)
    assert words_of("ru")(told).startswith(f"{said};")
    one = Figure(name="n", query="n", value=1, unit="target")
    for figure, verb in ((one, "was"), (days, "were" if number != 1 else "was")):
        assert words_of("en")(phrase("{n} {n|was|were|were} listed", n=figure)).endswith(
            f" {verb} listed"
        )


def test_a_day_at_the_end_of_a_sentence_ends_it_once() -> None:
    told = phrase("Measured from {since} to {until}.", since=date(2025, 4, 30), until=AT.date())
    assert words_of("ru")(told).endswith(f"по 5 мая 2018\N{NARROW NO-BREAK SPACE}{SHORT_YEAR}")
    assert words_of("en")(told).endswith("to 5 May 2018.")
