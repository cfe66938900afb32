"""How far a listing reaches into each name: fully, partly, not, or nobody knows.

The definitions are those of the field.  *Fully*: every address the name resolved to is listed, and
none is unknown.  *Partly*: at least one is listed, and at least one is not or is unknown.  *Not*:
addresses are known and none is listed.  *Unknown*: no address is known at all.

Each name has an address that answers for it, the witness: the first listed one in the order of
numbers, IPv4 before IPv6; where none is listed, the first known.
"""

from dataclasses import dataclass
from typing import Self, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.sixteen import Sixteens, to_series
from overblock.collateral.listed import ATTACHED, ORDERED, Kinds, Listed
from overblock.collateral.worlds import Homes, Ids, Ipv4s, Offsets, World

REACHES = ("fully", "partly", "not", "unknown")
REACH = pl.Enum(REACHES)
WAYS = 4  # neither ordered nor attached, ordered, attached, both
FREE, UNKNOWN = np.uint8(4), np.uint8(8)  # flags beside the two kinds
FLAG_OF = np.array([FREE, 1, 2, 3], np.uint8)  # by `Listed.kinds`
LISTED = ORDERED | ATTACHED
SPARSE = 32  # names for a mark: from here on each mark is looked up by itself
STEPS = 3  # most names have few addresses: so many more are looked at one by one
Marks: TypeAlias = NDArray[np.bool_]  # (n,)
Counts: TypeAlias = NDArray[np.int64]  # (n,)
NONE = np.zeros(1, np.int64)
Flags: TypeAlias = NDArray[np.uint8]  # (n,), of a name: all that its addresses are, and UNKNOWN


def _reach_of(flags: int) -> int:
    if not flags & (LISTED | FREE):
        return REACHES.index("unknown")
    if not flags & LISTED:
        return REACHES.index("not")
    return REACHES.index("partly" if flags & (FREE | UNKNOWN) else "fully")


REACH_OF = np.array([_reach_of(flags) for flags in range(16)], np.uint8)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Hits:
    """How far listings reach into each name, as arrays: all that counting needs."""

    world: World
    kinds: Kinds  # (m,), of the world's pairs with IPv4
    kinds6: Kinds  # (k,), with IPv6
    flags: Flags  # (names,)
    witness: Ids  # (names,), place of the pair whose address answers; -1: none with IPv4
    ids6: Ids  # names for which an IPv6 address answers, in order
    witness6: Ids  # places of their pairs

    @classmethod
    def of(cls, world: World, listed: Listed) -> Self:
        """Look all addresses of a world up."""
        kinds, kinds6 = listed.kinds(world.addresses), listed.kinds6(world.addresses6)
        flags = any_of(world.offsets, FLAG_OF.take(kinds))
        witness = _first_listed(world.offsets, kinds, flags)
        ids = np.flatnonzero(np.diff(world.offsets6))  # few names have IPv6
        offsets6 = world.offsets6[np.append(ids, -1)]
        flags6 = any_of(offsets6, FLAG_OF.take(kinds6))
        by_six = (flags[ids] & LISTED == 0) & ((flags6 & LISTED > 0) | (witness[ids] < 0))
        witness6 = _first_listed(offsets6, kinds6, flags6)[by_six]
        witness[ids[by_six]] = -1
        flags[ids] |= flags6
        flags |= (world.n_unknown > 0).view(np.uint8) * UNKNOWN
        return cls(
            world=world,
            kinds=kinds,
            kinds6=kinds6,
            flags=flags,
            witness=witness,
            ids6=ids[by_six],
            witness6=witness6,
        )

    @property
    def codes(self) -> NDArray[np.uint8]:
        """The reach of each name, as the place of its word in `REACHES`."""
        return REACH_OF.take(self.flags)

    @property
    def ways(self) -> Kinds:
        """How the listed addresses of each name are listed: the sum of the two kinds."""
        return self.flags & LISTED

    def ipv4(self) -> Ipv4s:
        """The witness of each name, whatever where it is none with IPv4."""
        if not len(self.world.addresses):
            return np.zeros(len(self.witness), np.uint32)
        return self.world.addresses.take(self.witness, mode="clip")

    def ipv6(self) -> Sixteens:
        """The witnesses of ``ids6``."""
        return self.world.addresses6[self.witness6]

    def witnesses(self, ids: Ids) -> pl.DataFrame:
        """``name``, ``ipv4`` and ``ipv6`` of some names, in any order."""
        place = self.witness[ids]
        six = np.searchsorted(self.ids6, ids)
        by_six = np.append(self.ids6, -1)[six] == ids
        return pl.DataFrame({
            "name": self.world.names.gather(ids),
            "ipv4": _where(place >= 0, self.world.addresses, place),
            "ipv6": _of_few(np.flatnonzero(by_six), self.ipv6()[six[by_six]], len(ids)),
        })  # fmt: skip


