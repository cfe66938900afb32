"""From runs of records to listings: from when to when an entry listed a resource.

An entry whose record changes (an address more, a page less) is still the same entry, so the runs
of all its records are united per resource.
"""

from datetime import UTC, datetime
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.registers.resources import KIND, resources_of
from overblock.tables import DECISION_COLUMNS, LISTINGS

ENTRY_FIELDS = (*DECISION_COLUMNS, "domains", "urls")
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)  # later than any moment
RESOURCE = ["entry_key", "resource_kind", "resource"]


def with_entry_keys(entries: pl.DataFrame) -> pl.DataFrame:
    """Add ``entry_key``: what makes two records state the same entry.

    Its decision, and what it names: by the publisher's own id where it gives one, else by the
    names and pages.  Not its addresses: those come and go with the DNS while the entry stands.
    """
    decision = [pl.col(name).cast(pl.String).fill_null("\x1d") for name in ENTRY_FIELDS[:3]]
    named = [pl.col(name).list.join("\x1e") for name in ENTRY_FIELDS[3:]]
    by_id = pl.format("id\x1f{}\x1f{}", "entry_id", KIND)
    stated = entries.select(
        pl.concat_str(
            *decision,
            pl.coalesce(by_id, pl.concat_str(*named, separator="\x1f")),
            separator="\x1f",
        )
    ).to_series()
    keys = [blake2b(text.encode(), digest_size=8).hexdigest() for text in stated]
    return entries.with_columns(entry_key=pl.Series(keys, dtype=pl.String))


def listings(records: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """All listings of one register.

    ``records`` is of the table `records`; ``runs`` has ``record_key``, ``listed_from``,
    ``last_seen_at`` and ``listed_until``.  Returns rows of `listings`, sorted by its key.
    """
    keys = ["register", "record_key", "entry_key"]
    resources = resources_of(records, keys)
    dated = resources.rows.join(runs, on="record_key")
    broken = resources.rejects.select("record_key", "entry_key").unique()
    united = unite(pl.concat([dated, _bridges(dated, broken.join(runs, on="record_key"))]))
    entries = records.unique("entry_key", keep="first", maintain_order=True)
    return (
        united.join(entries.select("entry_key", *ENTRY_FIELDS[:3], "networks"), on="entry_key")
        .select(*LISTINGS.schema())
        .sort(LISTINGS.key)
    )


def unite(dated: pl.DataFrame) -> pl.DataFrame:
    """Unite runs of the same entry and resource that overlap or touch.

    In one sweep: what a run lists and when, as ranks, is one number, so that runs of one resource
    lie side by side and those of another lie beyond all of its moments.
    """
    if dated.is_empty():
        return dated.drop("record_key")
    ids = dated.select(RESOURCE).unique(maintain_order=True).with_row_index("id")
    joined = dated.select(RESOURCE).join(ids, on=RESOURCE, maintain_order="left")
    begun, seen = (_microseconds(dated[name]) for name in ("listed_from", "last_seen_at"))
    until = _microseconds(dated["listed_until"].fill_null(FOREVER))
    moments = np.sort(np.concatenate([begun, until]))
    place = joined["id"].to_numpy().astype(np.int64) * (len(moments) + 1)
    begins = place + np.searchsorted(moments, begun)
    ends = place + np.searchsorted(moments, until)
    order = np.argsort(begins, kind="stable")
    reached = np.maximum.accumulate(ends[order])
    opens = np.ones(len(order), np.bool_)
    opens[1:] = begins[order][1:] > reached[:-1]
    firsts = np.flatnonzero(opens)
    ended = np.maximum.reduceat(until[order], firsts)
    return (
        dated[order[firsts]]
        .drop("record_key")
        .with_columns(
            last_seen_at=_moments(np.maximum.reduceat(seen[order], firsts)),
            listed_until=_moments(ended),
        )
        .with_columns(listed_until=pl.when(pl.col("listed_until") < FOREVER).then("listed_until"))
    )


def _microseconds(column: pl.Series) -> NDArray[np.int64]:
    return column.dt.timestamp("us").to_numpy()


def _moments(microseconds: NDArray[np.int64]) -> pl.Series:
    return pl.Series(microseconds, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))


def _bridges(dated: pl.DataFrame, broken: pl.DataFrame) -> pl.DataFrame:
    """Keep what an entry listed while one of its own addresses cannot be read.

    A state of 2013 has ``ARRAY(0x805497bd0)`` for the addresses of four entries: they stood all
    the same, so their resources are held for as long as the broken record stands.
    """
    if broken.is_empty():
        return dated.clear()
    gone = dated.filter(pl.col("listed_until").is_not_null())
    return (
        gone.join(
            broken.select("entry_key", at="listed_from", seen="last_seen_at", end="listed_until"),
            left_on=["entry_key", "listed_until"],
            right_on=["entry_key", "at"],
        )
        .with_columns(listed_from="listed_until", last_seen_at="seen", listed_until="end")
        .select(dated.columns)
    )
