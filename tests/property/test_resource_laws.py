"""A thing has one form however it is written: the fast path and the slow one, the bulk and one."""

from ipaddress import IPv4Network, IPv6Network, ip_network

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from overblock.errors import BadAddress
from overblock.registers.names import canonical_name, canonical_url
from overblock.registers.resources import resources_of
from overblock.reports.targets import read_target
from overblock.tables import REGISTER_ENTRIES

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


def resource_of(**entry: list[str]) -> str | None:
    empty: dict[str, object] = {"addresses": [], "domains": [], "urls": [], "networks": []}
    frame = pl.DataFrame([{"record": 0} | empty | entry], schema=REGISTER_ENTRIES.schema())
    found = resources_of(frame, ["record"])
    assert len(found.rows) + len(found.rejects) == 1
    return None if found.rows.is_empty() else found.rows["resource"].item()


@given(url)
def test_a_page_has_the_form_that_the_slow_way_gives(written: str) -> None:
    assert resource_of(urls=[written]) == canonical_url(written)


@given(url)
def test_the_form_of_a_page_is_its_own_form(written: str) -> None:
    once = canonical_url(written)
    assert once is None or canonical_url(once) == once


@given(url)
def test_a_page_that_is_asked_about_is_found_as_it_is_listed(written: str) -> None:
    listed = resource_of(urls=[written])
    if listed is not None:
        assert read_target(written).text == listed


@given(host)
def test_a_name_has_the_form_that_the_slow_way_gives(written: str) -> None:
    assert resource_of(domains=[written]) == canonical_name(written)


@given(network)
def test_an_address_is_written_as_the_standard_says(drawn: IPv4Network | IPv6Network) -> None:
    wide = isinstance(drawn, IPv6Network)
    text = str(drawn).removesuffix("/128" if wide else "/32")
    assert resource_of(addresses=[drawn.exploded if wide else str(drawn)]) == text


@given(st.text(max_size=40))
def test_whatever_is_asked_is_a_target_or_refused(written: str) -> None:
    try:
        target = read_target(written)
    except BadAddress:
        return
    assert read_target(target.text) == target
