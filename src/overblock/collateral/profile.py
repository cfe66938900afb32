"""Figures about all names: how many of each group are hit, and whose they are.

A figure is a count with its denominator (all names of that group under that key, hit or not), the
share, and a witness: the most popular of the names it counts, of equals the first by name.  Counts
of batches that share no name add up, so that worlds of any size are counted in bounded memory.
"""

from collections.abc import Iterable
from typing import Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.formats import format_ipv4, format_ipv6
from overblock.addresses.locate import Points
from overblock.addresses.sixteen import from_series
from overblock.collateral.groups import GROUP, GROUPS
from overblock.collateral.reach import REACH, REACHES

Split: TypeAlias = Literal["group", "rule", "holder", "country", "sector", "popularity"]

SPLITS: tuple[Split, ...] = ("group", "rule", "holder", "country", "sector", "popularity")
Cells: TypeAlias = NDArray[np.int64]  # (names,)
WAYS = 4  # neither ordered nor attached, ordered, attached, both
CELLS = len(GROUPS) * len(REACHES) * WAYS  # of a key
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
    cells = (group.astype(np.int64) * len(REACHES) + reach) * WAYS
    for weight, column in ((1, "n_ordered"), (2, "n_attached")):
        cells += (frame[column] > 0).to_numpy() * np.int64(weight)
    picks = np.arange(len(frame), dtype=np.uint64)
    if "rank" in frame.columns:
        picks |= frame["rank"].fill_null(UNRANKED).to_numpy().astype(np.uint64) << HALF
    else:
        picks |= np.uint64(UNRANKED) << HALF
    tallies = [
        _tally(frame, by, cells, picks) for by in SPLITS if by == "group" or by in frame.columns
    ]
    return _in_order(pl.concat(tallies))


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


def _tally(frame: pl.DataFrame, by: Split, cells: Cells, picks: Points) -> pl.DataFrame:
    """The counts of one split; ``cells`` number the group, the reach and the way it is listed."""
    numbers, n_keys = (cells, 1) if by == "group" else _numbered(frame[by])
    if by != "group":
        numbers = numbers * CELLS + cells
    ways = np.bincount(numbers, minlength=n_keys * CELLS).reshape(-1, WAYS)
    first = np.full(n_keys * CELLS, np.uint64(2**64 - 1))
    np.minimum.at(first, numbers, picks)
    met = ways.any(axis=1)
    pick = first.reshape(-1, WAYS).min(axis=1)[met]
    neither, ordered, attached, both = ways[met].T
    tally: pl.DataFrame = (
        frame[(pick & MASK).astype(np.int64)]
        .select(
            "group", "reach", "name", "ipv4", "ipv6",
            by=pl.lit(by),
            key=pl.lit(None, pl.String) if by == "group" else pl.col(by).cast(pl.String),
            count=pl.Series(neither + ordered + attached + both),
            count_ordered=pl.Series(ordered + both),
            count_attached=pl.Series(attached + both),
            rank=pl.Series(pick >> HALF),
        )
        .select(*COUNTS)
        .cast(COUNTS)
    )  # fmt: skip
    return tally


def _numbered(keys: pl.Series) -> tuple[Cells, int]:
    """The different keys numbered from 0, null too: the number of each, and how many there are."""
    words = isinstance(keys.dtype, pl.Categorical | pl.Enum)
    plain = keys.to_physical() if words else keys.rank("dense")
    most = plain.max()
    nobody = most + 1 if isinstance(most, int) else 0
    codes = plain.fill_null(nobody).to_numpy()
    there = np.zeros(nobody + 1, np.bool_)
    there[codes] = True
    return (np.cumsum(there) - 1).take(codes), int(np.count_nonzero(there))


def _in_order(counts: pl.DataFrame) -> pl.DataFrame:
    return counts.sort(pl.col("by").cast(pl.Enum(SPLITS)), "key", "group", "reach", nulls_last=True)
