"""Which names live on which addresses, as arrays: what every question of collateral is asked of.

A `World` holds each name once, in order, with its addresses side by side: those of name ``i`` are
``addresses[offsets[i]:offsets[i + 1]]``.  Twelve million pairs take a few hundred megabytes and no
Python object per name.  The same name in several batches unites; a row given twice changes
nothing.

An answer that is no address says one of two things.  ``nxdomain`` and ``no_answer`` say that there
is none.  All others (a bogon, a resolver that failed or kept silent) say that there may be one and
nobody knows which: the name has an *unknown* address.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Self, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.sixteen import Sixteens, from_series

Offsets: TypeAlias = NDArray[np.int64]  # (n + 1,), where the things of each name begin
Ids: TypeAlias = NDArray[np.int64]  # (n,), places of names in ``World.names``
Ipv4s: TypeAlias = NDArray[np.uint32]  # (n,)

ABSENT = ("nxdomain", "no_answer")  # the name was asked for, and has no address
ADDRESS = "address"
SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
BITS = np.uint64(32)
MASK = np.uint64(2**32 - 1)
NOBODY = pl.Series("name", [], pl.String)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Homes:
    """The addresses of names that need not be spelt; the fields are those of `World`."""

    offsets: Offsets
    addresses: Ipv4s
    offsets6: Offsets
    addresses6: Sixteens
    n_unknown: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class World:
    """Names and their addresses."""

    COLUMNS: ClassVar[tuple[str, ...]] = (  # of `resolutions`, all that a world is made of
        "name", "ipv4", "ipv6", "outcome", "answer", "seen_at", "chain"
    )  # fmt: skip
    OF_REACH: ClassVar[tuple[str, ...]] = COLUMNS[:5]  # for who asks for neither age nor aliases

    names: pl.Series  # (n,), sorted by their bytes, each once
    offsets: Offsets  # (n + 1,)
    addresses: Ipv4s  # (m,), in order within a name
    offsets6: Offsets  # (n + 1,)
    addresses6: Sixteens  # (k,), in order within a name
    n_unknown: NDArray[np.uint32]  # (n,), different answers that leave an address unknown
    absences: NDArray[np.uint8]  # (n,), bit i: somebody answered ``ABSENT[i]``
    aliases: pl.DataFrame  # ``id`` (place of the name), ``alias``: sorted, each once
    oldest: datetime | None  # when the first and the last answer came; null: never said
    newest: datetime | None

    @classmethod
    def of(cls, resolutions: Iterable[pl.DataFrame]) -> Self:
        """The world of batches of the table `resolutions`, in any order.

        They have all of ``COLUMNS``, or at least ``OF_REACH``.
        """
        rows = _gathered(resolutions)
        names, id_of_row = _numbered(rows.names)
        words = id_of_row.take(np.flatnonzero(rows.has_ipv4)).astype(np.uint64)
        words <<= BITS
        words |= rows.ipv4
        words = _distinct(words)
        six = _of_names(rows.ipv6, id_of_row)
        n_unknown, absences = _without_address(rows.others, id_of_row, len(names))
        return cls(
            names=names.set_sorted(),
            offsets=offsets_of((words >> BITS).view(np.int64), len(names)),
            addresses=words.astype(np.uint32),  # the lower half
            offsets6=offsets_of(six["id"].to_numpy(), len(names)),
            addresses6=from_series(six["ipv6"]),
            n_unknown=n_unknown,
            absences=absences,
            aliases=_of_names(rows.aliases, id_of_row),
            oldest=rows.oldest,
            newest=rows.newest,
        )

    @property
    def n_names(self) -> int:
        """How many names there are."""
        return len(self.names)

    @property
    def n_pairs(self) -> int:
        """How many pairs of a name and an address there are."""
        return len(self.addresses) + len(self.addresses6)

    def homes(self, ids: Ids) -> Homes:
        """The addresses of some of the names; ``ids`` in order, each once."""
        places, offsets = _slices(self.offsets, ids)
        places6, offsets6 = _slices(self.offsets6, ids)
        return Homes(
            offsets=offsets,
            addresses=self.addresses[places],
            offsets6=offsets6,
            addresses6=self.addresses6[places6],
            n_unknown=self.n_unknown[ids],
        )

    def select(self, ids: Ids) -> Self:
        """The world of some of the names; ``ids`` in order, each once."""
        homes = self.homes(ids)
        owners = self.aliases["id"].to_numpy()
        begins, ends = (np.searchsorted(owners, ids, side=side) for side in SIDES)
        aliases = pl.DataFrame({
            "id": np.repeat(np.arange(len(ids), dtype=np.uint32), ends - begins),
            "alias": self.aliases["alias"].gather(spread(begins, ends)),
        })  # fmt: skip
        return type(self)(
            names=self.names.gather(ids),
            offsets=homes.offsets,
            addresses=homes.addresses,
            offsets6=homes.offsets6,
            addresses6=homes.addresses6,
            n_unknown=homes.n_unknown,
            absences=self.absences[ids],
            aliases=aliases,
            oldest=self.oldest,
            newest=self.newest,
        )

    def find(self, names: pl.Series) -> pl.Series:
        """The place of each name, null where the world has it not."""
        own = pl.DataFrame({"name": self.names}).with_row_index("id")
        wanted = pl.DataFrame({"name": names}).with_row_index("row")
        found = own.join(wanted, on="name").select("row", "id")
        return wanted.join(found, on="row", how="left", maintain_order="left")["id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathered:
    """All batches under one another, by what is said in them; ``row`` counts through all."""

    names: pl.Series  # (rows,)
    has_ipv4: NDArray[np.bool_]  # (rows,)
    ipv4: Ipv4s  # of the rows that have it
    ipv6: pl.DataFrame  # row, ipv6
    others: pl.DataFrame  # row, outcome, answer: no address
    aliases: pl.DataFrame  # row, alias
    oldest: datetime | None
    newest: datetime | None


OF_SOME: dict[str, dict[str, pl.DataType]] = {  # what is said by few of all rows
    "ipv6": {"ipv6": pl.Binary()},
    "others": {"outcome": pl.String(), "answer": pl.String()},
    "aliases": {"alias": pl.String()},
}


def _gathered(resolutions: Iterable[pl.DataFrame]) -> _Gathered:
    names: list[pl.Series] = []
    has, ipv4 = [np.empty(0, np.bool_)], [np.empty(0, np.uint32)]
    some = {key: [pl.DataFrame(schema=pl.Schema({"row": pl.Int64(), **kinds}))]
            for key, kinds in OF_SOME.items()}  # fmt: skip
    seen: list[datetime] = []
    n_rows = 0
    for batch in resolutions:
        four, six = (batch[column].is_not_null().to_numpy() for column in ("ipv4", "ipv6"))
        names.append(batch["name"])
        has.append(four)
        ipv4.append(batch["ipv4"].drop_nulls().to_numpy())
        some["ipv6"].append(_at(batch, ["ipv6"], six, n_rows))
        some["others"].append(_at(batch, ["outcome", "answer"], ~(four | six), n_rows))
        if "chain" in batch.columns:
            followed = (batch["chain"].list.len() > 0).to_numpy()
            aliases = _at(batch, ["chain"], followed, n_rows).explode("chain")
            some["aliases"].append(aliases.rename({"chain": "alias"}))
        if "seen_at" in batch.columns:
            seen += [at for at in _span(batch["seen_at"]) if at is not None]
        n_rows += len(batch)
    return _Gathered(
        names=pl.concat([NOBODY, *names]),
        has_ipv4=np.concatenate(has),
        ipv4=np.concatenate(ipv4),
        oldest=min(seen, default=None),
        newest=max(seen, default=None),
        **{key: pl.concat(frames) for key, frames in some.items()},
    )


def _at(
    batch: pl.DataFrame, columns: list[str], wanted: NDArray[np.bool_], before: int
) -> pl.DataFrame:
    """What some rows of a batch say, with their number."""
    rows = pl.Series("row", np.flatnonzero(wanted) + before)
    return batch.select(columns).filter(pl.Series(wanted)).insert_column(0, rows)


def _span(moments: pl.Series) -> tuple[datetime | None, datetime | None]:
    first, last = moments.min(), moments.max()
    return (
        first if isinstance(first, datetime) else None,
        last if isinstance(last, datetime) else None,
    )


def _without_address(
    others: pl.DataFrame, id_of_row: NDArray[np.uint32], n_names: int
) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
    """How many unknown addresses each name has, and who said that it has none."""
    outcome = others["outcome"]
    known = outcome == ADDRESS
    absences = np.zeros(n_names, np.uint8)
    for bit, absent in enumerate(ABSENT):
        is_absent = outcome == absent
        known |= is_absent
        said = others["row"].filter(is_absent).to_numpy()
        absences[id_of_row.take(said)] |= np.uint8(1 << bit)
    unknown = _of_names(others.filter(~known), id_of_row)
    return np.bincount(unknown["id"].to_numpy(), minlength=n_names).astype(np.uint32), absences


def _numbered(names: pl.Series) -> tuple[pl.Series, NDArray[np.uint32]]:
    """The different names in order, and the number of each row's name among them."""
    if names.is_sorted():
        new = _begins(names)
        return names.filter(pl.Series(new)).rechunk().alias("name"), _numbers(new)
    frame = pl.DataFrame({"name": names}).with_row_index("row").sort("name")
    new = _begins(frame["name"])
    ids = np.empty(len(names), np.uint32)
    ids[frame["row"].to_numpy()] = _numbers(new)
    return frame["name"].filter(pl.Series(new)).alias("name"), ids


