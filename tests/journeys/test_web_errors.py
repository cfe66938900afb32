"""Errors on pages: in the reader's language for people, in English for programs."""

from pathlib import Path

import pytest
from litestar.testing import TestClient

from measured_worlds import Client
from overblock.store import Store
from overblock.web.app import create_app
from register_worlds import START, dump, ingest, line, observatory

ENGLISH = 'lang="en"'


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A register, and no names."""
    folder = tmp_path_factory.mktemp("errors")
    made = observatory(folder / "observatory")
    (folder / "dump.csv").write_bytes(dump(START, [line("203.0.113.0/24")]))
    ingest(made, [folder / "dump.csv"])
    return made


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/registers/nothing", 404, "nothing"),
        ("/nowhere", 404, "Такой страницы нет"),
        ("/collateral?register=nothing", 404, "реестра &#39;nothing&#39; здесь нет; есть: "),
        ("/check?q=x&at=soon", 400, "— не момент времени: пишите 2018-04-16,"),
        ("/check?q=999.1.1.1", 400, "999.1.1.1"),
        ("/map?register=ru_zapret_csv&case=telegram-2018", 400, "задайте register= или case="),
    ],
)
def test_an_error_is_told_in_the_readers_language(
    client: Client, path: str, status: int, said: str
) -> None:
    found = client.get(path, headers={"Accept-Language": "ru"})
    assert found.status_code == status
    told = found.text.partition('<p class="doubt">')[2].partition("</p>")[0]
    assert said in told
    assert ENGLISH not in told
    english = client.get(path, headers={"Accept-Language": "en"}).text
    told = english.partition('<p class="doubt">')[2].partition("</p>")[0]
    assert told.isascii()


def test_why_nobody_can_say_who_else_is_hit_is_told_in_the_readers_language(
    client: Client,
) -> None:
    for path in ("/collateral", "/collateral/impact?from=2014-01-01&to=2015-01-01"):
        page = client.get(path, headers={"Accept-Language": "ru"}).text
        assert "пока нет: прочитайте их командой overblock ingest names_csv" in page
        assert "no resolutions at hand" not in page
        assert "no resolutions at hand" in client.get(path).text


def test_lines_that_cannot_be_read_are_told_in_the_readers_language(client: Client) -> None:
    asked = {"q": "203.0.113.1\n203.0.113.1/99\n203.0.113.1/8", "lang": "ru"}
    page = client.get("/check", params=asked).text
    assert "указана не длина префикса" in page
    assert "заданы биты за длиной префикса" in page
    assert "<li lang" not in page


def test_programs_read_errors_in_english(client: Client) -> None:
    headers = {"Accept-Language": "ru"}
    told = client.get("/collateral.json?register=nothing", headers=headers).json()
    assert told["error"] == "UnknownRegister"
    assert told["says"].startswith("no register here is called 'nothing'")


def test_no_observatory_is_told_in_the_readers_language(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "none")) as client:
        page = client.get("/check?q=1.1.1.1&lang=ru")
    assert "здесь нет обсерватории" in page.text
    assert str(tmp_path) not in page.text
