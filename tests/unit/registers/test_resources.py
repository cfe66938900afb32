"""What entries name, in canonical form."""

import polars as pl
import pytest

from overblock.names.canonical import canonical_url
from overblock.registers.listings import with_entry_keys
from overblock.registers.resources import resources_of
from overblock.tables import REGISTER_ENTRIES


def entries(*written: dict[str, object]) -> pl.DataFrame:
    empty: dict[str, object] = {"addresses": [], "domains": [], "urls": [], "networks": []}
    rows = [{"record": n} | empty | entry for n, entry in enumerate(written)]
    return pl.DataFrame(rows, schema=REGISTER_ENTRIES.schema())


def named(**entry: list[str]) -> list[tuple[str, str, str]]:
    rows = resources_of(entries(dict(entry)), ["record"]).rows
    return list(rows.select("resource_kind", "resource", "kind").iter_rows())


def rejected(**entry: list[str]) -> list[tuple[str, str]]:
    rejects = resources_of(entries(dict(entry)), ["record"]).rejects
    return list(rejects.select("reason", "value").iter_rows())


@pytest.mark.parametrize(
    ("written", "kind", "resource"),
    [
        ("192.0.2.7", "address", "192.0.2.7"),
        ("192.0.2.7/32", "address", "192.0.2.7"),
        ("198.51.100.0/24", "prefix", "198.51.100.0/24"),
        ("0.0.0.0/0", "prefix", "0.0.0.0/0"),
        ("2001:0db8:0000:0000:0000:0000:0000:0007", "address", "2001:db8::7"),
        ("2001:DB8::7/128", "address", "2001:db8::7"),
        ("2001:db8::/32", "prefix", "2001:db8::/32"),
        ("2001:0db8:0::/48", "prefix", "2001:db8::/48"),
        ("::/0", "prefix", "::/0"),
    ],
)
def test_an_address_has_one_form(written: str, kind: str, resource: str) -> None:
    assert named(addresses=[written]) == [(kind, resource, "ordered")]


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("192.0.2.1/24", "host_bits"),
        ("999.1.1.1", "not_an_address"),
        ("192.0.2.0/33", "bad_prefix_length"),
        ("::ffff:192.0.2.7", "ipv4_mapped"),
        ("2001:db8::1/32", "host_bits"),
    ],
)
def test_what_is_no_address_is_a_reject_and_the_rest_of_its_entry_stays(
    written: str, reason: str
) -> None:
    assert rejected(addresses=[written, "192.0.2.7"]) == [(reason, written)]
    assert named(addresses=[written, "192.0.2.7"]) == [("address", "192.0.2.7", "ordered")]


@pytest.mark.parametrize(
    ("written", "kind", "resource"),
    [
        ("Shop.Example.", "domain", "shop.example"),
        ("*.Shop.Example", "domain_mask", "shop.example"),
        ("Пример.РФ", "domain", "xn--e1afmkfd.xn--p1ai"),
        ("*.пример.рф", "domain_mask", "xn--e1afmkfd.xn--p1ai"),
        ("under_score.example", "domain", "under_score.example"),
    ],
)
def test_a_name_has_one_form(written: str, kind: str, resource: str) -> None:
    assert named(domains=[written]) == [(kind, resource, "attached")]


@pytest.mark.parametrize(
    "written",
    [
        "http://shop.example/A?b=1;c=2#d",
        "http://shop.example/a?",
        "http://shop.example/a#",
        "http://shop.example?",
        "http://shop.example:80/",
        "http://shop.example:/",
        "HTTP://Shop.Example./A",
        "http://User@Shop.Example/",
        "http://user:pass@shop.example:8080/x",
        "http://пример.рф/Ъ",
        "http://shop.example/Ъ?",
        "http://192.0.2.7/x",
        "http://a.example/x y",
        "http://shop.example//x//",
        "http://shop.example/\tx",
    ],
)
def test_a_page_in_a_register_has_the_form_of_a_page_that_is_asked_about(written: str) -> None:
    """Else `check` would not find the very page that a register lists."""
    assert named(urls=[written]) == [("url", canonical_url(written), "attached")]


@pytest.mark.parametrize("written", ["shop.example/a", "http:///a", "http://a b/", "://x", "http"])
def test_what_is_no_page_is_a_reject(written: str) -> None:
    assert rejected(urls=[written]) == [("bad_url", written)]


@pytest.mark.parametrize("written", ["a..b", "a b", "-", "*.", "http://x", "a" * 64 + ".example"])
def test_what_is_no_name_is_a_reject(written: str) -> None:
    expected = [] if written == "-" else [("bad_domain", written)]
    assert rejected(domains=[written]) == expected


def test_an_entry_that_names_a_name_attaches_its_addresses() -> None:
    assert named(addresses=["192.0.2.7"], domains=["a.example"]) == [
        ("address", "192.0.2.7", "attached"),
        ("domain", "a.example", "attached"),
    ]


def test_entries_of_a_list_are_told_apart_by_what_they_name() -> None:
    """A list states no decision; its entries must not become one that names everything."""
    keyed = with_entry_keys(
        entries({"domains": ["a.example"]}, {"domains": ["b.example"]}, {"urls": ["http://a/"]})
    )
    assert keyed["entry_key"].n_unique() == 3


def test_an_entry_that_states_its_date_only_is_not_one_that_states_nothing() -> None:
    keyed = with_entry_keys(
        entries({"addresses": ["192.0.2.1"]}, {"decision_number": "1"}, {"decision_number": ""})
    )
    assert keyed["entry_key"].n_unique() == 3


def test_addresses_come_and_go_while_the_entry_stays_the_same() -> None:
    keyed = with_entry_keys(
        entries(
            {"domains": ["a.example"], "addresses": ["192.0.2.1"]},
            {"domains": ["a.example"], "addresses": ["192.0.2.2", "192.0.2.3"]},
        )
    )
    assert keyed["entry_key"].n_unique() == 1


def test_the_publishers_own_id_makes_the_entry_while_its_decision_stands() -> None:
    keyed = with_entry_keys(
        entries(
            {"entry_id": "7", "domains": ["a.example"]},
            {"entry_id": "7", "domains": ["b.example"]},
            {"entry_id": "8", "domains": ["a.example"]},
            {"entry_id": "7", "domains": ["a.example"], "decision_number": "2"},
            {"entry_id": "7", "addresses": ["192.0.2.1"]},
        )
    )
    first, renamed, other, decided, ordered = keyed["entry_key"]
    assert first == renamed
    assert len({first, other, decided, ordered}) == 4
