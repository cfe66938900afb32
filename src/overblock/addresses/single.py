"""One address or network, read without waiting for the array libraries.

A command that answers about one address must start at once, so this module imports neither
NumPy nor Polars.  `overblock.addresses.codec` reads millions by the same rules, with one
difference: a person who types ``::ffff:192.0.2.7`` means the IPv4 address, while in a register
that form is a reject.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address
from typing import Literal

from overblock.errors import BadAddress

SHOWN = 80  # signs of a wrong value that a message repeats
MAPPED_BITS = 96  # the bits before the IPv4 address in ::ffff:0:0/96, RFC 4291 section 2.5.5.2


@dataclass(frozen=True, slots=True)
class Network:
    """An address or a network: ``first`` to ``last`` as integers, both inside."""

    version: Literal[4, 6]
    first: int
    last: int


def parse_one(text: str) -> Network:
    """Read one address or network.

    >>> parse_one("192.0.2.0/24")
    Network(version=4, first=3221225984, last=3221226239)
    >>> parse_one("::ffff:192.0.2.7") == parse_one("192.0.2.7")
    True

    Raises:
        BadAddress: it is neither, or has bits set behind its prefix length.
    """
    written = text.strip()
    network = _network(written)
    if isinstance(network, IPv6Network):
        mapped = network.network_address.ipv4_mapped
        if mapped is None or network.prefixlen < MAPPED_BITS:
            return Network(6, int(network[0]), int(network[-1]))
        network = IPv4Network((mapped, network.prefixlen - MAPPED_BITS))
    return Network(4, int(network[0]), int(network[-1]))


def _network(written: str) -> IPv4Network | IPv6Network:
    address, slash, length = written.partition("/")
    try:
        value = ip_address(address)
    except ValueError:
        raise BadAddress(f"not an address or network: {written[:SHOWN]!r}") from None
    if not isinstance(value, IPv4Address) and value.scope_id is not None:
        raise BadAddress(f"a zone means something on one machine only: {written[:SHOWN]!r}")
    wide = IPv4Network if isinstance(value, IPv4Address) else IPv6Network
    try:
        network = wide(f"{value}/{length if slash else value.max_prefixlen}", strict=False)
    except ValueError:
        raise BadAddress(f"not a prefix length in {written[:SHOWN]!r}") from None
    if network.network_address != value:
        raise BadAddress(
            f"{written[:SHOWN]!r} has bits set behind its prefix length: "
            f"say {value} for the address or {network} for the network"
        )
    return network
