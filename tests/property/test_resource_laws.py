"""A thing has one form however it is written: the fast path and the slow one, the bulk and one."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeVar

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.errors import BadAddress
from overblock.names.canonical import canonical_name, canonical_url
from overblock.registers.resources import resources_of
from overblock.reports.targets import read_target
from overblock.tables import REGISTER_ENTRIES

T = TypeVar("T")
label = st.text("abzABZ059_-é", min_size=1, max_size=5)
host = st.lists(label, min_size=1, max_size=3).map(".".join)
piece = st.text("aZ0./?#:@&=;%[] \t\né\x1b", max_size=8)
url = st.builds(
    lambda scheme, name, rest: f"{scheme}://{name}{rest}",
    st.sampled_from(["http", "HTTPS", "h+1", "", "1"]),
    host | piece,
    piece | st.sampled_from([":80/", ":/", "?", "#", "/?", "/#", "/a?b#", "."]),
)
network = st.builds(
    lambda bits, length, wide: (
        ip_network((bits >> (wide - length) << (wide - length), length))
        if wide == 128
        else ip_network((bits % 2**32 >> (32 - length % 33) << (32 - length % 33), length % 33))
    ),
    st.integers(0, 2**128 - 1),
    st.integers(0, 128),
    st.sampled_from([32, 128]),
)

few = settings(max_examples=15)


def many(one: st.SearchStrategy[T]) -> st.SearchStrategy[list[T]]:
    """A crowd of them: to read many takes no longer than to read one."""
    return st.lists(one, min_size=1, max_size=40)


def resources(column: str, written: list[str]) -> list[str | None]:
    """The form of each value, None for a reject; an entry each."""
    empty: dict[str, object] = {"addresses": [], "domains": [], "urls": [], "networks": []}
    entries = [{"record": n} | empty | {column: [value]} for n, value in enumerate(written)]
    found = resources_of(pl.DataFrame(entries, schema=REGISTER_ENTRIES.schema()), ["record"])
    assert len(found.rows) + len(found.rejects) == len(written)
    forms = dict(found.rows.select("record", "resource").iter_rows())
    return [forms.get(n) for n in range(len(written))]


@few
@given(many(url))
def test_a_page_has_the_form_that_the_slow_way_gives(written: list[str]) -> None:
    assert resources("urls", written) == [canonical_url(page) for page in written]


@given(url)
def test_the_form_of_a_page_is_its_own_form(written: str) -> None:
    once = canonical_url(written)
    assert once is None or canonical_url(once) == once


@few
@given(many(url))
def test_a_page_that_is_asked_about_is_found_as_it_is_listed(written: list[str]) -> None:
    for page, listed in zip(written, resources("urls", written), strict=True):
        assert listed is None or read_target(page).text == listed


@few
@given(many(host))
def test_a_name_has_the_form_that_the_slow_way_gives(written: list[str]) -> None:
    assert resources("domains", written) == [canonical_name(name) for name in written]


@few
@given(many(network))
def test_an_address_is_written_as_the_standard_says(
    drawn: list[IPv4Network | IPv6Network],
) -> None:
    texts = [str(each).removesuffix(f"/{each.max_prefixlen}") for each in drawn]
    assert resources("addresses", [each.exploded for each in drawn]) == texts


@given(st.text(max_size=40))
def test_whatever_is_asked_is_a_target_or_refused(written: str) -> None:
    try:
        target = read_target(written)
    except BadAddress:
        return
    assert read_target(target.text) == target
