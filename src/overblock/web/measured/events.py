"""``/events``: when blocking began and ended, and one such event with what it rests on."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl
from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from overblock.events.series import Grain
from overblock.reports.flat import csv_text, struct_rows
from overblock.reports.latest import recent_events
from overblock.reports.measured.events import (
    EventsAnswer,
    Selection,
    events_in_store,
    events_of_series,
)
from overblock.reports.measured.one_event import EventAnswer, events_of, groups_of, one_event
from overblock.reports.measured.resting import digest_of_parts
from overblock.reports.measured.series import Measured, held_series
from overblock.reports.measured.series_chart import on_screen
from overblock.reports.registers.chart import Spec, svg_of
from overblock.store import View
from overblock.tables import MEASUREMENTS, VERDICTS
from overblock.web.asking import Answers, Asking
from overblock.web.citing import cite
from overblock.web.heavy import ask_heavy
from overblock.web.inputs import moment_of
from overblock.web.measured.naming import names_of
from overblock.web.measured.selecting import (
    By,
    Country,
    Feature,
    Network,
    Page,
    Since,
    TargetName,
    Test,
    Themed,
    Until,
    grain_of,
    page_of,
    selection_of,
)
from overblock.web.measured.series_words import spec_of, theme_of
from overblock.web.measured.words import MeasuredWords, place_in_words
from overblock.web.pages import Reader, as_csv, reader_of, render
from overblock.web.vega import vega_path

Asked = Request[Any, Any, Any]
GROUPS = 50  # on one page
MOST_GAPS = 30  # told on the page; the twins have them all
SVG = "image/svg+xml"
FORMS = (".vl.json", ".json", ".csv", ".svg")
VEGA_LITE = "application/vnd.vegalite.v6+json"


def events_asked(  # noqa: PLR0913  (what can be asked)
    *,
    target: TargetName = "",
    test: Test = "",
    feature: Feature = "",
    cc: Country = "",
    asn: Network = "",
    since: Since = "",
    until: Until = "",
    at: Until = "",
) -> Selection:
    """Which events are asked for."""
    return selection_of(
        test=test,
        target=target,
        feature=feature,
        cc=cc,
        asn=asn,
        since=since,
        until=until or at,
    )


def grain_asked(by: By = "") -> Grain:
    """Counted by hour or by day."""
    return grain_of(by)


OfEvents = {
    "selection": Provide(events_asked, sync_to_thread=False),
    "grain": Provide(grain_asked, sync_to_thread=False),
}


def either_asked(by: By = "") -> tuple[Grain, ...]:
    """By which an event may have been found, in the order in which it is looked for."""
    return (grain_of(by),) if by else ("hour", "day")


OfOne = {"grains": Provide(either_asked, sync_to_thread=False)}


@get("/events", include_in_schema=False, dependencies=OfEvents)
async def events_page(
    request: Asked,
    answers: Asking,
    selection: NamedDependency[Selection],
    grain: NamedDependency[Grain],
    page: Page = 1,
) -> Response[str]:
    """What began and what ended, the newest first; networks that may be one are one line."""
    reader = reader_of(request)
    answer = events_of(await all_events(answers, grain), selection)
    groups = groups_of(answer.rows)
    pages = -(-len(groups) // GROUPS) or 1
    page = min(page_of(page), pages)
    begin = GROUPS * (page - 1)
    shown = groups[begin : begin + GROUPS]
    return render(
        reader,
        "events.html.j2",
        answer=answer,
        groups=shown,
        names=await names_of(answers, (one.first.probe_asn for one in shown), selection.until),
        in_all=len(groups),
        page=page,
        pages=pages,
        most_gaps=MOST_GAPS,
        asked=dict(reader.query),
        words=MeasuredWords(reader),
        citation=cite(
            reader,
            title=reader.say("Onsets and ends of blocking"),
            at=selection.until or moment_of(""),
            snapshots={"measurements": await measured_digest(answers)},
            answer=answer,
        ),
    )


@get("/events.json", dependencies=OfEvents)
async def events_json(
    answers: Asking, selection: NamedDependency[Selection], grain: NamedDependency[Grain]
) -> EventsAnswer:
    """Onsets and ends: ``overblock events``, rows cut to what is asked for, counts those of all."""
    return events_of(await all_events(answers, grain), selection)


@get("/events.csv", include_in_schema=False, dependencies=OfEvents)
async def events_csv(
    answers: Asking, selection: NamedDependency[Selection], grain: NamedDependency[Grain]
) -> Response[str]:
    """The same, a row an event."""
    return as_csv(
        csv_text(struct_rows(events_of(await all_events(answers, grain), selection).rows))
    )


@get("/events/{event_id:str}", dependencies=OfOne)
async def event_page(
    request: Asked,
    answers: Asking,
    event_id: FromPath[str],
    grains: NamedDependency[tuple[Grain, ...]],
    theme: Themed = "",
) -> Response[Any] | EventAnswer:
    """One event; ``.json`` gives it as data, ``.csv`` its group, ``.svg`` its series drawn."""
    form = next((form for form in FORMS if event_id.endswith(form)), "")
    key = event_id.removesuffix(form)
    answer = await _event(answers, key, grains)
    if form == ".json":
        return answer
    if form == ".csv":
        return as_csv(csv_text(struct_rows([answer.event, *answer.group])))
    reader = reader_of(request)
    spec = spec_of(reader, answer.series, [answer.event], theme_of(theme))
    if form == ".svg":
        asked = ("event drawn", answers.state(), key, answer.grain, theme, reader.language)
        return Response(await answers.make(asked, lambda: svg_of(spec)), media_type=SVG)
    if form == ".vl.json":
        return Response(on_screen(spec), media_type=VEGA_LITE)
    networks = [one.probe_asn for one in (answer.event, *answer.group)]
    names = await names_of(answers, networks, answer.event.at)
    return _page(reader, answer, spec, await measured_digest(answers), names)


def _page(
    reader: Reader, answer: EventAnswer, spec: Spec, digest: str, names: Mapping[int, str]
) -> Response[str]:
    event, words = answer.event, MeasuredWords(reader)
    place = place_in_words(reader.say, event.probe_cc, event.probe_asn)
    return render(
        reader,
        "event.html.j2",
        answer=answer,
        place=place,
        names=names,
        words=words,
        by=answer.grain,
        chart_alt=spec["description"],
        bundle=vega_path(),
        citation=cite(
            reader,
            title=f"{event.target or event.test}, {place}: {words.change(event.change)}",
            at=event.at,
            snapshots={"measurements": digest},
            answer=answer,
        ),
    )


async def _event(answers: Answers, key: str, grains: Sequence[Grain]) -> EventAnswer:
    """The event of a key, by the first grain that has found it; else of the first page's."""
    for grain in grains:
        whole = await all_events(answers, grain)
        if _holds(whole, key):
            break
    else:
        recent = await answers.ask(("events", "recent"), newest_events)
        if recent and _holds(recent, key):
            whole, grain = recent, "day"
    held = await hours_held(answers)
    return await answers.ask(
        ("event", key, grain), lambda view: one_event(Measured(view, held), whole, key)
    )


def newest_events(view: View) -> EventsAnswer | None:
    """What the first page takes its events from, as of now."""
    return recent_events(view, datetime.now(UTC))


def _holds(whole: EventsAnswer, key: str) -> bool:
    return any(row.event_id == key for row in whole.rows)


async def all_events(answers: Asking, grain: Grain = "hour") -> EventsAnswer:
    """All events of the observatory: found once for each state of it, by whoever asks first."""
    held = await hours_held(answers)

    def found(view: View) -> EventsAnswer:
        """Of the counts that are held, or of all that is read anew."""
        if held is None:
            return events_in_store(view, Selection(), grain)
        return events_of_series(held, Selection(), grain)

    return await answers.ask(("events", grain), found)


async def hours_held(answers: Answers) -> pl.DataFrame | None:
    """All counts of verdicts by the hour, read once for a state of the observatory."""
    return await ask_heavy(answers, ("hours",), held_series)


async def measured_digest(answers: Asking) -> str:
    """What all answers of measurements rest on, in one digest."""
    return await answers.ask(
        ("measurements", "digest"), lambda view: digest_of_parts(view, (MEASUREMENTS, VERDICTS))
    )
