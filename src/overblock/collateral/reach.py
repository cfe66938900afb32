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
from overblock.collateral.listed import Listed
from overblock.collateral.worlds import Homes, Offsets, World

REACHES = ("fully", "partly", "not", "unknown")
REACH = pl.Enum(REACHES)
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
    witness: Counts  # place of the first listed address, else of the first; -1: there is none


def reach(world: World, listed: Listed) -> pl.DataFrame:
    """How far ``listed`` reaches into each name of the world.

    Returns:
        A row a name, in the world's order: ``name``; ``reach``; ``n_addresses``, ``n_listed``,
        ``n_ordered`` and ``n_attached`` (an address may be both), ``n_unknown``; the witness as
        ``ipv4`` or ``ipv6`` (both null where no address is known).
    """
    four = _found(
        world.offsets,
        listed.ordered.covers(world.addresses),
        listed.attached.covers(world.addresses),
    )
    six = _found(
        world.offsets6,
        listed.ordered6.covers(world.addresses6),
        listed.attached6.covers(world.addresses6),
    )
    n_addresses, n_listed = four.n_all + six.n_all, four.n_listed + six.n_listed
    by_six = (four.n_listed == 0) & ((six.n_listed > 0) | (four.n_all == 0)) & (six.n_all > 0)
    return pl.DataFrame({
        "name": world.names,
        "reach": _named(_reach(n_addresses, n_listed, world.n_unknown)),
        "n_addresses": n_addresses.astype(np.uint32),
        "n_listed": n_listed.astype(np.uint32),
        "n_ordered": (four.n_ordered + six.n_ordered).astype(np.uint32),
        "n_attached": (four.n_attached + six.n_attached).astype(np.uint32),
        "n_unknown": world.n_unknown,
        "ipv4": _at_places(pl.Series(world.addresses), four.witness, ~by_six),
        "ipv6": _six_at_places(world.addresses6, six.witness, by_six),
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


def _found(offsets: Offsets, ordered: Marks, attached: Marks) -> _Found:
    listed = ordered | attached
    n_all, n_listed = np.diff(offsets), counted(offsets, listed)
    witness = np.where(n_all > 0, offsets[:-1], -1)
    hit = n_listed > 0
    first = np.cumsum(n_listed) - n_listed  # of each name's listed addresses among all of them
    witness[hit] = np.flatnonzero(listed)[first[hit]]
    return _Found(
        n_all, n_listed, counted(offsets, ordered), counted(offsets, attached), witness
    )  # fmt: skip


def _reach(
    n_addresses: Counts, n_listed: Counts, n_unknown: NDArray[np.uint32]
) -> NDArray[np.uint8]:
    codes = np.full(len(n_listed), REACHES.index("not"), np.uint8)
    codes[n_addresses == 0] = REACHES.index("unknown")
    codes[n_listed > 0] = REACHES.index("partly")
    codes[(n_listed > 0) & (n_listed == n_addresses) & (n_unknown == 0)] = REACHES.index("fully")
    return codes


def _named(codes: NDArray[np.uint8]) -> pl.Series:
    return pl.Series(codes).cat.to(REACH)


def _at_places(values: pl.Series, places: Counts, wanted: Marks) -> pl.Series:
    """The values at the places, null where none is wanted or there is none."""
    there = wanted & (places >= 0)
    where = pl.Series(np.where(there, places, 0)).to_frame("place")
    chosen = where.select(pl.when(pl.Series(there)).then("place")).to_series()
    return values.gather(chosen)


def _six_at_places(values: Sixteens, places: Counts, wanted: Marks) -> pl.Series:
    return _at_places(to_series(values), places, wanted)
