"""``/``: what is blocked now, in one glance, and the box to ask in."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from litestar import Request, Response, get

from overblock import __version__
from overblock.errors import StoreDamaged, UnknownRegister
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.latest import latest
from overblock.reports.registers.now import NowAnswer, RegisterNow, now_answer
from overblock.reports.registers.sparkline import Sparkline, sparkline
from overblock.store import View
from overblock.web.asking import Asking
from overblock.web.cases import known_cases
from overblock.web.citing import Cited, cite
from overblock.web.inputs import At, moment_of
from overblock.web.pages import Reader, as_csv, reader_of, render
from overblock.web.validators import entity_tag, tagged
from overblock.web.wording import event_words, health_words

Asked = Request[Any, Any, Any]
MOST_CHANGES = 8  # on the page; the twin has those of each register


async def now_of(answers: Asking, at: datetime, *, keep: bool) -> NowAnswer:
    """How things stand at a moment; what happened last is asked once an hour."""
    if not answers.there():
        return now_answer(None, at)
    hour = at.replace(minute=0) if keep else at
    happened = await answers.ask(("latest", hour), lambda view: latest(view, at), keep=keep)
    return await answers.ask(("now", at), lambda view: now_answer(view, at, happened), keep=keep)


@get(["/", "/now"], include_in_schema=False)
async def now_page(request: Asked, answers: Asking, at: At = "") -> Response[str]:
    """What is blocked now."""
    reader = reader_of(request)
    answer = await now_of(answers, moment_of(at), keep=not at)
    page = render(
        reader,
        "now.html.j2",
        answer=answer,
        lines=await _lines(answers, answer),
        cases=await known_cases(answers),
        health=health_words(reader),
        event=event_words(reader),
        pinned=bool(at),
        tag=entity_tag(answer, __version__),  # of its twin, which the page asks whether all holds
        most=MOST_CHANGES,
        citation=_cite(reader, answer),
    )
    return page if at else tagged(page, answer, __version__, reader.language, reader.same("en"))


@get("/now.json")
async def now_json(answers: Asking, at: At = "") -> Response[NowAnswer]:
    """How much each register lists now, what a day changed, and how fresh each source is."""
    answer = await now_of(answers, moment_of(at), keep=not at)
    return Response(answer) if at else tagged(Response(answer), answer, __version__)


@get("/now.csv", include_in_schema=False)
async def now_csv(answers: Asking, at: At = "") -> Response[str]:
    """The same, a row a register."""
    answer = await now_of(answers, moment_of(at), keep=not at)
    rows = as_csv(csv_text(struct_rows(answer.registers)))
    return rows if at else tagged(rows, answer, __version__)


async def _lines(answers: Asking, answer: NowAnswer) -> dict[str, Sparkline | None]:
    """The last months of each register that can be read."""
    return {
        one.register: await answers.ask(
            ("line", one.register, one.freshness.published_at), _asked_for_line(one)
        )
        for one in answer.registers
        if one.freshness
    }


def _asked_for_line(one: RegisterNow) -> Callable[[View], Sparkline | None]:
    published_at = one.freshness.published_at if one.freshness else None

    def line(view: View) -> Sparkline | None:
        """Of what can be read; what cannot is named beside it."""
        try:
            return sparkline(view, one.register, published_at)
        except (StoreDamaged, UnknownRegister):
            return None

    return line


def _cite(reader: Reader, answer: NowAnswer) -> Cited:
    measured = {"verdicts": answer.verdicts} if answer.verdicts else {}
    return cite(
        reader,
        title=reader.say("What is blocked now"),
        at=answer.at,
        snapshots=measured
        | {one.register: one.snapshot.digest if one.snapshot else None for one in answer.registers},
        path="/now",
        answer=answer,
    )
