"""Addresses on which no site of the public internet can live: private, local, reserved, multicast.

By the special-purpose registries of IANA (RFC 6890 and what came after): a block is special if it
is not globally reachable.  Multicast (RFC 5771, RFC 4291 section 2.7) is added, and all of IPv6
that is not given out for unicast (RFC 4291 section 2.4).  A name that resolves into such a block
tells of a resolver that lies or of a slip, not of where the site is.

This module reads one address and imports no array library; `overblock.addresses.bogons` judges
millions by the same table.
"""

from bisect import bisect_right
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

IPV4_SPECIAL = (
    "0.0.0.0/8",  # this network, RFC 791
    "10.0.0.0/8",  # private use, RFC 1918
    "100.64.0.0/10",  # shared with customers behind one address, RFC 6598
    "127.0.0.0/8",  # loopback, RFC 1122
    "169.254.0.0/16",  # link local, RFC 3927
    "172.16.0.0/12",  # private use, RFC 1918
    "192.0.0.0/24",  # protocol assignments, RFC 6890
    "192.0.2.0/24",  # documentation, RFC 5737
    "192.168.0.0/16",  # private use, RFC 1918
    "198.18.0.0/15",  # benchmarks, RFC 2544
    "198.51.100.0/24",  # documentation, RFC 5737
    "203.0.113.0/24",  # documentation, RFC 5737
    "224.0.0.0/4",  # multicast, RFC 5771
    "240.0.0.0/4",  # reserved, RFC 1112, and the broadcast address
)
IPV4_REACHABLE = ("192.0.0.9/32", "192.0.0.10/32")  # anycast services, RFC 7723 and RFC 8155
IPV6_SPECIAL = (
    "::/3",  # unspecified, loopback, mapped IPv4, discard: all but what is named below
    "2001::/23",  # protocol assignments, RFC 2928, Teredo among them
    "2001:db8::/32",  # documentation, RFC 3849
    "2002::/16",  # 6to4, RFC 7526: an IPv4 address, and a relay that nobody runs any more
    "3fff::/20",  # documentation, RFC 9637
    "4000::/2",  # not given out, 5f00::/16 (RFC 9602) among it
    "8000::/1",  # not given out, private, link local and multicast
)
IPV6_REACHABLE = (
    "64:ff9b::/96",  # IPv4 through a translator, RFC 6052
    "2001:1::1/128",  # port control anycast, RFC 7723
    "2001:1::2/128",  # relay anycast, RFC 8155
    "2001:1::3/128",  # service registration anycast, RFC 9665
    "2001:3::/32",  # multicast through tunnels, RFC 7450
    "2001:4:112::/48",  # AS112, RFC 7535
    "2001:20::/28",  # ORCHIDv2, RFC 7343
    "2001:30::/28",  # drone identities, RFC 9374
)


def is_bogon(address: IPv4Address | IPv6Address | str) -> bool:
    """Whether no site of the public internet can live on an address.

    >>> is_bogon("127.0.0.1"), is_bogon("8.8.8.8"), is_bogon("::1")
    (True, False, True)

    Raises:
        ValueError: it is no address.
    """
    value = ip_address(address) if isinstance(address, str) else address
    edges = ipv4_edges() if isinstance(value, IPv4Address) else ipv6_edges()
    return bisect_right(edges, int(value)) % 2 == 1


@cache
def ipv4_edges() -> tuple[int, ...]:
    """Where special space begins and ends, in turn: first, one past the last, first, ..."""
    special = [IPv4Network(written) for written in IPV4_SPECIAL]
    return _edges(special, [IPv4Network(written) for written in IPV4_REACHABLE])


@cache
def ipv6_edges() -> tuple[int, ...]:
    """The same for IPv6; the last edge is one past the last address."""
    special = [IPv6Network(written) for written in IPV6_SPECIAL]
    return _edges(special, [IPv6Network(written) for written in IPV6_REACHABLE])


def _edges(
    special: list[IPv4Network] | list[IPv6Network], reachable: list[IPv4Network] | list[IPv6Network]
) -> tuple[int, ...]:
    """A point is special where more special blocks than reachable ones have begun and not ended.

    No two special blocks overlap, and a reachable one lies within a special one.
    """
    steps: dict[int, int] = {}
    for blocks, step in ((special, 1), (reachable, -1)):
        for block in blocks:
            first, end = int(block[0]), int(block[-1]) + 1
            steps[first] = steps.get(first, 0) + step
            steps[end] = steps.get(end, 0) - step
    return tuple(point for point, step in sorted(steps.items()) if step)
