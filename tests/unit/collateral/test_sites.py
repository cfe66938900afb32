"""Finding names in a list of sites that is laid out once."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from overblock.collateral.sites import STEPS, Sites
from overblock.collateral.targets import Named, targets

LISTS = pl.DataFrame({"site": ["shop.example", "bank.example"], "rank": [7, 8]})
NAMES = pl.Series("name", ["www.bank.example", "mail.shop.example", "shop.example", "www.example"])


def test_a_list_tells_of_a_site_with_www_or_without() -> None:
    assert Sites.of(LISTS).said_of(NAMES)["rank"].to_list() == [8, None, 7, None]


def test_of_a_site_that_a_list_has_twice_the_least_is_said() -> None:
    more = pl.DataFrame(
        {"site": ["shop.example", "shop.example", "new.example"], "rank": [9, 3, 1]}
    )
    sites = Sites.of(pl.concat([LISTS, more]))
    assert sites.said_of(NAMES)["rank"].to_list() == [8, None, 3, None]


@pytest.mark.parametrize("n_alike", [2, STEPS, STEPS + 3])
def test_sites_whose_numbers_are_one_are_told_apart_by_their_text(n_alike: int) -> None:
    """No two texts are known that have one number, so the words are made alike."""
    names = [f"site{number}.example" for number in range(n_alike)]
    sites = Sites.of(pl.DataFrame({"site": names, "rank": range(n_alike)}))
    number = pl.Series(names[-1:]).hash().to_numpy() >> sites.below << sites.below
    alike = np.append(number | np.arange(n_alike, dtype=np.uint64), sites.words[-1])
    bucket = int(number[0] >> np.uint64(64 - n_alike.bit_length()))
    begins = np.where(np.arange(len(sites.begins)) > bucket, n_alike, 0).astype(np.int32)
    bits = np.full(len(sites.bits), 255, np.uint8)
    alike_sites = replace(sites, words=alike, begins=begins, bits=bits)
    assert alike_sites.rows_of(pl.Series(names[-1:])).tolist() == [n_alike - 1]
    assert alike_sites.rows_of(pl.Series(["other.example"])).tolist() == [-1]


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
