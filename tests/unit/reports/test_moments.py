"""Moments as people write them, and what is none."""

from datetime import UTC, datetime, timedelta

import pytest

from overblock.errors import BadMoment
from overblock.reports.moments import parse_moment

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("now", NOW),
        (" 2018-04-16T21:00 ", datetime(2018, 4, 16, 21, tzinfo=UTC)),
        ("2018-04-16T21:00+03:00", datetime(2018, 4, 16, 18, tzinfo=UTC)),
        ("2018-04-16T21:00Z", datetime(2018, 4, 16, 21, tzinfo=UTC)),
        ("2018-04-16 21:00:01.5", datetime(2018, 4, 16, 21, 0, 1, 500_000, tzinfo=UTC)),
        ("2018-04-16", datetime(2018, 4, 17, tzinfo=UTC) - INSTANT),
        ("9999-12-31", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
    ],
)
def test_a_moment_is_in_utc_and_a_day_alone_is_its_end(written: str, moment: datetime) -> None:
    assert parse_moment(written, NOW) == moment


def test_a_day_alone_can_be_its_beginning() -> None:
    begins = parse_moment("2018-04-16", NOW, day_begins=True)
    assert begins == datetime(2018, 4, 16, tzinfo=UTC)
    assert parse_moment("2018-04-16", NOW) - begins == DAY - INSTANT


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "2018-02-30", "2018-4-1", "0001-01-01T00:00+14:00", "9999-12-31T23:59-01:00"],
)
def test_what_is_no_moment_is_refused_with_its_value(written: str) -> None:
    with pytest.raises(BadMoment, match="is not a moment: write") as raised:
        parse_moment(written, NOW)
    assert repr(written) in str(raised.value)
