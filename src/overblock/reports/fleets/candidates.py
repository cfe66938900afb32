"""Whether an address that one might move to is clean, and for how long it has been.

Orders are often made against whole networks, so the neighbourhood counts: the /24 of an IPv4
address, the /64 of an IPv6 one.  What no register here remembers is told as such: an address is
clean since records begin, not since ever.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from overblock.addresses.ipv6 import ALL_ONES
from overblock.addresses.sixteen import from_series, from_words, to_series, to_words
from overblock.fleets.holdings import hold
from overblock.registers.extent import alive_at
from overblock.reports.fleets.answer import CandidateAnswer
from overblock.store import View
from overblock.tables import GAPS, LISTINGS, SNAPSHOTS

NEIGHBOURS = 256  # addresses of a /24


def judge_candidates(
    view: View, items: pl.DataFrame, registers: Sequence[str], at: datetime, *, fresh: bool
) -> list[CandidateAnswer]:
    """An answer a candidate, in their order; of a name or a private address nothing can be said."""
    items = items.with_row_index("row")
    asked = items.filter(~pl.col("is_private") & (pl.col("item_kind") != "name"))
    wide = _neighbourhoods(asked)
    parts = [_remembered(view, asked, wide, register, at) for register in registers]
    memory = pl.concat([MEMORY.to_frame(), *parts])
    begun = [_begin(view, register) for register in registers] if len(items) else []
    begin = min((moment for moment in begun if moment is not None), default=None)
    gaps = pl.concat([GAPS.empty(), *(view.read(GAPS, register) for register in registers)])
    gaps = gaps.filter(pl.col("silent_from") <= at)
    by_item = {asked["row"][item]: rows for (item,), rows in memory.group_by("item")}
    known = set(asked["row"])
    return [
        _answer(
            row,
            by_item.get(row["row"], MEMORY.to_frame()),
            begin,
            gaps,
            fresh=fresh and row["row"] in known,
        )
        for row in items.select("row", "label", "target").iter_rows(named=True)
    ]


MEMORY = pl.Schema({
    "item": pl.UInt32(),
    "register": pl.String(),
    "alive": pl.Boolean(),
    "confirmed": pl.Boolean(),
    "itself": pl.Boolean(),
    "until": pl.Datetime("us", "UTC"),  # when it ended; null where it had not by then
})  # fmt: skip


def _answer(
    row: dict[str, Any],
    memory: pl.DataFrame,
    begin: datetime | None,
    gaps: pl.DataFrame,
    *,
    fresh: bool,
) -> CandidateAnswer:
    own = memory.filter("itself")
    alive, own_alive = memory.filter("alive"), own.filter("alive")
    listed = (
        True if own_alive["confirmed"].any() else False if fresh and own_alive.is_empty() else None
    )
    neighbours = alive["confirmed"].any()
    clean = False if listed or neighbours else True if fresh and alive.is_empty() else None
    last_own = _last(own) if own_alive.is_empty() else None
    last = _last(memory) if alive.is_empty() else None
    since = (last["until"] if last else begin) if clean else None
    silences = gaps.filter(pl.col("silent_until") > since) if since else gaps
    return CandidateAnswer(
        label=row["label"],
        target=row["target"],
        clean=clean,
        listed=listed,
        neighbours_listed=len(alive),
        last_listed_until=last_own["until"] if last_own else None,
        last_register=last_own["register"] if last_own else None,
        neighbours_last_until=last["until"] if last else None,
        clean_since=since,
        since_records_begin=clean is True and memory.is_empty(),
        records_begin=begin,
        silences=len(silences),
    )


def _last(rows: pl.DataFrame) -> dict[str, Any] | None:
    ended = rows.sort("until", "register").tail(1)
    return ended.row(0, named=True) if len(ended) else None


def _remembered(
    view: View, asked: pl.DataFrame, wide: pl.DataFrame, register: str, at: datetime
) -> pl.DataFrame:
    """Every listing up to a moment that meets a candidate's neighbourhood."""
    if asked.is_empty():
        return MEMORY.to_frame()
    before = view.scan(LISTINGS, register).filter(
        (pl.col("listed_from") <= at)
        & (pl.col("ipv4_from").is_not_null() | pl.col("ipv6_first").is_not_null())
    )
    listings = before.select(*LISTINGS.schema()).collect()
    near, itself = hold(wide, listings), hold(asked, listings).with_columns(itself=True)
    met = near.join(itself, on=["item", "listing"], how="left")
    held = listings[met["listing"]].with_columns(
        item=met["item"], itself=met["itself"].fill_null(value=False)
    )
    alive = alive_at(held, view.read(GAPS, register), at)
    ended = held.filter(pl.col("listed_until") <= at).with_columns(confirmed=False)
    told = [
        alive.with_columns(alive=True, until=pl.lit(None, pl.Datetime("us", "UTC"))),
        ended.with_columns(alive=False, until="listed_until"),
    ]
    return pl.concat(part.select(*MEMORY) for part in told)


def _neighbourhoods(asked: pl.DataFrame) -> pl.DataFrame:
    """The items, each widened to the /24 or /64 that holds its ends."""
    ipv4 = asked["ipv4_from"].is_not_null()
    firsts = pl.col("ipv4_from") - pl.col("ipv4_from") % NEIGHBOURS
    lasts = pl.col("ipv4_until") - 1
    wide = asked.with_columns(ipv4_from=firsts, ipv4_until=lasts - lasts % NEIGHBOURS + NEIGHBOURS)
    if ipv4.all():
        return wide
    six = asked.filter(~ipv4)
    first, _ = to_words(from_series(six["ipv6_first"]))
    last, _ = to_words(from_series(six["ipv6_last"]))
    places = (~ipv4).arg_true()
    zeros = np.zeros(len(first), np.uint64)
    return wide.with_columns(
        wide["ipv6_first"].scatter(places, to_series(from_words(first, zeros))),
        wide["ipv6_last"].scatter(places, to_series(from_words(last, zeros + ALL_ONES))),
    )


def _begin(view: View, register: str) -> datetime | None:
    """The first moment a register here speaks of: its first state, or what a tracker remembers."""
    state = view.read(SNAPSHOTS, register)["published_at"].min()
    listed = view.scan(LISTINGS, register).select(pl.col("listed_from").min()).collect().item()
    return min((moment for moment in (state, listed) if isinstance(moment, datetime)), default=None)
