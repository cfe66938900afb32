"""Figures about all names: how many of each group are hit, and whose they are.

A figure is a count with its denominator (all names of that group under that key, hit or not), the
share, and a witness: the most popular of the names it counts, of equals the first by name.  Counts
of batches that share no name add up, so that worlds of any size are counted in bounded memory.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import numpy as np
import polars as pl

from overblock.addresses.formats import format_ipv4, format_ipv6
from overblock.addresses.sixteen import from_series
from overblock.collateral.groups import GROUP
from overblock.collateral.reach import REACH

Split: TypeAlias = Literal["group", "rule", "holder", "country", "sector", "popularity"]

SPLITS: tuple[Split, ...] = ("group", "rule", "holder", "country", "sector", "popularity")
KEYED = SPLITS[1:]  # by group, there is no key besides the group itself
UNRANKED = 2**32 - 1
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
    keyed = [by for by in KEYED if by in frame.columns]
    rank = pl.col("rank").fill_null(UNRANKED) if "rank" in frame.columns else pl.lit(UNRANKED)
    narrow = frame.select(
        *keyed,
        "group",
        "reach",
        ordered=pl.col("n_ordered") > 0,
        attached=pl.col("n_attached") > 0,
        pick=rank.cast(pl.UInt64) * 2**32 + pl.int_range(pl.len(), dtype=pl.UInt64),
    )
    cells = narrow.group_by(*keyed, "group", "reach").agg(
        count=pl.len().cast(pl.UInt64),
        count_ordered=pl.col("ordered").sum().cast(pl.UInt64),
        count_attached=pl.col("attached").sum().cast(pl.UInt64),
        pick=pl.col("pick").min(),
    )
    sums = [pl.col(name).sum() for name in SUMS]
    tallies = [
        cells.group_by(*_key(by), "group", "reach")
        .agg(*sums, pl.col("pick").min())
        .with_columns(by=pl.lit(by), key=_spelt(by))
        .select(*FIGURE, *SUMS, "pick")
        for by in ("group", *keyed)
    ]
    return _in_order(_with_witness(pl.concat(tallies), frame))


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


def _key(by: Split) -> Sequence[str]:
    return () if by == "group" else (by,)


def _spelt(by: Split) -> pl.Expr:
    return pl.col(by).cast(pl.String) if _key(by) else pl.lit(None, pl.String)


def _with_witness(tallies: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    row = tallies["pick"] % 2**32
    return tallies.select(
        *FIGURE,
        *SUMS,
        rank=(pl.col("pick") // 2**32),
        **{name: frame[name].gather(row) for name in ("name", "ipv4", "ipv6")},
    ).cast(COUNTS)


def _in_order(counts: pl.DataFrame) -> pl.DataFrame:
    return counts.sort(pl.col("by").cast(pl.Enum(SPLITS)), "key", "group", "reach", nulls_last=True)
