"""The extent of a register over time as a picture: its silences and its flagged snapshots drawn."""

from datetime import datetime

import altair as alt

from overblock.reports.charts import BLUE, GREY, RED, SHORT, WIDTH, Heading, Picture, draw
from overblock.reports.history import HistoryAnswer, HistoryRow

MOST_POINTS = 2_000  # more than pixels; the highest of each stretch is kept
HEIGHT = 260


def history_chart(answer: HistoryAnswer) -> Picture:
    """A step line of IPv4 addresses, grey where the register was silent, marks where flagged."""
    rows = [
        {
            "at": _written(row.at),
            "ipv4": row.ipv4,
            "flags": ", ".join(row.flags),
        }
        for row in _thinned(answer.rows)
    ]
    last = answer.rows[-1].at
    gaps = [
        {"from": _written(gap.silent_from), "until": _written(gap.silent_until or last)}
        for gap in answer.gaps
    ]
    time = alt.X("at:T", title="time (UTC)", scale=alt.Scale(type="utc"))
    level = alt.Y("ipv4:Q", title="IPv4 addresses", axis=alt.Axis(labelExpr=SHORT))
    base = alt.Chart(alt.InlineData(values=rows))
    line = base.mark_line(interpolate="step-after", color=BLUE).encode(x=time, y=level)
    flagged = (
        alt.Chart(alt.InlineData(values=[row for row in rows if row["flags"]]))
        .mark_point(shape="triangle-up", color=RED, filled=True, size=40)
        .encode(x=time, y=level)
    )
    silent = (
        alt.Chart(alt.InlineData(values=gaps))
        .mark_rect(color=GREY, opacity=0.18)
        .encode(x=alt.X("from:T"), x2="until:T")
    )
    chart = alt.LayerChart(layer=[silent, line, flagged], width=WIDTH, height=HEIGHT)
    return draw(_heading(answer), chart)


def _heading(answer: HistoryAnswer) -> Heading:
    rows = answer.rows
    high = max(rows, key=lambda row: row.ipv4)
    flagged = sum(bool(row.flags) for row in rows)
    words = (
        f"IPv4 addresses listed by {answer.register} from {rows[0].at:%Y-%m-%d} to "
        f"{rows[-1].at:%Y-%m-%d}: {rows[-1].ipv4:,} at the end, at most {high.ipv4:,} on "
        f"{high.at:%Y-%m-%d}; {len(answer.gaps)} silences, {flagged} moments flagged."
    )
    return Heading(
        name="history",
        title=f"{answer.register}: addresses listed over time",
        subtitle=("Grey: the register said nothing. Triangles: a flagged snapshot.",),
        alt=words,
    )


def _thinned(rows: list[HistoryRow]) -> list[HistoryRow]:
    """At most so many rows as can be drawn: of each stretch its highest, and its flagged ones."""
    step = -(-len(rows) // MOST_POINTS)
    if step == 1:
        return rows
    stretches = [rows[start : start + step] for start in range(0, len(rows), step)]
    tops = [max(stretch, key=lambda row: (bool(row.flags), row.ipv4)) for stretch in stretches]
    return [*tops, rows[-1]]


def _written(at: datetime) -> str:
    return at.isoformat()
