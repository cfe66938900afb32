"""A series of verdicts as a Vega-Lite specification: for the picture and for the screen.

Each hour or day is a pile: what fails at the bottom, so that its height can be read off, what works
upon it, and what says nothing of blocking on top; the order tells them apart as the colours do.
Where nobody measured there is no pile, and a silence that is none of chance is shaded.  An event is
the interval in which the change lies, with a dashed line at the best estimate.
"""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from overblock.events.series import SECONDS
from overblock.reports.drawing.looks import CONFIG, TYPEFACE, WIDTH
from overblock.reports.measured.events import EventRow
from overblock.reports.measured.series import SeriesAnswer, SeriesPoint
from overblock.reports.registers.chart import (
    APART,
    INKS,
    MOMENTS,
    SCHEMA,
    SUBTITLE_SIGNS,
    WHOLE,
    Ink,
    Spec,
    Theme,
)

MOST_POINTS = 1_000  # piles drawn, the newest: more are none that can be seen
HEIGHT = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesWords:
    """All words of the chart in the reader's language."""

    title: str
    subtitle: str
    alt: str
    time: str
    verdicts: str
    state: str
    fails: str
    works: str
    nothing: str
    time_locale: Mapping[str, Any]  # as d3-time-format wants it; English where it is empty

    @property
    def kinds(self) -> list[str]:
        """From the bottom of a pile to its top."""
        return [self.fails, self.works, self.nothing]


def series_spec(
    answer: SeriesAnswer,
    events: Sequence[EventRow],
    words: SeriesWords,
    theme: Theme = "light",
) -> Spec:
    """The specification of the chart; events without a place in it are left out."""
    ink, points = INKS[theme], answer.points[-MOST_POINTS:]
    step = timedelta(seconds=SECONDS["day" if answer.grain == "day" else "hour"])
    seen: list[EventRow] = []
    silences: list[tuple[datetime, datetime]] = []
    if points:
        first, last = points[0].at, points[-1].at + step
        seen = [one for one in events if one.latest_at > first and one.earliest_at < last]
        silences = [
            (max(gap.silent_from, first), min(gap.silent_until, last))
            for gap in answer.gaps
            if gap.silent_until > first and gap.silent_from < last
        ]
    layers = [
        _shades(silences, words, ink.silence, 0.2),
        _piles([row for one in points for row in _rows(one, step, words)], words, ink),
        _shades([(one.earliest_at, one.latest_at) for one in seen], words, ink.flag, 0.3),
        _estimates(seen, words, ink),
    ]
    return {
        "$schema": SCHEMA,
        "title": title_of(words.title, words.subtitle, ink),
        "description": words.alt,
        "width": WIDTH,
        "height": HEIGHT,
        "background": ink.paper,
        "padding": 12,
        "layer": [
            layer for layer in layers if layer["data"]["values"] or "y2" in layer["encoding"]
        ],
        "config": config_of(ink, words.time_locale),
    }


def on_screen(spec: Spec) -> Spec:
    """The same for a screen: as wide as its place, with what can be pointed at and zoomed."""
    layers = [_pointed(one) if "y2" in one["encoding"] else one for one in spec["layer"]]
    wide = {"type": "fit-x", "contains": "padding"}
    return {**spec, "layer": layers, "width": "container", "autosize": wide}


def _pointed(piles: Spec) -> Spec:
    zoom = {"name": "zoom", "select": {"type": "interval", "encodings": ["x"]}, "bind": "scales"}
    encoding = piles["encoding"]
    tooltip = [
        {**encoding["x"], "format": "%Y-%m-%d %H:%M"},
        {"field": "kind", "type": "nominal", "title": encoding["color"]["title"]},
        {"field": "count", "type": "quantitative", "title": encoding["y"]["title"]},
    ]
    mark = {**piles["mark"], "tooltip": True, "clip": True}
    return {**piles, "params": [zoom], "mark": mark, "encoding": {**encoding, "tooltip": tooltip}}


def _piles(rows: list[Spec], words: SeriesWords, ink: Ink) -> Spec:
    colours = [ink.lines[1], ink.lines[0], ink.faint]
    return {
        "data": {"values": rows},
        "mark": {"type": "rect"},
        "encoding": {
            "x": _time(words),
            "x2": {"field": "until"},
            "y": {
                "field": "low",
                "type": "quantitative",
                "title": words.verdicts,
                "axis": {"labelExpr": WHOLE, "tickMinStep": 1},
            },
            "y2": {"field": "high"},
            "color": {
                "field": "kind",
                "type": "nominal",
                "title": words.state,
                "scale": {"domain": words.kinds, "range": colours},
                "legend": {
                    "title": None,
                    "orient": "bottom",
                    "symbolType": "square",
                    "labelLimit": 340,
                },
            },
        },
    }


def _rows(point: SeriesPoint, step: timedelta, words: SeriesWords) -> list[Spec]:
    """The parts of one pile that have any verdicts."""
    aside = sum(point.states.values()) - point.n_judged
    counts = (point.n_failing, point.n_judged - point.n_failing, aside)
    rows, below = [], 0
    for kind, count in zip(words.kinds, counts, strict=True):
        if count:
            ends = {"at": _written(point.at), "until": _written(point.at + step)}
            rows.append({**ends, "kind": kind, "count": count, "low": below, "high": below + count})
        below += count
    return rows


def _shades(
    spans: Sequence[tuple[datetime, datetime]], words: SeriesWords, colour: str, opacity: float
) -> Spec:
    rows = [{"at": _written(begins), "until": _written(ends)} for begins, ends in spans]
    return {
        "data": {"values": rows},
        "mark": {"type": "rect", "color": colour, "opacity": opacity},
        "encoding": {"x": _time(words), "x2": {"field": "until"}},
    }


def _estimates(events: Sequence[EventRow], words: SeriesWords, ink: Ink) -> Spec:
    return {
        "data": {"values": [{"at": _written(one.at)} for one in events]},
        "mark": {"type": "rule", "color": ink.ink, "strokeWidth": 2, "strokeDash": [6, 3]},
        "encoding": {"x": _time(words)},
    }


def _time(words: SeriesWords) -> Spec:
    return {
        "field": "at",
        "type": "temporal",
        "title": words.time,
        "scale": {"type": "utc"},
        "axis": {"grid": False, "labelExpr": MOMENTS, "labelOverlap": "greedy", **APART},
    }


def title_of(title: str, subtitle: str, ink: Ink) -> Spec:
    """The words over a chart."""
    return {
        "text": title,
        "subtitle": textwrap.wrap(subtitle, SUBTITLE_SIGNS),
        "anchor": "start",
        "fontSize": 20,
        "subtitleFontSize": 13,
        "subtitleColor": ink.faint,
        "color": ink.ink,
        "offset": 14,
    }


def config_of(ink: Ink, time_locale: Mapping[str, Any]) -> Spec:
    """The looks of a chart on paper of a theme, with the months and days of a language."""
    axis = CONFIG["axis"] | {
        "labelColor": ink.ink,
        "titleColor": ink.faint,
        "gridColor": ink.grid,
        "domainColor": ink.faint,
        "tickColor": ink.faint,
    }
    legend = CONFIG["legend"] | {"labelColor": ink.ink, "titleColor": ink.faint}
    locale = {"locale": {"time": dict(time_locale)}} if time_locale else {}
    title = CONFIG["title"] | {"color": ink.ink}
    return CONFIG | {"font": TYPEFACE, "axis": axis, "legend": legend, "title": title} | locale


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"
