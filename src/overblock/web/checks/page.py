"""``/check``: am I hit?  One answer in plain words, since when, by what, and with whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post

from overblock.errors import BadAddress
from overblock.reports.checks.check import CheckAnswer, EntryAnswer, check, is_sharp
from overblock.reports.checks.history import TargetHistory, target_history
from overblock.reports.checks.measured import MeasuredAnswer, measured
from overblock.reports.flat import check_rows, csv_text
from overblock.reports.registers.register import Standing, standing_in
from overblock.store import View
from overblock.web.asking import Answers, Asking
from overblock.web.checks.strip import strip_of
from overblock.web.checks.uploads import read_form
from overblock.web.citing import Cited, cite
from overblock.web.error_words import error_words
from overblock.web.inputs import MOST_BYTES, At, Lines, asked_lines, moment_of, sorted_out
from overblock.web.pages import Reader, as_csv, reader_of, render
from overblock.web.registers.asking import table_at

Asked = Request[Any, Any, Any]
MOST_UNREAD = 10  # lines whose fault is told
MOST_ENTRIES = 20  # told on the page; the twins have them all
FORM_BYTES = 4 * MOST_BYTES  # a sign may take twelve bytes in a form; most take one to three
NOT_KEPT = {"Cache-Control": "no-store"}  # what somebody looked up is no caches' business


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, with what stands in all under the decision of each of its entries shown."""

    answer: CheckAnswer
    standing: list[Standing | None]
    measured: MeasuredAnswer | None


@get("/check", include_in_schema=False, response_headers=NOT_KEPT)
async def check_page(request: Asked, answers: Asking, q: Lines = "", at: At = "") -> Response[str]:
    """The answer about what is in the address bar."""
    return await _page(request, answers, q, at)


@post(
    "/check",
    include_in_schema=False,
    status_code=200,
    request_max_body_size=FORM_BYTES,
    response_headers=NOT_KEPT,
)
async def check_form(request: Asked, answers: Asking) -> Response[str]:
    """The same for many lines or a file of them, which stay out of the address bar."""
    lines, at = await read_form(request)
    return await _page(request, answers, lines, at)


@get("/check.json", response_headers=NOT_KEPT)
async def check_json(answers: Asking, q: Lines = "", at: At = "") -> list[CheckAnswer]:
    """One answer a target, in order: what ``overblock check --format json`` prints."""
    return await _checked(answers, _some(asked_lines(q)), moment_of(at))


@get("/check.csv", include_in_schema=False, response_headers=NOT_KEPT)
async def check_csv(answers: Asking, q: Lines = "", at: At = "") -> Response[str]:
    """A row a target."""
    found = await _checked(answers, _some(asked_lines(q)), moment_of(at))
    return as_csv(csv_text(check_rows(found)))


@post(
    "/check.csv",
    include_in_schema=False,
    status_code=200,
    request_max_body_size=FORM_BYTES,
    response_headers=NOT_KEPT,
)
async def check_form_csv(request: Asked, answers: Asking) -> Response[str]:
    """A row a line that was sent; one that cannot be read is refused by its words."""
    lines, at = await read_form(request)
    found = await _checked(answers, _some(asked_lines(lines)), moment_of(at))
    return as_csv(csv_text(check_rows(found)))


@get("/check/history.json", response_headers=NOT_KEPT)
async def check_history(answers: Asking, q: Lines = "") -> TargetHistory:
    """When each register listed one target, over all of time."""
    return await _history(answers, _some(asked_lines(q))[0])


@get("/check/measured.json", response_headers=NOT_KEPT)
async def check_measured(answers: Asking, q: Lines = "", at: At = "") -> MeasuredAnswer | None:
    """Verdicts on one target by network, in the three months before a moment."""
    line, moment = _some(asked_lines(q))[0], moment_of(at)
    return await answers.ask(
        ("measured", line, moment), lambda view: measured(view, line, moment), keep=False
    )


async def _page(request: Asked, answers: Asking, q: str, at: str) -> Response[str]:
    reader = reader_of(request)
    lines, moment = asked_lines(q), moment_of(at)
    if len(lines) == 1:
        return await _one(reader, answers, lines[0], moment, at)
    good, bad = sorted_out(lines)
    found = await _checked(answers, good, moment) if good else []
    return render(
        reader,
        "check.html.j2",
        answers=found,
        bad=[*map(error_words(reader), bad[:MOST_UNREAD])],
        unread=len(bad),
        at=at,
        moment=moment,
        listed=sum(one.listed is True for one in found),
        unsure=sum(one.listed is None for one in found),
    )


async def _one(
    reader: Reader, answers: Asking, line: str, moment: datetime, at: str
) -> Response[str]:
    told = await answers.ask(
        ("told", line, moment), lambda view: _told(answers, view, line, moment)
    )
    history = await _history(answers, line)
    return render(
        reader,
        "check_one.html.j2",
        told=told,
        strip=strip_of(history, moment, moment_of("")),
        at=at,
        most=MOST_ENTRIES,
        is_sharp=is_sharp,
        citation=_cite(reader, told.answer),
    )


async def _checked(answers: Asking, lines: list[str], at: datetime) -> list[CheckAnswer]:
    key = ("check", tuple(lines), at)
    return await answers.ask(
        key, lambda view: list(check(view, lines, at, answers.rolls)), keep=len(lines) == 1
    )


async def _history(answers: Asking, line: str) -> TargetHistory:
    return await answers.ask(("when", line), lambda view: target_history(view, line, answers.rolls))


def _cite(reader: Reader, answer: CheckAnswer) -> Cited:
    return cite(
        reader,
        title=reader.say("Is {target} blocked?", target=answer.target),
        at=answer.at,
        snapshots={source.register: source.snapshot for source in answer.sources},
        path="/check",
        query={"q": answer.target},
        answer=[answer],
    )


def _told(answers: Answers, view: View, line: str, at: datetime) -> Told:
    (answer,) = check(view, [line], at, answers.rolls)
    standing = [_standing(view, entry, at) for entry in answer.entries[:MOST_ENTRIES]]
    return Told(answer, standing, measured(view, line, at))


def _standing(view: View, entry: EntryAnswer, at: datetime) -> Standing | None:
    return standing_in(table_at(view, entry.register, at), entry)


def _some(lines: list[str]) -> list[str]:
    if not lines:
        raise BadAddress("nothing is asked: give q=, an address, network, domain or page")
    return lines
