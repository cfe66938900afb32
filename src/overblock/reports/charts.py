"""Charts that stand alone: SVG with words for who cannot see them, made with no network.

Colours are of the palette of Okabe and Ito, which people with any colour vision tell apart, and
no chart says by colour alone what it says.  Times are in UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

import altair as alt

from overblock.reports.document.parts import phrase
from overblock.reports.document.words import Language, Words, words_of
from overblock.reports.drawing.looks import (
    BLUE,
    CONFIG,
    GREEN,
    GREY,
    INK,
    ORANGE,
    RED,
    TYPEFACE,
    WIDTH,
    spoken,
    steady,
)
from overblock.reports.drawing.renderer import Locale, draw_spec

SHORT = "datum.value == 0 ? '0' : format(datum.value, '~s')"  # 15M
SHORTEST: dict[Language, str] = {  # the same in each language
    "en": SHORT,
    "ru": (
        "datum.value >= 1e6 ? format(datum.value / 1e6, '~r') + ' \u043c\u043b\u043d' : "
        "datum.value >= 1e4 ? format(datum.value / 1e3, '~r') + ' \u0442\u044b\u0441.' : "
        "format(datum.value, ',')"
    ),
}
LOCALES: dict[Language, Locale] = {"en": "en-US", "ru": "ru-RU"}
ENGLISH = words_of("en")
LISTED = phrase("IPv4 addresses listed")
MAX_BARS = 24  # more cannot be read

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.VConcatChart
Row: TypeAlias = Mapping[str, str | int | float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A chart as SVG, with its title and the words that stand for it."""

    name: str  # of the file, without its ending
    title: str
    alt: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What is said of a chart: the file's name, the words over it, the words instead of it."""

    name: str
    title: str
    subtitle: tuple[str, ...]
    alt: str


def bar_chart(
    heading: Heading, rows: Sequence[Row], *, axis: str, words: Words = ENGLISH
) -> Picture:
    """Bars with their value beside them; a row has ``label``, ``value``, ``text`` and ``strong``.

    ``strong`` (1 or 0) sets a bar off in another colour; its text must say why.
    """
    shown = list(rows[:MAX_BARS])
    base = alt.Chart(alt.InlineData(values=shown)).encode(
        y=alt.Y("label:N", sort=None, title=None, axis=alt.Axis(labelLimit=260, ticks=False)),
        x=alt.X(
            "value:Q",
            title=axis,
            axis=alt.Axis(labelExpr=_whole(words), tickCount=5, grid=True),
            scale=alt.Scale(domain=[0, _room(shown)]),
        ),
    )
    colour = alt.when(alt.datum.strong == 1).then(alt.value(RED)).otherwise(alt.value(BLUE))
    bars = base.mark_bar(height={"band": 0.72}).encode(color=colour)
    texts = base.mark_text(align="left", dx=6, fontSize=13, color=INK).encode(text="text:N")
    chart = (bars + texts).properties(width=WIDTH, height=alt.Step(30))
    return draw(heading, chart, words)


def _whole(words: Words) -> str:
    """Labels of an axis of counts: half a thing is none."""
    return f"datum.value % 1 ? '' : {SHORTEST[words.language]}"


def extent_chart(
    heading: Heading,
    parts: Sequence[tuple[str, str, str]],
    series: Sequence[Row],
    points: Sequence[Row],
    words: Words = ENGLISH,
) -> Picture:
    """The extent over time as a band from its low to its high reading, and reported totals.

    Each of ``parts`` (title, from, until) is a panel with a time axis of its own.  ``series`` has
    ``at``, ``low`` and ``high``, each row holding until the next; ``points`` has ``at``,
    ``until`` (later where only the day is known), ``value`` and ``verdict``.  Times are ISO 8601.
    """
    panels = [
        _panel(title, (begin, end), _within(series, begin, end), _named(points, words), words)
        for title, begin, end in parts
    ]
    return draw(heading, alt.vconcat(*panels, spacing=36), words)


def _named(points: Sequence[Row], words: Words) -> list[Row]:
    """Points whose verdicts are in words."""
    return [{**row, "verdict": words(VERDICTS[str(row["verdict"])])} for row in points]


