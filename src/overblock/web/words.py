"""``/glossary`` and ``/method``: what the words mean, and how figures come to be."""

from typing import Any

from litestar import Request, Response, get

from overblock.reports.glossary import Glossary, Term, glossary
from overblock.reports.method import MethodSection, method
from overblock.web.pages import reader_of, render

Asked = Request[Any, Any, Any]


@get("/glossary", include_in_schema=False)
async def glossary_page(request: Asked) -> Response[str]:
    """Every word, with its anchor."""
    reader = reader_of(request)
    return render(reader, "glossary.html.j2", glossary=glossary(), terms=_terms())


@get("/glossary.json")
async def glossary_json() -> Glossary:
    """Every word in every language."""
    return glossary()


@get("/method", include_in_schema=False)
async def method_page(request: Asked) -> Response[str]:
    """How the figures come to be."""
    reader = reader_of(request)
    return render(reader, "method.html.j2", sections=method(), terms=_terms())


@get("/method.json")
async def method_json() -> list[MethodSection]:
    """The same in every language."""
    return method()


def _terms() -> dict[str, Term]:
    return {one.id: one for one in glossary().term}
