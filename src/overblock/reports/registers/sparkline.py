"""A register's last months as a small line: where it stands against where it stood."""

from datetime import datetime, timedelta

import msgspec

from overblock.errors import NoSnapshot
from overblock.reports.registers.history import HistoryRow, history
from overblock.store import View

SPAN = timedelta(days=90)
WIDTH, HEIGHT = 240.0, 44.0


class Sparkline(msgspec.Struct, frozen=True, kw_only=True):
    """The extent over the last 90 days that the register spoke of, in places of a small picture."""

    begins: datetime
    ends: datetime
    low: int
    high: int
    first: int
    last: int
    spoken: list[str]  # lines: "x,y x,y"; apart where the register was silent
    silent: list[str]  # lines over its silences: its last word, which nobody confirmed


def sparkline(view: View, register: str, published_at: datetime | None) -> Sparkline | None:
    """The line of a register that ends with a snapshot; None where there are not two days of it.

    Raises:
        UnknownRegister: the observatory has no such register.
    """
    if published_at is None:
        return None
    try:
        begins = published_at - SPAN
        rows = history(view, register, begins=begins, ends=published_at).rows
    except (NoSnapshot, OverflowError):
        return None
    return drawn(rows) if len(rows) > 1 else None


def drawn(rows: list[HistoryRow]) -> Sparkline:
    """Rows as lines; time goes to the right, nothing listed is at the foot."""
    begins, ends = rows[0].at, rows[-1].at
    high = max(row.ipv4 for row in rows)
    spoken: list[list[str]] = [[]]
    silent: list[list[str]] = []
    for before, row in zip([rows[0], *rows], rows, strict=False):
        x = WIDTH * ((row.at - begins) / (ends - begins))
        y = HEIGHT - (HEIGHT - 2) * row.ipv4 / (high or 1) - 1
        place = f"{x:.1f},{y:.1f}"
        if row.silent and not (before.silent and silent):
            silent.append(spoken[-1][-1:])  # it begins where the last word was
        if row.silent:
            silent[-1].append(place)
        else:
            if before.silent and spoken[-1]:
                spoken.append([])
            spoken[-1].append(place)
    return Sparkline(
        begins=begins,
        ends=ends,
        low=min(row.ipv4 for row in rows),
        high=high,
        first=rows[0].ipv4,
        last=rows[-1].ipv4,
        spoken=[" ".join(line) for line in spoken if line],
        silent=[" ".join(line) for line in silent if line],
    )
