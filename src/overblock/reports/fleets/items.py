"""How each item of a fleet stands: what lists it, what is remembered of it, and whose it is.

Joined as frames, since fleets are large; objects are made last, one an item.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from overblock.fleets.changes import EXPOSED, FleetState, kept
from overblock.reports.checks.check import HolderAnswer
from overblock.reports.fleets.answer import WatchedItem
from overblock.reports.fleets.hits import Hits

NOBODY = -1


def with_standing(
    items: pl.DataFrame, hits: Hits, state: FleetState, *, fresh: bool
) -> pl.DataFrame:
    """Items with what `overblock.reports.fleets.answer.WatchedItem` tells of them.

    ``fresh``: registers have spoken of late, and in whole, so that what none lists is free.
    """
    left = pl.DataFrame(
        [(target, register) for target, register, _ in kept(state)],
        {"target": pl.String, "unconfirmed": pl.String},
        orient="row",
    )
    known = (
        items.join(hits.by_item, on="target", how="left", maintain_order="left")
        .join(hits.reach, on="target", how="left", maintain_order="left")
        .join(
            left.group_by("target").agg(pl.col("unconfirmed").sort()),
            on="target",
            how="left",
            maintain_order="left",
        )
    )
    own, exposed = pl.col("kind") != EXPOSED, pl.col("kind") == EXPOSED
    otherwise = pl.lit(
        False if fresh else None, pl.Boolean
    )  # as `overblock.reports.checks.check` has it
    listed = pl.when(own).then(pl.when("confirmed").then(True)).otherwise(otherwise)  # noqa: FBT003
    return known.with_columns(
        listed=pl.when(~pl.col("is_private")).then(listed),
        state=pl.when("is_private").then(pl.lit("private"))
        .when(listed).then(pl.lit("listed"))
        .when(exposed & pl.col("confirmed")).then(pl.lit("exposed"))
        .when(pl.col("unconfirmed").is_not_null()).then(pl.lit("unconfirmed"))
        .when(listed.is_null()).then(pl.lit("unknown"))
        .otherwise(pl.lit("free")),
    )  # fmt: skip


def told_items(
    standing: pl.DataFrame, public: pl.DataFrame, holders: Sequence[HolderAnswer | None]
) -> list[WatchedItem]:
    """An answer a row, in order; ``holders`` are of the ``public`` items, in their order."""
    places = public.select("target").with_row_index("holder")
    rows = standing.join(places, on="target", how="left", maintain_order="left").select(
        "label", "target", "item_kind", "inventory", "place", "state", "listed", "kind", "since",
        "registers", "authority", "decision", "decision_date",
        pl.col("entries").fill_null(0),
        pl.when(pl.col("named_in_all") > 0).then("named"),
        pl.col("named_in_all").fill_null(0), pl.col("holder").cast(pl.Int64).fill_null(NOBODY),
        "addresses", "addresses_listed", "unconfirmed", "unlisted_at",
    )  # fmt: skip
    whose = [*holders, None]  # the last: of nobody
    return [
        WatchedItem(
            label=label, target=target, target_kind=kind_of_target, inventory=inventory,
            place=place, state=state, listed=listed, kind=kind, since=since, registers=registers,
            authority=authority, decision=decision, decision_date=decision_date, entries=entries,
            named=named, named_in_all=named_in_all, holder=whose[holder], addresses=addresses,
            addresses_listed=addresses_listed, unconfirmed=unconfirmed, unlisted_at=unlisted_at,
        )
        for (
            label, target, kind_of_target, inventory, place, state, listed, kind, since, registers,
            authority, decision, decision_date, entries, named, named_in_all, holder, addresses,
            addresses_listed, unconfirmed, unlisted_at,
        ) in zip(*map(_values, rows), strict=True)
    ]  # fmt: skip


def _values(column: pl.Series) -> list[Any]:
    """A column as Python has it: many times as fast as row by row."""
    if column.dtype.is_temporal():  # of few moments: each is made once
        few = column.unique()
        moments = dict(zip(few.to_physical().to_list(), few.to_list(), strict=True))
        return [moments[number] for number in column.to_physical().to_list()]
    if column.dtype != pl.List:
        return column.to_list()
    if column.null_count() == len(column):
        return [()] * len(column)
    if column.name == "named":
        return [tuple(value) if value else () for value in column.to_list()]
    # Of registers there are few, and their names hold no blank: each combination is made once.
    texts = column.list.join(" ").fill_null("")
    combinations = {text: tuple(text.split()) for text in texts.unique()}
    return [combinations[text] for text in texts.to_list()]
