"""Sites and signs of orders that miss, by example."""

import polars as pl
import pytest

from overblock.collateral.attachments import attachments, left_behind, shared, sites_of
from overblock.tables import GAPS, LISTINGS
from register_worlds import HOUR, START

END = START + 100 * HOUR


def entry(
    key: str, name: str, address: str, begun: int, ended: int | None
) -> list[dict[str, object]]:
    seen = START + (ended - 1 if ended else 99) * HOUR
    common = {
        "register": "x", "entry_key": key, "kind": "attached",
        "listed_from": START + begun * HOUR, "last_seen_at": seen,
        "listed_until": START + ended * HOUR if ended else None, "networks": [],
    }  # fmt: skip
    kind = "url" if "://" in name else "domain_mask" if name.startswith("*.") else "domain"
    return [
        common | {"resource_kind": "address", "resource": address},
        common | {"resource_kind": kind, "resource": name.removeprefix("*.")},
    ]


def listings(*entries: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame([row for rows in entries for row in rows], schema=LISTINGS.schema())


def pairs(*entries: list[dict[str, object]]) -> pl.DataFrame:
    return attachments(listings(*entries), GAPS.empty(), START, END)


@pytest.mark.parametrize(
    ("host", "site"),
    [
        ("www.shop.example.co.uk", "example"),
        ("example.org", "example"),
        ("a.github.io", "a"),
        ("b.github.io", "b"),
        ("192.0.2.1", "192.0.2.1"),
        ("localhost", "localhost"),
        ("www.shop.nosuchsuffix", "shop"),
        ("xn--e1afmkfd.xn--p1ai", "xn--e1afmkfd"),
    ],
)
def test_a_site_is_the_label_that_was_registered(host: str, site: str) -> None:
    assert sites_of(pl.Series([host]))["site"].to_list() == [site]


def test_a_mirror_under_another_suffix_shares_with_nobody() -> None:
    found = pairs(
        entry("1", "shop.com", "192.0.2.1", 0, 10), entry("2", "shop.org", "192.0.2.1", 0, 10)
    )
    assert shared(found).is_empty()


def test_a_page_with_a_port_or_a_user_stands_on_its_host() -> None:
    found = pairs(
        entry("1", "http://me@a.example:8080/x", "192.0.2.1", 0, 10),
        entry("2", "*.b.example", "192.0.2.1", 5, 20),
    )
    assert set(found["host"]) == {"a.example", "b.example"}
    (span,) = shared(found).to_dicts()
    hour = 3_600_000_000
    assert (span["ends"] - span["begins"]) // hour == 5


def test_an_address_more_is_no_departure() -> None:
    """Names have several addresses: an entry that adds one says nothing against the others."""
    found = pairs(
        entry("1", "a.example", "192.0.2.1", 0, None), entry("1", "a.example", "192.0.2.2", 5, None)
    )
    assert left_behind(found).is_empty()


def test_a_later_order_with_another_address_leaves_the_old_one_behind() -> None:
    found = left_behind(
        pairs(
            entry("1", "a.example", "192.0.2.1", 0, None),
            entry("2", "http://a.example/", "192.0.2.2", 5, None),
        )
    )
    (row,) = found.to_dicts()
    assert (row["host"], row["resource"], row["later_entry"]) == ("a.example", "192.0.2.1", "2")


def test_what_was_lost_in_a_silence_counts_no_further_than_its_end() -> None:
    silence = {
        "register": "x", "silent_from": START + 10 * HOUR, "silent_until": START + 50 * HOUR
    }  # fmt: skip
    lost = entry("1", "a.example", "192.0.2.1", 0, 90)
    for row in lost:
        row["last_seen_at"] = START + 9 * HOUR
    gaps = pl.DataFrame([silence], schema=GAPS.schema())
    (row,) = attachments(listings(lost), gaps, START, END).to_dicts()
    assert row["ends"] == int((START + 50 * HOUR).timestamp()) * 1_000_000


def test_nothing_listed_gives_nothing() -> None:
    assert attachments(LISTINGS.empty(), GAPS.empty(), START, END).is_empty()
