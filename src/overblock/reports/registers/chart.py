"""The history of a register as a Vega-Lite specification: one for the picture and for the screen.

Silences are shaded, flagged snapshots are triangles.  A line keeps its exact points as far as
pixels can show them; beyond that the highest of each stretch is kept, and the legend says so.
Colours are those of Okabe and Ito, and each line has its own dashes: no line is told by colour
alone.
"""

import statistics
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

from overblock.reports.drawing.looks import CONFIG, TYPEFACE, WIDTH, spoken, steady
from overblock.reports.drawing.renderer import draw_spec
from overblock.reports.registers.lines import Line, LinePoint, LinesAnswer

Theme: TypeAlias = Literal["light", "dark"]
Scale: TypeAlias = Literal["linear", "log"]
Spec: TypeAlias = dict[str, Any]

HEIGHT = 300
MOST_POINTS = 760  # of a line: one a pixel; the highest of each stretch is kept
SUBTITLE_SIGNS = 108  # of a line of it
LABEL_SIGNS = 44  # of a name in the legend
STEEP = 100  # a line this many times its usual height is drawn on a logarithmic scale
WORDS_SHARE = 0.12  # of the width that a silence needs for words in it
DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4], [4, 2, 1, 2])
# A label says its year unless it is of a day: whichever of them there is room for can be read.
MOMENTS = (
    "utcFormat(datum.value, {year: '%Y', quarter: '%b %Y', month: '%b %Y', week: '%-d %b', "
    "date: '%-d %b', hours: '%-d %b %H:%M', minutes: '%H:%M'})"
)
WHOLE = "datum.value % 1 ? '' : format(datum.value, '~s')"  # things are counted: no half of one
APART = {"labelSeparation": 12, "labelFlush": True}  # pixels
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """The colours of a theme."""

    paper: str
    ink: str
    faint: str
    grid: str
    silence: str
    flag: str
    lines: tuple[str, ...]


