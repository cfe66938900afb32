"""``/registers/<name>``: one register: its history drawn, its decisions, what can be believed."""

from datetime import datetime
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from msgspec.structs import replace

from overblock.reports.flat import csv_text, extent_rows
from overblock.reports.history import HistoryAnswer, history
from overblock.reports.history_chart import history_chart
from overblock.reports.register import RegisterAnswer, register_answer
from overblock.web.asking import Asking
from overblock.web.citing import cite
from overblock.web.inputs import At, moment_of
from overblock.web.pages import as_csv, reader_of, render

Asked = Request[Any, Any, Any]
MOST_DECISIONS = 50  # on the page; the twins have them all
SVG = "image/svg+xml"
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
async def register_page(
    request: Asked, answers: Asking, name: FromPath[str], at: At = ""
) -> Response[Any]:
    """One register at a moment; ``.json``, ``.csv`` and ``.svg`` after its name give its twins."""
    form = next((form for form in FORMS if name.endswith(form)), "")
    register, moment = name.removesuffix(form), moment_of(at)
    if form == ".svg":
        return Response(await _drawn(answers, register), media_type=SVG)
    if form == ".json":
        return Response(await _whole(answers, register, moment), media_type=MediaType.JSON)
    if form == ".csv":
        return as_csv(csv_text(extent_rows((await _whole(answers, register, moment)).extent)))
    past = await _history(answers, register)
    answer, groups = await answers.ask(
        ("register", register, moment),
        lambda view: _cut(register_answer(view, register, moment)),
    )
    reader = reader_of(request)
    citation = cite(
        reader,
        title=answer.title,
        at=answer.at,
        snapshots={register: answer.freshness.snapshot},
    )
    return render(
        reader,
        "register.html.j2",
        answer=answer,
        past=past,
        groups=groups,
        at=at,
        citation=citation,
    )


async def _whole(answers: Asking, register: str, at: datetime) -> RegisterAnswer:
    """All decisions of a moment: too much to be kept for each moment that somebody asks about."""
    key = ("whole register", register, at)
    return await answers.ask(key, lambda view: register_answer(view, register, at), keep=False)


async def _history(answers: Asking, register: str) -> HistoryAnswer:
    at = moment_of("")
    return await answers.ask(
        ("history", register, at.date()),
        lambda view: history(view, register, begins=None, ends=at, every="day"),
    )


async def _drawn(answers: Asking, register: str) -> str:
    past = await _history(answers, register)
    key = ("drawn", answers.state(), register, past.rows[-1].at)
    return await answers.make(key, lambda: history_chart(past).svg)


def _cut(answer: RegisterAnswer) -> tuple[RegisterAnswer, int]:
    """An answer with its largest decisions only, and how many there are."""
    groups = answer.extent.groups
    return replace(answer, extent=replace(answer.extent, groups=groups[:MOST_DECISIONS])), len(
        groups
    )
