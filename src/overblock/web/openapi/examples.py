"""Examples of the API: for each route a question and its answer, made by the site itself.

The file is made by a program of the tests over a made world, and a test compares it with what the
site answers: an example that is no longer true fails.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

PLACE = Path(__file__).parent / "examples.json"
JSON = "application/json"


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A question and its answer, the long lists of which are cut."""

    asked: str
    answer: Any


@cache
def examples() -> dict[str, Example]:
    """All of them, by their routes as the document names them."""
    return msgspec.json.decode(PLACE.read_bytes(), type=dict[str, Example])


def with_examples(document: Mapping[str, Any]) -> dict[str, Any]:
    """The OpenAPI document with an example at each route and parameter that has one."""
    known = examples()
    paths = {
        path: {**item, "get": _shown(item["get"], path, known[path])} if path in known else item
        for path, item in document["paths"].items()
    }
    return {**document, "paths": paths}


def _shown(operation: Mapping[str, Any], path: str, example: Example) -> dict[str, Any]:
    given = _given(path, example.asked)
    parameters = [
        {**one, "example": given[one["name"]]} if one["name"] in given else one
        for one in operation.get("parameters", [])
    ]
    found = operation["responses"]["200"]
    content = {**found["content"], JSON: {**found["content"][JSON], "example": example.answer}}
    responses = {**operation["responses"], "200": {**found, "content": content}}
    return {**operation, "parameters": parameters, "responses": responses}


def _given(path: str, asked: str) -> dict[str, str]:
    """The parameters of a question, by name."""
    split = urlsplit(asked)
    given = dict(parse_qsl(split.query))
    for form, value in zip(path.split("/"), split.path.split("/"), strict=True):
        if form.startswith("{"):
            given[form[1 : form.index("}")]] = value.removesuffix(".json")
    return given