INKS: dict[Theme, Ink] = {
    "light": Ink(
        paper="#FFFFFF",
        ink="#1A1A1A",
        faint="#595959",
        grid="#E4E4E0",
        silence="#6B6B6B",
        flag="#D55E00",
        lines=("#0072B2", "#D55E00", "#009E73", "#B35A91", "#A87400", "#2C89BF"),
    ),
    "dark": Ink(
        paper="#161616",
        ink="#ECECEC",
        faint="#B0B0B0",
        grid="#333333",
        silence="#A0A0A0",
        flag="#FF9D5C",
        lines=("#56B4E9", "#FF8A4A", "#2FC49A", "#E39AC6", "#E69F00", "#F0E442"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartWords:
    """All words of a chart in the reader's language."""

    title: str
    subtitle: str
    alt: str
    time: str
    addresses: str
    whole: str  # the name of the line of everything
    nobody: str  # whose key is unknown
    silent: Callable[[int], str]  # so many days
    flagged: str
    time_locale: Mapping[str, Any]  # as d3-time-format wants it; English where it is empty


def usual_scale(answer: LinesAnswer) -> Scale:
    """Logarithmic where the highest point would press all others flat."""
    heights = [point.ipv4 for point in answer.whole.points if point.ipv4]
    if not heights:
        return "linear"
    return "log" if max(heights) > STEEP * statistics.median(heights) else "linear"


def lines_spec(
    answer: LinesAnswer, words: ChartWords, theme: Theme = "light", scale: Scale = "linear"
) -> Spec:
    """The specification of a chart."""
    ink = INKS[theme]
    named = [(_name(line, words), line) for line in answer.lines]
    shown = [(words.whole, answer.whole), *named]
    rows = [row for name, line in shown for row in _rows(name, line, answer.ends, scale)]
    names = list(dict.fromkeys(name for name, _ in shown))
    layers = [
        *_silences(answer, words, ink),
        _lines(rows, names, words, ink, scale),
        _ends(rows, names, answer, ink),
        _flags(answer, words, ink),
    ]
    return {
        "$schema": SCHEMA,
        "title": {
            "text": words.title,
            "subtitle": textwrap.wrap(words.subtitle, SUBTITLE_SIGNS),
            "anchor": "start",
            "fontSize": 20,
            "subtitleFontSize": 13,
            "subtitleColor": ink.faint,
            "color": ink.ink,
            "offset": 14,
        },
        "description": words.alt,
        "width": WIDTH,
        "height": HEIGHT,
        "background": ink.paper,
        "padding": 12,
        "layer": layers,
        "resolve": {"legend": {"fill": "independent"}},  # that of the dots is none
        "config": _config(ink, words),
    }


def svg_of(spec: Spec) -> str:
    """A specification as a picture with its words, made with no network."""
    return spoken(steady(draw_spec(spec)), spec["title"]["text"], spec["description"])


def on_screen(spec: Spec) -> Spec:
    """The same for a screen: as wide as its place, with what can be pointed at and zoomed."""
    *below, lines, ends, flags = spec["layer"]
    encoding = lines["encoding"]
    zoom = {"name": "zoom", "select": {"type": "interval", "encodings": ["x"]}, "bind": "scales"}
    near: Spec = {
        "name": "near",
        "select": {"type": "point", "nearest": True, "on": "pointermove", "clear": "pointerout"},
    }
    points: Spec = {
        "data": lines["data"],
        "mark": {"type": "point", "filled": True, "size": 70, "tooltip": True},
        "params": [near],
        "encoding": {
            **{name: encoding[name] for name in ("x", "y")},
            "fill": ends["encoding"]["fill"],
            "opacity": {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0},
            "tooltip": {"field": "ipv4", "type": "quantitative", "format": ",d"},
        },
    }
    layers = [*below, {**lines, "params": [zoom]}, points, ends, flags]
    wide = {"type": "fit-x", "contains": "padding"}
    return {**spec, "layer": layers, "width": "container", "autosize": wide}


def _lines(
    rows: Sequence[Spec], names: Sequence[str], words: ChartWords, ink: Ink, scale: Scale
) -> Spec:
    apart = len(names) > 1
    dashes = [*([[1, 0]] if apart else []), *DASHES]
    legend = {"title": None, "orient": "bottom", "columns": 2, "labelLimit": 340, "symbolSize": 240}
    hidden = None if len(names) == 1 else legend
    by_name = {"field": "line", "type": "nominal", "sort": list(names)}
    axis: Spec = {"labelExpr": "datum.value == 0 ? '0' : format(datum.value, '~s')"}
    if scale == "log":
        highest = max((row["ipv4"] or 1 for row in rows), default=1)
        axis["values"] = [10**power for power in range(len(str(highest)) + 1)]
    return {
        "data": {"values": list(rows)},
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2, "clip": True},
        "encoding": {
            "x": _time(words.time) | {"field": "at"},
            "y": {
                "field": "ipv4",
                "type": "quantitative",
                "title": words.addresses,
                "axis": axis,
                "scale": {"type": "log", "domainMin": 1} if scale == "log" else {"zero": True},
            },
            "color": {
                **by_name,
                "scale": {"domain": list(names), "range": _colours(names, ink, apart=apart)},
                "legend": hidden,
            },
            "strokeDash": {
                **by_name,
                "scale": {"domain": list(names), "range": dashes[: len(names)]},
                "legend": hidden,
            },
        },
    }


def _ends(rows: Sequence[Spec], names: Sequence[str], answer: LinesAnswer, ink: Ink) -> Spec:
    """A dot where each line ends: one that began with the last snapshot is nothing else."""
    held = {row["line"]: row for row in rows if row["at"] == _written(answer.ends)}
    colours = _colours(names, ink, apart=len(names) > 1)
    return {
        "data": {"values": [row for row in held.values() if row["ipv4"]]},
        "mark": {"type": "point", "filled": True, "size": 44, "opacity": 1},
        "encoding": {
            "x": {"field": "at", "type": "temporal"},
            "y": {"field": "ipv4", "type": "quantitative"},
            "fill": {
                "field": "line",
                "type": "nominal",
                "scale": {"domain": list(names), "range": colours},
                "legend": None,
            },
        },
    }


def _colours(names: Sequence[str], ink: Ink, *, apart: bool) -> list[str]:
    """A colour a line; that of the whole is ink where it stands beside its parts."""
    return [*([ink.ink] if apart else []), *ink.lines][: len(names)]


def _time(title: str) -> Spec:
    return {
        "field": "at",
        "type": "temporal",
        "title": title,
        "scale": {"type": "utc"},
        "axis": {"grid": False, "labelExpr": MOMENTS, "labelOverlap": "greedy", **APART},
    }


def _silences(answer: LinesAnswer, words: ChartWords, ink: Ink) -> list[Spec]:
    """Shades, and in those that are wide enough the words for them."""
    if not answer.gaps:
        return []
    whole = (answer.ends - answer.begins).total_seconds() or 1.0
    rows = []
    for gap in answer.gaps:
        begin = max(gap.silent_from, answer.begins)
        end = min(gap.silent_until or answer.ends, answer.ends)
        days = ((gap.silent_until or answer.ends) - gap.silent_from).days
        wide = (end - begin).total_seconds() / whole > WORDS_SHARE
        rows.append(
            {
                "at": _written(begin),
                "until": _written(end),
                "middle": _written(begin + (end - begin) / 2),
                "says": words.silent(days) if wide else "",
            }
        )
    time = _time(words.time)
    return [
        {
            "data": {"values": rows},
            "mark": {"type": "rect", "color": ink.silence, "opacity": 0.2},
            "encoding": {"x": time, "x2": {"field": "until"}},
        },
        {
            "data": {"values": [row for row in rows if row["says"]]},
            "mark": {"type": "text", "color": ink.faint, "fontSize": 13, "y": 12},
            "encoding": {
                "x": time | {"field": "middle"},
                "text": {"field": "says", "type": "nominal"},
            },
        },
    ]


def _flags(answer: LinesAnswer, words: ChartWords, ink: Ink) -> Spec:
    """A triangle at the foot of the chart for each flagged snapshot."""
    rows = [{"at": _written(one.at), "flags": ", ".join(one.flags)} for one in answer.flagged]
    tooltip = [
        _time(words.time) | {"format": "%Y-%m-%d %H:%M"},
        {"field": "flags", "type": "nominal", "title": words.flagged},
    ]
    mark = {"type": "point", "shape": "triangle-up", "filled": True, "size": 64, "opacity": 1}
    return {
        "data": {"values": rows},
        "mark": {**mark, "color": ink.flag, "y": HEIGHT - 6, "tooltip": True},
        "encoding": {"x": _time(words.time), "tooltip": tooltip},
    }


def _name(line: Line, words: ChartWords) -> str:
    if line.key is None:
        return words.nobody
    short = line.key if len(line.key) <= LABEL_SIGNS else f"{line.key[: LABEL_SIGNS - 1]}…"
    return f"{short} ({line.decision_date})" if line.decision_date else short


def _rows(name: str, line: Line, ends: datetime, scale: Scale) -> Iterable[Spec]:
    """The points of a line, and the last again at the end; nothing is no point of a logarithm."""
    points = thinned(line.points)
    for at, ipv4 in [*((one.at, one.ipv4) for one in points), (ends, points[-1].ipv4)]:
        yield {"at": _written(at), "ipv4": ipv4 or (None if scale == "log" else 0), "line": name}


def thinned(points: Sequence[LinePoint]) -> list[LinePoint]:
    """At most so many points as can be drawn: the highest of each stretch, the first, the last."""
    step = -(-len(points) // MOST_POINTS)
    if step <= 1:
        return list(points)
    starts = range(0, len(points) - 1, step)
    tops = [
        max(points[start : min(start + step, len(points) - 1)], key=lambda one: one.ipv4)
        for start in starts
    ]
    return [points[0], *tops[points[0] == tops[0] :], points[-1]]


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"


def _config(ink: Ink, words: ChartWords) -> Spec:
    axis = CONFIG["axis"] | {
        "labelColor": ink.ink,
        "titleColor": ink.faint,
        "gridColor": ink.grid,
        "domainColor": ink.faint,
        "tickColor": ink.faint,
    }
    legend = CONFIG["legend"] | {"labelColor": ink.ink, "titleColor": ink.faint}
    locale = {"locale": {"time": dict(words.time_locale)}} if words.time_locale else {}
    title = CONFIG["title"] | {"color": ink.ink}
    return CONFIG | {"font": TYPEFACE, "axis": axis, "legend": legend, "title": title} | locale
