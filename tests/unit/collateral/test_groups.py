"""Targets, mirrors, parked and dead names: the edges that rules have, one by one."""

import re
from datetime import UTC, datetime

import polars as pl
import pytest

from overblock.addresses.codec import parse_addresses
from overblock.collateral.groups import grouped, rule_names
from overblock.collateral.parked import parked, parked_rules
from overblock.collateral.suffixes import bare, nearest_above, registrable
from overblock.collateral.targets import Named, mirror_rules, targets
from overblock.collateral.worlds import World
from overblock.tables import NAME_SIGNS, RESOLUTIONS

AT = datetime(2018, 5, 5, tzinfo=UTC)


def named(*rows: tuple[str, str]) -> Named:
    columns = ["resource_kind", "resource"]
    return Named.of(pl.DataFrame(rows, dict.fromkeys(columns, pl.String), orient="row"))


def rules(orders: Named, *names: str) -> list[str | None]:
    """The rule of each name; None: no target."""
    found = dict(targets(pl.Series(names, dtype=pl.String), orders).iter_rows())
    return [found.get(place) for place in range(len(names))]


def seen(name: str, **answer: object) -> dict[str, object]:
    return {"record": 1, "name": name, "outcome": "address", "seen_at": AT, "chain": [], **answer}


def world(*rows: dict[str, object]) -> World:
    return World.of([pl.DataFrame(rows, schema=RESOLUTIONS.schema())])


def signs(*rows: tuple[str, str, str]) -> pl.DataFrame:
    told = [{"record": 1, "name": name, "sign": sign, "value": value} for name, sign, value in rows]
    return pl.DataFrame(told, schema=NAME_SIGNS.schema())


def parked_by(told: pl.DataFrame, *names: str) -> list[str | None]:
    lived_in = world(*(seen(name, ipv4=1) for name in sorted(names)))
    found = dict(parked(lived_in, told).iter_rows())
    return [found.get(sorted(names).index(name)) for name in names]


def test_a_named_domain_takes_what_lies_below_it_but_no_neighbour() -> None:
    orders = named(("domain", "www.forum.example.com"))
    assert rules(
        orders, "forum.example.com", "a.forum.example.com", "example.com", "xforum.example.com"
    ) == ["named_domain", "below_domain", None, None]


def test_a_page_names_its_host_and_never_a_mirror() -> None:
    orders = named(("url", "https://user:word@flibusta.site:8080/b/1?x=http://other.site/"))
    assert rules(orders, "flibusta.site", "flibusta.is", "other.site", "word") == [
        "named_page", None, None, None,
    ]  # fmt: skip


def test_a_page_on_a_bare_address_names_nobody() -> None:
    assert named(("url", "http://192.0.2.1/page")).hosts.is_empty()


def test_below_a_public_suffix_live_others_unless_a_mask_says_so() -> None:
    names = ("blogspot.com", "cats.blogspot.com")
    assert rules(named(("domain", "blogspot.com")), *names) == ["named_domain", None]
    assert rules(named(("domain_mask", "blogspot.com")), *names) == ["named_mask", "below_mask"]


def test_of_several_entries_the_domain_speaks_before_the_mask_and_the_page() -> None:
    orders = named(("url", "http://a.example/x"), ("domain_mask", "a.example"),
                   ("domain", "a.example"))  # fmt: skip
    assert rules(orders, "a.example") == ["named_domain"]


def test_the_nearest_named_host_speaks() -> None:
    orders = named(("domain", "example.com"), ("url", "http://b.example.com/"))
    assert rules(orders, "a.b.example.com") == ["below_page"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("flibusta.is", "mirror_suffix"),
        ("books.flibusta.co.uk", "mirror_suffix"),
        ("flibusta2.site", "mirror_number"),
        ("flibusta-12.net", "mirror_number"),
        ("zerkalo-flibusta.net", "mirror_word"),
        ("flibustamirror.net", "mirror_word"),
        ("flibustas.net", None),
        ("other.site", None),
        ("flibusta.nosuchtld", None),
        ("flibusta", None),
    ],
)
def test_a_mirror_has_the_same_word_and_another_suffix_number_or_mark(
    name: str, rule: str | None
) -> None:
    assert rules(named(("domain", "flibusta.site")), name) == [rule]


@pytest.mark.parametrize("word", ["rutor", "t", "casino", "google"])
def test_a_word_that_is_short_or_everybodys_has_no_mirrors(word: str) -> None:
    assert rules(named(("domain", f"{word}.info")), f"{word}.com") == [None]


