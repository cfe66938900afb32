"""``/sources``: what can be read, and how fresh it is."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get

from overblock import __version__
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.sources import NOTHING, SourceHealth, sources_health
from overblock.web.asking import Asking
from overblock.web.citing import cite
from overblock.web.inputs import At, moment_of
from overblock.web.pages import as_csv, reader_of, render
from overblock.web.validators import tagged
from overblock.web.wording import health_words

Asked = Request[Any, Any, Any]


@get("/sources", include_in_schema=False)
async def sources_page(request: Asked, answers: Asking, at: At = "") -> Response[str]:
    """Every source: those that were read in first."""
    reader, found, moment = reader_of(request), await _sources(answers, at), moment_of(at)
    page = render(
        reader,
        "sources.html.j2",
        read=[one for one in found if one.health != NOTHING],
        unread=[one for one in found if one.health == NOTHING],
        health=health_words(reader),
        query=urlencode({"at": at}) if at else "",
        citation=cite(
            reader,
            title=reader.say("Sources"),
            at=moment,
            snapshots={one.name: one.snapshot for one in found if one.snapshots},
            answer=found,
        ),
    )
    return page if at else tagged(page, found, __version__, reader.language, reader.same("en"))


@get("/sources.json")
async def sources_json(answers: Asking, at: At = "") -> Response[list[SourceHealth]]:
    """Every source with its newest snapshot: what ``overblock sources --format json`` prints."""
    found = await _sources(answers, at)
    return Response(found) if at else tagged(Response(found), found, __version__)


@get("/sources.csv", include_in_schema=False)
async def sources_csv(answers: Asking, at: At = "") -> Response[str]:
    """A row a source."""
    found = await _sources(answers, at)
    rows = as_csv(csv_text(struct_rows(found)))
    return rows if at else tagged(rows, found, __version__)


async def _sources(answers: Asking, written: str) -> list[SourceHealth]:
    at = moment_of(written)
    if not answers.there():
        return sources_health(None, at)
    return await answers.ask(
        ("sources", at), lambda view: sources_health(view, at), keep=not written
    )
