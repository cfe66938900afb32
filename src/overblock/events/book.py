"""What a detector remembers: per network its baseline and its excursion, per series its CUSUMs.

A *member* is one network's counts; a *group* is what one alarm is about: one member at the level
of networks, all networks of a country at the level of countries.  Each bucket adds evidence to
the group's CUSUMs (Page 1954), one for each alternative, each from the member's own baseline, so
that neither volume nor the mix of networks is evidence.  What comes while every CUSUM is at zero
goes into the baseline; what comes while one is above is the *excursion*, kept apart until it is
either an event or nothing.

The arrays are changed in place, bucket after bucket; nothing here looks ahead.
"""

from dataclasses import dataclass, fields
from io import BytesIO
from typing import Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from overblock.events.evidence import STEPS, Floats, increments

Places: TypeAlias = NDArray[np.int64]  # (n,), of members or of groups
Mask: TypeAlias = NDArray[np.bool_]

RING = 72  # buckets with data that are kept, to date a change and to see a ramp out
JUDGED, FAILED, RAW, RAW_FAILED, PARTLY, THROTTLED = range(6)  # columns of the ring; then x
COUNTS = 6
READY = 8.0  # measurements' worth that a baseline needs before it is compared with
MEMORY = 1_000.0  # measurements' worth that a baseline rests on at most: older ones fade
GROWN, MOVED = 1.2, 0.02  # when the alternatives of a baseline are worked out anew
WIDTHS: dict[str, tuple[int, ...]] = {  # of the arrays that are more than one value wide
    **dict.fromkeys(["m_if_failed", "m_if_fine", "g_sum", "g_start"], STEPS.shape),
    "g_ring": (RING, COUNTS + len(STEPS)),
    "g_ring_at": (RING,),
}
CLEAR = 0.1  # a share known so well is taken for what it is, however near to the half
HALF = 0.5  # a series that begins with more failing than this begins as a failing one


