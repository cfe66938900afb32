"""``overblock audience``: did an audience change at an event, by whose count, and by how much?"""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from overblock.cli._options import DAY_BEGINS, Render, Rows, format_option
from overblock.cli._text import counted, plain

if TYPE_CHECKING:
    from overblock.reports.audiences.audience import (
        AudienceAnswer,
        AudienceEffect,
        AudienceMigration,
        AudienceSeries,
    )

MOST_POINTS = 24  # of a series are shown to people
MOST_SERIES = 40
LARGE = 10_000  # from here on, figures are shown without decimals
MOST_NAMES = 24  # of services beside each other
EFFECTS = {"level": "at the event", "trend": "a step", "mean": "mean of all after"}


@click.command("audience")
@click.argument("paths", nargs=-1, required=True, metavar="CASE|FILE...")
@click.option("--event", type=DAY_BEGINS, required=True, help="When it happened, in UTC.")
@click.option("--service", help="Only this service or channel.")
@click.option("--metric", help="Only what was counted under this word.")
@click.option(
    "--every",
    type=click.Choice(["day", "week", "month"]),
    help="Means by day, week or month, as for views of posts.",
)
@click.option(
    "--changes", is_flag=True, help="From one figure to the next, as for counts of followers."
)
@format_option
def command(
    *,
    paths: tuple[str, ...],
    event: datetime,
    service: str | None,
    metric: str | None,
    every: str | None,
    changes: bool,
    render: Render,
) -> None:
    """Say whether an audience changed at an event, by whose count, and by how much.

    CASE is a documented case with a series.csv; FILE a table (at,value and, where known,
    value_high, service, channel, metric, definition, unit, n) or a saved page of a Telegram
    channel, as t.me/s/NAME gives it; folders and archives of them are read too. Figures of
    different definitions are never mixed; where there are too few, they are shown and nothing is
    estimated.

    \b
    Examples:
      overblock audience telegram-2026 --event 2026-02-10
      overblock audience reach.csv --event 2018-04-16 --metric monthly_reach
      overblock audience pages/ --event 2018-04-16 --metric views --every day
    """
    from overblock.reports.audiences.audience import Question, audience_of_files

    question = Question(
        event_at=event,
        service=service,
        metric=metric,
        every=every,  # type: ignore[arg-type]  # click has checked the word
        changes=changes,
    )
    answer = audience_of_files(paths, question)
    for name in answer.cut:
        click.echo(f"{plain(name)}: its end is missing; its last post is not counted", err=True)
    render(answer, lambda: _rows(answer), lambda: _show(answer))


def _rows(answer: "AudienceAnswer") -> Rows:
    """A row a series, without its points; each effect's parts are columns of their own."""
    from overblock.reports.audiences.audience import AudienceEffect

    for one in answer.series:
        row: dict[str, object] = {"event_at": answer.event_at}
        for name in one.__struct_fields__:
            value = getattr(one, name)
            if name in EFFECTS:
                for part in AudienceEffect.__struct_fields__:
                    row[f"{name}_{part}"] = getattr(value, part, None)
            elif name != "points":
                row[name] = value
        yield row


def _show(answer: "AudienceAnswer") -> None:
    click.echo(
        f"event: {answer.event_at:%Y-%m-%d %H:%M} UTC; {len(answer.series):,} series, each of "
        f"one definition"
    )
    for one in answer.series[:MOST_SERIES]:
        _show_series(one)
    if len(answer.series) > MOST_SERIES:
        click.echo(f"… and {len(answer.series) - MOST_SERIES:,} more series (--format csv has all)")
    for migration in answer.migrations:
        _show_migration(migration)
    aside = (
        (answer.n_undated, "figure", "without a time"),
        (answer.n_unsettled, "view count", "of posts younger than a week"),
        (answer.n_rejects, "part", "of pages not understood"),
    )
    told = [f"{counted(number, thing)} {why}" for number, thing, why in aside if number]
    if told:
        click.echo(f"\nin no series: {'; '.join(told)}")


