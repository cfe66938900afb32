"""How the site does: answers and seconds by page, over all workers together, and of nobody.

Only the first part of a path that the site knows is told apart, and no query, so that no number
says what anybody looked up.  Each worker adds to a row of its own in memory that all share; what
stands in it stays when its worker dies, so that no count ever falls, and the next worker goes on.

No lock is taken: a worker that is killed must not hold up the others.  A row belongs to the process
whose number stands beside it; where two took one in the same instant, one sees so and takes
another.
"""

import ctypes
import os
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context

import numpy as np

from overblock.durable import lives

MOST_ROWS = 64  # as many as there may be workers
MOST_PAGES = 48
STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)  # seconds
CELLS = len(STATUSES) + len(BOUNDS) + 2  # each status, each bucket, those above, the sum
SPAWN = get_context("spawn")
HOME, OTHER = "now", "other"
WORDS = (  # of all pages: a worker counts those, too, that it has the engine answer
    *("api", "badge", "cases", "charts", "check", "collateral", "events", "feeds", "glossary"),
    *("health", "map", "measurements", "method", "metrics", "now", "registers", "robots"),
    *("sources", "static"),
)


@dataclass(frozen=True, slots=True)
class Tallied:
    """The memory that workers share when they are given it at their start."""

    numbers: "ctypes.Array[ctypes.c_double]" = field(
        default_factory=lambda: SPAWN.RawArray(ctypes.c_double, MOST_ROWS * MOST_PAGES * CELLS)
    )
    owners: "ctypes.Array[ctypes.c_int64]" = field(  # processes; 0 where a row is nobody's yet
        default_factory=lambda: SPAWN.RawArray(ctypes.c_int64, MOST_ROWS)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTally:
    """One page, or one kind of file, since the site was started."""

    page: str
    answers: dict[str, int]  # by class of status
    buckets: list[int]  # as many took at most each of `BOUNDS` seconds; the last: all
    seconds: float


class Tally:
    """Counts answers of the pages whose paths begin with the words of ``pages``."""

    def __init__(self, paths: Iterable[str], tallied: Tallied | None = None) -> None:
        words = sorted({page_of(path) for path in paths} | {HOME, OTHER})
        self._places = {word: place for place, word in enumerate(words[:MOST_PAGES])}
        tallied = tallied or Tallied()
        self._numbers, self._owners = tallied.numbers, tallied.owners
        self._row = 0

    def note(self, path: str, status: int, seconds: float) -> None:
        """One more answer."""
        place = self._places.get(page_of(path), self._places[OTHER])
        base = (self._own_row() * MOST_PAGES + place) * CELLS
        numbers = self._numbers
        numbers[base + min(max(status // 100 - 1, 0), len(STATUSES) - 1)] += 1
        numbers[base + len(STATUSES) + bisect_left(BOUNDS, seconds)] += 1
        numbers[base + CELLS - 1] += seconds

    def _own_row(self) -> int:
        """The row of this process: one that is nobody's, or of one that is gone."""
        own = os.getpid()
        if self._owners[self._row] != own:
            free = (row for row, owner in enumerate(self._owners) if not lives(owner))
            self._row = next(free, own % MOST_ROWS)
            self._owners[self._row] = own
        return self._row

    def read(self) -> Iterator[PageTally]:
        """What was counted, of the pages that were asked for."""
        rows = np.ctypeslib.as_array(self._numbers).reshape(MOST_ROWS, MOST_PAGES, CELLS)
        sums = rows.sum(axis=0).tolist()
        for word, place in self._places.items():
            cells = sums[place]
            if any(cells):
                yield _told(word, cells)


def page_of(path: str) -> str:
    """The first word of a path, without its form.

    >>> page_of("/registers/x.json"), page_of("/check.json"), page_of("/")
    ('registers', 'check', 'now')
    """
    return path.lstrip("/").partition("/")[0].partition(".")[0] or HOME


def _told(page: str, cells: list[float]) -> PageTally:
    answers = dict(zip(STATUSES, map(int, cells), strict=False))
    buckets, many = [], 0
    for number in cells[len(STATUSES) : -1]:
        many += int(number)
        buckets.append(many)
    return PageTally(page=page, answers=answers, buckets=buckets, seconds=cells[-1])
