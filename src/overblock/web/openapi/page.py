"""``/api``: the same OpenAPI document as ``/schema``, for people: each route with its example."""

import json
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get

from overblock.web.asking import Asking
from overblock.web.openapi.examples import examples, with_examples
from overblock.web.openapi.schema import twins
from overblock.web.pages import reader_of, render

Asked = Request[Any, Any, Any]
MOST_SIGNS = 1_600  # of an answer that is shown; the document has all of it
JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route as a person reads it."""

    path: str
    says: list[str]  # words and, between them, words to be set as code
    parameters: list[tuple[str, str, str]]  # name, meaning, an example
    answer: str  # the name of what it gives
    command: str  # an example, to be tried; its address lacks the host
    example: str


@get("/api", include_in_schema=False)
async def api_page(request: Asked, answers: Asking) -> Response[str]:
    """Every route that gives data."""
    reader = reader_of(request)
    found = await answers.make(("routes",), lambda: routes(request.app))
    return render(reader, "api.html.j2", routes=found, base=reader.base)


def routes(app: Any) -> list[Route]:  # noqa: ANN401  (Litestar's)
    """The routes of the document that give JSON."""
    document = with_examples(twins(app.openapi_schema.to_schema()))
    return [
        _route(path, item["get"])
        for path, item in document["paths"].items()
        if JSON in item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    ]


def _route(path: str, operation: dict[str, Any]) -> Route:
    told, known = operation["responses"]["200"]["content"][JSON], examples().get(path)
    parameters = [
        (one["name"], one.get("description") or "", str(one.get("example", "")))
        for one in operation.get("parameters", [])
    ]
    return Route(
        path=path,
        says=operation.get("description", "").split("``"),
        parameters=parameters,
        answer=_named(told.get("schema", {})),
        command=f"curl '{known.asked}'" if known else "",
        example=_cut(known.answer) if known else "",
    )


def _named(schema: dict[str, Any]) -> str:
    """What is given: a struct's name, or a list of them."""
    if "items" in schema:
        return f"[{_named(schema['items'])}]"
    if "oneOf" in schema:
        return " | ".join(_named(one) or str(one.get("type", "?")) for one in schema["oneOf"])
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _cut(answer: object) -> str:
    text = json.dumps(answer, ensure_ascii=False, indent=1)
    return text if len(text) <= MOST_SIGNS else f"{text[:MOST_SIGNS]}\n…"