def _begins(ordered: pl.Series) -> NDArray[np.bool_]:
    """Where another name begins; chunk by chunk, as they would be copied to lie side by side."""
    new = np.ones(len(ordered), np.bool_)
    begin, last = 0, None
    for chunk in ordered.get_chunks():
        if not len(chunk):
            continue
        end = begin + len(chunk)
        new[begin] = chunk[0] != last
        new[begin + 1 : end] = (chunk.slice(1) != chunk.slice(0, len(chunk) - 1)).to_numpy()
        begin, last = end, chunk[-1]
    return new


def _numbers(new: NDArray[np.bool_]) -> NDArray[np.uint32]:
    numbers = np.cumsum(new, dtype=np.uint32)
    numbers -= np.uint32(1)
    return numbers


def _of_names(rows: pl.DataFrame, id_of_row: NDArray[np.uint32]) -> pl.DataFrame:
    """Facts of rows as facts of names: sorted, each once."""
    ids = pl.Series("id", id_of_row[rows["row"].to_numpy()], dtype=pl.UInt32)
    facts = rows.drop("row").insert_column(0, ids)
    order = ids.to_numpy()
    if (order[1:] > order[:-1]).all():
        return facts
    return facts.unique().sort(facts.columns)


def _distinct(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers in order, each once; `numpy.unique` takes a hundred times as long."""
    first = np.ones(len(words), np.bool_)
    np.greater(words[1:], words[:-1], out=first[1:])
    if first.all():
        return words
    words = np.sort(words, kind="stable")
    np.not_equal(words[1:], words[:-1], out=first[1:])
    return words if first.all() else words.take(np.flatnonzero(first))


def offsets_of(ids: NDArray[np.integer], n_ids: int) -> Offsets:
    """Where each id begins among ``ids`` in order; the last says where they end.

    >>> offsets_of(np.array([0, 0, 2]), 3)
    array([0, 2, 2, 3])
    """
    offsets = np.zeros(n_ids + 1, np.int64)
    np.cumsum(np.bincount(ids, minlength=n_ids), out=offsets[1:])
    return offsets


def spread(begins: Ids, ends: Ids) -> Ids:
    """All places in ``[begins[i], ends[i])``, one slice after the other.

    >>> spread(np.array([5, 0]), np.array([7, 1]))
    array([5, 6, 0])
    """
    n_held = ends - begins
    before = np.cumsum(n_held) - n_held
    places: Ids = np.arange(n_held.sum()) + np.repeat(begins - before, n_held)
    return places


def _slices(offsets: Offsets, ids: Ids) -> tuple[Ids, Offsets]:
    """The places of all that the ids hold, and where each begins among them."""
    begins, ends = offsets[ids], offsets[ids + 1]
    return spread(begins, ends), np.concatenate([[0], np.cumsum(ends - begins)])
