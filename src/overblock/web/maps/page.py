"""``/map``: IPv4 space as one square, from all of it down to 256 addresses, at any moment."""

from ipaddress import IPv4Network
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath
from litestar.response import Redirect

from overblock.errors import UnknownRegister
from overblock.reports.flat import csv_text
from overblock.reports.maps.answer import MapAnswer, MapStop
from overblock.reports.maps.subjects import cases_on_the_map
from overblock.reports.registers.health import registers_here
from overblock.web.asking import Answers, Asking
from overblock.web.citing import cite
from overblock.web.inputs import At
from overblock.web.maps.asking import (
    Begins,
    CaseName,
    Ends,
    Register,
    Viewed,
    scene,
    stops_of,
    subject_of,
    told_of,
)
from overblock.web.pages import as_csv, reader_of, render

Asked = Request[Any, Any, Any]
MOST_SHOWN = 20  # rows of a table on the page; the twins have them all
STEPS = (0, 8, 16, 24)  # lengths of the networks above


@get("/map", include_in_schema=False)
async def map_page(  # noqa: PLR0913, PLR0917  (a parameter for each part of the question)
    request: Asked,
    answers: Asking,
    register: Register = "",
    case: CaseName = "",
    at: At = "",
    network: Viewed = "",
    begins: Begins = "",
    ends: Ends = "",
) -> Response[str]:
    """One network on the map; ``from`` and ``to`` bound the moments to lead along."""
    subject = await subject_of(answers, register, case, at)
    told = await told_of(answers, subject, network)
    answer, reader = told.answer, reader_of(request)
    digest = answer.snapshot.digest if answer.snapshot else subject.timeline.digest
    return render(
        reader,
        "map.html.j2",
        at=at,
        above=_above(IPv4Network(answer.network)),
        largest=sorted(answer.children, key=lambda one: -one.ipv4)[:MOST_SHOWN],
        stops=await stops_of(answers, subject.timeline, begins, ends),
        between=(begins, ends),
        most=MOST_SHOWN,
        others=await _others(answers),
        citation=cite(
            reader,
            title=f"{reader.say(answer.title)}: {answer.network}",
            at=answer.at,
            snapshots={answer.name: digest},
            path="/map",
            query={answer.subject: answer.name, "network": answer.asked or answer.network},
        ),
        **scene(reader, subject, told, {"from": begins, "to": ends}),
    )


@get("/map.json")
async def map_json(
    answers: Asking, register: Register = "", case: CaseName = "", at: At = "", network: Viewed = ""
) -> MapAnswer:
    """How much of a network is listed, in which of its 256 parts, under which decisions."""
    return (await told_of(answers, await subject_of(answers, register, case, at), network)).answer


@get("/map.csv", include_in_schema=False)
async def map_csv(
    answers: Asking, register: Register = "", case: CaseName = "", at: At = "", network: Viewed = ""
) -> Response[str]:
    """A row for each of the 256 networks within the one that is viewed."""
    answer = (await told_of(answers, await subject_of(answers, register, case, at), network)).answer
    keys = [layer.key for layer in answer.layers]
    rows = (
        {
            "name": answer.name,
            "at": answer.at,
            "digest": answer.snapshot.digest if answer.snapshot else None,
            "network": child.network,
            "ipv4": child.ipv4,
            "share": child.share,
            **{f"ipv4_{key}": n for key, n in zip(keys, child.layers, strict=True)},
            "special": child.special,
        }
        for child in answer.children
    )
    return as_csv(csv_text(rows))


@get("/map/moments.json")
async def map_moments(
    answers: Asking,
    register: Register = "",
    case: CaseName = "",
    begins: Begins = "",
    ends: Ends = "",
) -> list[MapStop]:
    """The moments at which the map changes; of very many those nearest to an even pace."""
    timeline = (await subject_of(answers, register, case, "")).timeline
    return await stops_of(answers, timeline, begins, ends)


@get("/map/{case:str}", include_in_schema=False)
async def map_of_case(case: FromPath[str]) -> Redirect:
    """A short address for the map of a case."""
    if case not in cases_on_the_map():
        raise UnknownRegister(f"no case with networks is called {case[:80]!r}")
    return Redirect(f"/map?case={case}", status_code=302)


async def _others(answers: Answers) -> list[tuple[str, str]]:
    """What else can be shown: subject and name."""
    here = await answers.ask(("registers",), registers_here) if answers.there() else []
    cases = await answers.make(("cases on the map",), cases_on_the_map)
    return [*(("register", name) for name in here), *(("case", name) for name in cases)]


def _above(viewed: IPv4Network) -> list[str]:
    """The networks that hold the one that is viewed, the whole first, then that itself."""
    lengths = [length for length in STEPS if length < viewed.prefixlen]
    return [str(viewed.supernet(new_prefix=length)) for length in lengths] + [str(viewed)]
