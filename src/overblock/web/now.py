"""``/``: what is blocked now, in one glance, and the box to ask in."""

from typing import Any

from litestar import Request, Response, get

from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.now import NowAnswer, now_answer
from overblock.web.asking import Asking
from overblock.web.citing import cite
from overblock.web.inputs import At, moment_of
from overblock.web.pages import as_csv, reader_of, render
from overblock.web.wording import health_words

Asked = Request[Any, Any, Any]


async def _answer(answers: Asking, written: str) -> NowAnswer:
    at = moment_of(written)
    if not answers.there():
        return now_answer(None, at)
    return await answers.ask(("now", at), lambda view: now_answer(view, at), keep=not written)


@get(["/", "/now"], include_in_schema=False)
async def now_page(request: Asked, answers: Asking, at: At = "") -> Response[str]:
    """What is blocked now."""
    reader = reader_of(request)
    answer = await _answer(answers, at)
    citation = cite(
        reader,
        title=reader.say("What is blocked now"),
        at=answer.at,
        snapshots={
            one.register: one.snapshot.digest if one.snapshot else None for one in answer.registers
        },
        path="/now",
        answer=answer,
    )
    return render(
        reader, "now.html.j2", answer=answer, health=health_words(reader), citation=citation
    )


@get("/now.json")
async def now_json(answers: Asking, at: At = "") -> NowAnswer:
    """How much each register lists now, what a day changed, and how fresh each source is."""
    return await _answer(answers, at)


@get("/now.csv", include_in_schema=False)
async def now_csv(answers: Asking, at: At = "") -> Response[str]:
    """The same, a row a register."""
    return as_csv(csv_text(struct_rows((await _answer(answers, at)).registers)))
