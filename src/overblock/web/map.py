"""``/map``: IPv4 space as one square, from all of it down to 256 addresses, at any moment."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network
from typing import Annotated, Any, TypeAlias

from litestar import Request, Response, get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from overblock.addresses.intervals import IntervalSet
from overblock.addresses.squares import Square
from overblock.errors import BadAddress, TooMuchAsked
from overblock.reports.document.parts import Figure
from overblock.reports.flat import csv_text
from overblock.reports.map_answer import MapAnswer, MapStop, map_answer, stops
from overblock.reports.map_holders import HolderRuns, Label, holders_here, names_of_layers
from overblock.reports.map_scene import box_of, cells, rings
from overblock.reports.map_subjects import (
    case_moment,
    case_timeline,
    cases_on_the_map,
    register_timeline,
)
from overblock.reports.map_tiles import PICTURE_ORDER, TILE_ORDER, draw_square, square_at
from overblock.reports.map_timeline import Timeline
from overblock.reports.register_health import registers_here
from overblock.reports.tables_at_hand import holder_table, nearest_tables
from overblock.store import Store, View
from overblock.tables import HOLDER_RANGES
from overblock.web.asking import Answers, Asking
from overblock.web.citing import cite
from overblock.web.inputs import At, moment_of
from overblock.web.pages import Reader, as_csv, reader_of, render

Asked = Request[Any, Any, Any]
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
NETWORK_SIGNS = 80
MOST_SHOWN = 20  # rows of a table on the page; the twins have them all
PNG = "image/png"
DOUBLE = "@2x"

Register: TypeAlias = Annotated[
    str, QueryParameter(description="A register of this observatory; by default its first.")
]
CaseName: TypeAlias = Annotated[
    str, QueryParameter(description="A documented case with networks, such as telegram-2018.")
]
Viewed: TypeAlias = Annotated[
    str,
    QueryParameter(
        description="An address or network; it is shown within the smallest square that holds it."
    ),
]


@dataclass(frozen=True, slots=True)
class Subject:
    """What is drawn, and the moment that was asked for."""

    timeline: Timeline
    at: datetime

    @property
    def layers(self) -> list[IntervalSet]:
        """The sets that stand at that moment."""
        return self.timeline.layers_at(self.timeline.change_before(self.at))


@dataclass(frozen=True, slots=True)
class Told:
    """An answer, and the names to write on its map."""

    answer: MapAnswer
    labels: list[Label]


@get("/map", include_in_schema=False)
async def map_page(  # noqa: PLR0913, PLR0917  (a parameter for each part of the question)
    request: Asked,
    answers: Asking,
    register: Register = "",
    case: CaseName = "",
    at: At = "",
    network: Viewed = "",
) -> Response[str]:
    """One network on the map."""
    subject = await _subject(answers, register, case, at)
    told = await _answer(answers, subject, network)
    answer, reader = told.answer, reader_of(request)
    viewed = IPv4Network(answer.network)
    what = {answer.subject: answer.name}
    digest = answer.snapshot.digest if answer.snapshot else subject.timeline.digest
    return render(
        reader,
        "map.html.j2",
        answer=answer,
        what=what,
        at=at,
        cells=cells(answer),
        rings=[
            spot
            for fact, held in zip(subject.timeline.layers, subject.layers, strict=True)
            if fact.ringed
            for spot in rings(answer, held)
        ],
        marked=box_of(viewed, IPv4Network(answer.asked)) if answer.asked else None,
        above=_above(viewed),
        largest=sorted(answer.children, key=lambda one: -one.ipv4)[:MOST_SHOWN],
        stops=await _stops(answers, subject.timeline),
        square=Square.of_network(int(viewed[0]), viewed.prefixlen // 2),
        most=MOST_SHOWN,
        labels=told.labels,
        share=lambda value: _share(reader, value),
        others=await _others(answers),
        citation=cite(
            reader,
            title=f"{answer.title}: {answer.network}",
            at=answer.at,
            snapshots={answer.name: digest},
            path="/map",
            query={**what, "network": answer.asked or answer.network},
        ),
    )


@get("/map.json")
async def map_json(
    answers: Asking, register: Register = "", case: CaseName = "", at: At = "", network: Viewed = ""
) -> MapAnswer:
    """How much of a network is listed, in which of its 256 parts, under which decisions."""
    return (await _answer(answers, await _subject(answers, register, case, at), network)).answer


@get("/map.csv", include_in_schema=False)
async def map_csv(
    answers: Asking, register: Register = "", case: CaseName = "", at: At = "", network: Viewed = ""
) -> Response[str]:
    """A row for each of the 256 networks within the one that is viewed."""
    answer = (await _answer(answers, await _subject(answers, register, case, at), network)).answer
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
    answers: Asking, register: Register = "", case: CaseName = ""
) -> list[MapStop]:
    """The moments at which the map changes; of very many those nearest to an even pace."""
    return await _stops(answers, (await _subject(answers, register, case, "")).timeline)


@get("/map/{case:str}", include_in_schema=False)
async def map_of_case(case: FromPath[str]) -> Redirect:
    """A short address for the map of a case."""
    if case not in cases_on_the_map():
        raise BadAddress(f"no case with networks is called {case[:80]!r}")
    return Redirect(f"/map?case={case}", status_code=302)


@get(
    "/map/tiles/{name:str}/{pin:str}/{level:int}/{x:int}/{file:str}",
    responses={200: ResponseSpec(bytes, media_type=PNG, description="512 pixels a side, or 1,024")},
)
async def map_tile(  # noqa: PLR0913, PLR0917  (parts of its address)
    answers: Asking,
    name: FromPath[str],
    pin: FromPath[str],
    level: FromPath[int],
    x: FromPath[int],
    file: FromPath[str],
) -> Response[bytes]:
    """A square of the map as maps on the web have them: ``<row>.png`` or ``<row>@2x.png``.

    ``pin`` is the ``state`` that ``/map.json`` tells of a moment; a picture of it never changes.
    """
    row, _, form = file.partition(".")
    double = row.endswith(DOUBLE)
    number = row.removesuffix(DOUBLE)
    if form != "png" or not number.isdecimal() or len(number) > len("4096"):
        raise BadAddress(f"{file[:80]!r} is no picture: write <row>.png or <row>@2x.png")
    square = square_at(level, x, int(number))
    timeline = await _timeline(answers, name)
    change = timeline.change_pinned(pin)
    order = PICTURE_ORDER if double else TILE_ORDER
    picture = await answers.make(
        ("tile", timeline.digest, change, square, order),
        lambda: draw_square(timeline, change, square, order),
        keep=False,  # whoever has it keeps it
    )
    return Response(picture, media_type=PNG, headers=FOREVER)


async def _subject(answers: Answers, register: str, case: str, at: str) -> Subject:
    """What is asked about; without a name the first register, or the first case."""
    if register and case:
        raise BadAddress("give register= or case=, not both")
    name = register or case
    if not name and answers.there():
        name = (await answers.ask(("registers",), registers_here) or [""])[0]
    timeline = await _timeline(answers, name or cases_on_the_map()[0])
    if timeline.subject == "case" and not at:
        name = timeline.name
        return Subject(timeline, await answers.make(("figures", name), lambda: case_moment(name)))
    return Subject(timeline, moment_of(at))


async def _timeline(answers: Answers, name: str) -> Timeline:
    if name in await answers.make(("cases on the map",), cases_on_the_map):
        return await answers.make(("case on the map", name), lambda: case_timeline(name))
    return await answers.ask(("timeline", name), lambda view: register_timeline(view, name))


async def _answer(answers: Answers, subject: Subject, network: str) -> Told:
    if len(network) > NETWORK_SIGNS:
        raise TooMuchAsked(f"{network[:NETWORK_SIGNS]!r}… is no address or network")
    timeline, at = subject.timeline, subject.at
    runs = await _runs(answers, subject) if timeline.subject == "register" else None
    key = ("map", timeline.digest, at, network, runs and runs.name)
    return await answers.make(key, lambda: _told(subject, network, runs))


def _told(subject: Subject, network: str, runs: HolderRuns | None) -> Told:
    timeline, layers = subject.timeline, subject.layers
    answer = map_answer(timeline, subject.at, network)
    if runs is None:
        return Told(answer, names_of_layers(answer, timeline.layers, layers))
    return Told(*holders_here(answer, layers, runs))


async def _runs(answers: Answers, subject: Subject) -> HolderRuns:
    """The tables of holders nearest to the moment, laid out where anything was ever listed."""
    timeline, at = subject.timeline, subject.at
    tables = await answers.ask(("tables", at.date()), lambda view: _tables(view, at))
    return await answers.make(
        ("runs", timeline.digest, tables),
        lambda: Store.open(answers.root).ask(
            lambda view: HolderRuns.of(
                holder_table(view, at, "holder"), IntervalSet.of(timeline.starts, timeline.ends)
            )
        ),
    )


def _tables(view: View, at: datetime) -> tuple[tuple[str, ...], ...]:
    """The files of the tables of holders of a moment: what is laid out of them stays true."""
    return tuple(
        tuple(path.name for path in view.paths(HOLDER_RANGES, name))
        for name in nearest_tables(view, at, "holder")
    )


async def _stops(answers: Answers, timeline: Timeline) -> list[MapStop]:
    return await answers.make(("stops", timeline.digest), lambda: stops(timeline))


async def _others(answers: Answers) -> list[tuple[str, str]]:
    """What else can be shown: subject and name."""
    here = await answers.ask(("registers",), registers_here) if answers.there() else []
    cases = await answers.make(("cases on the map",), cases_on_the_map)
    return [*(("register", name) for name in here), *(("case", name) for name in cases)]


def _above(viewed: IPv4Network) -> list[str]:
    """The networks that hold the one that is viewed, the whole first, then that itself."""
    lengths = [length for length in (0, 8, 16, 24) if length < viewed.prefixlen]
    return [str(viewed.supernet(new_prefix=length)) for length in lengths] + [str(viewed)]


def _share(reader: Reader, value: float) -> str:
    """A share as people of the language write it."""
    return reader.words(Figure(name="", query="", value=value, unit="", form="share"))
