"""The pictures of a report, with their captions and the words that stand for them."""

from overblock.reports.answers import Group
from overblock.reports.case_answer import CaseReport
from overblock.reports.case_pictures import draw_case_map, draw_charts, map_alt
from overblock.reports.case_words import number, percent
from overblock.reports.charts import Heading, Row, bar_chart
from overblock.reports.charts import Picture as Chart
from overblock.reports.document.parts import Picture, phrase
from overblock.reports.document.register_document import RegisterFindings

MOST_BARS = 12


def case_pictures(report: CaseReport) -> list[Picture]:
    """All charts of a case, and the map where addresses are known."""
    drawn = [_picture(chart) for chart in draw_charts(report)]
    if report.total is None:
        return drawn
    caption = phrase("{words}", words=report.headline)
    made = draw_case_map(report)
    return [*drawn, Picture(name="map", caption=caption, alt=map_alt(report), png=made)]


def register_pictures(found: RegisterFindings) -> list[Picture]:
    """Decisions and holders as bars."""
    when = f"{found.at:%Y-%m-%d %H:%M} UTC"
    return [
        _picture(_bars("decisions", f"Listed IPv4 addresses by decision, {when}",
                       found.decisions.groups)),
        _picture(_bars("holders", f"Listed IPv4 addresses by holder, {when}",
                       found.holders.groups)),
    ]  # fmt: skip


def _bars(name: str, title: str, groups: list[Group]) -> Chart:
    rows: list[Row] = [
        {
            "label": group.key or "not established",
            "value": group.ipv4,
            "text": f"{number(group.ipv4)} ({percent(group.share or 0)})",
            "strong": 0,
        }
        for group in groups[:MOST_BARS]
    ]
    words = "; ".join(f"{row['label']} {row['text']}" for row in rows)
    subtitle = (f"The {len(rows)} largest of {number(len(groups))} groups; they may overlap.",)
    heading = Heading(name=name, title=title, subtitle=subtitle, alt=f"Bar chart: {words}.")
    return bar_chart(heading, rows, axis="IPv4 addresses listed")


def _picture(chart: Chart) -> Picture:
    caption = phrase("{words}", words=chart.title)
    return Picture(name=chart.name, caption=caption, alt=chart.alt, svg=chart.svg)
