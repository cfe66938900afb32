"""Finding names in a list of sites that is laid out once."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from overblock.collateral.hashed import STEPS, Hashed
from overblock.collateral.merged import Merged
from overblock.collateral.sites import Sites
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
def test_texts_whose_numbers_are_one_are_told_apart_as_texts(n_alike: int) -> None:
    """No two texts are known that have one number, so the words are made alike."""
    texts = pl.Series([f"site{number}.example" for number in range(n_alike)])
    laid_out = Hashed.of(texts)
    number = texts[-1:].hash().to_numpy() >> laid_out.below << laid_out.below
    alike = np.append(number | np.arange(n_alike, dtype=np.uint64), laid_out.words[-1])
    bucket = int(number[0] >> np.uint64(64 - n_alike.bit_length()))
    begins = np.where(np.arange(len(laid_out.begins)) > bucket, n_alike, 0).astype(np.int32)
    bits = np.full(len(laid_out.bits), 255, np.uint8)
    all_alike = replace(laid_out, words=alike, begins=begins, bits=bits)
    assert all_alike.find(texts[-1:]).tolist() == [n_alike - 1]
    assert all_alike.find(pl.Series(["other.example"])).tolist() == [-1]


def test_an_empty_list_tells_nothing() -> None:
    assert Sites.of(LISTS.clear()).said_of(NAMES)["rank"].to_list() == [None] * 4


def test_a_text_whose_number_is_anothers_is_not_taken_for_it() -> None:
    laid_out = Hashed.of(LISTS["site"])
    renamed = pl.Series(["other.example"] * len(LISTS))
    assert replace(laid_out, texts=renamed).find(LISTS["site"]).tolist() == [-1, -1]


def test_a_list_in_a_few_runs_is_merged_and_one_in_no_order_is_not() -> None:
    """A list of sites is in two runs where some of its names begin with www."""
    ordered = pl.Series([f"site{number:03}.example" for number in range(100)])
    assert isinstance(Sites.of(ordered.to_frame("site")).laid_out, Merged)
    two = pl.concat([ordered[50:], ordered[:50]])
    assert isinstance(Sites.of(two.to_frame("site")).laid_out, Merged)
    assert isinstance(Sites.of(ordered[::-1].to_frame("site")).laid_out, Hashed)


def test_what_is_left_of_a_named_mirror_is_a_mirror_too() -> None:
    listed = {"resource_kind": ["domain"], "resource": ["mirror-flibusta.net"]}
    found = targets(pl.Series("name", ["flibusta.is"]), Named.of(pl.DataFrame(listed)))
    assert found["rule"].to_list() == ["mirror_word"]
