"""``/registers/<name>``: one register: its history drawn, its decisions, what can be believed."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response, get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath

from overblock.reports.flat import csv_text, extent_rows
from overblock.reports.registers.lines import flag_meanings, register_years
from overblock.reports.registers.register import RegisterAnswer, register_answer
from overblock.web.asking import Asking
from overblock.web.citing import cite
from overblock.web.inputs import At, moment_of
from overblock.web.pages import as_csv, reader_of, render
from overblock.web.registers.asking import By, Year, stand_at
from overblock.web.registers.chart_words import GROUPING_WORDS, chart_words, line_words
from overblock.web.registers.history import SVG, ChartAsked, Scaled, Themed, drawn, lines_asked
from overblock.web.vega import vega_path

Asked = Request[Any, Any, Any]
FORMS = (".json", ".csv", ".svg")


@get(
    "/registers/{name:str}",
    responses={
        200: ResponseSpec(
            RegisterAnswer,
            media_type=MediaType.JSON,
            description="For a name that ends in .json; .csv gives its decisions, .svg its history",
        )
    },
)
async def register_page(  # noqa: PLR0913  (what its chart can be asked with)
    *,
    request: Asked,
    answers: Asking,
    name: FromPath[str],
    at: At = "",
    by: By = "all",
    year: Year = "",
    scale: Scaled = "",
    theme: Themed = "light",
) -> Response[Any]:
    """One register at a moment; ``.json``, ``.csv`` and ``.svg`` after its name give its twins."""
    form = next((form for form in FORMS if name.endswith(form)), "")
    register, moment = name.removesuffix(form), moment_of(at)
    if form == ".json":
        return Response(await _whole(answers, register, moment), media_type=MediaType.JSON)
    if form == ".csv":
        return as_csv(csv_text(extent_rows((await _whole(answers, register, moment)).extent)))
    asked = ChartAsked.read(register, by, year, scale, theme)
    if form == ".svg":
        return Response(await drawn(answers, reader_of(request), asked), media_type=SVG)
    return await _page(request, answers, asked, moment, at)


async def _page(
    request: Asked, answers: Asking, asked: ChartAsked, moment: datetime, at: str
) -> Response[Any]:
    register, reader = asked.register, reader_of(request)
    stand = await answers.ask(
        ("stand", register, moment), lambda view: stand_at(view, register, moment), keep=False
    )
    years = await answers.ask(("years", register), lambda view: register_years(view, register))
    lines = await lines_asked(answers, asked)
    citation = cite(
        reader,
        title=reader.say(stand.answer.title),
        at=stand.answer.at,
        snapshots={register: stand.answer.freshness.snapshot},
    )
    return render(
        reader,
        "register.html.j2",
        answer=stand.answer,
        stand=stand,
        years=years,
        lines=lines,
        asked=asked,
        words=line_words(reader, lines),
        chart_query=urlencode({**asked.query, "lang": reader.language}),
        chart_alt=chart_words(reader, lines, "linear").alt,
        bundle=vega_path(),
        groupings={name: reader.words(told) for name, told in GROUPING_WORDS.items()},
        meanings=flag_meanings(lines.flagged),
        at=at,
        citation=citation,
    )


async def _whole(answers: Asking, register: str, at: datetime) -> RegisterAnswer:
    """All decisions of a moment: too much to be kept for each moment that somebody asks about."""
    key = ("whole register", register, at)
    return await answers.ask(key, lambda view: register_answer(view, register, at), keep=False)
