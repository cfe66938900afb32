"""Which names live on which addresses, as arrays: what every question of collateral is asked of.

A `World` holds each name once, in order, with its addresses side by side: those of name ``i`` are
``addresses[offsets[i]:offsets[i + 1]]``.  Twelve million pairs take a few hundred megabytes and no
Python object per name.  The same name in several batches unites; a row given twice changes
nothing.

An answer that is no address says one of two things.  ``nxdomain`` and ``no_answer`` say that there
is none.  All others (a bogon, a resolver that failed or kept silent) say that there may be one and
nobody knows which: the name has an *unknown* address.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Literal, Self, TypeAlias, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.sixteen import Sixteens, from_series

Offsets: TypeAlias = NDArray[np.int64]  # (n + 1,), where the things of each name begin
Ids: TypeAlias = NDArray[np.int64]  # (n,), places of names in ``World.names``
Ipv4s: TypeAlias = NDArray[np.uint32]  # (n,)

ABSENT = ("nxdomain", "no_answer")  # the name was asked for, and has no address
ADDRESS = "address"
Some = TypeVar("Some", bound=np.generic)
SIDES: tuple[Literal["left"], Literal["right"]] = ("left", "right")
BITS = np.uint64(32)
MASK = np.uint64(2**32 - 1)
FEW = 8  # chunks of names; more are joined, which takes room for all of them once more
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
    OF_ALL: ClassVar[tuple[str, ...]] = COLUMNS[:2]  # of these, what all rows say

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
    def of(cls, resolutions: Iterable[pl.DataFrame], rest: pl.DataFrame | None = None) -> Self:
        """The world of batches of the table `resolutions`, in any order.

        They have all of ``COLUMNS``, or at least ``OF_REACH``; or no more than ``OF_ALL``, where
        ``rest`` is what `rest_of` tells of their rows.
        """
        rows = _gathered(resolutions, rest)
        names, id_of_row = _numbered(rows.names)
        words = id_of_row.compress(rows.has_ipv4).astype(np.uint64)
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

    def cut(self, n_names: int) -> Iterator[Self]:
        """The world in pieces of so many names, in order; they share its addresses."""
        for begin in range(0, self.n_names, n_names):
            end = min(begin + n_names, self.n_names)
            four, six = (each[begin : end + 1] for each in (self.offsets, self.offsets6))
            at, stop = np.searchsorted(self.aliases["id"].to_numpy(), (begin, end))
            aliases = self.aliases.slice(at, stop - at)
            yield replace(
                self,
                names=self.names.slice(begin, end - begin),
                offsets=four - four[0],
                addresses=self.addresses[four[0] : four[-1]],
                offsets6=six - six[0],
                addresses6=self.addresses6[six[0] : six[-1]],
                n_unknown=self.n_unknown[begin:end],
                absences=self.absences[begin:end],
                aliases=aliases.with_columns(pl.col("id") - begin),
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


REST = pl.Schema({
    "row": pl.Int64(), "ipv6": pl.Binary(), "outcome": pl.String(), "answer": pl.String()
})  # fmt: skip
ALIASES = pl.Schema({"row": pl.Int64(), "alias": pl.String()})


def rest_of(resolutions: pl.LazyFrame, before: int = 0) -> pl.LazyFrame:
    """What rows say beyond an IPv4 address: few of all rows say more, or else.

    Who reads it apart from what all rows say (``World.OF_ALL``) needs not hold columns that are
    nearly empty.

    Returns:
        ``row`` (its number, the first is ``before``), ``ipv6``, ``outcome`` and ``answer``.
    """
    more = pl.col("ipv4").is_null() | pl.col("ipv6").is_not_null()
    numbered = resolutions.with_row_index("row", before).filter(more)
    return numbered.select(*REST).cast({"row": pl.Int64})


def _gathered(resolutions: Iterable[pl.DataFrame], rest: pl.DataFrame | None) -> _Gathered:
    names: list[pl.Series] = []
    has, ipv4 = [np.empty(0, np.bool_)], [np.empty(0, np.uint32)]
    more, aliases = [REST.to_frame() if rest is None else rest], [ALIASES.to_frame()]
    seen: list[datetime] = []
    n_rows = 0
    for batch in resolutions:
        names.append(batch["name"])
        has.append(batch["ipv4"].is_not_null().to_numpy())
        ipv4.append(batch["ipv4"].drop_nulls().to_numpy())
        if rest is None:
            more.append(rest_of(batch.lazy(), n_rows).collect())
        if "chain" in batch.columns:
            aliases.append(_aliases(batch["chain"], n_rows))
        if "seen_at" in batch.columns:
            seen += [at for at in _span(batch["seen_at"]) if at is not None]
        n_rows += len(batch)
    told = pl.concat(more)
    return _Gathered(
        names=pl.concat([NOBODY, *names]),
        has_ipv4=_joined(has),
        ipv4=_joined(ipv4),
        ipv6=told.select("row", "ipv6").drop_nulls(),
        others=told.filter(pl.col("ipv6").is_null()).drop("ipv6"),
        aliases=pl.concat(aliases),
        oldest=min(seen, default=None),
        newest=max(seen, default=None),
    )


def _aliases(chains: pl.Series, before: int) -> pl.DataFrame:
    rows = np.flatnonzero((chains.list.len() > 0).to_numpy())
    followed = chains.gather(rows)
    return pl.DataFrame({"row": rows + before, "alias": followed}).explode("alias")


def _joined(parts: list[NDArray[Some]]) -> NDArray[Some]:
    """Arrays after one another; one alone is not copied."""
    return parts[-1] if len(parts) == 2 else np.concatenate(parts)  # noqa: PLR2004  (and none)


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
        own = names.filter(pl.Series(new)).alias("name")
        return own.rechunk() if own.n_chunks() > FEW else own, _numbers(new)
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
