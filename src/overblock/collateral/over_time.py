"""When each name was hit, since when it is, and how many were at every moment.

One sweep: every address of a name adds one when it becomes listed and takes one away when it is
free again, and the running sum says how far the name is hit.  Nothing is recomputed at any moment.

The names live where the world says all the time: resolutions are of one day, the register of many
years, so a span far from that day tells of today's tenants, not of those of then.
"""

from collections.abc import Iterator
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.coverage import NEVER
from overblock.collateral.groups import GROUP
from overblock.collateral.reach import REACH, REACHES
from overblock.collateral.runs import Runs, runs_of
from overblock.collateral.worlds import Ids, World, offsets_of, spread

ROOM = 1 << 21  # changes at a time: some 100 MB of work arrays
FULLY, PARTLY = REACHES.index("fully"), REACHES.index("partly")
CLEAR = REACHES.index("not")
INSTANT = pl.Datetime("us", "UTC")
SINCE = pl.Schema([
    ("id", pl.UInt32()), ("reach", REACH), ("hit_since", INSTANT), ("reach_since", INSTANT)
])  # fmt: skip


def hit_spans(world: World, listings: pl.DataFrame, gaps: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The spans in which each name was hit, some hundred thousand names at a time.

    ``listings`` and ``gaps`` are of one register, of the tables of these names.

    Yields:
        ``id`` (place of the name), ``reach`` (fully or partly), ``since``, ``until`` (null: still
        so); by name and time.  Two spans of a name that touch differ in their reach.
    """
    runs = runs_of(world, listings, gaps)
    for ids, since, until, reach in _spans(world, runs):
        yield pl.DataFrame({
            "id": ids.astype(np.uint32),
            "reach": pl.Series(reach).cat.to(REACH),
            "since": _instants(runs.moments[since]),
            "until": _instants(runs.moments[until]),
        })  # fmt: skip


def hit_since(
    world: World, listings: pl.DataFrame, gaps: pl.DataFrame, at: datetime
) -> pl.DataFrame:
    """The names that are hit at a moment, and since when without a break.

    Returns:
        ``id``, ``reach``, ``reach_since`` (since when so far), ``hit_since`` (since when at all);
        by name.
    """
    found = []
    moment = pl.lit(at, INSTANT)
    for spans in hit_spans(world, listings, gaps):
        goes_on = (pl.col("since") == pl.col("until").shift()) & (
            pl.col("id") == pl.col("id").shift()
        )
        block = (~goes_on.fill_null(value=False)).cum_sum()
        found.append(
            spans.with_columns(hit_since=pl.col("since").first().over(block))
            .filter(
                (pl.col("since") <= moment)
                & (pl.col("until").is_null() | (pl.col("until") > moment))
            )
            .select("id", "reach", "hit_since", reach_since="since")
        )
    return pl.concat([SINCE.to_frame(), *found])


def hit_series(
    world: World,
    listings: pl.DataFrame,
    gaps: pl.DataFrame,
    groups: pl.Series | None = None,
) -> pl.DataFrame:
    """How many names of each group were hit after every moment at which that changed.

    ``groups`` is the group of each name (bystanders all, without); it is the same at all moments,
    so take as named whatever was named at any of them.

    Returns:
        ``at``, ``group``, ``fully``, ``partly``; by time, then group.  A group has a row only
        where one of its two figures changes.
    """
    codes = np.zeros(world.n_names, np.int64)
    if groups is not None:
        codes = groups.cast(GROUP).to_physical().to_numpy().astype(np.int64)
    runs = runs_of(world, listings, gaps)
    n_groups = len(GROUP.categories)
    steps = np.zeros((2, n_groups, len(runs.moments)), np.int64)
    for ids, since, until, reach in _spans(world, runs):
        row = (reach == PARTLY).astype(np.int64), codes[ids]
        np.add.at(steps, (*row, since), 1)
        np.add.at(steps, (*row, until), -1)
    totals = np.cumsum(steps, axis=2)
    group, moment = np.nonzero(steps.any(axis=0))
    told = runs.moments[moment] < NEVER
    group, moment = group[told], moment[told]
    return pl.DataFrame({
        "at": _instants(runs.moments[moment]),
        "group": pl.Series(group.astype(np.uint8)).cat.to(GROUP),
        "fully": totals[0, group, moment].astype(np.uint64),
        "partly": totals[1, group, moment].astype(np.uint64),
    }).sort("at", "group")  # fmt: skip


def _spans(world: World, runs: Runs) -> Iterator[tuple[Ids, Ids, Ids, NDArray[np.uint8]]]:
    """Spans of names, some names at a time: name, first and last moment, reach."""
    names, segments = _listed_pairs(world, runs)
    n_changes = 2 * (runs.offsets[segments + 1] - runs.offsets[segments])
    load = np.concatenate([[0], np.cumsum(n_changes)])
    begins = offsets_of(names, world.n_names)  # the pairs of each name
    n_all = np.diff(world.offsets) + np.diff(world.offsets6)
    before = load[begins]
    low = 0
    while low < world.n_names:
        high = max(int(np.searchsorted(before, before[low] + ROOM, side="right")) - 1, low + 1)
        some = slice(begins[low], begins[high])
        yield _spans_of(names[some], segments[some], runs, n_all, world.n_unknown)
        low = high


def _listed_pairs(world: World, runs: Runs) -> tuple[Ids, Ids]:
    """The pairs that were ever listed: name and segment, by name."""
    every = np.arange(world.n_names)
    names = np.concatenate([
        np.repeat(every, np.diff(world.offsets)), np.repeat(every, np.diff(world.offsets6))
    ])  # fmt: skip
    segments = np.concatenate([runs.of_pair, runs.of_pair6])
    ever = segments >= 0
    names, segments = names[ever], segments[ever]
    order = np.argsort(names, kind="stable")
    return names[order], segments[order]


def _spans_of(
    names: Ids, segments: Ids, runs: Runs, n_all: Ids, n_unknown: NDArray[np.uint32]
) -> tuple[Ids, Ids, Ids, NDArray[np.uint8]]:
    first, last = runs.offsets[segments], runs.offsets[segments + 1]
    of_run = spread(first, last)
    name = np.repeat(names, last - first)
    n_moments = len(runs.moments)
    keys = np.concatenate([name * n_moments + runs.since[of_run],
                           name * n_moments + runs.until[of_run]])  # fmt: skip
    steps = np.repeat(np.array([1, -1]), len(name))
    order = np.argsort(keys, kind="stable")
    keys, n_listed = keys[order], np.cumsum(steps[order])
    final = np.append(keys[1:] != keys[:-1], np.ones(min(len(keys), 1), np.bool_))
    keys, n_listed = keys[final], n_listed[final]  # after all that happens at one moment
    name, moment = np.divmod(keys, n_moments)
    reach = np.full(len(name), CLEAR, np.uint8)
    reach[n_listed > 0] = PARTLY
    reach[(n_listed > 0) & (n_listed == n_all[name]) & (n_unknown[name] == 0)] = FULLY
    turns = np.ones(len(name), np.bool_)
    turns[1:] = (reach[1:] != reach[:-1]) | (name[1:] != name[:-1])
    name, moment, reach = name[turns], moment[turns], reach[turns]
    until = np.append(moment[1:], moment[:0])  # every name ends clear, at NEVER if not before
    hit = np.flatnonzero(reach != CLEAR)
    return name[hit], moment[hit], until[hit], reach[hit]


def _instants(moments: NDArray[np.int64]) -> pl.Series:
    frame = pl.DataFrame({"at": moments})
    lasts = pl.col("at") < NEVER
    return frame.select(pl.when(lasts).then("at").cast(INSTANT)).to_series()
