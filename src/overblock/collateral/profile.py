"""Figures about all names: how many of each group are hit, and whose they are.

A figure is a count with its denominator (all names of that group under that key, hit or not), the
share, and a witness: the most popular of the names it counts, of equals the first by name.  Counts
of batches that share no name add up, so that worlds of any size are counted in bounded memory.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.formats import format_ipv4, format_ipv6
from overblock.addresses.locate import Ipv4s, Points
from overblock.addresses.sixteen import from_series
from overblock.collateral.groups import GROUP, GROUPS
from overblock.collateral.keys import Keys
from overblock.collateral.reach import LISTED, REACH, REACH_OF, REACHES, WAYS, Hits
from overblock.collateral.worlds import Ids

Split: TypeAlias = Literal["group", "rule", "holder", "country", "sector", "popularity"]

SPLITS: tuple[Split, ...] = ("group", "rule", "holder", "country", "sector", "popularity")
Cells: TypeAlias = NDArray[np.uint8]  # (names,)
CELLS = len(GROUPS) * len(REACHES) * WAYS  # of a key
# The cell of a name by its flags, within those of its group.
CELL_OF = REACH_OF * np.uint8(WAYS) + (np.arange(len(REACH_OF), dtype=np.uint8) & LISTED)
UNRANKED = 2**32 - 1
HALF, MASK = np.uint64(32), np.uint64(2**32 - 1)  # of a pick: the rank above, the row below
COUNTS = pl.Schema([
    ("by", pl.String()),
    ("key", pl.String()),
    ("group", GROUP),
    ("reach", REACH),
    ("count", pl.UInt64()),
    ("count_ordered", pl.UInt64()),
    ("count_attached", pl.UInt64()),
    ("rank", pl.UInt32()),
    ("name", pl.String()),
    ("ipv4", pl.UInt32()),
    ("ipv6", pl.Binary()),
])  # fmt: skip
FIGURE = ["by", "key", "group", "reach"]
SUMS = ["count", "count_ordered", "count_attached"]
WITNESS = ["rank", "name", "ipv4", "ipv6"]


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Names as they are counted: of rows by `count`, of arrays by `count_hits`."""

    cells: Cells  # group, reach, and the way it is listed, as one number
    splits: Mapping[Split, Keys]
    ranks: Ipv4s | None  # of each name, `UNRANKED` where it has none; None: no name has one
    witnesses: Callable[[Ids], pl.DataFrame]  # ``name``, ``ipv4``, ``ipv6`` of some names


def count(frame: pl.DataFrame) -> pl.DataFrame:
    """Count the rows of `overblock.collateral.groups.classify`, in every way they can be split.

    Columns of `SPLITS` that the frame lacks are not counted by; ``rank``, where it has it, chooses
    the witness.

    Returns:
        A row for each split (``by``), ``key`` (null: nobody says; always so by group), ``group``
        and ``reach``: ``count``; of them ``count_ordered`` and ``count_attached``, which have an
        address so listed; ``rank``, ``name``, ``ipv4`` and ``ipv6`` of the witness.
    """
    group, reach = (frame[name].to_physical().to_numpy() for name in ("group", "reach"))
    cells = ((group * len(REACHES) + reach) * WAYS).astype(np.uint8)
    for weight, column in ((1, "n_ordered"), (2, "n_attached")):
        cells += (frame[column] > 0).to_numpy() * np.uint8(weight)
    ranks = frame["rank"].fill_null(UNRANKED).to_numpy() if "rank" in frame.columns else None
    splits = {by: Keys.of(frame[by]) for by in SPLITS[1:] if by in frame.columns}

    def witnesses(ids: Ids) -> pl.DataFrame:
        return frame.select("name", "ipv4", "ipv6")[ids]

    return _in_order(_counted(Counted(cells, splits, ranks, witnesses)))


def count_hits(
    hits: Hits,
    splits: Mapping[Split, Keys],
    groups: pl.Series | None = None,
    ranks: Ipv4s | None = None,
) -> pl.DataFrame:
    """The same of a world that was looked up, which is many times as fast; in no order.

    ``groups`` are those of `overblock.collateral.groups.grouped`; without them all names are
    bystanders.
    """
    cells = CELL_OF.take(hits.flags)
    if groups is not None:
        own = groups.to_physical().to_numpy().astype(np.uint8)
        cells += own * np.uint8(len(REACHES) * WAYS)
    return _counted(Counted(cells, splits, ranks, hits.witnesses))


