"""Aliases lead where one would be led by hand."""

from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.pipeline.aliases import MOST_STEPS, follow
from overblock.sources import find_source
from overblock.tables import RESOLUTIONS

NAMES = tuple("abcdef")  # few, so that aliases often lead on
zones = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(NAMES), st.just("a"), st.sampled_from(("8.8.8.8", "9.9.9.9"))),
        st.tuples(st.sampled_from(NAMES), st.just("cname"), st.sampled_from(NAMES)),
    ),
    min_size=1,
    max_size=10,
)
Zone = list[tuple[str, str, str]]


def led(zone: Zone, name: str, seen: tuple[str, ...]) -> set[str]:
    """All addresses that a name leads to, step by step; empty where it leads nowhere."""
    if name in seen or len(seen) > MOST_STEPS:
        return set()
    found = {value for owner, kind, value in zone if owner == name and kind == "a"}
    for owner, kind, value in zone:
        if owner == name and kind == "cname":
            found |= led(zone, value, (*seen, name))
    return found


def rows_of(zone: Zone) -> pl.DataFrame:
    lines = [f'{{"name":"{name}","type":"{kind}","value":"{value}"}}' for name, kind, value in zone]
    return find_source("rapid7_fdns").read("\n".join(lines).encode()).rows


@settings(max_examples=60)
@given(zones)
def test_each_name_is_led_to_its_addresses_and_to_no_others(zone: Zone) -> None:
    rows = rows_of(zone)
    is_alias = pl.col("outcome") == "alias"
    followed = follow(rows.filter(is_alias), rows.lazy)
    whole = pl.concat([rows.filter(~is_alias), followed])
    RESOLUTIONS.check(whole)
    assert not whole.select(RESOLUTIONS.key).is_duplicated().any()
    for name in {owner for owner, _, _ in zone}:
        told = whole.filter(pl.col("name") == name)["ipv4"].drop_nulls()
        wanted = {int.from_bytes(bytes(map(int, text.split(".")))) for text in led(zone, name, ())}
        assert set(told) == wanted


@pytest.mark.parametrize("steps", range(1, MOST_STEPS + 1))
def test_the_chain_tells_every_step(steps: int) -> None:
    chain = [f"step{number}" for number in range(1, steps + 1)]
    pairs = pairwise(["www", *chain])
    rows = rows_of([*((one, "cname", then) for one, then in pairs), (chain[-1], "a", "8.8.8.8")])
    (row,) = follow(rows.filter(pl.col("record") == 1), rows.lazy).rows(named=True)
    assert (row["name"], row["chain"], row["ipv4"]) == ("www", chain, 0x08080808)


def test_a_chain_of_more_steps_than_resolvers_follow_stays_an_alias() -> None:
    names = ["www", *(f"step{number}" for number in range(MOST_STEPS + 1))]
    rows = rows_of(
        [*((one, "cname", then) for one, then in pairwise(names)), (names[-1], "a", "8.8.8.8")]
    )
    (row,) = follow(rows.filter(pl.col("record") == 1), rows.lazy).rows(named=True)
    assert (row["outcome"], row["ipv4"]) == ("alias", None)


def test_what_leads_nowhere_or_in_a_circle_stays_an_alias() -> None:
    rows = rows_of([("www", "cname", "gone"), ("x", "cname", "y"), ("y", "cname", "x")])
    followed = follow(rows, rows.lazy)
    assert sorted(followed.select("name", "outcome").iter_rows()) == [
        ("www", "alias"),
        ("x", "alias"),
        ("y", "alias"),
    ]


def test_a_name_that_aliases_lead_to_may_have_failed() -> None:
    frame = rows_of([("www", "cname", "host")])
    failed = frame.with_columns(
        name=pl.lit("host"), outcome=pl.lit("timeout"), chain=pl.lit([], pl.List(pl.String))
    )
    rows = pl.concat([frame, failed])
    assert follow(frame, rows.lazy)["outcome"].to_list() == ["timeout"]
