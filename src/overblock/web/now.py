"""``/``: what is blocked now, in one glance, and the box to ask in."""

from typing import Any

from litestar import Request, Response, get

from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.now import NowAnswer, now_answer
from overblock.web.asking import Asking
from overblock.web.inputs import moment_of
from overblock.web.pages import as_csv, reader_of, render
from overblock.web.wording import health_words

Asked = Request[Any, Any, Any]


async def _answer(answers: Asking) -> NowAnswer:
    at = moment_of("")
    if not answers.there():
        return now_answer(None, at)
    return await answers.ask(("now", at), lambda view: now_answer(view, at))


@get(["/", "/now"], include_in_schema=False)
async def now_page(request: Asked, answers: Asking) -> Response[str]:
    """What is blocked now."""
    reader = reader_of(request)
    answer = await _answer(answers)
    return render(reader, "now.html.j2", answer=answer, health=health_words(reader))


@get("/now.json")
async def now_json(answers: Asking) -> NowAnswer:
    """How much each register lists now, what a day changed, and how fresh each source is."""
    return await _answer(answers)


@get("/now.csv", include_in_schema=False)
async def now_csv(answers: Asking) -> Response[str]:
    """The same, a row a register."""
    return as_csv(csv_text(struct_rows((await _answer(answers)).registers)))
