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
Chosen: TypeAlias = Places | slice  # a slice where they are all of a stretch: no copy

RING = 72  # buckets that are kept of an excursion or a ramp
JUDGED, FAILED, RAW, RAW_FAILED, PARTLY, THROTTLED = range(6)  # counts; in the ring, then x
COUNTS = 6
READY = 8.0  # measurements' worth that a baseline needs before it is compared with
MEMORY = 1_000.0  # measurements' worth that a baseline rests on at most: older ones fade
GROWN, MOVED = 1.2, 0.02  # when the alternatives of a baseline are worked out anew
CLEAR = 0.1  # a share known so well is taken for what it is, however near to the half
HALF = 0.5  # a series that begins with more failing than this begins as a failing one
LEADING = {  # axes before that of members or groups
    **dict.fromkeys(["m_if_failed", "m_if_fine", "g_sum", "g_start"], STEPS.shape)
}
TRAILING = {"g_ring": (RING, COUNTS + len(STEPS)), "g_ring_at": (RING,)}  # and after it


@dataclass(slots=True)
class Book:
    """All series at one moment; arrays are of members (m_) or of groups (g_)."""

    m_group: Places
    m_by_group: Places  # members in the order of their groups
    m_sorted: Places  # the groups of these
    m_judged: Floats  # the baseline, in measurements' worth
    m_failed: Floats
    m_out_judged: Floats  # the excursion
    m_out_failed: Floats
    m_epoch: Places  # the group's epoch that the excursion belongs to
    m_ref_judged: Floats  # the baseline that the alternatives were made from
    m_ref_share: Floats
    m_if_failed: Floats  # (steps, members): what one failing measurement adds
    m_if_fine: Floats
    g_sum: Floats  # (steps, groups): the CUSUMs
    g_start: Places  # the bucket in which each last left zero
    g_epoch: Places  # how often all of them were zero
    g_last: Places  # the newest bucket that had data
    g_open: Places  # the bucket in which the first of them left zero
    g_before: Places  # the last bucket with data before that
    g_follow: Places  # until when all buckets are kept, to see a ramp out
    g_known: Mask  # whether it is known to be fine or failing
    g_failing: Mask
    g_home: Floats  # the failing share before it began to fail
    g_over: Places  # buckets with data since a CUSUM passed the threshold
    g_seen: Floats  # measurements since its last change
    g_kept: Places  # buckets that were put into the ring so far
    g_ring: Floats  # (groups, RING, counts and steps)
    g_ring_at: Places

    @classmethod
    def empty(cls) -> Self:
        """A book without any series."""
        kinds: dict[object, type[np.generic]] = {Places: np.int64, Mask: np.bool_}
        return cls(
            **{
                held.name: np.zeros(
                    (*LEADING.get(held.name, ()), 0, *TRAILING.get(held.name, ())),
                    kinds.get(held.type, np.float64),
                )
                for held in fields(cls)
            }
        )

    def grow(self, groups_of_new: Places, n_groups: int) -> None:
        """Make room for new members, of the groups named, and for the groups' number in all."""
        more = {"m": len(groups_of_new), "g": n_groups - len(self.g_epoch)}
        for held in fields(self):
            old = getattr(self, held.name)
            axis = len(LEADING.get(held.name, ()))
            shape = list(old.shape)
            shape[axis] = more[held.name[0]]
            grown = np.concatenate([old, np.zeros(shape, old.dtype)], axis=axis)
            setattr(self, held.name, grown)
        if len(groups_of_new):
            self.m_group[-len(groups_of_new) :] = groups_of_new
            self.m_by_group = np.argsort(self.m_group, kind="stable")
            self.m_sorted = self.m_group[self.m_by_group]

    def settle(self, members: Chosen, stale: Mask) -> None:
        """Put excursions that came to nothing into the baselines, which forget what is old.

        Args:
            members: ``(n,)``, each once.
            stale: ``(n,)``, whose excursion is over.
        """
        judged = self.m_judged[members] + self.m_out_judged[members] * stale
        failed = self.m_failed[members] + self.m_out_failed[members] * stale
        kept = MEMORY / np.maximum(judged, MEMORY)
        judged, failed = judged * kept, failed * kept
        self.m_judged[members], self.m_failed[members] = judged, failed
        self.m_out_judged[members] *= ~stale
        self.m_out_failed[members] *= ~stale
        moved = np.abs(failed - self.m_ref_share[members] * judged) > MOVED * judged
        due = (judged >= READY) & (moved | (judged > GROWN * self.m_ref_judged[members]))
        if due.any():
            self.compare(_places(members)[due])

    def compare(self, members: Places) -> None:
        """Work out the alternatives to the baselines of members; none while too little is known."""
        unknown = ~self.g_known[self.m_group[members]]
        if unknown.any():
            self._begin(np.unique(self.m_group[members[unknown]]))
        able = (self.m_judged[members] >= READY) & self.g_known[self.m_group[members]]
        self.m_if_failed[:, members] = self.m_if_fine[:, members] = 0.0
        judged, failed = self.m_judged[members], self.m_failed[members]
        self.m_ref_judged[members] = judged
        self.m_ref_share[members] = failed / np.maximum(judged, 1.0)
        members = members[able]
        falls = self.g_failing[self.m_group[members]]
        if_failed, if_fine = increments(judged[able], failed[able], falls=falls)
        self.m_if_failed[:, members], self.m_if_fine[:, members] = if_failed, if_fine

    def _begin(self, groups: Places) -> None:
        """Tell whether groups begin as fine or as failing: by their networks, not their counts."""
        members = np.concatenate([self.members(group) for group in groups.tolist()])
        ready = members[self.m_judged[members] >= READY]
        of_group = np.searchsorted(groups, self.m_group[ready])
        own = self.m_failed[ready] / self.m_judged[ready]
        n_ready = np.maximum(np.bincount(of_group, minlength=len(groups)), 1)
        share = np.bincount(of_group, own, len(groups)) / n_ready
        judged = np.bincount(of_group, self.m_judged[ready], len(groups))
        doubt = 1.0 / np.sqrt(np.maximum(judged, 1.0))  # two standard errors at a half
        clear = (judged >= READY) & ((np.abs(share - HALF) >= doubt) | (doubt < CLEAR))
        self.g_known[groups[clear]], self.g_failing[groups[clear]] = True, (share > HALF)[clear]

    def members(self, group: int) -> Places:
        """The members of a group."""
        if len(self.m_group) == len(self.g_epoch):
            return np.array([group])  # every group has one: itself
        begin, end = np.searchsorted(self.m_sorted, [group, group + 1])
        return self.m_by_group[begin:end]

    def add(self, at: int, members: Places, counts: Floats, most: float) -> tuple[Places, Floats]:
        """Add one bucket; returns the groups that had data in it, and their highest CUSUM.

        Args:
            at: the bucket's number; later than all before.
            members: those with data in it, each once, in the order of their groups.
            counts: ``(COUNTS, n)``.
            most: what one bucket can add or take away at most.
        """
        of_group = self.m_group[members]
        chosen = _chosen(members)
        epoch = self.g_epoch[of_group]
        self.settle(chosen, self.m_epoch[chosen] != epoch)
        self.m_epoch[chosen] = epoch
        judged, failed = counts[JUDGED], counts[FAILED]
        self.m_out_judged[chosen] += judged
        self.m_out_failed[chosen] += failed
        x = self.m_if_failed[:, chosen] * failed
        x += self.m_if_fine[:, chosen] * (judged - failed)
        np.clip(x, -most, most, out=x)
        opens = np.flatnonzero(np.diff(of_group, prepend=-1))
        if len(opens) < len(of_group):
            x = np.clip(np.add.reduceat(x, opens, axis=1), -most, most)
            counts = np.add.reduceat(counts, opens, axis=1)
            of_group = of_group[opens]
        return of_group, self._count(at, of_group, counts, x)

    def _count(self, at: int, groups: Places, counts: Floats, x: Floats) -> Floats:
        chosen = _chosen(groups)
        before = self.g_sum[:, chosen]
        was_zero = before <= 0.0
        x_after = np.maximum(before + x, 0.0)
        self.g_start[:, chosen] = np.where(was_zero, at, self.g_start[:, chosen])
        opens = was_zero.all(axis=0)
        last = self.g_last[chosen]
        self.g_open[chosen] = np.where(opens, at, self.g_open[chosen])
        self.g_before[chosen] = np.where(opens, last, self.g_before[chosen])
        self.g_sum[:, chosen] = x_after
        highest: Floats = x_after.max(axis=0)
        above = highest > 0.0
        self.g_over[chosen] *= above
        self.g_epoch[chosen] += ~above
        self.g_last[chosen] = at
        self.g_seen[chosen] += counts[RAW]
        kept = np.flatnonzero(above | (self.g_follow[chosen] > at))
        self._keep(at, groups[kept], np.concatenate([counts[:, kept], x[:, kept]]))
        return highest

    def _keep(self, at: int, groups: Places, column: Floats) -> None:
        place = self.g_kept[groups] % RING
        self.g_ring[groups, place] = column.T
        self.g_ring_at[groups, place] = at
        self.g_kept[groups] += 1

    def reset(self, group: int) -> None:
        """Set all CUSUMs of a group to zero; its excursions are then of a past epoch."""
        self.g_sum[:, group] = 0.0
        self.g_over[group] = 0
        self.g_epoch[group] += 1

    def history(self, group: int) -> tuple[Places, Floats]:
        """The last buckets of a group that were kept, oldest first: their numbers and rows."""
        n = int(self.g_kept[group])
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


def _chosen(places: Places) -> Chosen:
    """The same places, as a slice where they follow one another."""
    begin, end = int(places[0]), int(places[-1]) + 1
    follow = end - begin == len(places) and bool((places[1:] > places[:-1]).all())
    return slice(begin, end) if follow else places


def _places(chosen: Chosen) -> Places:
    return np.arange(chosen.start, chosen.stop) if isinstance(chosen, slice) else chosen