def _panel(
    title: str,
    ends: tuple[str, str],
    series: Sequence[Row],
    points: Sequence[Row],
    words: Words,
) -> alt.LayerChart:
    time = alt.X(
        "at:T",
        title=words(phrase("time (UTC)")),
        scale=alt.Scale(type="utc", domain=list(ends)),
        axis=alt.Axis(format="%-d %b %H:%M" if _days(ends) < 8 else "%-d %b", labelAngle=0),  # noqa: PLR2004  (a week)
    )
    extent = alt.Chart(alt.InlineData(values=list(series)))
    level = alt.Y(
        "low:Q",
        title=words(phrase("IPv4 addresses")),
        axis=alt.Axis(labelExpr=SHORTEST[words.language]),
    )
    band = extent.mark_area(interpolate="step-after", color=BLUE, opacity=0.28, clip=True).encode(
        x=time, y=level, y2="high:Q"
    )
    step = extent.mark_line(interpolate="step-after", color=BLUE, clip=True)
    low, high = step.encode(x=time, y="low:Q"), step.encode(x=time, y="high:Q")
    days, dots = _reported([row for row in points if _inside(row, ends)], time, words)
    return alt.LayerChart(
        layer=[band, low, high, days, dots],
        width=WIDTH,
        height=250,
        title=alt.Title(title, fontSize=14, anchor="start"),
    )


def _reported(points: Sequence[Row], time: alt.X, words: Words) -> tuple[alt.Chart, alt.Chart]:
    """Reported totals: a bar as long as the day that is known, and a mark in its middle."""
    said = alt.Chart(alt.InlineData(values=list(points)))
    verdicts = [words(VERDICTS[name]) for name in VERDICT_COLOURS]
    reported = words(phrase("reported total"))
    colour = alt.Color(
        "verdict:N",
        title=reported,
        scale=alt.Scale(domain=verdicts, range=list(VERDICT_COLOURS.values())),
    )
    shape = alt.Shape(
        "verdict:N",
        title=reported,
        scale=alt.Scale(domain=verdicts, range=["circle", "diamond", "triangle-up"]),
    )
    days = said.mark_rule(strokeWidth=2, clip=True).encode(
        x=time, x2="until:T", y="value:Q", color=colour
    )
    dots = said.mark_point(filled=True, size=90, opacity=1, clip=True).encode(
        x=alt.X("middle:T"), y="value:Q", color=colour, shape=shape
    )
    return days, dots


VERDICT_COLOURS = {
    "borne out": GREEN,
    "possible": ORANGE,
    "differs": RED,
}
VERDICTS = {
    "borne out": phrase("borne out"),
    "possible": phrase("possible"),
    "differs": phrase("differs"),
}


def _within(series: Sequence[Row], begin: str, end: str) -> list[Row]:
    """The rows in force within a time: one at its beginning, and the last again at its end."""
    before = [row for row in series if str(row["at"]) <= begin]
    held = [row for row in series if begin < str(row["at"]) < end]
    if before:
        held.insert(0, {**before[-1], "at": begin})
    return [*held, {**held[-1], "at": end}] if held else []


def _inside(row: Row, ends: tuple[str, str]) -> bool:
    return str(row["until"]) > ends[0] and str(row["at"]) < ends[1]


def _days(ends: tuple[str, str]) -> int:
    return (datetime.fromisoformat(ends[1]) - datetime.fromisoformat(ends[0])).days


def _room(rows: Sequence[Row]) -> float:
    """The end of the axis at which each bar still has room for its text."""
    letters = 7.4  # pixels of one at the size used
    free = ((_number(row), WIDTH - letters * len(str(row["text"])) - 10) for row in rows)
    return max((value * WIDTH / max(space, WIDTH / 4) for value, space in free), default=0) or 1


def _number(row: Row) -> float:
    value = row["value"]
    return float(value) if isinstance(value, int | float) else 0.0


def draw(heading: Heading, chart: Chart, words: Words = ENGLISH) -> Picture:
    """A chart as a picture: its words over it, this project's looks, nothing fetched."""
    titled = chart.properties(
        title=alt.Title(
            heading.title,
            subtitle=list(heading.subtitle),
            anchor="start",
            fontSize=22,
            subtitleFontSize=14,
            subtitleColor=GREY,
            offset=18,
        ),
        background="white",
        padding=20,
    )
    spec: dict[str, Any] = titled.configure(font=TYPEFACE).to_dict()
    spec["config"] |= CONFIG
    svg = draw_spec(spec, LOCALES[words.language])
    return Picture(
        name=heading.name,
        title=heading.title,
        alt=heading.alt,
        svg=spoken(steady(svg), heading.title, heading.alt),
    )