def reach(world: World, listed: Listed) -> pl.DataFrame:
    """How far ``listed`` reaches into each name of the world.

    Returns:
        A row a name, in the world's order: ``name``; ``reach``; ``n_addresses``, ``n_listed``,
        ``n_ordered`` and ``n_attached`` (an address may be both), ``n_unknown``; the witness as
        ``ipv4`` or ``ipv6`` (both null where no address is known).
    """
    return told(Hits.of(world, listed))


def told(hits: Hits) -> pl.DataFrame:
    """The same of hits that are at hand."""
    world = hits.world
    pairs = ((world.offsets, hits.kinds), (world.offsets6, hits.kinds6))
    n_listed, n_ordered, n_attached = (
        sum((counted(offsets, kinds & kind > 0) for offsets, kinds in pairs), start=NONE)
        for kind in (LISTED, ORDERED, ATTACHED)
    )
    n_addresses = np.diff(world.offsets) + np.diff(world.offsets6)
    return pl.DataFrame({
        "name": world.names,
        "reach": pl.Series(hits.codes).cat.to(REACH),
        "n_addresses": n_addresses.astype(np.uint32),
        "n_listed": n_listed.astype(np.uint32),
        "n_ordered": n_ordered.astype(np.uint32),
        "n_attached": n_attached.astype(np.uint32),
        "n_unknown": world.n_unknown,
        "ipv4": _where(hits.witness >= 0, world.addresses, hits.witness),
        "ipv6": _of_few(hits.ids6, hits.ipv6(), world.n_names),
    })  # fmt: skip


def reach_codes(world: World | Homes, listed: Listed) -> NDArray[np.uint8]:
    """The reach alone, as the place of its word in `REACHES`; shape (names,)."""
    flags = any_of(world.offsets, FLAG_OF.take(listed.kinds(world.addresses)))
    flags |= any_of(world.offsets6, FLAG_OF.take(listed.kinds6(world.addresses6)))
    flags |= (world.n_unknown > 0).view(np.uint8) * UNKNOWN
    return REACH_OF.take(flags)


def any_of(offsets: Offsets, flags: Flags) -> Flags:
    """All flags that any of the things of each name has.

    >>> any_of(np.array([0, 2, 2, 3]), np.array([1, 2, 4], np.uint8))
    array([3, 0, 4], dtype=uint8)
    """
    if not len(flags):
        return np.zeros(len(offsets) - 1, np.uint8)
    begins, ends = offsets[:-1], offsets[1:]
    found = flags.take(begins, mode="clip")
    n_each = ends - begins
    if (n_each == 1).all():
        return found
    found[n_each == 0] = 0
    ids = np.flatnonzero(n_each > 1)
    for step in range(1, 1 + STEPS):
        found[ids] |= flags.take(begins.take(ids) + step)
        ids = ids[n_each.take(ids) > 1 + step]
    if len(ids):
        edges = np.stack([begins[ids], ends[ids]], axis=1).ravel()
        found[ids] |= np.bitwise_or.reduceat(np.append(flags, np.uint8(0)), edges)[::2]
    return found


def counted(offsets: Offsets, marks: Marks) -> Counts:
    """How many marks each name has.

    >>> counted(np.array([0, 2, 2, 3]), np.array([True, True, False]))
    array([2, 0, 0])
    """
    places = np.flatnonzero(marks)
    if not len(places):
        return np.zeros(len(offsets) - 1, np.int64)
    if len(places) * SPARSE < len(offsets):
        owners = np.searchsorted(offsets, places, side="right") - 1
        return np.bincount(owners, minlength=len(offsets) - 1)
    before = np.zeros(len(marks) + 1, np.int64)
    np.cumsum(marks, out=before[1:])
    return np.diff(before.take(offsets))


def _first_listed(offsets: Offsets, kinds: Kinds, flags: Flags) -> Ids:
    """The place of the first listed thing of each name, else of its first; -1: it has none."""
    place = np.where(flags > 0, offsets[:-1], -1)
    torn = np.flatnonzero((flags & FREE > 0) & (flags & LISTED > 0))
    if len(torn):
        marks = np.flatnonzero(kinds > 0)
        place[torn] = marks[np.searchsorted(marks, offsets[torn])]
    return place


def _where(wanted: Marks, values: Ipv4s, places: Counts) -> pl.Series:
    """The values at the places, null where none is wanted."""
    if not len(values):
        return pl.Series([None], dtype=pl.UInt32).new_from_index(0, len(wanted))
    taken = values.take(places, mode="clip")
    frame = pl.DataFrame({"value": taken, "wanted": wanted})
    return frame.select(pl.when("wanted").then("value")).to_series()


def _of_few(ids: Counts, values: Sixteens, n_names: int) -> pl.Series:
    """The values of a few of all names, null for the others."""
    place = pl.Series([None], dtype=pl.UInt32).new_from_index(0, n_names)
    place = place.scatter(ids, np.arange(len(ids), dtype=np.uint32))
    return to_series(values).gather(place)
