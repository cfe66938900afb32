"""The words of a register's charts in the reader's language."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from babel.core import Locale
from babel.dates import get_day_names, get_month_names, get_period_names

from overblock.reports.document.parts import Phrase, phrase
from overblock.reports.document.words import Language
from overblock.reports.registers.chart import MOST_POINTS, ChartWords, Scale
from overblock.reports.registers.decisions import DecisionOrder
from overblock.reports.registers.lines import LineGrouping, LinesAnswer
from overblock.web.pages import Reader

GROUPING_WORDS: dict[LineGrouping, Phrase] = {
    "all": phrase("all together"),
    "kind": phrase("kind"),
    "decision": phrase("decision"),
    "authority": phrase("authority"),
    "holder": phrase("holder"),
    "country": phrase("country"),
}
KEY_WORDS = {
    "ordered": phrase("ordered: the entry names only addresses"),
    "attached": phrase("attached: a name or page was there"),
}
ORDER_WORDS: dict[DecisionOrder, Phrase] = {
    "size": phrase("addresses"),
    "first": phrase("first seen"),
    "newest": phrase("newest"),
    "date": phrase("date of the decision"),
    "names": phrase("names"),
    "number": phrase("number"),
}
MONDAY_LAST = (6, 0, 1, 2, 3, 4, 5)  # d3 begins a week with Sunday, Babel with Monday


def chart_words(
    reader: Reader, answer: LinesAnswer, scale: Scale, title: str | None = None
) -> ChartWords:
    """What the chart of an answer says."""
    say, last = reader.say, answer.whole.points[-1]
    return ChartWords(
        title=title or say("Addresses listed by {register}", register=answer.register),
        subtitle=_subtitle(reader, answer, scale),
        alt=say(
            "IPv4 addresses listed by {register} from {begins} to {ends}: {last} at the end, at "
            "most {most} on {most_at}; silences: {gaps}, flagged snapshots: {flagged}.",
            register=answer.register,
            begins=answer.begins.date(),
            ends=answer.ends.date(),
            last=last.ipv4,
            most=answer.whole.most_ipv4,
            most_at=answer.whole.most_at.date(),
            gaps=len(answer.gaps),
            flagged=len(answer.flagged),
        ),
        time=say("time (UTC)"),
        addresses=say("IPv4 addresses"),
        whole=say("all together"),
        nobody=say("nobody known"),
        silent=lambda days: say("silent for {days} days", days=days),
        flagged=say("flagged"),
        time_locale=time_locale(reader.language),
    )


def line_words(reader: Reader, answer: LinesAnswer) -> list[str]:
    """The name of each line in words."""
    names = []
    for line in answer.lines:
        if line.key is None:
            names.append(reader.say("nobody known"))
        elif answer.by == "kind" and line.key in KEY_WORDS:
            names.append(reader.words(KEY_WORDS[line.key]))
        else:
            names.append(line.key)
    return names


def _subtitle(reader: Reader, answer: LinesAnswer, scale: Scale) -> str:
    """How to read the chart: what was left out of it, and how it is scaled."""
    said = []
    if answer.lines_in_all > len(answer.lines):
        said.append(
            reader.say(
                "The {shown} largest of {all}.", shown=len(answer.lines), all=answer.lines_in_all
            )
        )
    if scale == "log":
        said.append(reader.say("Logarithmic scale: each step up is ten times as many."))
    most = max((len(line.points) for line in (answer.whole, *answer.lines)), default=0)
    if most > MOST_POINTS:
        said.append(reader.say("Of {n} changes the highest of each stretch is drawn.", n=most))
    said.append(reader.say("Grey: the register said nothing. Triangles: flagged snapshots."))
    return " ".join(said)


@cache
def time_locale(language: Language) -> Mapping[str, Any]:
    """Names of months and days as the axis of time wants them; English is its own."""
    if language == "en":
        return {}
    locale = Locale(language)
    months = {
        width: get_month_names(width, "stand-alone", locale) for width in ("wide", "abbreviated")
    }
    days = {width: get_day_names(width, "format", locale) for width in ("wide", "abbreviated")}
    periods = get_period_names("abbreviated", "format", locale)
    return {
        "dateTime": "%A, %e %B %Y, %X",
        "date": "%d.%m.%Y",
        "time": "%H:%M:%S",
        "periods": [periods["am"], periods["pm"]],
        "days": [days["wide"][day] for day in MONDAY_LAST],
        "shortDays": [days["abbreviated"][day] for day in MONDAY_LAST],
        "months": [months["wide"][month] for month in range(1, 13)],
        "shortMonths": [months["abbreviated"][month].rstrip(".") for month in range(1, 13)],
    }
