"""The strip of a target's time: what lies where."""

from datetime import UTC, datetime, timedelta

import msgspec

from overblock.reports.answers import Gap
from overblock.reports.checks.history import ListedSpan, RegisterSpans, TargetHistory
from overblock.web.checks.strip import Strip, strip_of

FIRST = datetime(2014, 1, 1, tzinfo=UTC)
LAST = datetime(2018, 1, 1, tzinfo=UTC)
NOW = datetime(2020, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365.25)


def span(begins: datetime, ends: datetime | None) -> ListedSpan:
    return ListedSpan(begins=begins, ends=ends, kind="attached", entries=1, decisions=[])


def register(*spans: ListedSpan) -> RegisterSpans:
    silence = Gap(silent_from=FIRST + YEAR, silent_until=FIRST + 2 * YEAR)
    return RegisterSpans(
        register="one",
        first=FIRST,
        last=LAST,
        silences=[silence],
        spans=list(spans),
        spans_in_all=len(spans),
    )


def drawn(*spans: ListedSpan, at: datetime = LAST) -> Strip:
    strip = strip_of(TargetHistory(target="x", registers=[register(*spans)]), at, NOW)
    assert strip is not None
    return strip


def percent(written: str) -> float:
    return float(written.removesuffix("%"))


def test_where_no_register_speaks_there_is_no_strip() -> None:
    assert strip_of(TargetHistory(target="x", registers=[]), NOW, NOW) is None


def test_a_strip_ends_with_the_register_or_with_the_moment_if_that_is_later() -> None:
    assert drawn().ends == LAST
    assert drawn(at=FIRST - YEAR).ends == LAST
    later = drawn(at=datetime(9999, 12, 31, tzinfo=UTC))
    assert later.ends == NOW
    assert later.mark == "100.000%"
    assert later.rows[0].silences[-1].begins == LAST


def test_what_was_listed_lies_where_it_was_and_can_be_hit_however_short() -> None:
    hour = timedelta(hours=1)
    long, short, still = (
        span(FIRST, FIRST + YEAR),
        span(LAST - hour, LAST - hour / 2),
        span(LAST, None),
    )
    parts = drawn(long, short, still).rows[0].spans
    assert abs(percent(parts[0].width) - 25) < 0.1
    for part in parts:
        assert percent(part.width) > 0.3
        assert percent(part.left) + percent(part.width) <= 100.001


def test_steps_lead_to_the_changes_beside_the_moment() -> None:
    one, two = span(FIRST, FIRST + YEAR), span(FIRST + 3 * YEAR, None)
    strip = drawn(one, two, at=FIRST + 2 * YEAR)
    assert (strip.before, strip.after) == (FIRST + YEAR, FIRST + 3 * YEAR)
    assert drawn(one, at=FIRST - YEAR).before is None
    assert drawn(one, at=LAST).after is None


def test_the_slider_has_a_step_a_day_and_stands_on_the_moment() -> None:
    strip = drawn(at=FIRST + timedelta(days=10))
    assert strip.day == 10
    assert FIRST + timedelta(days=strip.days) == LAST
    assert drawn(at=FIRST - YEAR).day == 0


def test_a_long_time_has_no_more_years_than_can_be_written() -> None:
    early = register().first.replace(year=1950)
    history = TargetHistory(
        target="x",
        registers=[
            RegisterSpans(
                register="one", first=early, last=LAST, silences=[], spans=[], spans_in_all=0
            )
        ],
    )
    strip = strip_of(history, LAST, NOW)
    assert strip is not None
    assert len(strip.years) <= 8


def test_the_slider_stands_on_the_day_of_the_calendar_whatever_hour_a_register_begins() -> None:
    """It stood on the day before, and told of that one what was not so of the moment."""
    noon = timedelta(hours=12)
    one = register()
    late = msgspec.structs.replace(one, first=FIRST + noon, last=LAST + noon)
    strip = strip_of(TargetHistory(target="x", registers=[late]), LAST + noon / 2, NOW)
    assert strip is not None
    day = FIRST.date() + timedelta(days=strip.day)
    assert (day, strip.days) == (LAST.date(), strip.day)
