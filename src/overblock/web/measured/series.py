"""``/measurements/series``: one feature of one target over time, with its events."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide

from overblock.events.series import Grain
from overblock.reports.flat import csv_text
from overblock.reports.measured.events import EventRow, EventsAnswer, Selection
from overblock.reports.measured.one_event import events_of
from overblock.reports.measured.rows import series_rows
from overblock.reports.measured.series import Measured, SeriesAnswer, series_of
from overblock.reports.measured.series_chart import on_screen
from overblock.reports.registers.chart import Spec, svg_of
from overblock.web.asking import Asking
from overblock.web.citing import cite
from overblock.web.inputs import moment_of
from overblock.web.measured.events import (
    SVG,
    VEGA_LITE,
    all_events,
    events_asked,
    hours_held,
    measured_digest,
)
from overblock.web.measured.naming import names_of
from overblock.web.measured.selecting import By, Themed, grain_of
from overblock.web.measured.series_words import series_words, spec_of, theme_of
from overblock.web.measured.words import MeasuredWords, place_in_words
from overblock.web.pages import Reader, as_csv, reader_of, render
from overblock.web.vega import vega_path

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
    events = _of_series(await all_events(answers), selection)[-MOST_EVENTS:]
    place = reader.say("all countries")
    if selection.probe_cc or selection.probe_asn:
        place = place_in_words(reader.say, selection.probe_cc, selection.probe_asn)
    return render(
        reader,
        "series.html.j2",
        answer=answer,
        events=events,
        most=MOST_POINTS,
        place=place,
        names=await names_of(answers, [selection.probe_asn], selection.until),
        chart_alt=series_words(reader, answer, events).alt,
        bundle=vega_path(),
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
    request: Asked,
    answers: Asking,
    selection: NamedDependency[Selection],
    grain: NamedDependency[Grain | None],
    theme: Themed = "",
) -> Response[str]:
    """The same drawn, with its onsets and ends."""
    reader = reader_of(request)
    spec = await _spec(reader, answers, selection, grain, theme)
    key = ("series drawn", answers.state(), selection, grain, theme, reader.language)
    return Response(await answers.make(key, lambda: svg_of(spec)), media_type=SVG)


@get("/measurements/series.vl.json", include_in_schema=False, dependencies=OfSeries)
async def series_vega(
    request: Asked,
    answers: Asking,
    selection: NamedDependency[Selection],
    grain: NamedDependency[Grain | None],
    theme: Themed = "",
) -> Response[Spec]:
    """The picture's specification in Vega-Lite, for a screen."""
    spec = await _spec(reader_of(request), answers, selection, grain, theme)
    return Response(on_screen(spec), media_type=VEGA_LITE)


async def _spec(
    reader: Reader, answers: Asking, selection: Selection, grain: Grain | None, theme: str
) -> Spec:
    answer = await _series(answers, selection, grain)
    events = _of_series(await all_events(answers), selection)[-MOST_EVENTS:]
    return spec_of(reader, answer, events, theme_of(theme))


async def _series(answers: Asking, selection: Selection, grain: Grain | None) -> SeriesAnswer:
    held = await hours_held(answers)
    return await answers.ask(
        ("series", selection, grain),
        lambda view: series_of(Measured(view, held), selection, grain),
    )


def _of_series(answer: EventsAnswer, selection: Selection) -> list[EventRow]:
    """The events of this very series: of its network, or of the country where none is named."""
    found = events_of(answer, selection).rows
    return [row for row in found if row.probe_asn == selection.probe_asn]
