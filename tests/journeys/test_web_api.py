"""The API as people read it: every example is what the site answers, and of its own schema."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from litestar.testing import TestClient

from overblock.web.app import create_app
from overblock.web.openapi.examples import PLACE, examples
from overblock.web.serving.site import Site
from web_examples import ASKED
from web_examples import examples as made_anew

NO_TWINS = {"/health"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient[Site]]:
    folder = tmp_path_factory.mktemp("none")
    with TestClient(create_app(folder / "none", asked_a_minute=0)) as started:
        yield started


@pytest.fixture(scope="module")
def document(client: TestClient[Site]) -> Any:
    return client.get("/schema/openapi.json").json()


def twins(document: Any) -> set[str]:
    """The routes that give JSON."""
    return {
        path
        for path, item in document["paths"].items()
        if "application/json" in item.get("get", {}).get("responses", {})["200"]["content"]
    }


@pytest.mark.slow
def test_every_example_is_what_the_site_answers_today() -> None:
    """`python tests/web_examples.py` writes them anew."""
    assert json.loads(PLACE.read_text("utf-8")) == made_anew()


def test_every_twin_has_its_example(document: Any) -> None:
    assert twins(document) - NO_TWINS == set(ASKED) == set(examples())
    for path in ASKED:
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        assert content["application/json"]["example"] == examples()[path].answer


def test_every_example_is_of_the_schema_that_it_stands_beside(document: Any) -> None:
    for path in ASKED:
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        schema = {**content["schema"], "components": document["components"]}
        jsonschema_rs.validator_for(schema).validate(content["example"])


def test_parameters_have_the_values_of_the_example(document: Any) -> None:
    parameters = document["paths"]["/registers/{name}/diff.json"]["get"]["parameters"]
    given = {one["name"]: one["example"] for one in parameters}
    assert set(given) == {"name", "from", "to"}
    assert given["name"] == "ru_zapret_csv"


def test_people_read_the_same_routes_with_a_command_to_try(
    client: TestClient[Site], document: Any
) -> None:
    page = client.get("/api?lang=ru").text
    assert set(re.findall(r'<h2 id="([^"]+)"', page)) == twins(document)
    assert page.count("curl &#39;http://testserver.local/") == len(ASKED)


def test_no_place_of_a_machine_and_nothing_hostile_is_in_an_example() -> None:
    text = PLACE.read_text("utf-8")
    assert "<script" not in text
    assert not re.search(r"/(?:tmp|home|root|work)/", text)
