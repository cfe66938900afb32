"""The words of the chart of a series, in the reader's language, and its forms."""

from collections.abc import Sequence

from overblock.errors import UsageError
from overblock.reports.document.words import CONTROLS, REPLACED
from overblock.reports.measured.events import EventRow
from overblock.reports.measured.series import SeriesAnswer
from overblock.reports.measured.series_chart import SeriesWords, series_spec
from overblock.reports.registers.chart import Spec, Theme
from overblock.web.measured.words import MeasuredWords, place_in_words
from overblock.web.pages import Reader
from overblock.web.registers.chart_words import time_locale

TITLE_SIGNS = 60
THEMES: dict[str, Theme] = {"": "light", "light": "light", "dark": "dark"}


def theme_of(written: str) -> Theme:
    """Light or dark paper.

    Raises:
        UsageError: it is neither.
    """
    if written not in THEMES:
        raise UsageError("the theme of a chart is light or dark")
    return THEMES[written]


def spec_of(
    reader: Reader, answer: SeriesAnswer, events: Sequence[EventRow], theme: Theme = "light"
) -> Spec:
    """The chart of a series as a reader sees it."""
    return series_spec(answer, events, series_words(reader, answer, events), theme)


def series_words(reader: Reader, answer: SeriesAnswer, events: Sequence[EventRow]) -> SeriesWords:
    """What the chart of a series says."""
    say, asked, words = reader.say, answer.selection, MeasuredWords(reader)
    what = asked.target or asked.test or say("Measurements")
    if asked.feature and asked.feature != "all":
        what = f"{what}: {words.feature(asked.feature)}"
    place = say("all countries")
    if asked.probe_cc or asked.probe_asn:
        place = place_in_words(say, asked.probe_cc, asked.probe_asn)
    told = [f"{words.said(words.state(one.state).word)} {words.change(one.change)}: "
            f"{say('{at}', at=one.at)}" for one in events]  # fmt: skip
    counted = say(
        "Of {n} {n|verdict|verdicts|verdicts} that can be judged, {failing} "
        "{failing|fails|fail|fail}; {aside} more {aside|says|say|say} nothing of "
        "blocking.",
        n=answer.n_judged,
        failing=answer.n_failing,
        aside=answer.n_aside,
    )
    reading = say("What fails is at the bottom. Grey behind: nobody measured.")
    changed = say("Shaded: the interval in which it changed; dashed: the best estimate.")
    return SeriesWords(
        title=_tamed(f"{what[:TITLE_SIGNS]}, {place}"),
        subtitle=f"{reading} {changed}" if events else reading,
        alt=_tamed(f"{what}, {place}. {counted} {'; '.join(told)}".strip()),
        time=say("time (UTC)"),
        verdicts=say("verdicts by day") if answer.grain == "day" else say("verdicts by hour"),
        state=say("state"),
        fails=say("fails"),
        works=say("works"),
        nothing=say("says nothing of blocking"),
        time_locale=time_locale(reader.language),
    )


def _tamed(text: str) -> str:
    """What foreign texts may steer, or no XML may hold, as a sign that stands for it."""
    return CONTROLS.sub(REPLACED, text)
