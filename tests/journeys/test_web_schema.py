"""The API does what its own document says: schemathesis asks whatever the document allows."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar import Litestar
from litestar.testing import TestClient
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from overblock.web.app import create_app
from register_worlds import START, dump, ingest, line, observatory

load_all_checks()
# A target is any text to the document; that some text is no target is told by a 400.
NOT_CHECKED = CHECKS.get_by_names(["positive_data_acceptance"])
THOROUGH = settings().max_examples > 100
EXAMPLES = 100 if THOROUGH else 4  # of each route; `--hypothesis-profile thorough` asks more


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    folder = tmp_path_factory.mktemp("schema")
    made = observatory(folder / "observatory")
    path = folder / "dump.csv"
    path.write_bytes(dump(START, [line("203.0.113.0/24", "shop.example", "http://shop.example/a")]))
    ingest(made, [path])
    return create_app(made.root, asked_a_minute=0)


def test_no_route_breaks_or_answers_what_its_document_does_not_say(site: Litestar) -> None:
    """Routes of pictures are left to their own tests."""
    document = schemathesis.openapi.from_asgi("/schema/openapi.json", site)
    found = list(document.get_all_operations())
    routes = [one.ok() for one in found if isinstance(one, Ok)]
    assert len(routes) == len(found)
    asked = [route for route in routes if route.path.endswith((".json", "/health"))]
    assert len(asked) > 5
    for route in asked:

        @given(case=route.as_strategy())
        @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
        def keeps_its_word(case: Any) -> None:
            case.call_and_validate(excluded_checks=NOT_CHECKED)

        keeps_its_word()


def test_every_json_twin_of_the_site_is_in_the_document(site: Litestar) -> None:
    told = set(schemathesis.openapi.from_asgi("/schema/openapi.json", site).raw_schema["paths"])
    twins = {
        path
        for route in site.routes
        if (path := route.path.replace(":str}", "}")).endswith(".json")
    }
    charts = {path for path in twins if path.endswith(".vl.json")}  # a picture's plan, no answer
    assert twins - told - charts <= {"/schema/openapi.json"}
    assert {"/check.json", "/now.json", "/registers/{name}.json"} <= told


def test_an_address_that_is_there_says_what_can_be_done_with_it(tmp_path: Path) -> None:
    with TestClient(create_app(tmp_path / "none", asked_a_minute=0)) as client:
        for path, allowed in (
            ("/check", "GET, HEAD, OPTIONS, POST"),
            ("/now.json", "GET, HEAD, OPTIONS"),
        ):
            refused = client.delete(path)
            assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
