"""``/check``: am I hit?  One answer in plain words, since when, by what, and with whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import URLEncodedBody

from overblock.errors import BadAddress
from overblock.reports.check import CheckAnswer, check
from overblock.reports.flat import check_rows, csv_text
from overblock.reports.register import Standing, standing_under
from overblock.store import View
from overblock.web.asking import Asking
from overblock.web.citing import Cited, cite
from overblock.web.inputs import MOST_BYTES, At, Lines, asked_lines, moment_of, sorted_out
from overblock.web.pages import Reader, as_csv, reader_of, render

Asked = Request[Any, Any, Any]
MOST_ENTRIES = 20  # told on the page; the twins have them all
FORM_BYTES = 4 * MOST_BYTES  # a sign may take twelve bytes in a form; most take one to three
NOT_KEPT = {"Cache-Control": "no-store"}  # what somebody looked up is no caches' business


class CheckForm(msgspec.Struct):
    """What the form of many lines sends."""

    q: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, with what stands in all under the decision of each of its entries shown."""

    answer: CheckAnswer
    standing: list[Standing | None]


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
async def check_form(
    request: Asked,
    answers: Asking,
    data: URLEncodedBody[CheckForm],
) -> Response[str]:
    """The same for many lines, which stay out of the address bar."""
    return await _page(request, answers, data.q, data.at)


@get("/check.json", response_headers=NOT_KEPT)
async def check_json(answers: Asking, q: Lines = "", at: At = "") -> list[CheckAnswer]:
    """One answer a target, in order: what ``overblock check --format json`` prints."""
    return await _checked(answers, _some(asked_lines(q)), moment_of(at))


@get("/check.csv", include_in_schema=False, response_headers=NOT_KEPT)
async def check_csv(answers: Asking, q: Lines = "", at: At = "") -> Response[str]:
    """A row a target."""
    found = await _checked(answers, _some(asked_lines(q)), moment_of(at))
    return as_csv(csv_text(check_rows(found)))


async def _page(request: Asked, answers: Asking, q: str, at: str) -> Response[str]:
    reader = reader_of(request)
    lines, moment = asked_lines(q), moment_of(at)
    if len(lines) == 1:
        told = await answers.ask(
            ("told", lines[0], moment), lambda view: _told(view, lines[0], moment)
        )
        citation = _cite(reader, told.answer)
        return render(
            reader,
            "check_one.html.j2",
            told=told,
            at=at,
            most=MOST_ENTRIES,
            citation=citation,
        )
    good, bad = sorted_out(lines)
    found = await _checked(answers, good, moment) if good else []
    return render(
        reader,
        "check.html.j2",
        answers=found,
        bad=bad,
        at=at,
        moment=moment,
        listed=sum(one.listed is True for one in found),
    )


async def _checked(answers: Asking, lines: list[str], at: datetime) -> list[CheckAnswer]:
    key = ("check", tuple(lines), at)
    return await answers.ask(key, lambda view: list(check(view, lines, at)), keep=len(lines) == 1)


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


def _told(view: View, line: str, at: datetime) -> Told:
    (answer,) = check(view, [line], at)
    shown = answer.entries[:MOST_ENTRIES]
    return Told(answer, standing_under(view, shown, at) if shown else [])


def _some(lines: list[str]) -> list[str]:
    if not lines:
        raise BadAddress("nothing is asked: give q=, an address, network, domain or page")
    return lines
