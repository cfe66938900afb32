"""``/measurements/series``: one feature of one target over time, with its events."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide

from overblock.events.series import Grain
from overblock.reports.events import EventRow, EventsAnswer, Selection
from overblock.reports.flat import csv_text
from overblock.reports.measured_rows import series_rows
from overblock.reports.one_event import events_of
from overblock.reports.series_chart import series_chart
from overblock.reports.verdict_series import SeriesAnswer, series_of
from overblock.web.asking import Asking
from overblock.web.citing import cite
from overblock.web.events import SVG, all_events, events_asked, measured_digest
from overblock.web.inputs import moment_of
from overblock.web.measured_words import MeasuredWords, place_in_words
from overblock.web.pages import as_csv, reader_of, render
from overblock.web.selecting import By, grain_of

Asked = Request[Any, Any, Any]
MOST_POINTS = 60  # told on the page; the twins have them all
MOST_EVENTS = 20  # drawn and told


def by_asked(by: By = "") -> Grain | None:
    """Counted by hour or day; nothing is whichever says more."""
    return grain_of(by) if by else None


OfSeries = {
    "selection": Provide(events_asked, sync_to_thread=False),
    "grain": Provide(by_asked, sync_to_thread=False),
}


@get("/measurements/series", include_in_schema=False, dependencies=OfSeries)
async def series_page(
    request: Asked,
    answers: Asking,
    selection: NamedDependency[Selection],
    grain: NamedDependency[Grain | None],
) -> Response[str]:
    """One series."""
    reader = reader_of(request)
    answer = await _series(answers, selection, grain)
    events = _of_series(await all_events(answers), selection)
    place = reader.say("all countries")
    if selection.probe_cc or selection.probe_asn:
        place = place_in_words(reader.say, selection.probe_cc, selection.probe_asn)
    return render(
        reader,
        "series.html.j2",
        answer=answer,
        events=events[-MOST_EVENTS:],
        most=MOST_POINTS,
        place=place,
        words=MeasuredWords(reader),
        citation=cite(
            reader,
            title=f"{selection.target or selection.test or reader.say('Measurements')}, {place}",
            at=selection.until or moment_of(""),
            snapshots={"measurements": await measured_digest(answers)},
            answer=answer,
        ),
    )


@get("/measurements/series.json", dependencies=OfSeries)
async def series_json(
    answers: Asking,
    selection: NamedDependency[Selection],
    grain: NamedDependency[Grain | None],
) -> SeriesAnswer:
    """Verdicts of one feature of one target by hour or day, in a network or country."""
    return await _series(answers, selection, grain)


@get("/measurements/series.csv", include_in_schema=False, dependencies=OfSeries)
async def series_csv(
    answers: Asking,
    selection: NamedDependency[Selection],
    grain: NamedDependency[Grain | None],
) -> Response[str]:
    """The same, a row an hour or day."""
    return as_csv(csv_text(series_rows(await _series(answers, selection, grain))))


@get("/measurements/series.svg", include_in_schema=False, dependencies=OfSeries)
async def series_svg(
    answers: Asking,
    selection: NamedDependency[Selection],
    grain: NamedDependency[Grain | None],
) -> Response[str]:
    """The same drawn, with its onsets and ends."""
    answer = await _series(answers, selection, grain)
    events = _of_series(await all_events(answers), selection)[-MOST_EVENTS:]
    drawn = await answers.make(
        ("series drawn", answers.state(), selection, grain),
        lambda: series_chart(answer, events).svg,
    )
    return Response(drawn, media_type=SVG)


async def _series(answers: Asking, selection: Selection, grain: Grain | None) -> SeriesAnswer:
    return await answers.ask(
        ("series", selection, grain), lambda view: series_of(view, selection, grain)
    )


def _of_series(answer: EventsAnswer, selection: Selection) -> list[EventRow]:
    """The events of this very series: of its network, or of the country where none is named."""
    found = events_of(answer, selection).rows
    return [row for row in found if row.probe_asn == selection.probe_asn]
