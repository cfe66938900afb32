"""How fast questions may be asked: a token bucket, so that nobody is flooded.

Admission: what has to wait its turn.  The clock is an argument; waiting is the caller's.
"""

from math import ceil

BURST_SECONDS = 0.1  # what may be caught up at once after others held the processor


class Pace:
    """At most ``per_second`` turns a second, and at most ``burst`` of them at once.

    In any span of t seconds no more than burst + t * per_second turns are due.

    >>> pace = Pace(2, burst=1)
    >>> [pace.wait_from(now) for now in (0.0, 0.0, 0.25)]
    [0.0, 0.5, 0.75]
    """

    def __init__(self, per_second: float, *, burst: int | None = None) -> None:
        self.per_second = per_second
        self._interval = 1 / per_second
        turns = burst if burst is not None else max(1, ceil(per_second * BURST_SECONDS))
        self._ahead = (turns - 1) * self._interval
        self._next_at = float("-inf")  # when the next turn would be due without any burst

    def wait_from(self, now: float) -> float:
        """Take a turn: how many seconds from ``now`` on it is due; turns are due in order."""
        begins = max(self._next_at, now)
        self._next_at = begins + self._interval
        return max(0.0, begins - self._ahead - now)
