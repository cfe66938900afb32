"""Moments as people write them."""

import re
from datetime import UTC, datetime, time, timedelta

from overblock.errors import BadMoment
from overblock.instants import TICK

DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")


def parse_moment(written: str, now: datetime, *, day_begins: bool = False) -> datetime:
    """A moment in UTC: ``2018-04-16T21:00``, with a zone if not UTC, ``2018-04-16`` or ``now``.

    A day alone is its last instant, so that "on 5 May" sees what was published that day; with
    ``day_begins`` it is the first.

    >>> from datetime import UTC, datetime
    >>> parse_moment("2018-04-16T21:00+03:00", datetime(2026, 1, 1, tzinfo=UTC)).isoformat()
    '2018-04-16T18:00:00+00:00'
    """
    text = written.strip()
    if text == "now":
        return now
    try:
        if DAY.match(text):
            day = datetime.combine(datetime.fromisoformat(text).date(), time(), UTC)
            return day if day_begins else day + (timedelta(days=1) - TICK)
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadMoment(
            f"{written!r} is not a moment: write 2018-04-16, 2018-04-16T21:00 or now"
        ) from error
