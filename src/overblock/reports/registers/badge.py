"""A register in one line, for the banners of other sites: how much it lists, and how old that is.

A stale figure is shown as stale: what a silent register listed last is no answer for today.
"""

from datetime import datetime

import msgspec

from overblock.errors import UnknownRegister
from overblock.reports.registers.now import NowAnswer, RegisterNow

DAY = 86_400


class BadgeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a badge says."""

    register: str
    title: str
    country: str | None
    at: datetime
    state: str  # fresh; flagged: its newest snapshot is in doubt; silent; unknown; broken
    ipv4: int | None  # a union; null: unknown
    ipv4_added: int | None  # within a day; null: unknown
    ipv4_removed: int | None
    published_at: datetime | None
    age: float | None  # seconds
    flags: list[str]
    snapshot: str | None  # SHA-256


def badge_of(answer: NowAnswer, register: str) -> BadgeAnswer:
    """The badge of one register.

    Raises:
        UnknownRegister: the observatory has no such register.
    """
    found = next((one for one in answer.registers if one.register == register), None)
    if found is None:
        known = ", ".join(one.register for one in answer.registers) or "none yet"
        raise UnknownRegister(f"no register here is called {register[:80]!r}; registers: {known}")
    fresh, day = found.freshness, found.day
    return BadgeAnswer(
        register=register,
        title=found.title,
        country=found.country,
        at=answer.at,
        state=_state(found),
        ipv4=found.ipv4,
        ipv4_added=day.ipv4_added if day else None,
        ipv4_removed=day.ipv4_removed if day else None,
        published_at=fresh.published_at if fresh else None,
        age=fresh.age if fresh else None,
        flags=fresh.flags if fresh else [],
        snapshot=fresh.snapshot if fresh else None,
    )


def _state(one: RegisterNow) -> str:
    if one.broken:
        return "broken"
    if one.freshness is None or one.freshness.published_at is None:
        return "unknown"
    if one.freshness.silent:
        return "silent"
    return "flagged" if one.freshness.flags else "fresh"
