"""Finding names in a list of sites that is laid out once."""

from dataclasses import replace

import polars as pl
import pytest

from overblock.collateral.sites import Sites
from overblock.collateral.targets import Named, targets

LISTS = pl.DataFrame({"site": ["shop.example", "bank.example"], "rank": [7, 8]})
NAMES = pl.Series("name", ["www.bank.example", "mail.shop.example", "shop.example", "www.example"])


@pytest.mark.parametrize("distinct", [True, False])
def test_a_list_tells_of_a_site_with_www_or_without_whether_numbers_meet_or_texts(
    *, distinct: bool
) -> None:
    sites = replace(Sites.of(LISTS), distinct=distinct)
    assert sites.said_of(NAMES)["rank"].to_list() == [8, None, 7, None]


def test_an_empty_list_tells_nothing() -> None:
    assert Sites.of(LISTS.clear()).said_of(NAMES)["rank"].to_list() == [None] * 4


def test_a_name_whose_number_is_a_sites_is_not_taken_for_it() -> None:
    sites = Sites.of(LISTS)
    renamed = sites.rows.with_columns(site=pl.lit("other.example"))
    assert replace(sites, rows=renamed).said_of(NAMES)["rank"].null_count() == 4


def test_what_is_left_of_a_named_mirror_is_a_mirror_too() -> None:
    listed = {"resource_kind": ["domain"], "resource": ["mirror-flibusta.net"]}
    found = targets(pl.Series("name", ["flibusta.is"]), Named.of(pl.DataFrame(listed)))
    assert found["rule"].to_list() == ["mirror_word"]
