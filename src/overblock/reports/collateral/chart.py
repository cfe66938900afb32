"""How many bystanders were hit over time, as a Vega-Lite specification.

Names that were fully hit stand at the bottom, those that were partly hit upon them; every change
of the register is a step.  Names live where the resolutions say, at all moments: far from that day
the picture tells of today's tenants, and its words say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from overblock.reports.collateral.answer import CollateralSeries, SeriesPoint
from overblock.reports.drawing.looks import WIDTH
from overblock.reports.measured.series_chart import config_of, title_of
from overblock.reports.registers.chart import APART, INKS, MOMENTS, SCHEMA, WHOLE, Ink, Spec, Theme

MOST_POINTS = 760  # one a pixel; the highest of each stretch is kept
HEIGHT = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesWords:
    """All words of the chart in the reader's language."""

    title: str
    subtitle: str
    alt: str
    time: str
    names: str
    fully: str
    partly: str
    time_locale: Mapping[str, Any]  # as d3-time-format wants it; English where it is empty


def names_spec(answer: CollateralSeries, words: NamesWords, theme: Theme = "light") -> Spec:
    """The specification of the chart."""
    ink = INKS[theme]
    points = thinned([one for one in answer.points if one.group == "bystander"])
    rows = [row for one in points for row in _rows(one, one.at, words)]
    if points:
        rows += _rows(points[-1], answer.to_at, words)
    return {
        "$schema": SCHEMA,
        "title": title_of(words.title, words.subtitle, ink),
        "description": words.alt,
        "width": WIDTH,
        "height": HEIGHT,
        "background": ink.paper,
        "padding": 12,
        "data": {"values": rows},
        "mark": {"type": "area", "interpolate": "step-after"},
        "encoding": _encoding(words, ink),
        "config": config_of(ink, words.time_locale),
    }


def _encoding(words: NamesWords, ink: Ink) -> Spec:
    return {
        "x": {
            "field": "at",
            "type": "temporal",
            "title": words.time,
            "scale": {"type": "utc"},
            "axis": {"grid": False, "labelExpr": MOMENTS, "labelOverlap": "greedy", **APART},
        },
        "y": {
            "field": "low",
            "type": "quantitative",
            "title": words.names,
            "axis": {"labelExpr": WHOLE, "tickMinStep": 1},
        },
        "y2": {"field": "high"},
        "color": {
            "field": "reach",
            "type": "nominal",
            "title": None,
            "scale": {"domain": [words.fully, words.partly], "range": list(ink.lines[1::3])},
            "legend": {"orient": "bottom", "symbolType": "square", "labelLimit": 340},
        },
    }


def thinned(points: Sequence[SeriesPoint]) -> list[SeriesPoint]:
    """At most so many points as can be drawn: the highest of each stretch, and the last."""
    step = -(-len(points) // MOST_POINTS)
    if step <= 1:
        return list(points)
    stretches = (points[start : start + step] for start in range(0, len(points), step))
    tops = [max(some, key=lambda one: one.fully + one.partly) for some in stretches]
    return tops if tops[-1] == points[-1] else [*tops, points[-1]]


def _rows(point: SeriesPoint, at: datetime, words: NamesWords) -> list[Spec]:
    high = point.fully + point.partly
    written = f"{at:%Y-%m-%dT%H:%M:%S}Z"
    return [
        {"at": written, "reach": words.fully, "low": 0, "high": point.fully},
        {"at": written, "reach": words.partly, "low": point.fully, "high": high},
    ]