@dataclass(slots=True)
class Book:
    """All series at one moment; the first axis is members (m_) or groups (g_)."""

    m_group: Places
    m_judged: Floats  # the baseline, in measurements' worth
    m_failed: Floats
    m_out_judged: Floats  # the excursion
    m_out_failed: Floats
    m_epoch: Places  # the group's epoch that the excursion belongs to
    m_ref_judged: Floats  # the baseline that the alternatives were made from
    m_ref_share: Floats
    m_if_failed: Floats  # what one failing measurement adds
    m_if_fine: Floats
    g_sum: Floats  # the CUSUMs
    g_start: Places  # the bucket after which each was last zero
    g_epoch: Places  # how often all of them were zero
    g_known: Mask  # whether it is known to be fine or failing
    g_failing: Mask
    g_home: Floats  # the failing share before it began to fail
    g_since: Places  # the first bucket after its last change was known
    g_over: Places  # buckets with data since a CUSUM passed the threshold
    g_seen: Floats  # measurements since its last change
    g_count: Places  # buckets with data so far
    g_ring: Floats
    g_ring_at: Places

    @classmethod
    def empty(cls) -> Self:
        """A book without any series."""
        shapes = WIDTHS | {held.name: () for held in fields(cls) if held.name not in WIDTHS}
        kinds: dict[object, type[np.generic]] = {Places: np.int64, Mask: np.bool_}
        return cls(
            **{
                held.name: np.zeros((0, *shapes[held.name]), kinds.get(held.type, np.float64))
                for held in fields(cls)
            }
        )

    def grow(self, groups_of_new: Places, n_groups: int) -> None:
        """Make room for new members, of the groups named, and for the groups' number in all."""
        more = {"m": len(groups_of_new), "g": n_groups - len(self.g_epoch)}
        for held in fields(self):
            old = getattr(self, held.name)
            room = np.zeros((more[held.name[0]], *old.shape[1:]), old.dtype)
            setattr(self, held.name, np.concatenate([old, room]))
        if len(groups_of_new):
            self.m_group[-len(groups_of_new) :] = groups_of_new

    def settle(self, members: Places) -> None:
        """Put excursions that came to nothing into the baselines, which forget what is old."""
        judged = self.m_judged[members] + self.m_out_judged[members]
        failed = self.m_failed[members] + self.m_out_failed[members]
        kept = np.minimum(1.0, MEMORY / np.maximum(judged, 1.0))
        judged, failed = judged * kept, failed * kept
        self.m_judged[members], self.m_failed[members] = judged, failed
        self.m_out_judged[members] = self.m_out_failed[members] = 0.0
        share = failed / np.maximum(judged, 1.0)
        moved = np.abs(share - self.m_ref_share[members]) > MOVED
        due = (judged >= READY) & (moved | (judged > GROWN * self.m_ref_judged[members]))
        if due.any():
            self.compare(members[due])

    def compare(self, members: Places) -> None:
        """Work out the alternatives to the baselines of members; none while too little is known."""
        for group in np.unique(self.m_group[members[~self.g_known[self.m_group[members]]]]):
            self._begin(int(group))
        able = (self.m_judged[members] >= READY) & self.g_known[self.m_group[members]]
        self.m_if_failed[members] = self.m_if_fine[members] = 0.0
        members = members[able]
        judged, failed = self.m_judged[members], self.m_failed[members]
        falls = self.g_failing[self.m_group[members]]
        if_failed, if_fine = increments(judged, failed, falls=falls)
        self.m_if_failed[members], self.m_if_fine[members] = if_failed.T, if_fine.T
        self.m_ref_judged[members], self.m_ref_share[members] = judged, failed / judged

    def _begin(self, group: int) -> None:
        """Tell whether a group begins as fine or as failing: by its networks, not their counts."""
        members = self.members(group)
        ready = members[self.m_judged[members] >= READY]
        if not len(ready):
            return
        share = float(np.mean(self.m_failed[ready] / self.m_judged[ready]))
        doubt = 1.0 / np.sqrt(self.m_judged[ready].sum())  # two standard errors at a half
        if abs(share - HALF) >= doubt or doubt < CLEAR:
            self.g_known[group], self.g_failing[group] = True, share > HALF

    def members(self, group: int) -> Places:
        """The members of a group."""
        return np.flatnonzero(self.m_group == group)

    def add(self, at: int, members: Places, counts: Floats, most: float) -> Places:
        """Add one bucket; returns the groups that had data in it, sorted.

        Args:
            at: the bucket's number; later than all before.
            members: those with data in it, sorted, each once, those of a group together.
            counts: ``(n, COUNTS)``, the columns of the ring.
            most: what one member's bucket can add or take away at most.
        """
        of_group = self.m_group[members]
        stale = self.m_epoch[members] != self.g_epoch[of_group]
        self.settle(members[stale])
        self.m_epoch[members] = self.g_epoch[of_group]
        self.m_out_judged[members] += counts[:, JUDGED]
        self.m_out_failed[members] += counts[:, FAILED]
        fine = counts[:, JUDGED] - counts[:, FAILED]
        x = self.m_if_failed[members] * counts[:, FAILED, None]
        x += self.m_if_fine[members] * fine[:, None]
        np.clip(x, -most, most, out=x)
        row = np.concatenate([counts, x], axis=1)
        opens = np.flatnonzero(np.diff(of_group, prepend=-1))
        if len(opens) < len(of_group):
            row = np.add.reduceat(row, opens, axis=0)
        groups = of_group[opens]
        self._count(at, groups, row)
        return groups

    def _count(self, at: int, groups: Places, row: Floats) -> None:
        place = self.g_count[groups] % RING
        self.g_ring[groups, place] = row
        self.g_ring_at[groups, place] = at
        self.g_count[groups] += 1
        self.g_seen[groups] += row[:, RAW]
        before = self.g_sum[groups]
        after = np.maximum(before + row[:, COUNTS:], 0.0)
        self.g_start[groups] = np.where(before > 0.0, self.g_start[groups], at)
        self.g_sum[groups] = after
        above = after.any(axis=1)
        self.g_over[groups] *= above
        self.g_epoch[groups] += ~above

    def reset(self, group: int) -> None:
        """Set all CUSUMs of a group to zero; its excursions are then of a past epoch."""
        self.g_sum[group] = 0.0
        self.g_over[group] = 0
        self.g_epoch[group] += 1

    def history(self, group: int) -> tuple[Places, Floats]:
        """The last buckets of a group that had data, oldest first: their numbers and rows."""
        n = int(self.g_count[group])
        order = np.arange(max(n - RING, 0), n) % RING
        return self.g_ring_at[group, order], self.g_ring[group, order]

    def to_bytes(self) -> bytes:
        """The book as bytes, for who goes on tomorrow."""
        buffer = BytesIO()
        np.savez(buffer, **{held.name: getattr(self, held.name) for held in fields(self)})
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, written: bytes) -> Self:
        """A book that was written by `to_bytes`."""
        with np.load(BytesIO(written), allow_pickle=False) as read:
            return cls(**{held.name: read[held.name] for held in fields(cls)})
