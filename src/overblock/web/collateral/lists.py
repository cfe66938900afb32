"""``/collateral/dead`` and ``/collateral/impact``: orders that miss, and what a change did."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeAlias

import polars as pl
from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter

from overblock.errors import MissingNames, UsageError
from overblock.reports.collateral.dead_by_names import DeadOrder
from overblock.reports.collateral.dead_orders import DeadAddress, DeadOrdersAnswer, dead_orders
from overblock.reports.collateral.impact import ImpactAnswer, Turn, changed_names, impact_of
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.names.at_hand import names_for
from overblock.reports.names.worlds import Names
from overblock.reports.registers.states import newest_snapshot, register_snapshots
from overblock.store import View
from overblock.web.asking import Answers, Asking
from overblock.web.citing import cite
from overblock.web.collateral.page import OfRegister, register_asked
from overblock.web.collateral.words import CollateralWords
from overblock.web.error_words import error_words
from overblock.web.heavy import ask_heavy, moment_and_key
from overblock.web.measured.selecting import Page, page_of, since_of
from overblock.web.pages import as_csv, reader_of, render

Asked = Request[Any, Any, Any]
ROWS = 50  # on one page
MOST_CHANGED = 100_000  # names in the twin in CSV
DAY = timedelta(days=1)
SIGNS = ("shared", "left_behind", "corrected", "names")

Sign: TypeAlias = Annotated[
    str, QueryParameter(description="shared, left_behind, corrected or names.")
]
From: TypeAlias = Annotated[
    str,
    QueryParameter(name="from", description="First moment, in UTC; a day alone is its beginning."),
]
To: TypeAlias = Annotated[
    str, QueryParameter(description="Last moment, in UTC; nothing for now, or the newest snapshot.")
]


@dataclass(frozen=True, slots=True)
class Span:
    """Which register is asked about, from when to when."""

    register: str
    begins: datetime | None
    ends: datetime
    key: Hashable  # of answers that are kept
    registers: tuple[str, ...]  # that there are


async def span_asked(
    answers: Asking, register: OfRegister = "", begins: From = "", to: To = "", at: To = ""
) -> Span:
    """The register and the time that are asked about."""
    chosen, registers = await register_asked(answers, register)
    first = since_of(begins)
    ends, key = moment_and_key(to or at)
    return Span(chosen, first, ends, (chosen, first, key), registers)


OfSpan = {"span": Provide(span_asked)}


@get("/collateral/dead", include_in_schema=False, dependencies=OfSpan)
async def dead_page(
    request: Asked, answers: Asking, span: NamedDependency[Span], sign: Sign = "", page: Page = 1
) -> Response[str]:
    """Addresses that orders list although the sites that were meant live elsewhere."""
    reader, answer = reader_of(request), await _dead(answers, span)
    chosen = _sign(sign, answer)
    rows: list[Any] = _rows_of(answer, chosen)
    pages = -(-len(rows) // ROWS) or 1
    page = min(page_of(page), pages)
    return render(
        reader,
        "collateral_dead.html.j2",
        answer=answer,
        span=span,
        sign=chosen,
        signs={one.sign: one for one in answer.signs},
        rows=rows[ROWS * (page - 1) : ROWS * page],
        in_all=len(rows),
        page=page,
        pages=pages,
        asked=dict(reader.query),
        words=CollateralWords(reader),
        citation=cite(
            reader,
            title=f"{reader.say('Dead orders')}: {answer.register}",
            at=answer.to_at,
            snapshots={answer.register: answer.snapshot.digest},
        ),
    )


@get("/collateral/dead.json", dependencies=OfSpan)
async def dead_json(answers: Asking, span: NamedDependency[Span]) -> DeadOrdersAnswer:
    """Signs of orders that miss: ``overblock dead --format json``."""
    return await _dead(answers, span)


@get("/collateral/dead.csv", include_in_schema=False, dependencies=OfSpan)
async def dead_csv(answers: Asking, span: NamedDependency[Span], sign: Sign = "") -> Response[str]:
    """All rows of one sign."""
    answer = await _dead(answers, span)
    rows = _rows_of(answer, _sign(sign, answer))
    key = ("dead as text", answers.state(), span.key, sign)
    return as_csv(await answers.make(key, lambda: csv_text(struct_rows(rows)), keep=False))


@get("/collateral/impact", include_in_schema=False, dependencies=OfSpan)
async def impact_page(
    request: Asked, answers: Asking, span: NamedDependency[Span]
) -> Response[str]:
    """What a change did to names: newly hit, newly free, and where most of them live."""
    reader = reader_of(request)
    words = CollateralWords(reader)
    try:
        answer = await _impact(answers, span)
    except MissingNames as error:
        why = error_words(reader)(str(error))
        return render(reader, "collateral_none.html.j2", moment=span, words=words, why=why, at="")
    return render(
        reader,
        "collateral_impact.html.j2",
        answer=answer,
        span=span,
        asked=dict(reader.query),
        most=ROWS // 2,
        counts={(one.change, one.group): one for one in answer.changes},
        words=words,
        citation=cite(
            reader,
            title=f"{reader.say('What a change did')}: {answer.register}",
            at=answer.to_at,
            snapshots={answer.register: answer.to_snapshot.digest},
            answer=answer,
        ),
    )


@get("/collateral/impact.json", dependencies=OfSpan)
async def impact_json(answers: Asking, span: NamedDependency[Span]) -> ImpactAnswer:
    """What changed between two moments: ``overblock impact --format json``."""
    return await _impact(answers, span)


@get("/collateral/impact.csv", include_in_schema=False, dependencies=OfSpan)
async def impact_csv(answers: Asking, span: NamedDependency[Span]) -> Response[str]:
    """The names that changed, up to 100,000 of them."""

    def question(view: View) -> str:
        """The rows as text, as they are many."""
        return csv_text(_some(changed_names(_turn(view, span)), MOST_CHANGED))

    return as_csv(await answers.ask(("changed", span.key), question, keep=False))


def _some(frames: Iterator[pl.DataFrame], most: int) -> Iterator[dict[str, Any]]:
    for frame in frames:
        yield from frame.head(most).iter_rows(named=True)
        most -= min(len(frame), most)


async def _dead(answers: Answers, span: Span) -> DeadOrdersAnswer:
    def question(view: View) -> DeadOrdersAnswer:
        """With what names say, where there are any."""
        tables = names_for(view, span.ends)
        return dead_orders(
            view,
            span.register,
            begins=span.begins,
            ends=span.ends,
            names=Names(tables) if tables else None,
        )

    return await ask_heavy(answers, ("dead", span.key), question)


async def _impact(answers: Answers, span: Span) -> ImpactAnswer:
    return await ask_heavy(answers, ("impact", span.key), lambda view: impact_of(_turn(view, span)))


def _turn(view: View, span: Span) -> Turn:
    """Two moments of the register; by default the newest snapshot and what was a day before it."""
    names = Names(names_for(view, span.ends))
    newest = newest_snapshot(register_snapshots(view, span.register), span.ends, span.register)
    ends = min(span.ends, newest.published_at or span.ends) if not span.begins else span.ends
    begins = span.begins or ends - DAY
    if begins > ends:
        raise UsageError(f"the time ends ({ends:%Y-%m-%d}) before it begins ({begins:%Y-%m-%d})")
    return Turn.of(view, span.register, names, begins=begins, ends=ends)


def _sign(asked: str, answer: DeadOrdersAnswer) -> str:
    if asked and asked not in SIGNS:
        raise UsageError(f"sign={asked[:20]!r}: one of {', '.join(SIGNS)}")
    return asked or ("names" if answer.by_names else SIGNS[0])


def _rows_of(answer: DeadOrdersAnswer, sign: str) -> list[DeadAddress] | list[DeadOrder]:
    if sign == "names":
        return answer.by_names.found if answer.by_names else []
    return next(one.found for one in answer.signs if one.sign == sign)
