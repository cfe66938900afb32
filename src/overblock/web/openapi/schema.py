"""The OpenAPI document: what Litestar makes of the handlers, and what it cannot know.

A route that gives a page, and its data when ``.json`` follows the name, is described as the twin:
a program asks for that.  How errors are told is the same everywhere, and stands at each route.
"""

from collections.abc import Iterable
from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin

from overblock.web.failing import ErrorAnswer
from overblock.web.openapi.examples import with_examples

REFUSALS = {
    400: "What was asked cannot be read: a target, a moment, a value.",
    404: "There is nothing of that name, or nothing at that moment.",
    413: "More was asked at once than is answered.",
    429: "This client asked too often; `Retry-After` says for how long to wait.",
    503: "The observatory cannot be read, or too many ask at once.",
}
JSON = "application/json"


def tell_refusals(handlers: Iterable[HTTPRouteHandler]) -> None:
    """Let the document say at each route how it refuses."""
    for handler in handlers:
        told = {
            status: ResponseSpec(ErrorAnswer, description=words, generate_examples=False)
            for status, words in REFUSALS.items()
        }
        handler.responses = {**told, **(handler.responses or {})}


class SchemaPlugin(JsonRenderPlugin):
    """The document as JSON."""

    def render(self, request: Any, openapi_schema: dict[str, Any]) -> bytes:  # noqa: ANN401  (a request of any user)
        """The document, its routes named as programs ask for them."""
        return super().render(request, with_examples(twins(openapi_schema)))


def twins(document: dict[str, Any]) -> dict[str, Any]:
    """The document with the paths under which data are given.

    >>> told = {"responses": {"200": {"content": {"application/json": {}}}}}
    >>> list(twins({"paths": {"/a/{name}": {"get": told}, "/b.json": {"get": told}}})["paths"])
    ['/a/{name}.json', '/b.json']
    """
    paths = {_twin(path, item): _known(item) for path, item in document["paths"].items()}
    return {**document, "paths": paths}


def _known(item: dict[str, Any]) -> dict[str, Any]:
    """A route whose data are of the one form that is described: a page beside it is none."""
    get = item.get("get", {})
    found = get.get("responses", {}).get("200", {})
    forms = found.get("content", {}).get(JSON, {}).get("schema", {}).get("oneOf", [])
    named = [form for form in forms if form]
    if len(forms) == len(named) or len(named) != 1:
        return item
    content = {**found["content"], JSON: {**found["content"][JSON], "schema": named[0]}}
    responses = {**get["responses"], "200": {**found, "content": content}}
    return {**item, "get": {**get, "responses": responses}}


def _twin(path: str, item: dict[str, Any]) -> str:
    content = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    return f"{path}.json" if JSON in content and path.endswith("}") else path
