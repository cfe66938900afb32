"""Instants as tables and arrays count them: whole microseconds since 1970, in UTC.

Counted in integers: ``timestamp()`` gives a fraction of seconds, which holds each microsecond
only until 2038; later moments come out one too early now and then.
"""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)  # what the tables resolve


def microseconds(at: datetime) -> int:
    """An instant as the tables count it.

    >>> microseconds(datetime(2018, 4, 16, 21, 0, 0, 123457, tzinfo=UTC))
    1523912400123457
    """
    return (at - EPOCH) // TICK


def instant_of(count: int) -> datetime:
    """The other way round."""
    return EPOCH + count * TICK


def to_the_second(at: datetime) -> str:
    """An instant as ISO 8601 writes it, in UTC, without what is below a second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
