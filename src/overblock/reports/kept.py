"""Answers about one register, kept as long as its parts are the same.

What an answer is made of are parts that never change and are named by their content.  So an answer
that was made once holds for every view with the same parts, whatever else was read in meanwhile.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from overblock.store import View
from overblock.tables import GAPS, LISTINGS, SNAPSHOTS

T = TypeVar("T")


class Kept(Generic[T]):
    """At most so many answers; the one that was not asked for longest goes first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def of(self, view: View, register: str, key: Hashable, make: Callable[[], T]) -> T:
        """The answer to ``key`` about a register, made if it is not kept."""
        parts = tuple(tuple(view.paths(table, register)) for table in (LISTINGS, GAPS, SNAPSHOTS))
        whole = (parts, register, key)
        with self._lock:
            if whole in self._answers:
                self._answers.move_to_end(whole)
                return self._answers[whole]
        made = make()  # two may make the same at once; neither waits for the other
        with self._lock:
            self._answers[whole] = made
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._answers)
