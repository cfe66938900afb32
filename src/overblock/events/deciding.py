"""An alarm to an event: is it a change worth the name, when did it begin, how far did it go?

A CUSUM above the threshold only says that the past no longer fits.  Here the two sides are
compared with each other; what is too small, or is one network of many, is taken for the new
normal and forgotten.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import msgspec
import numpy as np

from overblock.events.book import (
    COUNTS,
    FAILED,
    HALF,
    JUDGED,
    PARTLY,
    RAW,
    RAW_FAILED,
    READY,
    THROTTLED,
    Book,
    Mask,
    Places,
)
from overblock.events.evidence import Floats, change_ratio, rise

Level: TypeAlias = Literal["network", "country"]

LEAST_CHANGE = 0.2  # of the failing share, and surely: less is no event
NEARLY = 3.0  # nats below the best start that a start may be and still be in the interval
QUARTERS = 0.25, 0.75  # of the way to the new share, between which a ramp is timed
PATIENCE: dict[Level, int] = {"network": 24, "country": 12}  # buckets that an alarm may wait
LEAST_NETWORKS = 2  # that a change of a country needs; and more than half of those measured
CAN_BEGIN, CAN_END = 0.6, 0.25  # failing shares above, or below, which nothing can begin, or end


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes an event."""

    level: Level
    threshold: float  # nats
    followed: int  # buckets that a ramp is followed for after its alarm


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An event whose start is settled and whose ramp may still run; times are bucket numbers."""

    group: int
    begins: bool
    start: int
    earliest: int
    latest: int  # one past the last
    alarm: int  # the bucket after which it was known
    share_before: float
    share_after: float
    n_before: int
    n_networks: int
    score: float


@dataclass(frozen=True, slots=True)
class Sides:
    """The networks of a group that an alarm is about, before and after its start."""

    members: Places  # (n,)
    before: tuple[Floats, Floats]  # each (n,): judged and failed, in measurements' worth
    after: tuple[Floats, Floats]

    @property
    def weights(self) -> Floats:
        """Networks weigh alike, but for those with too little to tell."""
        return np.minimum(self.after[0], READY)

    def mean_shares(self) -> tuple[float, float]:
        """The failing share before and after."""
        before, after = (
            float(np.average(failed / judged, weights=self.weights))
            for judged, failed in (self.before, self.after)
        )
        return before, after

    def change(self) -> Floats:
        """By how much each network's failing share rose."""
        return self.after[1] / self.after[0] - self.before[1] / self.before[0]


def decide(book: Book, group: int, at: int, rule: Rule) -> Draft | None:
    """Make an event of an alarm in bucket ``at``, or nothing of it, or wait for more.

    A group whose alarm came to an end has changed sides in the book; one whose alarm came to
    nothing has a new normal there.
    """
    book.g_over[group] += 1
    step = int(np.argmax(book.g_sum[:, group]))
    sides = _sides(book, group, int(book.g_start[step, group]), rule.level)
    begins = not book.g_failing[group]
    change = sides.change() if begins else -sides.change()
    score = float((change_ratio(sides.before, sides.after) * np.sign(change)).sum())
    turned = change >= LEAST_CHANGE
    sure = score >= rule.threshold and _least_change(sides, change) >= LEAST_CHANGE
    if not sure or (rule.level == "country" and not _are_most(turned, sides.weights)):
        if book.g_over[group] > PATIENCE[rule.level]:
            _take_for_normal(book, group, sides, turned)
        return None
    before, after = sides.mean_shares()
    if not begins and after > (book.g_home[group] + before) / 2:  # it fails less, but fails
        _take_for_normal(book, group, sides, turned)
        return None
    earliest, latest, start, n_after = _interval(book, group, step)
    draft = Draft(
        group=group,
        begins=begins,
        start=start,
        earliest=earliest,
        latest=latest,
        alarm=at,
        share_before=before,
        share_after=after,
        n_before=max(int(book.g_seen[group]) - n_after, 0),
        n_networks=1 if rule.level == "network" else int(turned.sum()),
        score=score,
    )
    _turn(book, draft, rule)
    _take_for_normal(book, group, sides, turned)
    return draft


def _turn(book: Book, draft: Draft, rule: Rule) -> None:
    """Change sides: from now on the other change is looked for."""
    book.g_failing[draft.group] = draft.begins
    book.g_home[draft.group] = draft.share_before if draft.begins else 0.0
    book.g_follow[draft.group] = draft.alarm + rule.followed
    book.g_seen[draft.group] -= draft.n_before


