"""How far a listing reaches into each name: fully, partly, not, or nobody knows.

The definitions are those of the field.  *Fully*: every address the name resolved to is listed, and
none is unknown.  *Partly*: at least one is listed, and at least one is not or is unknown.  *Not*:
addresses are known and none is listed.  *Unknown*: no address is known at all.

Each name has an address that answers for it, the witness: the first listed one in the order of
numbers, IPv4 before IPv6; where none is listed, the first known.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.sixteen import Sixteens, to_series
from overblock.collateral.listed import ATTACHED, ORDERED, Kinds, Listed
from overblock.collateral.worlds import Homes, Ipv4s, Offsets, World

REACHES = ("fully", "partly", "not", "unknown")
REACH = pl.Enum(REACHES)
NOT = np.uint8(REACHES.index("not"))
HALF, LOW = 32, 2**32 - 1  # of a word
WORDS = np.array([0, 1, 1 << HALF, 1 << HALF | 1])  # by `Listed.kinds`: attached above ordered
SPARSE = 32  # names for a mark: from here on each mark is looked up by itself
Marks = NDArray[np.bool_]  # (n,)
Counts = NDArray[np.int64]  # (n,)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is listed of the addresses of one version of IP, name by name."""

    n_all: Counts
    n_listed: Counts
    n_ordered: Counts
    n_attached: Counts
    witness: Counts  # place of the first listed address, else of the first; past all: there is none


def reach(world: World, listed: Listed) -> pl.DataFrame:
    """How far ``listed`` reaches into each name of the world.

    Returns:
        A row a name, in the world's order: ``name``; ``reach``; ``n_addresses``, ``n_listed``,
        ``n_ordered`` and ``n_attached`` (an address may be both), ``n_unknown``; the witness as
        ``ipv4`` or ``ipv6`` (both null where no address is known).
    """
    four = _found(world.offsets, listed.kinds(world.addresses.astype(np.uint64)))
    ids = np.flatnonzero(np.diff(world.offsets6))  # few names have IPv6
    six = _found(world.offsets6[np.append(ids, -1)], listed.kinds6(world.addresses6))
    by_six = (four.n_listed[ids] == 0) & ((six.n_listed > 0) | (four.n_all[ids] == 0))
    by_four = four.n_all > 0
    by_four[ids[by_six]] = False
    for mine, more in zip(_counts(four), _counts(six), strict=True):
        mine[ids] += more
    return pl.DataFrame({
        "name": world.names,
        "reach": _named(_reach(four.n_all, four.n_listed, world.n_unknown)),
        "n_addresses": four.n_all.astype(np.uint32),
        "n_listed": four.n_listed.astype(np.uint32),
        "n_ordered": four.n_ordered.astype(np.uint32),
        "n_attached": four.n_attached.astype(np.uint32),
        "n_unknown": world.n_unknown,
        "ipv4": _where(by_four, world.addresses, four.witness),
        "ipv6": _of_few(ids[by_six], world.addresses6[six.witness[by_six]], world.n_names),
    })  # fmt: skip


def reach_codes(world: World | Homes, listed: Listed) -> NDArray[np.uint8]:
    """The reach alone, as the place of its word in `REACHES`; shape (names,)."""
    n_listed = counted(world.offsets, listed.ipv4.covers(world.addresses)) + counted(
        world.offsets6, listed.ipv6.covers(world.addresses6)
    )
    n_addresses = np.diff(world.offsets) + np.diff(world.offsets6)
    return _reach(n_addresses, n_listed, world.n_unknown)


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


def _found(offsets: Offsets, kinds: Kinds) -> _Found:
    """Counts and witnesses; two counts share a word, as no name has 2**32 addresses."""
    before = np.zeros(len(kinds) + 1, np.int64)
    np.cumsum(WORDS.take(kinds), out=before[1:])
    both = np.diff(before.take(offsets))
    n_ordered, n_attached = both & LOW, both >> HALF
    marks = kinds > 0
    n_listed = counted(offsets, marks) if np.any(kinds == ORDERED | ATTACHED) else (
        n_ordered + n_attached
    )  # fmt: skip
    witness = offsets[:-1].copy()
    hit = np.flatnonzero(n_listed)
    n_each = n_listed[hit]
    witness[hit] = np.flatnonzero(marks)[np.cumsum(n_each) - n_each]
    return _Found(np.diff(offsets), n_listed, n_ordered, n_attached, witness)


def _counts(found: _Found) -> tuple[Counts, ...]:
    return found.n_all, found.n_listed, found.n_ordered, found.n_attached


def _reach(
    n_addresses: Counts, n_listed: Counts, n_unknown: NDArray[np.uint32]
) -> NDArray[np.uint8]:
    """The place in `REACHES`: from *not* back by one where hit, by two where fully, else on."""
    hit, absent = n_listed > 0, n_addresses == 0
    fully = hit & (n_listed == n_addresses) & (n_unknown == 0)
    codes: NDArray[np.uint8] = NOT + absent.view(np.uint8)
    codes -= hit.view(np.uint8)
    codes -= fully.view(np.uint8)
    return codes


def _named(codes: NDArray[np.uint8]) -> pl.Series:
    return pl.Series(codes).cat.to(REACH)


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
