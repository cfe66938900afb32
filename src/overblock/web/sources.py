"""``/sources`` and ``/health``: what can be read, how fresh it is, and whether we live."""

from typing import Any

import msgspec
from litestar import Request, Response, get

from overblock import __version__
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.sources import SourceHealth, sources_health
from overblock.web.asking import Asking
from overblock.web.inputs import moment_of
from overblock.web.pages import as_csv, reader_of, render
from overblock.web.validators import tagged
from overblock.web.wording import health_words

Asked = Request[Any, Any, Any]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether this server can answer."""

    overblock: str
    observatory: bool  # whether there is one to ask


@get("/sources", include_in_schema=False)
async def sources_page(request: Asked, answers: Asking) -> Response[str]:
    """Every source."""
    reader, found = reader_of(request), await _sources(answers)
    page = render(reader, "sources.html.j2", sources=found, health=health_words(reader))
    return tagged(page, found, __version__, reader.language, reader.same("en"))


@get("/sources.json")
async def sources_json(answers: Asking) -> Response[list[SourceHealth]]:
    """What ``overblock sources --format json`` prints."""
    found = await _sources(answers)
    return tagged(Response(found), found, __version__)


@get("/sources.csv", include_in_schema=False)
async def sources_csv(answers: Asking) -> Response[str]:
    """A row a source."""
    found = await _sources(answers)
    return tagged(as_csv(csv_text(struct_rows(found))), found, __version__)


@get("/health")
async def health(answers: Asking) -> Health:
    """Whether this server can answer."""
    return Health(overblock=__version__, observatory=answers.there())


async def _sources(answers: Asking) -> list[SourceHealth]:
    at = moment_of("")
    if not answers.there():
        return sources_health(None, at)
    return await answers.ask(("sources", at), lambda view: sources_health(view, at))