def _sides(book: Book, group: int, start: int, level: Level) -> Sides:
    """What each network had before and after; at the level of networks to the very bucket."""
    if level == "network":
        members = np.array([group])
        times, rows = book.history(group)
        later = rows[times >= start]
        after = later[:, JUDGED].sum(keepdims=True), later[:, FAILED].sum(keepdims=True)
        if times[0] > start:  # began before what is kept
            after = book.m_out_judged[members], book.m_out_failed[members]
        out = book.m_out_judged[members] - after[0], book.m_out_failed[members] - after[1]
        judged = book.m_judged[members] + np.maximum(out[0], 0.0)
        failed = book.m_failed[members] + np.clip(out[1], 0.0, np.maximum(out[0], 0.0))
        return Sides(members, (judged, failed), after)
    members = book.members(group)
    held = (book.m_epoch[members] == book.g_epoch[group]) & (book.m_out_judged[members] > 0)
    held &= book.m_judged[members] >= READY
    share = book.m_failed[members] / np.maximum(book.m_judged[members], 1.0)
    held &= share >= CAN_END if book.g_failing[group] else share <= CAN_BEGIN
    members = members[held]
    return Sides(
        members,
        (book.m_judged[members], book.m_failed[members]),
        (book.m_out_judged[members], book.m_out_failed[members]),
    )


def _least_change(sides: Sides, change: Floats) -> float:
    """The mean change of the failing share, less its standard error."""
    if not len(change):
        return 0.0
    weights = sides.weights / sides.weights.sum()
    spread = sum(
        (failed + HALF) * (judged - failed + HALF) / (judged + 1.0) ** 3
        for judged, failed in (sides.before, sides.after)
    )
    return float((weights * change).sum() - np.sqrt((weights**2 * spread).sum()))


def _are_most(turned: Mask, weights: Floats) -> bool:
    n_turned = int(turned.sum())
    return n_turned >= LEAST_NETWORKS and float(weights[turned].sum()) > HALF * weights.sum()


def _take_for_normal(book: Book, group: int, sides: Sides, turned: Mask) -> None:
    """Begin anew: who turned from what came after, all others from all that they ever had."""
    book.settle(sides.members, ~turned)
    anew = sides.members[turned]
    book.m_judged[anew], book.m_failed[anew] = sides.after[0][turned], sides.after[1][turned]
    book.m_out_judged[anew] = book.m_out_failed[anew] = 0.0
    book.reset(group)
    book.compare(book.members(group) if len(sides.members) != 1 else sides.members)


def _interval(book: Book, group: int, step: int) -> tuple[int, int, int, int]:
    """Where the change may lie: all starts nearly as likely as the best.

    Returns:
        The first bucket it may lie in, one past the last, the best, and the measurements since.
        Before its first failing bucket a change may lie anywhere back to the last bucket that
        had data, so a silence before it is in the interval.
    """
    times, rows = book.history(group)
    able = times >= book.g_open[group]
    times, rows = times[able], rows[able]
    gained = np.cumsum(rows[::-1, COUNTS + step])[::-1]
    best = int(np.argmax(gained))
    near = np.flatnonzero(gained >= gained[best] - NEARLY)
    earliest = int(times[near[0] - 1] if near[0] else book.g_before[group])
    return earliest, int(times[near[-1]]) + 1, int(times[best]), int(rows[best:, RAW].sum())


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a change ran."""

    earliest: int
    latest: int
    share_after: float
    n_after: int
    state: str


def see_out(book: Book, draft: Draft, until: int, rule: Rule) -> Outcome:
    """Follow a change until it has arrived, in the buckets before ``until`` that are kept.

    The shares since its start, made to rise only (isotonic regression), pass a quarter and three
    quarters of the way at the same bucket if it is a step.  If not it is a ramp, and is taken for
    a straight one: as long as these two are apart, so it was at work half as long before and after.
    """
    times, rows = book.history(draft.group)
    failing = rows[times < draft.start]
    since = (times >= draft.start) & (times < until) & (rows[:, JUDGED] > 0)
    times, rows = times[since], rows[since]
    late = rows[times >= draft.alarm]
    settled = _share(late[len(late) // 2 :])
    sign = 1.0 if draft.begins else -1.0
    share = rise(rows[:, JUDGED], sign * rows[:, FAILED] / rows[:, JUDGED])
    gone = max(sign * (settled - draft.share_before), LEAST_CHANGE)
    way = (share - sign * draft.share_before) / gone
    quarter, most = (int(np.argmax(way >= part)) for part in QUARTERS)
    half = -(-3 * (int(times[most]) - int(times[quarter])) // 4)
    return Outcome(
        earliest=min(draft.earliest, int(times[quarter]) - half - 1) if half else draft.earliest,
        latest=max(draft.latest, int(times[most]) + half + 1),
        share_after=_share(rows[most:]) if rule.level == "network" else draft.share_after,
        n_after=int(rows[:, RAW].sum()),
        state=_state(rows if draft.begins else failing),
    )


def _share(rows: Floats) -> float:
    return float(rows[:, FAILED].sum() / rows[:, JUDGED].sum())


def _state(rows: Floats) -> str:
    """What most failing verdicts say."""
    partly, throttled = rows[:, PARTLY].sum(), rows[:, THROTTLED].sum()
    blocked = rows[:, RAW_FAILED].sum() - partly - throttled
    named = {"blocked": blocked, "partly": partly, "throttled": throttled}
    return max(named, key=lambda state: named[state])
