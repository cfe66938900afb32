"""A series of verdicts as a picture: what failed of what was measured, and an event's interval."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt

from overblock.events.series import SECONDS, Grain
from overblock.reports.charts import (
    BLUE,
    GREY,
    ORANGE,
    RED,
    SHORT,
    WIDTH,
    Heading,
    Picture,
    draw,
)
from overblock.reports.events import EventRow, SeriesGap
from overblock.reports.verdict_series import SeriesAnswer, SeriesPoint

MOST_POINTS = 1_000  # buckets drawn: more are no bars that can be seen
HEIGHT = 220
CHANGED = "Orange: the interval in which it changed, and the best estimate. "
KINDS = {"fails": RED, "works": BLUE, "says nothing": GREY}  # from the bottom up


def series_chart(answer: SeriesAnswer, events: Sequence[EventRow] = ()) -> Picture:
    """Bars of verdicts by what they say, events as shaded intervals with a line, gaps in grey.

    Of a series with more buckets than can be drawn, the newest.
    """
    points = answer.points[-MOST_POINTS:]
    step = timedelta(seconds=SECONDS[_grain(answer.grain)])
    time = alt.X("at:T", title="time (UTC)", scale=alt.Scale(type="utc"))
    count = alt.Y("low:Q", title="verdicts", axis=alt.Axis(labelExpr=SHORT, tickMinStep=1))
    colour = alt.Color(
        "kind:N", title=None, scale=alt.Scale(domain=list(KINDS), range=list(KINDS.values()))
    )
    bars = (
        alt.Chart(alt.InlineData(values=[row for one in points for row in _bars(one, step)]))
        .mark_rect()
        .encode(x=time, x2="until:T", y=count, y2="high:Q", color=colour)
    )
    first, last = (points[0].at, points[-1].at + step) if points else (None, None)
    seen = [one for one in events if first is None or (last and first <= one.latest_at <= last)]
    shaded = (
        alt.Chart(alt.InlineData(values=[_interval(one) for one in seen]))
        .mark_rect(color=ORANGE, opacity=0.35)
        .encode(x=alt.X("from:T"), x2="until:T")
    )
    line = (
        alt.Chart(alt.InlineData(values=[_interval(one) for one in seen]))
        .mark_rule(color=ORANGE, strokeWidth=2, strokeDash=[6, 3])
        .encode(x=alt.X("at:T"))
    )
    silent = (
        alt.Chart(alt.InlineData(values=[_gap(one) for one in _within(answer.gaps, first, last)]))
        .mark_rect(color=GREY, opacity=0.18)
        .encode(x=alt.X("from:T"), x2="until:T")
    )
    chart = alt.LayerChart(layer=[silent, bars, shaded, line], width=WIDTH, height=HEIGHT)
    return draw(_heading(answer, seen), chart)


def _bars(point: SeriesPoint, step: timedelta) -> list[dict[str, str | int]]:
    """The verdicts of a bucket, upon one another; what fails is at the bottom, to be read off."""
    aside = sum(point.states.values()) - point.n_judged
    counts = (point.n_failing, point.n_judged - point.n_failing, aside)
    rows: list[dict[str, str | int]] = []
    below = 0
    for kind, count in zip(KINDS, counts, strict=True):
        if count:
            ends = {"at": _written(point.at), "until": _written(point.at + step)}
            rows.append({**ends, "kind": kind, "low": below, "high": below + count})
        below += count
    return rows


def _interval(event: EventRow) -> dict[str, str]:
    ends = {"from": event.earliest_at, "until": event.latest_at, "at": event.at}
    return {name: _written(at) for name, at in ends.items()}


def _gap(gap: SeriesGap) -> dict[str, str]:
    return {"from": _written(gap.silent_from), "until": _written(gap.silent_until)}


def _within(
    gaps: Sequence[SeriesGap], first: datetime | None, last: datetime | None
) -> list[SeriesGap]:
    if first is None or last is None:
        return []
    return [one for one in gaps if one.silent_until > first and one.silent_from < last]


def _heading(answer: SeriesAnswer, events: Sequence[EventRow]) -> Heading:
    asked = answer.selection
    place = asked.probe_cc or "all countries"
    if asked.probe_asn is not None:
        place = f"{place} AS{asked.probe_asn}"
    what = " ".join(
        word for word in (asked.target or asked.test or "all targets",
                          asked.feature if asked.feature != "all" else None) if word
    )  # fmt: skip
    span = ""
    if answer.begins and answer.ends:
        span = f" from {answer.begins:%Y-%m-%d} to {answer.ends:%Y-%m-%d}"
    told = "; ".join(
        f"{one.change} of {one.state} at {one.at:%Y-%m-%d %H:%M} UTC" for one in events
    )
    words = (
        f"Verdicts on {what} in {place} by {answer.grain}{span}: {answer.n_failing:,} of "
        f"{answer.n_judged:,} that can be judged fail; {answer.n_aside:,} say nothing of blocking."
        f"{f' {told}.' if told else ''}"
    )
    return Heading(
        name="series",
        title=f"{what[:60]} in {place}: verdicts by {answer.grain}",
        subtitle=(f"{CHANGED if events else ''}Grey behind: nobody measured.",),
        alt=words,
    )  # fmt: skip


def _grain(name: str) -> Grain:
    return "day" if name == "day" else "hour"


def _written(at: datetime) -> str:
    return at.isoformat()
