"""What a visitor typed, held to its bounds before anything is done with it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeAlias

from litestar.params import QueryParameter

from overblock.errors import BadAddress, BadMoment, TooMuchAsked
from overblock.reports.moments import parse_moment
from overblock.reports.targets import read_target

MOST_BYTES = 256 * 1024  # of all that is asked about at once
MOST_LINES = 1_000
MOST_SIGNS = 2_048  # of one line
MOMENT_SIGNS = 40
SHOWN = 80

Lines: TypeAlias = Annotated[
    str,
    QueryParameter(
        description="An address, network, domain or page; or up to 1,000 of them, one a line."
    ),
]
At: TypeAlias = Annotated[
    str,
    QueryParameter(description="Moment in UTC: 2018-05-05, 2018-05-05T13:25, or nothing for now."),
]


def asked_lines(text: str) -> list[str]:
    """The lines that are asked about; blank ones and ``#`` comments are none.

    Raises:
        TooMuchAsked: there are too many, or one is too long.
    """
    if len(text) > MOST_BYTES:
        raise TooMuchAsked(f"{len(text):,} signs at once: at most {MOST_BYTES:,}")
    trimmed = (line.partition(" #")[0].strip() for line in text.splitlines())
    lines = [line for line in trimmed if line and not line.startswith("#")]
    if len(lines) > MOST_LINES:
        raise TooMuchAsked(
            f"{len(lines):,} lines at once: at most {MOST_LINES:,}; "
            "`overblock check -` takes more, on your own machine"
        )
    for number, line in enumerate(lines, start=1):
        if len(line) > MOST_SIGNS:
            raise TooMuchAsked(
                f"line {number} has {len(line):,} signs, at most {MOST_SIGNS:,}: {line[:SHOWN]!r}"
            )
    return lines


def sorted_out(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Lines that can be asked about, and what is wrong with each of the others."""
    good, bad = [], []
    for line in lines:
        try:
            read_target(line)
        except BadAddress as error:
            bad.append(str(error))
        else:
            good.append(line)
    return good, bad


def moment_of(written: str, now: datetime | None = None, *, day_begins: bool = False) -> datetime:
    """The moment that is asked about; nothing is now, to the minute.

    A day alone is its last instant, with ``day_begins`` its first.

    Raises:
        BadMoment: it is none.
    """
    if len(written) > MOMENT_SIGNS:
        raise BadMoment(f"{written[:MOMENT_SIGNS]!r}… is not a moment: write 2018-04-16 or now")
    at = (now or datetime.now(UTC)).replace(second=0, microsecond=0)
    return parse_moment(written or "now", at, day_begins=day_begins)
