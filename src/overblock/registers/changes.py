"""What changed from one state of a register to the next, without reading either.

Successive states of a register are almost the same bytes: of 2,626 states of the Russian one with
1.6 GB in all, only 34 thousand records are distinct.  So states are compared as bytes, and only
records that come new are ever read.  The comparison walks both bodies, skips what is equal with
an array comparison, and finds its place again where a record came or went.  What it gives is
exact whatever the order of the records: a record that only moved is in both lists and cancels out.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRIDE = 1 << 16  # bytes compared at once, once two bodies run in step
FIRST_STRIDE = 1 << 10  # just after a change: the next one is often near
WINDOWS = (1 << 12, 1 << 16)  # how far to look for where two bodies meet again


@dataclass(frozen=True, slots=True)
class Changes:
    """Records that left and that came, with how often each did; none is in both.

    ``places`` tells for those that came and are wanted how many records stand before the first of
    each in the new body.
    """

    left: Counter[bytes]
    came: Counter[bytes]
    places: dict[bytes, int]


def changes_between(  # noqa: PLR0913  (two bodies, where each begins, what is asked of them)
    before: bytes,
    after: bytes,
    separator: bytes = b"\n",
    *,
    before_from: int = 0,
    after_from: int = 0,
    wanted: Callable[[bytes], bool] = lambda _: True,
) -> Changes:
    r"""Which records, each ended by ``separator``, are in one body and not in the other.

    A body may begin behind a head that is not compared: at ``before_from``, ``after_from``.  To
    find places costs a pass over the body, so only those of ``wanted`` records are told.

    >>> changes_between(b"a\nb\nb\nc\n", b"b\nc\nd\n")
    Changes(left=Counter({b'a': 1, b'b': 1}), came=Counter({b'd': 1}), places={b'd': 2})
    """
    walk = _Walk(before, after, separator)
    walk.run(before_from, after_from)
    gone, came = Counter(walk.left), Counter(walk.came)
    if both := gone & came:
        gone, came = gone - both, came - both
    places = walk.places(set(filter(wanted, came)), after_from)
    return Changes(gone, came, places)


class _Walk:
    """One walk through two bodies; a class only for what each step needs to know."""

    def __init__(self, before: bytes, after: bytes, separator: bytes) -> None:
        self.before, self.after, self.separator = before, after, separator
        self.here: NDArray[np.uint8] = np.frombuffer(before, np.uint8)
        self.there: NDArray[np.uint8] = np.frombuffer(after, np.uint8)
        self.left: list[bytes] = []
        self.came: list[bytes] = []
        self.pieces: list[tuple[int, int]] = []  # of ``came``: where in the body, how many records

    def run(self, i: int, j: int) -> None:
        """Walk from two places that both are the start of a record, as all later ones are."""
        while i < len(self.before) and j < len(self.after):
            step = self._equal_records(i, j)
            i, j = i + step, j + step
            if i == len(self.before) or j == len(self.after):
                break
            i, j = self._meet_again(i, j)
        self.left += self._records(self.before[i:])
        self._come(j, self._records(self.after[j:]))

    def places(self, wanted: set[bytes], begin: int) -> dict[bytes, int]:
        """The number of each wanted record in the new body, counted from 0."""
        found: dict[bytes, int] = {}
        number = taken = 0
        counted = begin
        single = len(self.separator) == 1  # NumPy counts a byte five times as fast as `bytes`
        ends = self.there == self.separator[0] if single and wanted else None
        for start, n_records in self.pieces if wanted else ():
            number += (
                self.after.count(self.separator, counted, start)
                if ends is None
                else int(np.count_nonzero(ends[counted:start]))
            )
            counted = start
            for offset, record in enumerate(self.came[taken : taken + n_records]):
                if record in wanted:
                    found.setdefault(record, number + offset)
            taken += n_records
        return found

    def _come(self, start: int, records: list[bytes]) -> None:
        self.came += records
        self.pieces.append((start, len(records)))

    def _equal_records(self, i: int, j: int) -> int:
        """How many bytes from here on are equal, in whole records."""
        most = min(len(self.before) - i, len(self.after) - j)
        equal, stride = 0, FIRST_STRIDE
        while equal < most:
            stop = min(equal + stride, most)
            differ = self.here[i + equal : i + stop] != self.there[j + equal : j + stop]
            first = int(differ.argmax())
            if differ[first]:
                equal += first
                break
            equal, stride = stop, STRIDE
        if equal == most and len(self.before) - i == len(self.after) - j:
            return equal
        cut = self.before.rfind(self.separator, i, i + equal)
        return cut + len(self.separator) - i if cut >= 0 else 0

    def _meet_again(self, i: int, j: int) -> tuple[int, int]:
        """Pass over what came or left here, to where both bodies have the same record next."""
        old, new = self._record_at(self.before, i), self._record_at(self.after, j)
        ends = len(self.separator)
        past_old = min(i + len(old) + ends, len(self.before))
        past_new = min(j + len(new) + ends, len(self.after))
        if self._record_at(self.before, past_old) == self._record_at(self.after, past_new):
            self.left.append(old)  # one record changed: by far the most common case
            self._come(j, [new])
            return past_old, past_new
        for window in WINDOWS:
            in_after = self._find(self.after, old, j, window)
            in_before = self._find(self.before, new, i, window)
            if in_after >= 0 and (in_before < 0 or in_after - j <= in_before - i):
                self._come(j, self._records(self.after[j:in_after]))
                return i, in_after
            if in_before >= 0:
                self.left += self._records(self.before[i:in_before])
                return in_before, j
        self.left.append(old)
        self._come(j, [new])
        return past_old, past_new

    def _record_at(self, body: bytes, start: int) -> bytes:
        stop = body.find(self.separator, start)
        return body[start:] if stop < 0 else body[start:stop]

    def _find(self, body: bytes, record: bytes, start: int, window: int) -> int:
        """Where the record stands whole, after ``start``; -1 where it does not."""
        framed = self.separator + record + self.separator
        found = body.find(framed, start, start + window + len(framed))
        return found + len(self.separator) if found >= 0 else -1

    def _records(self, piece: bytes) -> list[bytes]:
        records = piece.split(self.separator)
        return records[:-1] if records[-1] == b"" else records
