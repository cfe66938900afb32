"""``/registers/<name>/decisions``: all decisions of a moment, and the page of each."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter

from overblock.errors import NoDecision
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.registers.chart import lines_spec, svg_of, usual_scale
from overblock.reports.registers.decision import (
    Act,
    ActFacts,
    DecisionAnswer,
    ListedResource,
    acts_numbered,
    decision_answer,
    decision_listings,
)
from overblock.reports.registers.decisions import (
    ORDERS,
    DecisionsAnswer,
    decision_rows,
    decisions_answer,
    known_order,
    sorted_decisions,
)
from overblock.reports.registers.lines import LinesAnswer
from overblock.store import View
from overblock.web.asking import Asking
from overblock.web.citing import Cited, cite
from overblock.web.inputs import At, moment_of
from overblock.web.pages import Reader, as_csv, instant, reader_of, render
from overblock.web.registers.asking import Page, Search, day_of, page_of, short, table_at
from overblock.web.registers.chart_words import ORDER_WORDS, chart_words
from overblock.web.registers.history import SVG, ChartAsked, Scaled, Themed

Asked = Request[Any, Any, Any]
Sort: TypeAlias = Annotated[str, QueryParameter(description=f"One of {', '.join(ORDERS)}.")]
Number: TypeAlias = Annotated[
    str, QueryParameter(description="Number of one decision: the page is about it alone.")
]
Authority: TypeAlias = Annotated[
    str, QueryParameter(description="Who decided, where several decisions carry the number.")
]
Day: TypeAlias = Annotated[str, QueryParameter(description="Day of the decision, the same.")]


@get("/registers/{name:str}/decisions", include_in_schema=False)
async def decisions_page(  # noqa: PLR0913  (a table that is sorted, searched and turned over)
    *,
    request: Asked,
    answers: Asking,
    name: FromPath[str],
    at: At = "",
    sort: Sort = "size",
    q: Search = "",
    page: Page = "",
    number: Number = "",
    authority: Authority = "",
    date: Day = "",
) -> Response[str]:
    """The decisions of a moment, or one of them."""
    reader, moment = reader_of(request), moment_of(at)
    if number:
        act = _act(name, number, authority, date)
        return await _one(reader, answers, act, moment, page_of(page))
    answer = await _listed(answers, name, moment, (sort, q, page))
    link_query = {"at": instant(moment), "sort": answer.sort, "q": answer.search}
    return render(
        reader,
        "decisions.html.j2",
        answer=answer,
        query=urlencode({name: value for name, value in link_query.items() if value}),
        orders={order: reader.words(told) for order, told in ORDER_WORDS.items()},
        at=at,
        citation=_cite(reader, answer, reader.say("Decisions of {register}", register=name)),
    )


@get("/registers/{name:str}/decisions.json")
async def decisions_json(  # noqa: PLR0913  (the same)
    *,
    answers: Asking,
    name: FromPath[str],
    at: At = "",
    sort: Sort = "size",
    q: Search = "",
    page: Page = "",
    number: Number = "",
    authority: Authority = "",
    date: Day = "",
) -> DecisionsAnswer | DecisionAnswer:
    """A page of the decisions that list anything at a moment; with ``number`` one of them."""
    moment = moment_of(at)
    if number:
        act = _act(name, number, authority, date)
        return await _decision(answers, act, moment, page_of(page))
    return await _listed(answers, name, moment, (sort, q, page))


@get("/registers/{name:str}/decisions.csv", include_in_schema=False)
async def decisions_csv(  # noqa: PLR0913  (the same)
    *,
    answers: Asking,
    name: FromPath[str],
    at: At = "",
    sort: Sort = "size",
    q: Search = "",
    number: Number = "",
    authority: Authority = "",
    date: Day = "",
) -> Response[str]:
    """A row a decision, all of them; with ``number`` a row a listing of that one."""
    moment, order, search = moment_of(at), known_order(sort or "size"), short("q", q)
    if number:
        act = _act(name, number, authority, date)
        told = await answers.ask(
            ("decision's listings", act, moment),
            lambda view: csv_text(_resource_rows(view, act, moment)),
            keep=False,
        )
        return as_csv(told)

    def rows(view: View) -> str:
        """All that are found, in their order."""
        table = table_at(view, name, moment)
        return csv_text(struct_rows(decision_rows(sorted_decisions(table, order, search))))

    key = ("decisions' rows", name, moment, order, search)
    return as_csv(await answers.ask(key, rows, keep=False))


@get("/registers/{name:str}/decision.svg", include_in_schema=False)
async def decision_svg(  # noqa: PLR0913  (one decision, and how to draw it)
    *,
    request: Asked,
    answers: Asking,
    name: FromPath[str],
    number: Number = "",
    authority: Authority = "",
    date: Day = "",
    scale: Scaled = "",
    theme: Themed = "light",
) -> Response[str]:
    """How much one decision listed over its time."""
    reader, act = reader_of(request), _act(name, number, authority, date)
    asked = ChartAsked.read(name, "all", "", scale, theme)
    answer = await _decision(answers, act, moment_of(""), 1)
    lines = _lines(answer)
    key = ("decision drawn", answers.state(), act, asked, reader.language)
    return Response(
        await answers.make(key, lambda: _drawn(reader, lines, asked, act.number), keep=False),
        media_type=SVG,
    )


def _act(register: str, number: str, authority: str, day: str) -> Act:
    """Which decision is asked about."""
    return Act(
        register,
        short("number", number),
        short("authority", authority) or None,
        day_of(day),
    )


async def _listed(
    answers: Asking, register: str, at: datetime, asked: tuple[str, str, str]
) -> DecisionsAnswer:
    """A page of decisions: the table is kept, what is taken of it is not."""
    order, search = known_order(asked[0] or "size"), short("q", asked[1])
    page = page_of(asked[2])

    def take(view: View) -> DecisionsAnswer:
        """One page of the table."""
        table = table_at(view, register, at)
        return decisions_answer(table, at, order=order, search=search, page=page)

    return await answers.ask(("decisions", register, at, order, search, page), take, keep=False)


async def _decision(answers: Asking, act: Act, at: datetime, page: int) -> DecisionAnswer:
    def ask(view: View) -> DecisionAnswer:
        """The decision, as a share of all that the register lists."""
        whole = table_at(view, act.register, at).ipv4
        return decision_answer(view, act, at, whole=whole, page=page)

    return await answers.ask(("decision", act, at, page), ask, keep=False)


async def _one(reader: Reader, answers: Asking, act: Act, at: datetime, page: int) -> Response[str]:
    """The page of one decision; where several carry its number, the choice of them first."""
    acts: list[ActFacts] = await answers.ask(
        ("acts", act), lambda view: acts_numbered(view, act), keep=False
    )
    if len(acts) == 1:
        act = Act(act.register, act.number, acts[0].authority, acts[0].decision_date)
    answer = await _decision(answers, act, at, page)
    asked = {"number": act.number, "authority": act.authority, "date": act.day}
    same = {name: str(value) for name, value in asked.items() if value}
    return render(
        reader,
        "decision.html.j2",
        answer=answer,
        acts=acts if len(acts) > 1 else [],
        lines=_lines(answer) if answer.line else None,
        asked=same,
        query=urlencode({**same, "lang": reader.language}),
        citation=_cite(reader, answer, reader.say("Decision {number}", number=act.number)),
    )


def _cite(reader: Reader, answer: DecisionsAnswer | DecisionAnswer, title: str) -> Cited:
    snapshots = {answer.register: answer.snapshot.digest}
    return cite(reader, title=title, at=answer.at, snapshots=snapshots)


def _lines(answer: DecisionAnswer) -> LinesAnswer:
    """The history of a decision as a chart wants it."""
    if answer.line is None:
        raise NoDecision(f"{answer.decision} never listed an IPv4 address: nothing can be drawn")
    points = answer.line.points
    ends = max(answer.last_seen_at, points[-1].at)
    return LinesAnswer(
        register=answer.register,
        by="all",
        begins=points[0].at,
        ends=ends,
        snapshots=0,
        digest=answer.snapshot.digest,
        whole=answer.line,
        lines=[],
        lines_in_all=0,
        gaps=[
            gap
            for gap in answer.gaps
            if gap.silent_from < ends and (gap.silent_until or ends) > points[0].at
        ],
        flagged=[],
        holders_from=None,
    )


def _drawn(reader: Reader, lines: LinesAnswer, asked: ChartAsked, number: str) -> str:
    scale = asked.scale or usual_scale(lines)
    title = reader.say("Addresses listed under decision {number}", number=number)
    return svg_of(lines_spec(lines, chart_words(reader, lines, scale, title), asked.theme, scale))


def _resource_rows(view: View, act: Act, at: datetime) -> Iterator[dict[str, Any]]:
    found: list[ListedResource] = decision_listings(view, act, at)
    for row in struct_rows(found):
        yield {"register": act.register, "decision": act.number, **row}
