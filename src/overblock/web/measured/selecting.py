"""Which measurements, series or events a visitor asks for, held to bounds."""

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from litestar.params import QueryParameter

from overblock.errors import TooMuchAsked, UsageError
from overblock.events.series import Grain
from overblock.reports.measured.events import Selection
from overblock.reports.moments import parse_moment
from overblock.web.inputs import MOMENT_SIGNS, moment_of

MOST_SIGNS = 300  # of a target, a test or a feature
MOST_ASN = 2**32 - 1
MOST_PAGES = 100_000
COUNTRY_SIGNS = 2

Country: TypeAlias = Annotated[
    str, QueryParameter(description="Country of the probes, as RU; nothing for all.")
]
Network: TypeAlias = Annotated[
    str, QueryParameter(description="Network of the probes, as AS12389; nothing for all.")
]
TargetName: TypeAlias = Annotated[
    str, QueryParameter(description="Page or service, as verdicts name it; nothing for all.")
]
Test: TypeAlias = Annotated[
    str, QueryParameter(description="Name of the test, as web_connectivity; nothing for all.")
]
Feature: TypeAlias = Annotated[
    str, QueryParameter(description="Part of a service; all is the whole; nothing for any.")
]
Since: TypeAlias = Annotated[
    str, QueryParameter(description="From this moment on, in UTC; a day alone is its beginning.")
]
Until: TypeAlias = Annotated[
    str, QueryParameter(description="Before this moment, in UTC; a day alone is its end.")
]
By: TypeAlias = Annotated[str, QueryParameter(description="Counted by hour or by day.")]
Themed: TypeAlias = Annotated[str, QueryParameter(description="light or dark.")]
Page: TypeAlias = Annotated[
    int, QueryParameter(description="Which part of a long list, from 1 on.")
]


def selection_of(  # noqa: PLR0913  (a selection has as many fields)
    *,
    test: str = "",
    target: str = "",
    feature: str = "",
    cc: str = "",
    asn: str = "",
    since: str = "",
    until: str = "",
) -> Selection:
    """The series that are asked for.

    Raises:
        UsageError: a country, network or moment is none.
        TooMuchAsked: a word is far longer than any.
    """
    return Selection(
        test=word_of(test),
        target=word_of(target),
        feature=word_of(feature),
        probe_cc=country_of(cc),
        probe_asn=network_of(asn),
        since=since_of(since),
        until=until_of(until),
    )


def word_of(written: str) -> str | None:
    """A word as it is, without what stands around it; None where there is none."""
    if len(written) > MOST_SIGNS:
        raise TooMuchAsked(f"{len(written):,} signs: at most {MOST_SIGNS} of one name")
    return written.strip() or None


def country_of(written: str) -> str | None:
    """A country; None where none is asked for."""
    code = written.strip().upper()
    if not code:
        return None
    if len(code) != COUNTRY_SIGNS or not code.isascii() or not code.isalpha():
        raise UsageError(f"{written[:20]!r} is no country: write two letters, as RU")
    return code


def network_of(written: str) -> int | None:
    """The number of a network; None where none is asked for."""
    number = written.strip().upper().removeprefix("AS")
    if not number:
        return None
    if not (number.isascii() and number.isdecimal()) or not 0 < int(number[:11]) <= MOST_ASN:
        raise UsageError(f"{written[:20]!r} is no network: write AS12389")
    return int(number)


def since_of(written: str) -> datetime | None:
    """The first moment; a day alone begins at midnight."""
    if not written.strip():
        return None
    if len(written) > MOMENT_SIGNS:
        return moment_of(written)  # refuses it
    return parse_moment(written, datetime.now(UTC).replace(second=0, microsecond=0),
                        day_begins=True)  # fmt: skip


def until_of(written: str) -> datetime | None:
    """One past the last moment; a day alone is all of that day."""
    return moment_of(written) if written.strip() else None


def grain_of(written: str) -> Grain:
    """Hour or day; by the hour where nothing is said."""
    if written in {"", "hour"}:
        return "hour"
    if written == "day":
        return "day"
    raise UsageError(f"{written[:20]!r}: by hour or day")


def page_of(number: int) -> int:
    """A page of a list."""
    if not 1 <= number <= MOST_PAGES:
        raise UsageError(f"page {number}: from 1 to {MOST_PAGES:,}")
    return number