def test_a_host_below_a_site_names_no_mirror_of_the_site() -> None:
    assert rules(named(("domain", "old.flibusta.site")), "flibusta.is") == [None]


def test_www_says_nothing_unless_nothing_else_is_left() -> None:
    names = pl.Series(["www.com", "www.shop.example", "wwwshop.example", "www.www.example"])
    assert bare(names).to_list() == ["www.com", "shop.example", "wwwshop.example", "www.example"]


def test_the_longest_base_is_found_and_a_base_is_no_part_of_a_label() -> None:
    names = pl.Series(["a.b.c", "b.c", "xb.c", "c", ""])
    found = nearest_above(names, pl.Series(["c", "b.c"])).select("id", "base").rows()
    assert found == [(0, "b.c"), (1, "b.c"), (2, "c"), (3, "c")]


def test_a_public_suffix_has_no_registrants_word() -> None:
    found = registrable(pl.Series(["github.io", "a.github.io", "x.co.uk", "localhost"]))
    assert found.rows() == [
        ("", "github.io"),
        ("a", "github.io"),
        ("x", "co.uk"),
        ("localhost", ""),
    ]


@pytest.mark.parametrize(
    ("sign", "value", "rule"),
    [
        ("name_server", "NS1.SedoParking.com.", "parked_sedo"),
        ("name_server", "ns1.notsedoparking.com", None),
        ("redirect", "https://www.hugedomains.com/x?d=a.example", "redirect_for_sale"),
        ("redirect", "/local/page", None),
        ("title", "Welcome to nginx!", "title_empty_server"),
        ("title", "Домен example.ru продаётся", "title_for_sale"),
        ("title", "We are not welcome to nginx", None),
        ("status", "410", "status_gone"),
        ("status", "404", None),
    ],
)
def test_a_sign_tells_by_its_rule(sign: str, value: str, rule: str | None) -> None:
    told = signs(("www.a.example", sign, value), ("b.example", "title", "A shop"))
    assert parked_by(told, "a.example", "b.example", "c.example") == [rule, None, None]


def test_a_name_is_parked_by_address_only_where_every_address_is() -> None:
    parking = int(parse_addresses(pl.Series(["185.53.176.7"]))["ipv4_from"][0])
    lived_in = world(
        seen("all.example", ipv4=parking),
        seen("some.example", ipv4=parking),
        seen("some.example", ipv4=7),
        seen("six.example", ipv4=parking),
        seen("six.example", ipv6=bytes(16)),
    )
    assert parked(lived_in).rows() == [(0, "parked_parkingcrew")]


def test_any_alias_tells() -> None:
    lived_in = world(seen("a.example", ipv4=1, chain=["cdn.example", "x.parkingcrew.net"]))
    assert parked(lived_in)["rule"].to_list() == ["parked_parkingcrew"]


def test_dead_is_who_was_asked_for_and_of_whom_no_answer_is_missing() -> None:
    lived_in = world(
        seen("a.example", outcome="nxdomain"),
        seen("b.example", outcome="no_answer"),
        seen("c.example", outcome="nxdomain"),
        seen("c.example", outcome="timeout"),
        seen("d.example", outcome="no_answer"),
        seen("d.example", ipv4=1),
        seen("e.example", outcome="servfail"),
    )
    assert parked(lived_in).rows() == [(0, "dead_nxdomain"), (1, "dead_no_answer")]


def test_a_target_is_a_target_even_where_it_is_dead() -> None:
    found = grouped(world(seen("a.example", outcome="nxdomain")), named(("domain", "a.example")))
    assert found.rows() == [("target", "named_domain")]


def test_the_files_of_rules_say_of_each_rule_why_and_by_whom() -> None:
    table = parked_rules()
    assert not table.select("rule", "sign", "value").is_duplicated().any()
    for column in ("rule", "sign", "value", "because", "source"):
        assert table[column].is_not_null().all()
    kinds = {"name_server", "alias", "redirect", "address", "title", "status"}
    assert set(table["sign"]) == kinds
    for pattern in table.filter(sign="title")["value"]:
        re.compile(pattern)
    networks = parse_addresses(table.filter(sign="address")["value"])
    assert networks["problem"].null_count() == len(networks)
    assert all(rule.because for rule in mirror_rules())
    assert len(set(rule_names())) == len(rule_names())
