"""Host names, ports, addresses and failures as measurements write them, in canonical forms.

Names are compared in lower-case punycode, as one document holds ``http://яндекс.рф/`` beside
``xn--d1acpjx3f.xn--p1ai``.  Everything here is asked for again and again with the same few values,
so each answer is kept.  What each measurement asks often it takes from the mappings themselves:
to look there costs half of what a call does.
"""

from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from overblock.addresses.special import is_bogon
from overblock.measurements.failures import class_of, failure_of
from overblock.measurements.kept import Kept
from overblock.names.canonical import canonical_name

if TYPE_CHECKING:
    from tldextract import TLDExtract

AddressKind: TypeAlias = Literal["public", "bogon"]
KEPT = 1 << 14  # answers that are kept
MOST_SIGNS = 2048  # of a URL that are looked at; what is kept must not grow with what is asked
MOST_NAME = 300  # signs of a name, an address or an endpoint
PORTS = {"http": 80, "https": 443}
MOST_PORT = 65_535
LOW_32 = 0xFFFF_FFFF
TRANSLATED = IPv6Network("64:ff9b::/96")  # NAT64, RFC 6052 section 2.1


class Place(NamedTuple):
    """Where a URL points."""

    scheme: str
    host: str
    port: int


def place_of(url: str) -> Place | None:
    """Scheme, host and port of a URL; None where it has no host, or one that cannot be.

    >>> place_of("https://Shop.Example:8443/a")
    Place(scheme='https', host='shop.example', port=8443)
    """
    return PLACES[url[:MOST_SIGNS]]


def _place_of(url: str) -> Place | None:
    scheme, sep, rest = url.strip().partition("://")
    if not sep:
        scheme, rest = "http", scheme
    netloc = rest.partition("/")[0].partition("?")[0].partition("#")[0].rpartition("@")[2]
    host, port = _split(netloc)
    named = host_of(host)
    default = PORTS.get(scheme.lower(), 0)
    if named is None or (port and not _is_port(port)):
        return None
    return Place(scheme.lower(), named, int(port) if port else default)


def _split(netloc: str) -> tuple[str, str]:
    """Host and port of ``host:port`` or ``[v6]:port``."""
    if netloc.startswith("["):
        host, _, port = netloc[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = netloc.partition(":")
    return host, port


def _is_port(written: str) -> bool:
    return written.isdecimal() and len(written) <= len(str(MOST_PORT))


def host_of(written: str) -> str | None:
    """A host name or address in its canonical form; None if it can be neither.

    >>> host_of("ЯНДЕКС.рф."), host_of("192.0.2.1")
    ('xn--d1acpjx3f.xn--p1ai', '192.0.2.1')
    """
    return HOSTS[written]


def _host_of(written: str) -> str | None:
    found = address_of(written)
    return found or canonical_name(written)


def address_of(written: str) -> str | None:
    """An address in its canonical form, behind a NAT64 prefix the IPv4 one; None if it is none.

    >>> address_of("64:ff9b::5db8:d822"), address_of("[scrubbed]")
    ('93.184.216.34', None)
    """
    return ADDRESSES[written]


def _address_of(written: str) -> str | None:
    try:
        value = ip_address(written)
    except ValueError:
        return None
    if isinstance(value, IPv6Address) and value in TRANSLATED:
        return str(IPv4Address(int(value) & LOW_32))
    return str(value)


def kind_of(address: str) -> AddressKind:
    """Whether a site of the public internet can live on a canonical address."""
    return "public" if IS_PUBLIC[address] else "bogon"


def _is_public(address: str) -> bool:
    return not is_bogon(address.partition("%")[0])


def endpoint_of(written: str) -> tuple[str, int] | None:
    """Address and port of ``ip:port`` or ``[v6]:port``; None where it is none.

    >>> endpoint_of("[2001:db8::1]:443")
    ('2001:db8::1', 443)
    """
    return ENDPOINTS[written]


def _endpoint_of(written: str) -> tuple[str, int] | None:
    host, _, port = written.rpartition(":")
    address = address_of(host.strip("[]"))
    return (address, int(port)) if address and _is_port(port) else None


@lru_cache(maxsize=KEPT)
def neighbourhood_of(address: str) -> str:
    """What close addresses share: the first 24 bits of IPv4, 48 of IPv6."""
    value = ip_address(address.partition("%")[0])
    bits = 8 if isinstance(value, IPv4Address) else 80
    return f"{value.version}:{int(value) >> bits:x}"


@lru_cache(maxsize=KEPT)
def site_of(host: str) -> str:
    """The registrable domain that a name stands under; the name itself where it has none.

    >>> site_of("www.bbc.co.uk"), site_of("192.0.2.1")
    ('bbc.co.uk', '192.0.2.1')
    """
    return _suffixes()(host).top_domain_under_public_suffix or host


@cache
def _suffixes() -> "TLDExtract":
    """The bundled list only."""
    from tldextract import TLDExtract  # noqa: PLC0415  (it loads a whole library for HTTP)

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


@lru_cache(maxsize=4096)
def failed_as(written: str | bool | None) -> str | None:  # noqa: FBT001  (as probes write it)
    """The class of a failure as it is written; None where there is none.

    >>> failed_as("connection_reset"), failed_as(False)
    ('reset', None)
    """
    return class_of(failure_of(written))


def version_of(written: str | None) -> tuple[int, ...]:
    """A version, to compare part by part; empty where it is unknown.

    >>> version_of("0.10.0") > version_of("0.9.0")
    True
    """
    parts = (written or "").partition("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isdecimal())


PLACES: Kept[Place | None] = Kept(_place_of, longest=MOST_SIGNS, otherwise=None)
HOSTS: Kept[str | None] = Kept(_host_of, longest=MOST_NAME, otherwise=None)
ADDRESSES: Kept[str | None] = Kept(_address_of, longest=MOST_NAME, otherwise=None)
ENDPOINTS: Kept[tuple[str, int] | None] = Kept(_endpoint_of, longest=MOST_NAME, otherwise=None)
IS_PUBLIC: Kept[bool] = Kept(_is_public, longest=MOST_NAME, otherwise=False)  # canonical addresses
