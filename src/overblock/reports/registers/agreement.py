"""Do two sources of one register agree, entry for entry, and if not, in what?

Entries are compared as a multiset of what a decision says: who decided, the act, its date, and the
names, pages and addresses that it lists.  What only one of the sources publishes (ids, hashes,
grounds in law) is no disagreement and is left out.

Each entry of either side stands in exactly one row, so the rows always account for both.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import polars as pl

from overblock.tables import DECISION_COLUMNS

AGREEMENT = pl.Schema(
    {
        "outcome": pl.String(),  # same, reordered, differs, only_first or only_second
        "fields": pl.List(pl.String()),  # those reordered, or those that differ
        "first": pl.UInt32(),  # record of the first source; null: only the second has it
        "second": pl.UInt32(),  # the reverse
    }
)
LISTS = ("domains", "urls", "addresses")
FIELDS = (*DECISION_COLUMNS, *LISTS)
MOST_DIFFERING = 2  # fields: with more of them two entries are two, not one written differently
BETWEEN_VALUES, BETWEEN_FIELDS, ABSENT = "\x1e", "\x1f", "\x00"


def compare_entries(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Pair the entries of two frames of `overblock.tables.REGISTER_ENTRIES`.

    Entries equal as written are paired first, then those equal but for the order within lists,
    then those that differ in one field, then in two; of equal ones the earlier record goes first.
    Returns rows of `AGREEMENT`, sorted.  The cost is that of a join or two
    where the sides agree, and of some twenty where they do not.
    """
    here, there = _spelt(first), _spelt(second)
    rows: list[pl.DataFrame] = []
    for outcome, fields, columns in _passes():
        if here.is_empty() or there.is_empty():
            break
        pairs = _paired(here, there, columns)
        here = here.join(pairs, left_on="record", right_on="first", how="anti")
        there = there.join(pairs, left_on="record", right_on="second", how="anti")
        named = _reordered(pairs) if outcome == "reordered" else pl.lit(fields, pl.List(pl.String))
        rows.append(pairs.select("first", "second", outcome=pl.lit(outcome), fields=named))
    rows += [_alone(here, "first"), _alone(there, "second")]
    told = pl.concat([row.select(AGREEMENT.names()).cast(AGREEMENT) for row in rows])
    return told.sort("outcome", "first", "second", nulls_last=True)


def tally(agreement: pl.DataFrame) -> pl.DataFrame:
    """How often each outcome, with the same fields, was met; the first record is the witness.

    Returns:
        ``outcome``, ``fields``, ``entries``, ``first`` and ``second``; most frequent first.
    """
    return (
        agreement.with_columns(pl.col("fields").list.join(", "))
        .group_by("outcome", "fields", maintain_order=True)
        .agg(entries=pl.len(), first=pl.col("first").first(), second=pl.col("second").first())
        .sort("entries", "outcome", "fields", descending=[True, False, False])
    )


def _passes() -> Iterator[tuple[str, list[str], list[str]]]:
    """What to pair by, one after the other: outcome, the fields it names, columns to agree in."""
    yield "same", [], [_written(name) for name in FIELDS]
    yield "reordered", [], list(FIELDS)
    for many in range(1, MOST_DIFFERING + 1):
        for differing in combinations(FIELDS, many):
            agreeing = [name for name in FIELDS if name not in differing]
            yield "differs", list(differing), agreeing


def _spelt(entries: pl.DataFrame) -> pl.DataFrame:
    """Each field as one text, twice: as written, and with its list in order."""
    plain = [
        pl.col(name).cast(pl.String).fill_null(ABSENT).alias(name)
        for name in FIELDS
        if name not in LISTS
    ]
    return entries.sort("record").select(
        "record",
        *plain,
        *(column.name.map(_written) for column in plain),
        *(pl.col(name).list.sort().list.join(BETWEEN_VALUES) for name in LISTS),
        *(pl.col(name).list.join(BETWEEN_VALUES).alias(_written(name)) for name in LISTS),
    )


def _written(name: str) -> str:
    return f"{name}_written"


def _paired(here: pl.DataFrame, there: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Pairs of records that agree in ``columns``, the n-th of equal ones with the n-th."""
    pairs = _numbered(here, columns).join(_numbered(there, columns), on=["key", "nth"])
    texts = [_written(name) for name in LISTS]
    return pairs.select(
        *(pl.col(name) == pl.col(f"{name}_right") for name in texts),
        first="record",
        second="record_right",
    ).sort("first")


def _numbered(entries: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    key = pl.concat_str(columns, separator=BETWEEN_FIELDS)
    return entries.with_columns(key=key).with_columns(nth=pl.int_range(pl.len()).over("key"))


def _reordered(pairs: pl.DataFrame) -> pl.Series:
    """The lists that pairs hold in different orders."""
    names = [
        pl.when(~pl.col(_written(name))).then(pl.lit(name, pl.String))
        for name in LISTS
    ]  # fmt: skip
    return pairs.select(fields=pl.concat_list(names).list.drop_nulls()).to_series()


def _alone(left: pl.DataFrame, side: str) -> pl.DataFrame:
    other = "second" if side == "first" else "first"
    return left.select(
        pl.col("record").alias(side),
        pl.lit(None, pl.UInt32).alias(other),
        outcome=pl.lit(f"only_{side}"),
        fields=pl.lit([], pl.List(pl.String)),
    )
