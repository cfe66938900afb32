"""Did an audience change at an event: the series of a case as blocks of a report.

A figure is rounded to the digits that its interval bears, so that another machine computes the
same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overblock.cases.facts import Turn
from overblock.reports.audiences.audience import AudienceAnswer, AudienceEffect, AudienceSeries
from overblock.reports.document.case_figures import CaseFigures
from overblock.reports.document.parts import Block, Paragraph, Phrase, Table, Value, phrase

DIGITS = 4
REASONS = {  # the beginning of why there is no estimate, in words that can be translated
    "too few points before": phrase("too few points before the event"),
    "too few points after": phrase("too few points after the event"),
    "not evenly spaced": phrase("not evenly spaced"),
    "no chance to judge by": phrase("no chance to judge by: all points lie on the lines"),
    "it wanders": phrase("it wanders: each point carries on the one before"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a case's audiences say of one event."""

    turn: Turn
    answer: AudienceAnswer


def audiences(case: CaseFigures, compared: Sequence[Compared]) -> Iterator[Block]:
    """Each event with its series, estimates and placebo dates; nothing for a case without any."""
    for number, one in enumerate(compared, start=1):
        estimated = [series for series in one.answer.series if series.state == "estimated"]
        yield Paragraph(
            text=phrase(
                "At {at} {what}. Of {all} series, each of one definition, {estimated} have enough "
                "points on both sides to say whether they changed.",
                at=one.answer.event_at,
                what=one.turn.what,
                all=_number(case, f"audience[{number}].series", len(one.answer.series), "series"),
                estimated=_number(case, f"audience[{number}].estimated", len(estimated), "series"),
            )
        )
        yield from case.picture(f"audience{number}")
        yield _table(case, number, one.answer.series)
        if estimated:
            yield Paragraph(text=READING)
    if compared:
        yield Paragraph(text=NEVER)


READING = phrase(
    "Change at the event: how far apart the lines before and after are at that moment, with its "
    "95 % interval. Placebo: the share of earlier dates at which it changed as much although "
    "nothing had happened; unknown where there are too few such dates."
)
NEVER = phrase(
    "Series of different definitions stand beside each other and are never put together; an "
    "audience that stayed does not say that nothing was blocked."
)


def _table(case: CaseFigures, number: int, series: Sequence[AudienceSeries]) -> Table:
    return Table(
        name=f"audience{number}",
        caption=phrase("Audiences before and after, by definition"),
        columns=(
            phrase("service"),
            phrase("definition"),
            phrase("unit"),
            phrase("points before"),
            phrase("points after"),
            phrase("change at the event"),
            phrase("95 % interval"),
            phrase("placebo"),
        ),
        rows=tuple(_row(case, number, place, one) for place, one in enumerate(series, start=1)),
    )


def _row(case: CaseFigures, number: int, place: int, one: AudienceSeries) -> tuple[Value, ...]:
    name = f"audience[{number}.{place}]"
    before = _number(case, f"{name}.n_before", one.n_before, "points")
    after = _number(case, f"{name}.n_after", one.n_after, "points")
    who = (one.channel or one.service, one.definition, Phrase(one.unit), before, after)
    if one.level is None:
        return (*who, _because(one.because), "", "")
    return (*who, *_effect(case, name, one.level, one.unit))


def _effect(
    case: CaseFigures, name: str, effect: AudienceEffect, unit: str
) -> tuple[Value, Value, Value]:
    low = _number(case, f"{name}.level.low", effect.low, unit)
    high = _number(case, f"{name}.level.high", effect.high, unit)
    return (
        _number(case, f"{name}.level", effect.value, unit),
        phrase("{low} to {high}", low=low, high=high),
        _number(case, f"{name}.placebo_p", effect.placebo_p, "share"),
    )


def _because(reason: str) -> Value:
    known = (words for begin, words in REASONS.items() if reason.startswith(begin))
    return next(known, reason)


def _number(case: CaseFigures, name: str, value: float | None, unit: str) -> Value:
    rounded = float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
    return case.number(name, rounded, unit, level="reported")
