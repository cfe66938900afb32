"""Series of one definition before and after an event, as a picture: a panel a definition.

Services of one definition share a panel; definitions never do.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import altair as alt

from overblock.instants import to_the_second
from overblock.reports.audiences.audience import AudiencePoint, AudienceSeries
from overblock.reports.charts import SHORTEST, Heading, Picture, Row, draw
from overblock.reports.document.parts import phrase
from overblock.reports.document.words import Words
from overblock.reports.drawing.looks import BLUE, GREEN, GREY, ORANGE, RED, WIDTH

MOST_PANELS = 6  # those with the most points
FEWEST = 2  # points: one alone shows no course
COLOURS = (BLUE, ORANGE, GREEN, RED, GREY)
SHAPES = ("circle", "diamond", "square", "triangle-up", "cross")
HEIGHT = 190
CROWDED = 80  # points of a panel: of more the dots are small
YEAR = timedelta(days=366)


def audience_chart(
    name: str, title: str, event_at: datetime, series: Sequence[AudienceSeries], words: Words
) -> Picture | None:
    """The series as lines with their ranges, the event as a rule; None where none has a course."""
    groups = panels(series)
    if not groups:
        return None
    event = words(phrase("the event, {at}", at=event_at))
    spoken = phrase(
        "Line charts, a panel a definition, around {event}: {series}.",
        event=event,
        series="; ".join(_spoken(one, words) for group in groups for one in group),
    )
    heading = Heading(
        name=name,
        title=title,
        subtitle=(words(phrase("Dashed: {event}. A panel holds one definition.", event=event)),),
        alt=words(spoken),
    )
    drawn = [_panel(group, event_at, words) for group in groups]
    apart = alt.vconcat(*drawn, spacing=30).resolve_scale(color="independent", shape="independent")
    return draw(heading, apart, words)


def panels(series: Sequence[AudienceSeries]) -> list[list[AudienceSeries]]:
    """Series by definition, the longest first; what has a single point is not drawn."""
    groups: dict[tuple[str, ...], list[AudienceSeries]] = {}
    for one in series:
        if len(one.points) >= FEWEST:
            key = (one.metric, one.definition, one.unit, one.period)
            groups.setdefault(key, []).append(one)
    largest = sorted(groups.values(), key=lambda group: -sum(len(one.points) for one in group))
    return [group[: len(COLOURS)] for group in largest[:MOST_PANELS]]


def _panel(group: Sequence[AudienceSeries], event_at: datetime, words: Words) -> alt.LayerChart:
    names = [_name(one) for one in group]
    rows = list(_rows(group))
    long = max(str(row["at"]) for row in rows) > to_the_second(group[0].points[0].at_first + YEAR)
    time = alt.X(
        "at:T",
        title=words(phrase("time (UTC)")),
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%b %Y" if long else "%-d %b", labelAngle=0, tickCount=8),
    )
    level = alt.Y(
        "value:Q",
        title=words(phrase(group[0].unit)),
        axis=alt.Axis(labelExpr=SHORTEST[words.language], tickCount=5),
        scale=alt.Scale(zero=False),
    )
    colour = alt.Color(
        "series:N",
        title=None,
        scale=alt.Scale(domain=names, range=COLOURS[: len(names)]),
        legend=alt.Legend(symbolOpacity=1),
    )
    shape = alt.Shape(
        "series:N", title=None, scale=alt.Scale(domain=names, range=SHAPES[: len(names)])
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=time, color=colour)
    ranges = base.mark_rule(strokeWidth=2, opacity=0.5).encode(y="low:Q", y2="high:Q")
    lines = base.mark_line().encode(y=level)
    size = 70 if len(rows) <= CROWDED else 14
    dots = base.mark_point(filled=True, size=size, opacity=1).encode(y=level, shape=shape)
    rule = (
        alt.Chart(alt.InlineData(values=[{"at": to_the_second(event_at)}]))
        .mark_rule(color=GREY, strokeWidth=2, strokeDash=[6, 4])
        .encode(x=alt.X("at:T"))
    )
    title = alt.Title(group[0].definition, fontSize=14, anchor="start")
    return alt.LayerChart(
        layer=[ranges, lines, dots, rule], width=WIDTH, height=HEIGHT, title=title
    )


def _rows(group: Sequence[AudienceSeries]) -> Iterator[Row]:
    for one in group:
        for point in one.points:
            high = point.low if point.high is None else point.high
            yield {
                "at": to_the_second(_middle(point)),
                "series": _name(one),
                "value": point.value,
                "low": point.low,
                "high": high,
            }


def _spoken(one: AudienceSeries, words: Words) -> str:
    first, last = one.points[0], one.points[-1]
    return words(
        phrase(
            "{name}, {definition}: from {first} to {last} {unit}",
            name=_name(one),
            definition=one.definition,
            first=f"{first.value:g}",
            last=f"{last.value:g}",
            unit=words(phrase(one.unit)),
        )
    )


def _name(one: AudienceSeries) -> str:
    return one.channel or one.service


def _middle(point: AudiencePoint) -> datetime:
    return point.at_first + (point.at_last - point.at_first) / 2
