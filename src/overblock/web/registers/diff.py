"""``/registers/<name>/diff``: what a register listed at one moment and not at another."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeAlias
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath, QueryParameter
from msgspec.structs import replace

from overblock.errors import BadMoment
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.registers.diff import DiffAnswer, diff
from overblock.store import View
from overblock.web.asking import Asking
from overblock.web.citing import cite
from overblock.web.inputs import moment_of
from overblock.web.pages import as_csv, instant, reader_of, render
from overblock.web.registers.asking import moments_of
from overblock.web.registers.chart_words import KEY_WORDS

Asked = Request[Any, Any, Any]
WEEK = timedelta(days=7)
MOST_GROUPS = 20  # on the page; the twins have more
MOST_KEPT = 200  # as answers stay in memory; the command tells all
From: TypeAlias = Annotated[
    str,
    QueryParameter(
        name="from", description="The earlier moment; a week before the later if left out."
    ),
]
To: TypeAlias = Annotated[
    str, QueryParameter(name="to", description="The later moment; the newest snapshot if left out.")
]


@dataclass(frozen=True, slots=True)
class Ends:
    """Two moments, and the snapshots that hold then."""

    begins: datetime
    ends: datetime
    held: tuple[datetime, datetime]


@get("/registers/{name:str}/diff", include_in_schema=False)
async def diff_page(
    request: Asked, answers: Asking, name: FromPath[str], begins: From = "", ends: To = ""
) -> Response[str]:
    """What changed between two moments."""
    reader, answer = reader_of(request), await _answer(answers, name, begins, ends)
    query = {"from": instant(answer.from_at), "to": instant(answer.to_at)}
    citation = cite(
        reader,
        title=reader.say("What changed in {register}", register=name),
        at=answer.to_at,
        snapshots={
            f"{name} (from)": answer.from_snapshot.digest,
            f"{name} (to)": answer.to_snapshot.digest,
        },
        query=query,
        answer=answer,
    )
    return render(
        reader,
        "diff.html.j2",
        answer=answer,
        query=urlencode(query),
        begins=begins,
        ends=ends,
        most=MOST_GROUPS,
        kinds={kind: reader.words(told) for kind, told in KEY_WORDS.items()},
        citation=citation,
    )


@get("/registers/{name:str}/diff.json")
async def diff_json(
    answers: Asking, name: FromPath[str], begins: From = "", ends: To = ""
) -> DiffAnswer:
    """What ``overblock diff --format json`` prints, with the largest decisions of each side."""
    return await _answer(answers, name, begins, ends)


@get("/registers/{name:str}/diff.csv", include_in_schema=False)
async def diff_csv(
    answers: Asking, name: FromPath[str], begins: From = "", ends: To = ""
) -> Response[str]:
    """A row a decision on each side, the largest of them."""
    return as_csv(csv_text(_rows(await _answer(answers, name, begins, ends))))


async def _answer(answers: Asking, register: str, begins: str, ends: str) -> DiffAnswer:
    """The difference between the snapshots that hold; kept for all moments at which they do."""
    told = await answers.ask(
        ("ends", register, begins, ends, moment_of("")),
        lambda view: _ends(view, register, begins, ends),
        keep=False,
    )
    answer = await answers.ask(
        ("diff", register, told.held),
        lambda view: diff(view, register, begins=told.held[0], ends=told.held[1], most=MOST_KEPT),
    )
    return replace(answer, from_at=told.begins, to_at=told.ends)


def _ends(view: View, register: str, begins: str, ends: str) -> Ends:
    """The two moments: a week up to the newest snapshot where they are not said.

    Raises:
        BadMoment: the earlier is the later.
    """
    moments = moments_of(view, register)
    last = moment_of(ends) if ends else moments.at[-1]
    held = moments.holding(last)  # so it is no moment from which a week could not be taken
    first = moment_of(begins) if begins else max(moments.at[0], last - WEEK)
    if first > last:
        raise BadMoment(f"from {first:%Y-%m-%d %H:%M} lies after to {last:%Y-%m-%d %H:%M}")
    return Ends(first, last, (moments.holding(first), held))


def _rows(answer: DiffAnswer) -> Iterator[dict[str, Any]]:
    for word, side in (("added", answer.added), ("removed", answer.removed)):
        for row in struct_rows(side.groups):
            yield {"change": word, **row}
