import subprocess
import sys

import pytest

from overblock.addresses.single import Network, parse_one
from overblock.errors import BadAddress


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("192.0.2.7", Network(4, 0xC0000207, 0xC0000207)),
        (" 192.0.2.7\n", Network(4, 0xC0000207, 0xC0000207)),
        ("0.0.0.0/0", Network(4, 0, 2**32 - 1)),
        ("::/0", Network(6, 0, 2**128 - 1)),
        ("2001:db8::1", Network(6, (0x20010DB8 << 96) + 1, (0x20010DB8 << 96) + 1)),
        ("::ffff:192.0.2.7", Network(4, 0xC0000207, 0xC0000207)),
        ("::ffff:192.0.2.0/120", Network(4, 0xC0000200, 0xC00002FF)),
        ("::ffff:0:0/96", Network(4, 0, 2**32 - 1)),
    ],
)
def test_one_address_or_network_is_read(text: str, network: Network) -> None:
    assert parse_one(text) == network


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not an address or network: ''"),
        ("shop.example", "not an address or network: 'shop.example'"),
        ("010.1.1.1", "not an address or network: '010.1.1.1'"),
        ("1.2.3.4/33", "not a prefix length in '1.2.3.4/33'"),
        ("1.2.3.4/24/24", "not a prefix length in '1.2.3.4/24/24'"),
        ("1.2.3.4/", "not a prefix length in '1.2.3.4/'"),
        ("fe80::1%eth0", "a zone means something on one machine only: 'fe80::1%eth0'"),
        ("::1/64", "say ::1 for the address or ::/64 for the network"),
        ("10.0.0.1/24", "say 10.0.0.1 for the address or 10.0.0.0/24 for the network"),
    ],
)
def test_the_message_says_what_is_wrong_with_which_value(text: str, message: str) -> None:
    with pytest.raises(BadAddress) as caught:
        parse_one(text)
    assert message in str(caught.value)


def test_a_message_never_repeats_a_megabyte() -> None:
    with pytest.raises(BadAddress) as caught:
        parse_one("1.2.3.4/" + "9" * 1_000_000)
    assert len(str(caught.value)) < 200


def test_it_starts_without_the_array_libraries() -> None:
    """One answer about one address must not wait for them."""
    program = (
        "import sys, overblock.addresses.single\n"
        "print(*{'numpy', 'polars', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b""