def _show_series(one: "AudienceSeries") -> None:
    from overblock.cli import _tables

    name = one.service if one.channel is None else f"{one.service} @{one.channel}"
    click.echo(f"\n{plain(name)}: {plain(one.definition)}, {plain(one.unit)}, by {one.period}")
    aside = [
        f"{one.n_across:,} across it" if one.n_across else "",
        f"{one.n_open:,} open" if one.n_open else "",
    ]
    click.echo(
        f"  {counted(one.n_before, 'point')} before the event, {one.n_after:,} after"
        + "".join(f", {words}" for words in aside if words)
    )
    if one.state == "insufficient":
        click.echo(f"  insufficient: {plain(one.because)}")
        for point in one.points[:MOST_POINTS]:
            what = f"{_number(point.low)} or more"
            if point.high is not None:
                what = _range(point.low, point.high)
            click.echo(f"    {point.at_first:%Y-%m-%d %H:%M}  {point.side:<7} {what}")
        if len(one.points) > MOST_POINTS:
            click.echo(f"    … and {len(one.points) - MOST_POINTS:,} more")
        return
    rows = [_line(words, getattr(one, name)) for name, words in EFFECTS.items()]
    columns = ["change", "#estimate", "#95 % from", "#to", "#placebos as large", "#p"]
    _tables.console().print(_tables.table(columns, rows))
    dates = f"{one.n_placebos:,}" if one.n_placebos else "too few points before for any"
    unit = "month" if one.period in {"month", "year"} else "day"
    click.echo(
        f"  expected at the event {_number(one.expected)}; a step is {one.step:g} {unit}"
        f"{'' if one.step == 1 else 's'}; autocorrelation about {one.autocorrelation:.2f}; "
        f"placebo dates: {dates}"
    )
    if one.caution:
        click.echo(f"  caution: {one.caution}")


def _line(words: str, effect: "AudienceEffect") -> list[object]:
    p = "unknown" if effect.placebo_p is None else f"{effect.placebo_p:.3f}"
    bounds = (_number(number) for number in (effect.value, effect.low, effect.high))
    return [words, *bounds, effect.n_larger, p]


def _show_migration(one: "AudienceMigration") -> None:
    click.echo(f"\nbeside each other: {plain(one.definition)}, {plain(one.unit)}")
    if one.state == "insufficient":
        click.echo(f"  insufficient: {plain(one.because)}")
    elif one.before_at is not None and one.after_at is not None:
        click.echo(f"  from {one.before_at:%Y-%m-%d %H:%M} to {one.after_at:%Y-%m-%d %H:%M} UTC")
    for each in one.moved[:MOST_NAMES]:
        click.echo(
            f"    {plain(each.name)}: {_number(each.before)} to {_number(each.after)}, "
            f"{'+' if each.change > 0 else ''}{_number(each.change)}"
        )
    if len(one.moved) > MOST_NAMES:
        click.echo(f"    … and {len(one.moved) - MOST_NAMES:,} more (--format json has all)")
    if one.offset_share is not None:
        click.echo(
            f"  of {_number(one.lost)} lost, others gained {100 * one.offset_share:.1f} %; that "
            "the same people moved is not in these figures"
        )
    if one.uncovered:
        names = [plain(name) for name in one.uncovered[:MOST_NAMES]]
        more = len(one.uncovered) - len(names)
        told = f" and {more:,} more" if more else ""
        click.echo(f"  not at both moments: {', '.join(names)}{told}")


def _range(low: float, high: float) -> str:
    return _number(low) if low == high else f"{_number(low)} to {_number(high)}"


def _number(value: float | None) -> str:
    if value is None:
        return "unknown"
    whole = abs(value) >= LARGE or value == round(value)
    return f"{value:,.0f}" if whole else f"{value:,.5g}"
