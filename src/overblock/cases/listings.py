"""How much of the address space a case's networks cover at any moment, in two readings.

Where only the day of a listing is known, the low reading begins it with the day's last instant
and the high reading with its first.  The truth lies between them.  A release of which only the
day is known ends the listing as that day begins, in both: a network is counted only while there
is reason to think it listed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.intervals import IntervalSet, Mask
from overblock.addresses.locate import Points
from overblock.cases.times import Moment
from overblock.instants import instant_of, microseconds

Bias: TypeAlias = Literal["low", "high"]
Instants: TypeAlias = NDArray[np.int64]  # (n,), microseconds since 1970 in UTC

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class Listings:
    """The networks of a case as arrays of one length, a network an element."""

    starts: Points
    ends: Points
    begun_first: Instants  # the earliest instant at which it may stand listed
    begun_last: Instants  # from here on it does
    gone: Instants  # no longer listed; NEVER where no end is known

    @classmethod
    def of(cls, networks: pl.DataFrame) -> "Listings":
        """Take the arrays out of a frame of ``networks.csv``."""
        return cls(
            starts=networks["ipv4_from"].to_numpy(),
            ends=networks["ipv4_until"].to_numpy(),
            begun_first=networks["listed_from_first"].to_physical().to_numpy(),
            begun_last=networks["listed_from_last"].to_physical().to_numpy(),
            gone=networks["listed_until_first"].to_physical().fill_null(NEVER).to_numpy(),
        )

    def standing(self, at: datetime, bias: Bias) -> Mask:
        """Which networks stand listed at ``at``."""
        instant = microseconds(at)
        begun = self.begun_last if bias == "low" else self.begun_first
        held: Mask = (begun <= instant) & (instant < self.gone)
        return held

    def begun_within(self, during: Moment, bias: Bias) -> Mask:
        """Which networks were put on the list within a time: surely (low) or perhaps (high)."""
        first, last = microseconds(during.first), microseconds(during.last)
        held: Mask = (
            (self.begun_first >= first) & (self.begun_last <= last)
            if bias == "low"
            else (self.begun_first <= last) & (self.begun_last >= first)
        )
        return held

    def gone_within(self, during: Moment) -> Mask:
        """Which networks were released within a time."""
        held: Mask = (self.gone >= microseconds(during.first)) & (
            self.gone <= microseconds(during.last)
        )
        return held

    def addresses(self, held: Mask) -> IntervalSet:
        """The union of the networks that ``held`` picks."""
        return IntervalSet.of(self.starts[held], self.ends[held])

    def changes(self, during: Moment) -> Iterator[datetime]:
        """The first instant of a time, then each at which either reading may change."""
        first, last = microseconds(during.first), microseconds(during.last)
        edges = {*self.begun_first.tolist(), *self.begun_last.tolist(), *self.gone.tolist()}
        for instant in sorted({first, *(edge for edge in edges if first < edge <= last)}):
            yield instant_of(instant)
