"""The documented case of 2018: its published figures come out of its tables exactly."""

import lzma
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from overblock.cases.difference import explain_difference, ordered_addresses
from overblock.cases.loading import Case, bundled_cases, load_case
from overblock.cases.quantities import target_addresses
from overblock.cases.replay import (
    extent_series,
    group_listed,
    judged_claims,
    judged_counts,
    sectors_hit,
    standing_at,
    united,
)
from overblock.cases.verdicts import STATES
from overblock.sources.ru_zapret_csv import SOURCE
from shared_data import ROOT, shared

MOMENTS = [
    ("16 April, evening", 1_835_008, 1_835_008, "agrees", 0),
    ("17 April 12:00", 4_503_920, 9_025_904, "agrees", 3_920),
    ("17 April 17:00", 13_941_104, 17_414_512, "differs", -1_885_488),
    ("17 April, late", 13_941_104, 17_414_512, "differs", -585_488),
    ("18 April, early", 15_317_360, 16_439_664, "inside", 0),
    ("18 April 12:00", 15_317_360, 16_439_664, "inside", 0),
    ("20 April", 17_818_480, 17_818_480, "rounded", -181_520),
    ("27 April, morning", 17_979_248, 17_979_248, "rounded", -20_752),
    ("30 April", 14_636_912, 14_636_912, "rounded", 36_912),
    ("1 May", 14_636_912, 14_636_912, "agrees", 136_912),
    ("5 May 16:25", 14_598_912, 14_598_912, "differs", -35_100),
    ("4 June", 14_669_680, 14_669_680, "untestable", None),
]


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("telegram-2018")


@pytest.fixture(scope="module")
def claims(case: Case) -> dict[str, dict[str, object]]:
    return {row["claim_id"]: row for row in judged_claims(case).iter_rows(named=True)}


def test_the_twelve_moments_come_out_as_published(case: Case) -> None:
    found = judged_counts(case).filter(pl.col("moment").is_not_null())
    assert found.select("moment", "low", "high", "verdict", "off_by").rows() == MOMENTS


def test_every_reported_count_has_a_verdict(case: Case) -> None:
    counts = judged_counts(case)
    assert counts["metric"].drop_nulls().len() == case.table("counts").height == 39
    assert set(counts["verdict"]) <= set(STATES)


def test_the_list_of_20_april_agrees_to_the_address(case: Case) -> None:
    """An independent copy: its networks were counted from a file nobody dated them by."""
    twentieth = judged_counts(case).filter(pl.col("value") == 17_771_008)
    assert twentieth.select("low", "high", "verdict").row(0) == (17_771_008, 17_771_008, "agrees")


def test_all_61_claims_have_a_verdict_and_the_untestable_say_why(case: Case) -> None:
    claims = judged_claims(case)
    assert claims.height == 61
    assert set(claims["verdict"]) == set(STATES) - {"contradicts_itself"}
    untestable = claims.filter(pl.col("verdict") == "untestable")
    assert untestable["why"].null_count() == 0


@pytest.mark.parametrize(
    ("claim", "verdict", "off_by"),
    [
        ("tg18-01", "agrees", 472),  # somewhat over 9,000 of Telegram's own: 9,472
        ("tg18-02", "differs", 6),  # four networks of its own: ten rows
        ("tg18-13", "differs", -1_885_488),  # the peak of 19.3 million
        ("tg18-14", "inside", 0),
        ("tg18-18", "rounded", 36_912),
        ("tg18-34", "contradicts", 6),  # six services work as usual: six were reported hit
        ("tg18-51", "agrees", 3_678_207),  # addresses of Google were listed
        ("tg18-52", "untestable", None),  # of its services: the networks are of its cloud
        ("tg18-60", "agrees", 0),  # 18,944 released: the sum of three networks
    ],
)
def test_a_claim_gets_the_verdict_that_the_tables_give(
    claims: dict[str, dict[str, object]], claim: str, verdict: str, off_by: int | None
) -> None:
    assert (claims[claim]["verdict"], claims[claim]["off_by"]) == (verdict, off_by)


