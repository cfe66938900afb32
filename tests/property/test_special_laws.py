"""Special addresses: the fast judgements agree with the plain one, and with Python's own."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from overblock.addresses.bogons import bogons_ipv4, bogons_ipv6
from overblock.addresses.special import (
    IPV4_REACHABLE,
    IPV4_SPECIAL,
    IPV6_REACHABLE,
    IPV6_SPECIAL,
    is_bogon,
)

V4 = [IPv4Network(text) for text in (*IPV4_SPECIAL, *IPV4_REACHABLE)]
V6 = [IPv6Network(text) for text in (*IPV6_SPECIAL, *IPV6_REACHABLE)]
# What the standard library knows since some of its releases only, and multicast, which it calls
# global: there the table of IANA is asked instead.
LATER: list[IPv4Network | IPv6Network] = [
    *(block for block in V6 if str(block) in {*IPV6_REACHABLE, "2002::/16"}),
    *(IPv6Network(text) for text in ("3fff::/20", "5f00::/16", "64:ff9b:1::/48", "100::/63")),
    *(IPv4Network(text) for text in ("192.0.0.0/24", "192.88.99.0/24")),
]


def near(blocks: list[IPv4Network] | list[IPv6Network], last: int) -> st.SearchStrategy[int]:
    edges = [int(block[0]) for block in blocks] + [int(block[-1]) for block in blocks]
    beside = st.tuples(st.sampled_from(edges), st.integers(-2, 2)).map(sum)
    return st.one_of(st.integers(0, last), beside.filter(lambda value: 0 <= value <= last))


ipv4 = near(V4, 2**32 - 1)
ipv6 = near(V6, 2**128 - 1)


def slow(address: IPv4Address | IPv6Address) -> bool:
    """By the lists, one block after the other."""
    special, reachable = (
        (IPV4_SPECIAL, IPV4_REACHABLE)
        if isinstance(address, IPv4Address)
        else (IPV6_SPECIAL, IPV6_REACHABLE)
    )
    kind = IPv4Network if isinstance(address, IPv4Address) else IPv6Network
    return any(address in kind(text) for text in special) and not any(
        address in kind(text) for text in reachable
    )


def pythons(address: IPv4Address | IPv6Address) -> bool:
    given_out = isinstance(address, IPv4Address) or int(address) >> 125 == 1
    return address.is_multicast or not address.is_global or not given_out


@given(st.one_of(ipv4.map(IPv4Address), ipv6.map(IPv6Address)))
def test_one_address_is_judged_as_the_lists_say(address: IPv4Address | IPv6Address) -> None:
    assert is_bogon(address) == is_bogon(str(address)) == slow(address)


@given(st.one_of(ipv4.map(IPv4Address), ipv6.map(IPv6Address)))
def test_pythons_library_says_the_same_where_it_knows(address: IPv4Address | IPv6Address) -> None:
    if not any(address in block for block in LATER if block.version == address.version):
        assert is_bogon(address) == pythons(address)


@given(st.lists(ipv4, max_size=20), st.lists(ipv6, max_size=20))
def test_many_are_judged_as_one(few: list[int], long: list[int]) -> None:
    assert bogons_ipv4(np.array(few, np.uint32)).tolist() == [
        is_bogon(IPv4Address(value)) for value in few
    ]
    sixteen = np.frombuffer(b"".join(value.to_bytes(16, "big") for value in long), "S16")
    assert bogons_ipv6(sixteen).tolist() == [is_bogon(IPv6Address(value)) for value in long]


def test_the_edges_of_a_block_are_inside_and_their_neighbours_are_not() -> None:
    inside = [is_bogon(ip_address(text)) for text in ("10.0.0.0", "10.255.255.255", "::", "fe80::")]
    outside = [is_bogon(ip_address(text)) for text in ("9.255.255.255", "11.0.0.0", "2000::")]
    assert (inside, outside) == ([True] * 4, [False] * 3)
