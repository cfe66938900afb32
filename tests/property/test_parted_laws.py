"""What is told of names that are read some at a time is what is told of all of them at once."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from collateral_draws import drawn_rows, gaps_of, listings_of, resolutions
from overblock.registers.extent import alive_at
from overblock.reports.answers import SnapshotFacts
from overblock.reports.collateral import impact
from overblock.reports.collateral.collateral import Question, collateral_over_time, names_hit
from overblock.reports.collateral.impact import Turn, changed_names, impact_of
from overblock.reports.names.at_hand import NamesTable
from overblock.reports.names.worlds import Names
from overblock.reports.registers.states import State
from overblock.tables import GAPS, NAME_SIGNS
from register_worlds import HOUR, START

BEGIN, END = START + 6 * HOUR, START + 14 * HOUR
SNAPSHOT = SnapshotFacts(
    published_at=START, digest="0" * 64, records=1, rejects=0, flags=[], signed=None
)
Rows = list[dict[str, Any]]


def state_at(listings: pl.DataFrame, at: datetime) -> State:
    alive = alive_at(listings, pl.DataFrame(schema=GAPS.schema()), at)
    is_address = pl.col("ipv4_from").is_not_null() | pl.col("ipv6_first").is_not_null()
    return State(
        register="x",
        at=at,
        snapshot=SNAPSHOT,
        addresses=alive.filter(is_address),
        unconfirmed=alive.clear(),
        naming=lambda: alive,
    )


def names_of(drawn: Rows, most_rows: int) -> Names:
    frame = resolutions(drawn)
    assume(frame["ipv4"].count() + frame["ipv6"].count() > 0)
    table = NamesTable(
        name="world@2015-01-01",
        dated_at=START,
        batches=lambda: iter([frame]),
        signs=lambda: iter([NAME_SIGNS.empty()]),
    )
    return Names([table], most_rows)


few_rows = st.integers(1, 9)


@settings(max_examples=15)
@given(drawn_rows, few_rows, listings_of(), gaps_of())
def test_a_series_of_names_hit_is_the_same(
    drawn: Rows, most_rows: int, listings: pl.DataFrame, gaps: pl.DataFrame
) -> None:
    whole = Question(state=state_at(listings, END), at=END, names=names_of(drawn, 1_000))
    parted = replace(whole, names=names_of(drawn, most_rows))
    for begins in (None, BEGIN):
        once = collateral_over_time(whole, (listings, gaps), begins)
        assert collateral_over_time(parted, (listings, gaps), begins) == once


@settings(max_examples=15)
@given(drawn_rows, few_rows, listings_of(), gaps_of())
def test_the_names_that_are_hit_are_the_same(
    drawn: Rows, most_rows: int, listings: pl.DataFrame, gaps: pl.DataFrame
) -> None:
    whole = Question(state=state_at(listings, END), at=END, names=names_of(drawn, 1_000))
    parted = replace(whole, names=names_of(drawn, most_rows))
    once, again = (
        pl.concat(names_hit(each, "all", (listings, gaps))).sort("name") for each in (whole, parted)
    )
    assert once.equals(again)


@settings(max_examples=15)
@given(drawn_rows, few_rows, listings_of())
def test_what_a_change_did_is_the_same(drawn: Rows, most_rows: int, listings: pl.DataFrame) -> None:
    before, after = (state_at(listings, at) for at in (BEGIN, END))
    turns = [
        Turn(before, after, BEGIN, END, names_of(drawn, most)) for most in (1_000, most_rows)
    ]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(impact, "MOST_SHOWN", 1)  # the first of all may be the first of no part
        assert impact_of(turns[0]) == impact_of(turns[1])
    once, again = (pl.concat(changed_names(turn)).sort("name") for turn in turns)
    assert once.equals(again)
