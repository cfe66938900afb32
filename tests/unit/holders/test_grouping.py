import polars as pl
import pytest

from overblock.holders.grouping import NUMBER, known_holders, name_groups, with_holder
from overblock.sources import Reading


@pytest.fixture(scope="module")
def real_names(ipv4: Reading) -> pl.DataFrame:
    return ipv4.rows.select(pl.col("as_name").unique()).drop_nulls()


PATTERNS = known_holders().filter(~pl.col("match").str.contains(NUMBER))
NUMBERS = known_holders().filter(pl.col("match").str.contains(NUMBER))


def holders(*rows: tuple[int | None, str | None]) -> list[str | None]:
    schema = {"asn": pl.UInt32, "as_name": pl.String}
    return with_holder(pl.DataFrame(rows, schema, orient="row"))["holder"].to_list()


def test_each_pattern_knows_a_real_name(real_names: pl.DataFrame) -> None:
    """A pattern that matches nothing is a slip, and hides that a holder is missed."""
    known = name_groups(real_names)["as_name"]
    idle = [m for m in PATTERNS["match"] if not known.str.contains(f"^(?i:{m})$").any()]
    assert idle == []


def test_no_real_name_has_two_holders(real_names: pl.DataFrame) -> None:
    claims = name_groups(real_names).select(
        "as_name",
        pl.concat_list(
            pl.when(pl.col("as_name").str.contains(f"^(?i:{match})$")).then(pl.lit(holder))
            for holder, match in PATTERNS.select("holder", "match").iter_rows()
        )
        .list.drop_nulls()
        .list.unique()
        .alias("holders"),
    )
    assert claims.filter(pl.col("holders").list.len() > 1).to_dicts() == []


def test_no_number_stands_twice() -> None:
    assert NUMBERS.filter(pl.col("match").is_duplicated()).is_empty()


def test_the_table_is_sorted_and_gives_a_reason_for_each_row() -> None:
    """Sorted, so that a reviewer sees a holder's rows together and a diff stays small."""
    table = known_holders()
    names = table["holder"].str.to_lowercase().to_list()
    assert names == sorted(names)
    assert table["why"].str.len_chars().min() not in (None, 0)


def test_the_big_hosters_are_known_by_name(real_names: pl.DataFrame) -> None:
    found = set(name_groups(real_names)["_by_name"])
    assert found == set(PATTERNS["holder"])
    assert {"Amazon", "Google", "Microsoft", "Online.net (Scaleway)", "Telegram"} <= found


def test_a_number_beats_a_name() -> None:
    assert holders((16509, "GOOGLE"), (None, "GOOGLE")) == ["Amazon", "Google"]


def test_the_unknown_keeps_its_name_or_number_and_null_stays_null() -> None:
    assert holders((64496, "SMALL-ISP"), (64496, None), (None, None)) == [
        "SMALL-ISP",
        "AS64496",
        None,
    ]


def test_case_does_not_matter_but_the_whole_name_does() -> None:
    assert holders((None, "amazon-02"), (None, "AMAZONIA TELECOMUNICACOES LTDA")) == [
        "Amazon",
        "AMAZONIA TELECOMUNICACOES LTDA",
    ]


def test_the_range_files_of_the_firms_are_known_by_the_name_they_give() -> None:
    names = ("Amazon", "Google", "Cloudflare", "Telegram")
    assert holders(*((None, name) for name in names)) == list(names)


def test_other_columns_and_the_order_of_rows_are_kept() -> None:
    frame = pl.DataFrame({"asn": [1, 16509, 1], "as_name": [None, None, "x"], "n": [3, 2, 1]})
    assert with_holder(frame).columns == ["asn", "as_name", "n", "holder"]
    assert with_holder(frame)["n"].to_list() == [3, 2, 1]
