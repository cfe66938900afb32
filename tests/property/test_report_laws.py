"""A report never contradicts itself: its totals, shares and tables, for any world.

The best published study of a block has totals that disagree with its own table.  Here every figure
is drawn from one classification, and these laws hold text, JSON and rows together.
"""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from ipaddress import IPv4Address
from typing import Any

import msgspec
import polars as pl
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from name_worlds import resolution
from overblock.cli import _collateral
from overblock.collateral.reach import REACHES
from overblock.reports.collateral.answer import CollateralAnswer
from overblock.reports.collateral.collateral import HIT, Question, collateral, names_hit
from overblock.reports.names.at_hand import NameFacts, NamesTable
from overblock.reports.names.worlds import Names
from overblock.reports.registers.states import State, state_of_file
from overblock.reports.tables_at_hand import HolderTable
from overblock.sources import find_source
from overblock.tables import HOLDER_RANGES, NAME_CATEGORIES, NAME_RANKS, NAME_SIGNS, RESOLUTIONS
from register_worlds import DUMP, START, dump, line
from shared_data import shared

AT = datetime(2015, 2, 1, tzinfo=UTC)
SITES = ("shop", "bank", "museum", "school", "casino")
NAMES = [f"{host}{site}.com" for site in SITES for host in ("", "www.", "a.")] + ["casino.org"]
ADDRESSES = [f"192.0.2.{number}" for number in range(1, 9)]
OUTCOMES = ("nxdomain", "servfail", "bogon", "unasked")
SPLITS = ("group", "rule", "holder", "country", "sector", "popularity")
names = st.sampled_from(NAMES)
addresses = st.sampled_from(ADDRESSES)


