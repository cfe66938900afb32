"""Documented times: an instant where a source gives one, else a whole day, month or year.

A day without an hour is kept as what it is, the first to the last instant of that day where the
case took place; a month or a year likewise.  Whoever asks how much was listed then gets two
readings, one for each end; nobody has to pretend that an undated event happened at midnight.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal, TypeAlias

from overblock.instants import TICK

Precision: TypeAlias = Literal["year", "month", "day", "instant"]

SPAN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
LONGEST = {"day": timedelta(days=1), "month": timedelta(days=31), "year": timedelta(days=366)}
OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A documented time; both ends in UTC, the same where the source gives the hour."""

    first: datetime
    last: datetime

    @property
    def precision(self) -> Precision:
        """What the source gave: an instant, a day, a month or a year."""
        if self.first == self.last:
            return "instant"
        long = self.last - self.first
        if long < LONGEST["day"]:
            return "day"
        return "month" if long < LONGEST["month"] else "year"


def read_moment(text: str, zone: timezone) -> Moment:
    """Read a day, month or year of ``zone``, or an instant that states its own zone.

    >>> read_moment("2018-04-17", timezone(timedelta(hours=3))).first
    datetime.datetime(2018, 4, 16, 21, 0, tzinfo=datetime.timezone.utc)

    Raises:
        ValueError: it is none of these, or an instant without a zone, whose hour could be any.
    """
    try:
        span = SPAN.fullmatch(text)
        if span is not None:
            return _span(*(int(part) if part else None for part in span.groups()), zone=zone)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not a time") from None
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has an hour but no time zone")
    return Moment(first=at.astimezone(UTC), last=at.astimezone(UTC))


def _span(year: int | None, month: int | None, day: int | None, *, zone: timezone) -> Moment:
    first = datetime(year or 0, month or 1, day or 1, tzinfo=zone)
    if day is not None:
        after = first + LONGEST["day"]
    elif month is not None:
        after = (first + LONGEST["month"]).replace(day=1)
    else:
        after = first.replace(year=first.year + 1)
    return Moment(first=first.astimezone(UTC), last=after.astimezone(UTC) - TICK)


def read_zone(text: str) -> timezone:
    """Read an offset from UTC such as ``+03:00``.

    A case lasts weeks, so an offset says all that a named zone would, and needs no zone files.

    Raises:
        ValueError: it is not one.
    """
    found = OFFSET.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an offset like +03:00")
    sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset > timedelta(hours=14) or int(minutes) > 59:  # noqa: PLR2004  (the clock's own)
        raise ValueError(f"{text!r} is not an offset that any clock has")
    return timezone(-offset if sign == "-" else offset)
