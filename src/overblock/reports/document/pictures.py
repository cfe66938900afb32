"""The pictures of a report, with their captions and the words that stand for them."""

from collections import Counter
from collections.abc import Sequence

from overblock.reports.answers import Group
from overblock.reports.audiences.chart import audience_chart
from overblock.reports.cases.answer import CaseReport
from overblock.reports.cases.pictures import draw_all, map_alt
from overblock.reports.charts import LISTED, Heading, Row, bar_chart
from overblock.reports.charts import Picture as Chart
from overblock.reports.document.case_audience import Compared
from overblock.reports.document.parts import Figure, Form, Picture, phrase
from overblock.reports.document.register_document import RegisterFindings
from overblock.reports.document.words import Language, Words, words_of

MOST_BARS = 12


def case_pictures(report: CaseReport, language: Language) -> list[Picture]:
    """All charts of a case, and the map where addresses are known, in one language."""
    words = words_of(language)
    charts, drawn_map = draw_all(report, words)
    drawn = [picture(chart) for chart in charts]
    if not drawn_map:
        return drawn
    caption = phrase("{words}", words=report.headline)
    return [*drawn, Picture(name="map", caption=caption, alt=map_alt(report, words), png=drawn_map)]


def audience_pictures(compared: Sequence[Compared], language: Language) -> list[Picture]:
    """The series at each event of a case, where they have a course."""
    words = words_of(language)
    drawn = [
        audience_chart(
            f"audience{number}", one.turn.what, one.answer.event_at, one.answer.series, words
        )
        for number, one in enumerate(compared, start=1)
    ]
    return [picture(chart) for chart in drawn if chart is not None]


def register_pictures(found: RegisterFindings, language: Language) -> list[Picture]:
    """Decisions and holders as bars."""
    words = words_of(language)
    decisions = phrase("Listed IPv4 addresses by decision, {at}", at=found.at)
    holders = phrase("Listed IPv4 addresses by holder, {at}", at=found.at)
    return [
        picture(_bars("decisions", words(decisions), found.decisions.groups, words)),
        picture(_bars("holders", words(holders), found.holders.groups, words)),
    ]


def _bars(name: str, title: str, groups: list[Group], words: Words) -> Chart:
    shown = groups[:MOST_BARS]
    rows: list[Row] = [
        {
            "label": label,
            "value": group.ipv4,
            "text": words(
                phrase(
                    "{size} ({share})",
                    size=_figure(group.ipv4),
                    share=_figure(group.share or 0, "share"),
                )
            ),
            "strong": 0,
        }
        for label, group in zip(bar_labels(groups, words), shown, strict=False)
    ]
    bars = "; ".join(f"{row['label']} {row['text']}" for row in rows)
    counts = {"shown": _figure(len(rows)), "all": _figure(len(groups))}
    largest = (
        phrase("The {shown} largest of {all} groups; no address is in two of them.", **counts)
        if name == "holders"
        else phrase("The {shown} largest of {all} groups; they may overlap.", **counts)
    )
    spoken = words(phrase("Bar chart: {bars}.", bars=bars))
    heading = Heading(name=name, title=title, subtitle=(words(largest),), alt=spoken)
    return bar_chart(heading, rows, axis=words(LISTED), words=words)


def bar_labels(groups: Sequence[Group], words: Words) -> list[str]:
    """What stands beside each bar: acts of one number need their dates, also if one is shown."""
    often = Counter(group.key for group in groups)
    labels = [
        f"{group.key}, {group.decision_date}"
        if group.key and group.decision_date and often[group.key] > 1
        else group.key or words(phrase("not established"))
        for group in groups
    ]
    again = Counter[str]()
    for place, label in enumerate(labels):
        again[label] += 1
        if again[label] > 1:
            labels[place] = f"{label} ({again[label]})"
    return labels


def _figure(value: float, form: Form = "count") -> Figure:
    return Figure(name="", query="", value=value, unit="", form=form)


def picture(chart: Chart) -> Picture:
    """A chart as a part of a report."""
    caption = phrase("{words}", words=chart.title)
    return Picture(name=chart.name, caption=caption, alt=chart.alt, svg=chart.svg)