@st.composite
def states(draw: st.DrawFn) -> State:
    """A register of some entries, ordered and attached."""
    lines = [
        line(" | ".join(draw(st.lists(addresses, min_size=1, max_size=4))), draw(named))
        for _ in range(draw(st.integers(0, 4)))
        for named in [st.sampled_from(["", "casino.com", "*.bank.com"])]
    ]
    return state_of_file(dump(START, lines), find_source(DUMP))


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A register, a world of names, and whatever is known about them."""
    rows = [
        resolution(number, draw(names), *draw(answers))
        for number, answers in enumerate([st.tuples(addresses)] * draw(st.integers(1, 14)), start=1)
    ]
    rows += [
        resolution(99, draw(names), "10.0.0.1", outcome=draw(st.sampled_from(OUTCOMES)))
        for _ in range(draw(st.integers(0, 3)))
    ]
    frame = pl.DataFrame(rows, schema=RESOLUTIONS.schema())
    table = NamesTable(
        name="world@2015-01-01",
        dated_at=START,
        batches=lambda: iter([frame]),
        signs=lambda: iter([NAME_SIGNS.empty()]),
    )
    return Question(
        state=draw(states()),
        at=AT,
        names=Names([table]),
        by=draw(st.sampled_from(SPLITS)),
        targets=("museum.com",) if draw(st.booleans()) else (),
        holders=_holders(),
        categories=[_facts(NAME_CATEGORIES, category="X", sector=["shops", "money"])],
        ranks=[_facts(NAME_RANKS, rank=None, bucket=[1000, 1000000])],
    )


def _holders() -> HolderTable:
    halves = [(1, 4, 64500, "One", "DE"), (4, 7, 64501, "Two", "US")]
    base = int(IPv4Address("192.0.2.0"))
    rows = [
        {"ipv4_from": base + first, "ipv4_until": base + end, "asn": asn, "as_name": name,
         "country": country}
        for first, end, asn, name, country in halves
    ]  # fmt: skip
    return HolderTable("halves of 2015-01-01", pl.DataFrame(rows, schema=HOLDER_RANGES.schema()))


def _facts(table: Any, **columns: Any) -> NameFacts:
    rows = pl.DataFrame({"record": [1, 2], "name": ["shop.com", "bank.com"], **columns})
    cast = rows.select(table.schema().names()).cast(dict(table.schema()))
    return NameFacts(name="list@2015-01-01", dated_at=START, rows=cast)


@settings(max_examples=25)
@given(questions())
def test_an_answer_never_contradicts_itself(question: Question) -> None:
    answer = collateral(question)
    totals_are_the_sums_of_their_parts(answer)
    a_split_sums_to_the_groups_whatever_it_is_by(answer)
    a_share_is_its_count_by_its_denominator(answer)
    assert msgspec.json.decode(msgspec.json.encode(answer), type=CollateralAnswer) == answer
    the_table_for_people_has_the_numbers_of_the_answer(answer)


def totals_are_the_sums_of_their_parts(answer: CollateralAnswer) -> None:
    totals = answer.totals
    assert totals.fully + totals.partly + totals.not_hit + totals.unknown == totals.names
    assert totals.names == answer.names.n_names == sum(one.count for one in answer.groups)
    hit = [one.count for one in answer.groups if one.group == "bystander" and one.reach in HIT]
    assert totals.bystanders_hit == sum(hit)
    for figures in (answer.groups, answer.split):
        sizes: Counter[tuple[str | None, str]] = Counter()
        for one in figures:
            sizes[one.key, one.group] += one.count
        assert all(one.denominator == sizes[one.key, one.group] for one in figures)


def a_split_sums_to_the_groups_whatever_it_is_by(answer: CollateralAnswer) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for one in answer.split:
        counts[one.group, one.reach] += one.count
    if answer.by != "group":
        assert counts == Counter({(one.group, one.reach): one.count for one in answer.groups})


def a_share_is_its_count_by_its_denominator(answer: CollateralAnswer) -> None:
    for one in answer.groups + answer.split:
        share = float(Fraction(one.count, one.denominator)) if one.denominator else None
        assert one.share == share
        assert (one.witness is None) == (one.count == 0)
        assert max(one.count_ordered, one.count_attached) <= one.count
        either = one.count_ordered + one.count_attached
        assert either >= one.count if one.reach in HIT else either == 0


def the_table_for_people_has_the_numbers_of_the_answer(answer: CollateralAnswer) -> None:
    with CliRunner().isolation() as (out, _, _):
        _collateral.show(answer, 0)
        printed = out.getvalue().decode()
    lines = [text.split() for text in printed.splitlines() if text.strip()]
    figures = {(one.group, one.reach): one.count for one in answer.groups}
    for word, group in (("bystanders", "bystander"), ("targets", "target"), ("parked", "parked")):
        cells = next(cells for cells in lines if cells[0] == word and cells[1] != "by")
        wanted = [figures[group, reach] for reach in REACHES]
        numbers = [int(cell) for cell in cells if cell.isdigit()][:5]
        assert numbers == [*wanted, sum(wanted)]
    totals = answer.totals
    assert f"{totals.bystanders_hit} of {totals.bystanders} bystanders are hit" in printed
    if totals.bystanders_hit_share is not None:
        assert f"({100 * totals.bystanders_hit_share:.1f} %)" in printed


@settings(max_examples=15)
@given(questions())
def test_the_rows_are_the_names_that_the_figures_count(question: Question) -> None:
    answer = collateral(question)
    rows = pl.concat(names_hit(question, "all"))
    assert rows["name"].is_unique().all()
    counted = {
        (row["group"], row["reach"]): row["len"]
        for row in rows.group_by("group", "reach").len().to_dicts()
    }
    figures = {(one.group, one.reach): one for one in answer.groups}
    assert counted == {key: one.count for key, one in figures.items() if one.count}
    for row in rows.to_dicts():
        assert row["n_listed"] <= row["n_addresses"]
        fully = row["n_listed"] == row["n_addresses"] > 0 and not row["n_unknown"]
        assert (row["reach"] == "fully") == fully
    some = pl.concat(names_hit(question, "hit"))
    assert len(some) == answer.totals.fully + answer.totals.partly
    for one in figures.values():
        if one.count:
            (witness,) = rows.filter(pl.col("name") == one.witness).to_dicts()
            assert (witness["group"], witness["reach"]) == (one.group, one.reach)
            assert witness["witness_address"] == one.witness_address


@settings(max_examples=8)
@given(questions(), st.integers(1, 6))
def test_a_world_read_in_shares_gives_the_same_figures(question: Question, most_rows: int) -> None:
    """As a world that does not fit memory is read."""
    parted = replace(question, names=Names(question.names.tables, most_rows))
    assert collateral(parted) == collateral(question)


def published(name: str) -> pl.DataFrame:
    return pl.read_csv(shared("cases", "laliga-2025", name))


def test_the_published_study_of_spain_contradicts_itself_where_our_reports_cannot() -> None:
    """OONI, June 2026: what its headline says, against what its own table by network sums to."""
    table = published("ooni_asn_impact.csv")
    said = {
        row["claim_id"]: float(row["figure"]) for row in published("claims.csv").head(4).to_dicts()
    }
    domains, tested, share, listed = (said[f"LL-0{number}"] for number in (1, 2, 3, 4))
    assert table["domains"].sum() == domains + 3
    assert table["ips"].sum() == listed - 53
    assert (round(100 * domains / tested, 2), share) == (6.03, 5.8)
