"""Answers to questions that are asked again and again with the same few values.

A measurement asks some dozens of times what an address or a name is in its canonical form.
`functools.lru_cache` takes longer to find the answer than is left for that, as it keeps an order.
"""

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
MOST = 1 << 14  # answers that are kept; then all are forgotten at once


class Kept(dict[str, T]):
    """Answers by what was asked, made at the first time.

    A question longer than ``longest`` signs is answered ``otherwise`` and not kept: what is kept
    must not grow with what hostile documents ask.

    >>> Kept(len, longest=3, otherwise=0)["abc"]
    3
    """

    __slots__ = ("_longest", "_make", "_otherwise")

    def __init__(self, make: Callable[[str], T], *, longest: int, otherwise: T) -> None:
        """Begin with nothing known."""
        super().__init__()
        self._make, self._longest, self._otherwise = make, longest, otherwise

    def __missing__(self, asked: str) -> T:
        if len(asked) > self._longest:
            return self._otherwise
        if len(self) >= MOST:
            self.clear()
        self[asked] = found = self._make(asked)
        return found