def merge(counts: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """Add up counts of batches that share no name."""
    together = pl.concat([COUNTS.to_frame(), *counts]).sort("rank", "name")
    first = [pl.col(name).first() for name in WITNESS]
    summed = together.group_by(FIGURE, maintain_order=True).agg(
        *(pl.col(name).sum() for name in SUMS), *first
    )
    return _in_order(summed)


def figures(counts: pl.DataFrame, by: Split | None = None) -> pl.DataFrame:
    """Counts as figures: the largest key first, bystanders first within it.

    Returns:
        ``by``, ``key``, ``group``, ``reach``, ``count``, ``count_ordered``, ``count_attached``,
        ``denominator`` (names of that key and group), ``share``, ``witness`` (a name) and
        ``witness_address``.
    """
    wanted = counts if by is None else counts.filter(pl.col("by") == by)
    hit = pl.col("count").filter(pl.col("reach").is_in(["fully", "partly"])).sum()
    all_of_key = pl.col("count").sum()
    return (
        wanted.with_columns(
            denominator=pl.col("count").sum().over("by", "key", "group"),
            hit=hit.over("by", "key"),
            all=all_of_key.over("by", "key"),
            order=pl.col("by").cast(pl.Enum(SPLITS)),
            witness_address=witness_addresses(wanted),
        )
        .sort("order", "hit", "all", "key", "group", "reach",
              descending=[False, True, True, False, False, False], nulls_last=True)
        .select(
            *FIGURE,
            *SUMS,
            "denominator",
            (pl.col("count") / pl.col("denominator")).alias("share"),
            pl.col("name").alias("witness"),
            "witness_address",
        )
    )  # fmt: skip


def witness_addresses(rows: pl.DataFrame) -> pl.Series:
    """The address of rows with ``ipv4`` or ``ipv6`` as text; null where there is neither."""
    four, six = rows["ipv4"], rows["ipv6"]
    texts = pl.DataFrame({
        "row": pl.concat([four.is_not_null().arg_true(), six.is_not_null().arg_true()]),
        "text": pl.concat([
            format_ipv4(four.drop_nulls().to_numpy()), format_ipv6(from_series(six.drop_nulls()))
        ]),
    })  # fmt: skip
    own = pl.DataFrame({"row": np.arange(len(rows), dtype=np.uint32)})
    return own.join(texts, on="row", how="left", maintain_order="left")["text"]


@dataclass(frozen=True, slots=True, eq=False)
class _Tally:
    """Counts and picks of each cell of each key; a pick is a rank and a row, the lowest wins."""

    n_each: NDArray[np.int64]  # (keys * CELLS,)
    picks: Points  # (keys * CELLS,)


def _counted(names: Counted) -> pl.DataFrame:
    tallies = _tallies(names)
    n_each = np.concatenate([tally.n_each for tally in tallies.values()]).reshape(-1, WAYS)
    picks = np.concatenate([tally.picks for tally in tallies.values()]).reshape(-1, WAYS)
    place = np.flatnonzero(n_each.any(axis=1))
    pick = picks[place].min(axis=1)
    key, cell = np.divmod(place, CELLS // WAYS)
    group, reach = (part.astype(np.uint8) for part in np.divmod(cell, len(REACHES)))
    _, ordered, attached, both = (column.astype(np.uint64) for column in n_each[place].T)
    nobody = pl.Series("key", [None], pl.String)
    words = [keys.words for keys in names.splits.values()]
    all_keys = pl.concat([nobody, *(part for each in words for part in (each, nobody))])
    n_keys = [len(tally.n_each) // CELLS for tally in tallies.values()]
    splits = pl.Series([by for by, n in zip(tallies, n_keys, strict=True) for _ in range(n)])
    rows = names.witnesses((pick & MASK).astype(np.int64))
    return pl.DataFrame({
        "by": splits.gather(key),
        "key": all_keys.gather(key),
        "group": pl.Series(group).cat.to(GROUP),
        "reach": pl.Series(reach).cat.to(REACH),
        "count": n_each[place].sum(axis=1).astype(np.uint64),
        "count_ordered": ordered + both,
        "count_attached": attached + both,
        "rank": (pick >> HALF).astype(np.uint32),
        **rows.to_dict(),
    }, schema=COUNTS)  # fmt: skip


def _tallies(names: Counted) -> dict[Split, _Tally]:
    """The counts of each split; those by group are the sums of any other's."""
    picks = np.arange(len(names.cells), dtype=np.uint64)
    if names.ranks is None:
        picks |= np.uint64(UNRANKED) << HALF
    else:
        picks |= names.ranks.astype(np.uint64) << HALF
    others = {by: _tally(keys, names.cells, picks) for by, keys in names.splits.items()}
    some = next(iter(others.values())) if others else _tally(None, names.cells, picks)
    by_group = _Tally(
        some.n_each.reshape(-1, CELLS).sum(axis=0), some.picks.reshape(-1, CELLS).min(axis=0)
    )
    return {"group": by_group, **others}


def _tally(keys: Keys | None, cells: Cells, picks: Points) -> _Tally:
    """The counts of one split; without keys all names have one."""
    numbers = cells.astype(np.intp)
    n_keys = 1
    if keys is not None:
        numbers += keys.codes * np.intp(CELLS)
        n_keys = len(keys.words) + 1
    first = np.full(n_keys * CELLS, np.uint64(2**64 - 1))
    np.minimum.at(first, numbers, picks)
    return _Tally(np.bincount(numbers, minlength=n_keys * CELLS), first)


def _in_order(counts: pl.DataFrame) -> pl.DataFrame:
    return counts.sort(pl.col("by").cast(pl.Enum(SPLITS)), "key", "group", "reach", nulls_last=True)
