"""From successive states of a register to runs: from when to when each record was listed.

A fold: one snapshot after the other, with a state the size of one snapshot.  A record that a
flagged snapshot leaves out is *held*: it stays listed until a whole snapshot leaves it out too.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

RecordKey: TypeAlias = bytes  # sixteen bytes, the digest of a record as it stands in the file


class Run(NamedTuple):
    """A record was listed from ``listed_from``, last seen, and gone at ``listed_until``."""

    record_key: RecordKey
    listed_from: datetime
    last_seen_at: datetime
    listed_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one snapshot changed against the one before."""

    at: datetime
    left: Mapping[RecordKey, int]
    came: Mapping[RecordKey, int]
    whole: bool  # may it end listings?


@dataclass(slots=True, kw_only=True)
class RunState:
    """What stands after the last snapshot; mutable, as a fold over thousands of states must be."""

    at: datetime | None = None
    counts: Counter[RecordKey] = field(default_factory=Counter)  # how often each stands there
    since: dict[RecordKey, datetime] = field(default_factory=dict)
    held: dict[RecordKey, tuple[datetime, datetime]] = field(default_factory=dict)

    def apply(self, step: Step) -> Iterator[Run]:
        """Take in one snapshot; give the runs that it ended."""
        for key in self._gone(step.left):
            self.held[key] = (self.since.pop(key), self.at or step.at)
        for key, times in step.came.items():
            self.counts[key] += times
            if key in self.held:
                self.since[key] = self.held.pop(key)[0]
            else:
                self.since.setdefault(key, step.at)
        self.at = step.at
        if step.whole and self.held:
            yield from (
                Run(key, begun, seen, step.at)
                for key, (begun, seen) in self.held.items()
                if begun < step.at  # what only a broken state of the same moment held, never was
            )
            self.held.clear()

    def open_runs(self) -> Iterable[Run]:
        """Runs that no snapshot has ended: still there, or held."""
        if self.at is None:
            return
        for key, begun in self.since.items():
            yield Run(key, begun, self.at, None)
        for key, (begun, seen) in self.held.items():
            yield Run(key, begun, seen, None)

    def _gone(self, left: Mapping[RecordKey, int]) -> Iterator[RecordKey]:
        for key, times in left.items():
            self.counts[key] -= times
            if self.counts[key] <= 0:
                del self.counts[key]
                yield key


def record_key(record: bytes) -> RecordKey:
    """The digest that a record is known by."""
    return blake2b(record, digest_size=16).digest()
