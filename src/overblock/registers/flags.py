"""What can be wrong with a snapshot as a whole, judged against the one before it.

A flagged snapshot may add listings but never end one: a file that was cut in the middle must not
look like mass unblocking.  The names of the flags are public: add, never rename.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Self

FLAGS = MappingProxyType({
    "cut": "its end is missing",
    "shrunken": "30 % or more of the records of the last whole snapshot are gone, at one stroke; "
    "the level is believed once the next snapshot agrees",
    "empty": "it holds no record, and this source is never empty",
    "damaged": "records that came with it cannot be read, so entries it still lists may seem gone",
    "stale": "it was fetched long after its own date: the source stood still",
    "duplicate": "the source published this very state before; it is not applied again",
    "out_of_order": "an old state, published again after a later one",
    "clock_backwards": "published after another snapshot, yet dated before it",
    "clock_ahead": "dated more than a day after it was fetched: it does not move the register on",
    "unreadable": "its bytes are missing from the history they stood in",
})  # fmt: skip
HIDING = frozenset({"cut", "shrunken", "empty", "damaged"})  # what it lacks may be listed
AHEAD = timedelta(days=1)  # clocks and zones differ by less
LOST_SHARE = 0.3  # docs/decisions/0004; cut files of 2012-2020 lost 46 to 60 %, whole ones under 21


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a snapshot before it is judged."""

    published_at: datetime
    fetched_at: datetime | None
    n_records: int
    cut: bool
    n_new_rejects: int
    seen_before: bool  # the register has had these very bytes
    in_sequence: bool  # its place after the one before was the source's doing, not ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where a register stands: what the next snapshot is judged against."""

    ordered_at: datetime | None = None  # place in time of the last snapshot; never goes back
    whole_records: int = 0  # of the last snapshot that was believed
    doubted_records: int | None = None  # of the last one if it had shrunk

    def judge(self, facts: Facts, silent_after: timedelta, at_least: int) -> tuple[str, ...]:
        """The flags of a snapshot, in the order of `FLAGS`."""
        back = self.ordered_at is not None and facts.published_at < self.ordered_at
        ahead = facts.fetched_at is not None and facts.published_at - facts.fetched_at > AHEAD
        late = facts.fetched_at is not None and facts.fetched_at - facts.published_at > silent_after
        found = {
            "cut": facts.cut,
            "shrunken": self._shrunken(facts.n_records),
            "empty": facts.n_records == 0 and at_least > 0,
            "damaged": facts.n_new_rejects > 0 and not facts.cut,
            "stale": late,
            "duplicate": facts.seen_before,
            "out_of_order": back and facts.in_sequence and facts.seen_before,
            "clock_backwards": back and facts.in_sequence and not facts.seen_before,
            "clock_ahead": ahead,
        }
        return tuple(flag for flag in FLAGS if found.get(flag))

    def after(self, facts: Facts, flags: tuple[str, ...]) -> Self:
        """Where the register stands once this snapshot is in."""
        if "duplicate" in flags:
            return self
        dated = facts.published_at
        if "clock_ahead" in flags and facts.fetched_at is not None:
            dated = facts.fetched_at  # else all that follow would seem to go back in time
        ordered_at = max(self.ordered_at or dated, dated)
        if "shrunken" in flags and not {"cut", "empty"} & set(flags):
            return replace(self, ordered_at=ordered_at, doubted_records=facts.n_records)
        if {"cut", "shrunken", "empty"} & set(flags):
            return replace(self, ordered_at=ordered_at, doubted_records=None)
        return replace(
            self, ordered_at=ordered_at, whole_records=facts.n_records, doubted_records=None
        )

    def _shrunken(self, n_records: int) -> bool:
        return lost_too_many(self.whole_records, n_records) and not self._agrees(n_records)

    def _agrees(self, n_records: int) -> bool:
        """Whether a state bears out that the one before it had rightly shrunk, to nought too."""
        doubted, kept = self.doubted_records, 1 - LOST_SHARE
        if not doubted:
            return doubted == n_records
        return kept * doubted < n_records < doubted / kept


def lost_too_many(before: int, now: int) -> bool:
    """Whether so much of what stood before is gone at once that it looks like a fault."""
    return before > 0 and before - now >= LOST_SHARE * before