def test_an_order_of_2015_holds_nine_in_ten_addresses(case: Case) -> None:
    largest = group_listed(case, case.figures_at.first, "decision").row(0, named=True)
    assert largest["key"] == "27-31-2015/Ид4082-15"
    assert largest["ipv4"] == 13_705_216
    assert largest["share"] == pytest.approx(0.9388, abs=1e-4)
    assert largest["days_before_listing"] == 864  # 2015-12-04 to 2018-04-16


def test_holders_come_largest_first_and_unknown_ones_stay_unknown(case: Case) -> None:
    holders = group_listed(case, case.figures_at.first, "holder")
    assert holders["key"].to_list()[:3] == ["Amazon", "Google", "DigitalOcean"]
    assert holders["ipv4"].to_list()[:3] == [9_961_472, 3_678_208, 622_592]
    assert holders.filter(pl.col("key").is_null())["networks"].to_list() == [4]


def test_telegrams_own_part_is_9472_addresses(case: Case) -> None:
    listed = united(standing_at(case, case.figures_at.first))
    own = listed & target_addresses(case)
    assert (listed.size, own.size) == (14_598_912, 9_472)
    assert (listed - own).size / listed.size == pytest.approx(0.99935, abs=1e-5)


def test_the_series_begins_before_it_and_never_shows_low_above_high(case: Case) -> None:
    series = extent_series(case)
    assert series.row(0)[1:] == (38_000, 38_000, 0, 0)
    assert (series["low"] <= series["high"]).all()
    assert series["at"].is_sorted()
    assert series["low"].max() == series["high"].max() == 17_979_248


def test_late_on_a_day_all_stand_that_were_put_on_the_list_in_it(case: Case) -> None:
    """Though others were released with the next day; what is said of an evening is read there."""
    series = extent_series(case)
    end = datetime(2018, 4, 17, 21, tzinfo=UTC) - timedelta(microseconds=1)
    late, after = series.filter(pl.col("at") >= end).head(2).rows()
    assert late[:3] == (end, 17_414_512, 17_414_512)
    assert after[:3] == (end + timedelta(microseconds=1), 15_317_360, 16_439_664)
    ends = {
        one.during.last for one in case.claim_checks if one.check.reading == "end" and one.during
    }
    assert end - timedelta(days=1) in ends & set(series["at"])


def test_sectors_count_all_149_services_once(case: Case) -> None:
    sectors = sectors_hit(case)
    assert sectors["services"].sum() == 149
    assert sectors.row(0)[:2] == ("search-cloud", 36)
    assert sectors["share"].sum() == pytest.approx(1)
    assert set(sectors["sector"]) <= set(case.facts.sectors)


@pytest.mark.parametrize("name", bundled_cases())
def test_every_bundled_case_loads(name: str) -> None:
    assert load_case(name).facts.name == name


def test_the_register_of_5_may_is_explained_to_the_last_address(case: Case) -> None:
    raw = lzma.decompress(shared("data", "ru-rkn-2018-05-05.csv.xz").read_bytes())
    entries = SOURCE.read(raw).rows
    lines = explain_difference(united(standing_at(case, case.figures_at.first)), entries)
    assert ordered_addresses(entries).size == 14_634_012
    assert lines["ipv4"].sum() == 35_100
    by_line = dict(lines.group_by("line").agg(pl.col("ipv4").sum()).iter_rows())
    assert by_line == {"network": 26_624, "single_addresses": 8_476}
    networks = lines.filter(pl.col("line") == "network")
    assert networks.height == 7
    assert set(networks["decision_number"]) == {"7-Restricting", "9-Restricting"}
    largest = lines.filter(pl.col("line") == "single_addresses").sort("ipv4")[-1]
    assert largest.select("decision_number", "ipv4").row(0) == ("27-31-2018/Ид2971-18", 6_256)


def test_the_page_shows_the_moments_that_the_code_computes(case: Case) -> None:
    """Figures in prose rot unless something reads them."""
    page = (ROOT / "docs" / "howto" / "replay-a-case.md").read_text(encoding="utf-8")
    moments = judged_counts(case).filter(pl.col("moment").is_not_null())
    for moment, reported, low, high in moments.select(
        "moment", "reported", "low", "high"
    ).iter_rows():
        assert f"| {moment} | {reported} | {low:,.0f} | {high:,.0f} |" in page
