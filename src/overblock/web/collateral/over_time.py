"""``/collateral/over-time``: how many bystanders were hit at every change of a register."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from overblock.reports.collateral.answer import CollateralSeries
from overblock.reports.collateral.chart import NamesWords, names_spec
from overblock.reports.collateral.collateral import collateral_over_time
from overblock.reports.collateral.page import question_of
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.registers.chart import Spec, svg_of
from overblock.store import View
from overblock.tables import GAPS, LISTINGS
from overblock.web.asking import Answers, Asking
from overblock.web.collateral.page import Moment, OfMoment
from overblock.web.heavy import ask_heavy
from overblock.web.measured.selecting import Themed
from overblock.web.measured.series_words import theme_of
from overblock.web.pages import Reader, as_csv, reader_of
from overblock.web.registers.chart_words import time_locale

Asked = Request[Any, Any, Any]
SVG = "image/svg+xml"


@get("/collateral/over-time.json", dependencies=OfMoment)
async def over_time_json(answers: Asking, moment: NamedDependency[Moment]) -> CollateralSeries:
    """Names hit at every change until a moment: ``overblock collateral --over-time``."""
    return await _series(answers, moment)


@get("/collateral/over-time.csv", include_in_schema=False, dependencies=OfMoment)
async def over_time_csv(answers: Asking, moment: NamedDependency[Moment]) -> Response[str]:
    """The same, a row a change of a group."""
    return as_csv(csv_text(struct_rows((await _series(answers, moment)).points)))


@get("/collateral/over-time.svg", include_in_schema=False, dependencies=OfMoment)
async def over_time_svg(
    request: Asked, answers: Asking, moment: NamedDependency[Moment], theme: Themed = ""
) -> Response[str]:
    """Bystanders only, drawn."""
    reader, answer = reader_of(request), await _series(answers, moment)
    spec = _spec(reader, answer, theme)
    key = ("names drawn", answers.state(), moment.key, theme, reader.language)
    return Response(await answers.make(key, lambda: svg_of(spec)), media_type=SVG)


def _spec(reader: Reader, answer: CollateralSeries, theme: str) -> Spec:
    return names_spec(answer, names_words(reader, answer), theme_of(theme))


def names_words(reader: Reader, answer: CollateralSeries) -> NamesWords:
    """What the chart says."""
    say = reader.say
    points = [one for one in answer.points if one.group == "bystander"]
    most = max(points, key=lambda one: one.fully + one.partly, default=None)
    told = say("No bystander was hit.")
    if most:
        told = say(
            "Of {n} {n|bystander|bystanders|bystanders} at most {hit} {hit|was|were|were} "
            "hit, at {at}; {last} at the end.",
            n=answer.denominators["bystander"],
            hit=most.fully + most.partly,
            at=most.at,
            last=points[-1].fully + points[-1].partly,
        )
    return NamesWords(
        title=say("Bystanders hit over time"),
        subtitle=say(
            "Names live where {source} says, at all moments: far from that day others lived there.",
            source=answer.names.source,
        ),
        alt=told,
        time=say("time (UTC)"),
        names=say("names"),
        fully=say("fully hit"),
        partly=say("partly hit"),
        time_locale=time_locale(reader.language),
    )


async def _series(answers: Answers, moment: Moment) -> CollateralSeries:
    def question(view: View) -> CollateralSeries:
        """Count at every change."""
        asked = question_of(view, moment.register, moment.at)
        history = view.read(LISTINGS, moment.register), view.read(GAPS, moment.register)
        return collateral_over_time(asked, history, None)

    return await ask_heavy(answers, ("names over time", moment.key), question)
