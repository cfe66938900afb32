"""What people ask about, told apart before anything is looked up."""

import pytest

from overblock.errors import BadAddress
from overblock.reports.targets import read_target


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [("192.0.2.7", "address", "192.0.2.7"), ("192.0.2.0/24", "network", "192.0.2.0/24"),
     ("*.Shop.Example.", "domain", "shop.example"),
     ("пример.рф", "domain", "xn--e1afmkfd.xn--p1ai"),
     ("HTTP://Shop.Example/A", "url", "http://shop.example/A"),
     ("https://[2001:DB8::0:7]:8443/a", "url", "https://[2001:db8::7]:8443/a")],
)  # fmt: skip
def test_a_target_is_read_in_its_canonical_form(written: str, kind: str, text: str) -> None:
    target = read_target(written)
    assert (target.kind, target.text) == (kind, text)


@pytest.mark.parametrize(
    "written",
    ["192.0.2.1-192.0.2.9", "1.2.3", "0x34.1.1.1", "300.1.1.1", "web", "http://", "a b.c"],
)
def test_what_is_no_target_is_not_answered_for(written: str) -> None:
    """``not listed`` of a range that was taken for a name would be a wrong answer."""
    with pytest.raises(BadAddress):
        read_target(written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("shop..example", "not an address, network, name or page: 'shop..example'"),
        ("", "not an address, network, name or page: ''"),
        ("shop.example:443", "not an address, network, name or page: 'shop.example:443'"),
        ("300.1.1.1", "not an address or network: '300.1.1.1'"),
        (
            "192.0.2.1 shop.example",
            (
                "'192.0.2.1 shop.example' is more than one word: "
                "give addresses, networks, names or pages one a line"
            ),
        ),
        ("192.0.2.0/33", "not a prefix length in '192.0.2.0/33'"),
        ("fe80::1%eth0", "a zone means something on one machine only: 'fe80::1%eth0'"),
    ],
)
def test_it_is_told_what_a_target_may_be(written: str, said: str) -> None:
    with pytest.raises(BadAddress) as raised:
        read_target(written)
    assert str(raised.value) == said


def test_a_page_on_an_address_is_known_by_the_address() -> None:
    for page, version in (("http://192.0.2.7/x", 4), ("http://[2001:db8::7]/x", 6)):
        network = read_target(page).network
        assert network is not None
        assert network.version == version
