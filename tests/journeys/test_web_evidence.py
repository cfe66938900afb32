"""The documented cases on the site, each in the reader's language, charts and all."""

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from lxml import html

from overblock.web.app import create_app

Client = TestClient[Any]


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The site without an observatory: cases need none."""
    folder: Path = tmp_path_factory.mktemp("empty")
    with TestClient(create_app(folder / "none", asked_a_minute=0)) as started:
        yield started


def test_cases_are_called_in_the_language_of_the_reader(cases: Client) -> None:
    assert "Telegram, Россия, апрель — июнь 2018 года" in cases.get("/cases?lang=ru").text
    assert "Telegram, Russia, April to June 2018" in cases.get("/cases?lang=en").text
    told = {one["name"]: one for one in cases.get("/cases.json").json()}
    assert told["telegram-2018"]["title"] == told["telegram-2018"]["titles"]["en"]
    assert all(set(one["titles"]) == {"en", "ru"} for one in told.values())


def test_a_case_in_place_is_of_one_language_charts_and_safeguards_too(cases: Client) -> None:
    page = html.fromstring(cases.get("/cases/telegram-2026?lang=ru").content)
    assert str(page.findtext(".//h1")).startswith("Telegram и другие сервисы, Россия, 2024")
    (chart,) = page.xpath("//figure[@id='p-audience1']/img/@src")
    svg = b64decode(chart.partition("base64,")[2]).decode()
    assert "регулятор подтвердил ограничения Telegram" in svg
    assert "пользователей" in svg
    safeguards = page.xpath("//section[@id='safeguards']")[0].text_content()
    assert "Дагестане" in safeguards
    assert "Dagestan" not in safeguards
