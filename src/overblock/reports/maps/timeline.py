"""What the map can draw of a register or of a documented case: each listing with its time.

A `Timeline` is read once for a state of the observatory and answers for every moment: which
addresses stood listed, in which colour.  Between two changes nothing moves, so a picture belongs to
the change before it; its address on the web names that change and a digest of the whole timeline,
and may be kept for ever.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from hashlib import sha256
from threading import Lock
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.coverage import NEVER, coverage_over_time
from overblock.addresses.intervals import IntervalSet, Mask
from overblock.addresses.locate import Points
from overblock.errors import NoSnapshot
from overblock.instants import microseconds
from overblock.reports.answers import Gap, SnapshotFacts

Colour: TypeAlias = tuple[int, int, int]
Instants: TypeAlias = NDArray[np.int64]  # (n,), microseconds since 1970 in UTC
STATES_KEPT = 24  # sets of the moments last asked about
PIN = 16  # signs of the digest in an address


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerFact:
    """One colour of the map; the sets of two layers never share an address."""

    key: str  # ordered, attached, both; of a case a holder, others
    colour: Colour
    ringed: bool = False  # too small to be seen from afar


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFact:
    """A legal act."""

    number: str | None
    date: date | None
    authority: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a moment besides the addresses."""

    snapshot: SnapshotFacts | None = None  # None: a case, which has sources of its own
    silent: Gap | None = None
    ipv6_prefixes: int = 0  # listed too: they have no place on this map
    unconfirmed_ipv4: int = 0  # listed before the last silence, not seen since: in no layer
    unplaced_ipv4: int = 0  # of a case: listed before it, nobody wrote down where


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapSubject:
    """What is drawn, apart from its addresses."""

    subject: Literal["register", "case"]
    name: str
    title: str
    layers: tuple[LayerFact, ...]
    apart: Callable[[list[IntervalSet]], list[IntervalSet]]  # sets of groups to sets of layers
    decisions: tuple[DecisionFact, ...]
    known_from: datetime
    standing: Callable[[datetime], Standing]
    known_until: datetime | None = None  # None: until now
    source: str = ""  # of a case: where its networks are from
    titles: Mapping[str, str] = field(default_factory=dict)  # by language


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timeline(MapSubject):
    """All listings with addresses; the arrays are of one length, a listing an element."""

    starts: Points
    ends: Points
    begins: Instants  # listed from then on
    until: Instants  # no longer counted from then on; NEVER where it still is
    group: NDArray[np.int8]  # of ``apart``
    decision: NDArray[np.int32]
    changes: Instants  # every moment at which anything changes, in order
    sizes: NDArray[np.int64]  # the union from each of them on
    digest: str
    _kept: OrderedDict[int, list[IntervalSet]] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def change_before(self, at: datetime) -> int:
        """The last change at or before a moment: what a picture of that moment belongs to.

        Raises:
            NoSnapshot: nothing is known of that moment.
        """
        if at < self.known_from or (self.known_until and at > self.known_until):
            raise NoSnapshot(
                f"{self.name} tells nothing of {at:%Y-%m-%d %H:%M} UTC; it begins with "
                f"{self.known_from:%Y-%m-%d %H:%M} UTC"
                + (f" and ends with {self.known_until:%Y-%m-%d %H:%M}" if self.known_until else "")
            )
        place = int(np.searchsorted(self.changes, microseconds(at), side="right"))
        return int(self.changes[place - 1]) if place else microseconds(self.known_from)

    def alive(self, change: int) -> Mask:
        """Which listings stand from a change on."""
        return (self.begins <= change) & (change < self.until)

    def layers_at(self, change: int) -> list[IntervalSet]:
        """The set of each layer; of the moments last asked about they are kept."""
        with self._lock:
            if change in self._kept:
                self._kept.move_to_end(change)
                return self._kept[change]
        alive = self.alive(change)
        starts, ends, group = self.starts[alive], self.ends[alive], self.group[alive]
        n_groups = int(self.group.max(initial=0)) + 1
        held = [IntervalSet.of(starts[group == one], ends[group == one]) for one in range(n_groups)]
        found = self.apart(held)
        with self._lock:
            self._kept[change] = found
            while len(self._kept) > STATES_KEPT:
                self._kept.popitem(last=False)
        return found

    def size_at(self, change: int) -> int:
        """How many addresses stand listed from a change on, each once."""
        place = int(np.searchsorted(self.changes, change, side="right"))
        return int(self.sizes[place - 1]) if place else 0

    def pin(self, change: int) -> str:
        """How addresses of pictures name a state: the change, and the timeline it is of."""
        return f"{change}-{self.digest[:PIN]}"

    def change_pinned(self, pin: str) -> int:
        """The change that a name of `pin` is of.

        Raises:
            NoSnapshot: it is of another timeline, or of no change of this one.
        """
        change, _, digest = pin.partition("-")
        wanted = int(change) if change.isdecimal() and len(change) < len(str(NEVER)) else -1
        place = int(np.searchsorted(self.changes, wanted))
        known = place < len(self.changes) and int(self.changes[place]) == wanted
        if digest != self.digest[:PIN] or not (known or wanted == microseconds(self.known_from)):
            raise NoSnapshot(f"{self.name} has no state {pin[:60]!r} any more; ask the page anew")
        return wanted


def timeline_of(subject: MapSubject, frame: pl.DataFrame) -> Timeline:
    """Lay out listings: address and moment from and until, and numbers of group and decision.

    The columns are called ``ipv4_from``, ``ipv4_until``, ``begins``, ``until``, ``group`` and
    ``decision``; what ends before it begins, or at once, is left out.
    """
    columns = ("begins", "ipv4_from", "ipv4_until", "until", "group", "decision")
    ordered = frame.filter(pl.col("begins") < pl.col("until")).sort(columns)
    begins, starts, ends, until, group, decision = (ordered[name].to_numpy() for name in columns)
    last = NEVER if subject.known_until is None else microseconds(subject.known_until) + 1
    changes = _distinct(np.concatenate([begins, until]))
    changes = changes[changes < last]
    told = (subject.name, [layer.key for layer in subject.layers], subject.decisions)
    digest = sha256(repr(told).encode())
    for column in (begins, starts, ends, until, group, decision):
        digest.update(np.ascontiguousarray(column).tobytes())
    facts = {one.name: getattr(subject, one.name) for one in fields(MapSubject)}
    return Timeline(
        **facts,
        starts=starts,
        ends=ends,
        begins=begins,
        until=until,
        group=group.astype(np.int8),
        decision=decision.astype(np.int32),
        changes=changes,
        sizes=_sizes(starts, ends, begins, until, changes),
        digest=digest.hexdigest(),
    )


def _sizes(
    starts: Points, ends: Points, begins: Instants, until: Instants, changes: Instants
) -> NDArray[np.int64]:
    """The size of the union from each change on."""
    swept = coverage_over_time(starts, ends, begins, until)
    place = np.searchsorted(swept.times, changes, side="right")
    return np.concatenate([[0], swept.sizes])[place]


def _distinct(values: Instants) -> Instants:
    ordered = np.sort(values)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]
