"""Pages in the clear that differ from the control's and name their site."""

import pytest

from measurement_worlds import LURE, Document, World, document, everywhere, judged
from overblock.measurements.brands import names_its_site

DATED = {"Content-Type": "text/html", "Date": "Mon, 24 Aug 2026 10:00:00 GMT", "Server": "nginx"}
OWN = (
    "<title>Things im Angebot</title>Willkommen",  # a word of the title that the control saw
    "<title>shop.example: Startseite</title>Willkommen",
    "<title>Startseite</title>" + '<a href="http://shop.example/1">1</a>' * 6,
)
OTHERS = (
    "<title>Startseite</title>Willkommen",
    "<title>Hinweis</title>shop.example: shop.example",  # as a block page names what it blocks
)


def served(page: str, headers: dict[str, str], title: str | None = None) -> list[Document]:
    found = [document(each) for each in everywhere(scheme="http")]
    for each in found:
        keys = each["test_keys"]
        keys["requests"][0]["response"] = {"code": 200, "body": page, "headers": headers}
        keys |= {"title_match": False if title else None, "body_proportion": None}
        keys["control"]["http_request"]["title"] = title or "Shop of Things"
    return found


def answers(*found: Document) -> set[str]:
    return {each["blocked"] for each in judged(*found)}


@pytest.mark.parametrize("page", OWN)
def test_a_page_that_names_its_site_is_left_open(page: str) -> None:
    assert answers(*served(page, DATED)) == {"unknown"}


@pytest.mark.parametrize("page", OTHERS)
def test_a_page_that_does_not_is_another(page: str) -> None:
    assert answers(*served(page, DATED)) == {"yes"}


def test_a_page_longer_than_block_pages_are_is_left_open() -> None:
    assert answers(*served(OTHERS[0] + "x " * 9000, DATED)) == {"unknown"}


def test_an_answer_as_no_server_gives_it_decides_whatever_it_names() -> None:
    assert answers(*served(OWN[1], {})) == {"yes"}


def test_a_block_pages_words_decide_whatever_it_names() -> None:
    assert answers(*served(OWN[1] + "blocked by order", DATED)) == {"yes"}


@pytest.mark.parametrize("title", ["Just a moment...", "Access Denied", "Account Suspended"])
def test_what_the_control_was_shown_instead_of_the_page_is_not_compared(title: str) -> None:
    assert answers(*served(OTHERS[0], DATED, title)) == {"unknown"}


@pytest.mark.parametrize(("page", "answer"), [(OWN[0], "unknown"), (OTHERS[0], "yes")])
def test_a_page_at_another_address_that_names_its_site_is_no_forged_answers(
    page: str, answer: str
) -> None:
    found = document(World(scheme="http", version="0.4.3").with_censor(name_is=(LURE,)))
    response = {"code": 200, "body": page, "headers": DATED}
    found["test_keys"]["requests"][0]["response"] = response
    found["test_keys"] |= {"title_match": None, "body_proportion": None}
    assert answers(found) == {answer}


def test_words_that_any_site_bears_do_not_tell_whose_page_it_is() -> None:
    assert not names_its_site(
        "", "welcome to our website", "Welcome! Official website", "a.example"
    )
    assert not names_its_site("news " * 9, "2026", "2026", "bbc.example")
    assert not names_its_site("", None, "", "")
    assert names_its_site("", "яндекс — поиск", "Яндекс", "ya.example")
