"""Facebook Messenger: whether its names lead into Facebook's network, and whether that answers.

The networks lie in ``facebook_networks.csv``; the probe's own database is not asked, as that of old
probes was broken.
"""

import csv
from functools import cache, lru_cache
from importlib import resources
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from overblock.measurements.documents import Measurement, TestKeys
from overblock.measurements.hosts import Place
from overblock.measurements.services.legs import HTTPS, UNTRIED, WORKS, Leg, broken, feature_of
from overblock.measurements.signs import FeatureSigns
from overblock.measurements.web_layers import count_connects
from overblock.measurements.web_names import Answers, names_by_host

SERVICE = "facebook"
ASN = 32934
DOMAINS = (".facebook.com", ".fbcdn.net", ".fbsbx.com")
CACHES = ".fbcdn.net"  # may be served from inside of a provider's network
LOOK_UP_ONLY = "stun.fbsbx.com"


def facebook(measurement: Measurement) -> list[FeatureSigns]:
    """The signs of ``dns`` and ``tcp``."""
    keys = measurement.test_keys
    names = names_by_host(keys.queries)
    hosts = sorted(host for host in names if host.endswith(DOMAINS))
    answers = {host: names[host].first for host in hosts}
    return [
        feature_of(keys, SERVICE, "dns", *(_name(host, answers[host]) for host in hosts)),
        feature_of(keys, SERVICE, "tcp", *(_connects(keys, host, answers[host]) for host in hosts)),
    ]


def _name(host: str, answers: Answers) -> Leg:
    if not answers.addresses:
        return broken("dns", answers.failure or "no_answer")
    if _genuine(answers):
        return WORKS
    if answers.found == "bogons":
        return broken("dns", "bogon")
    return UNTRIED if host.endswith(CACHES) else broken("dns", "foreign_network")


def _connects(keys: TestKeys, host: str, answers: Answers) -> Leg:
    """Connects to the addresses that are Facebook's: others tell of the name only."""
    if host == LOOK_UP_ONLY or not (genuine := _genuine(answers)):
        return UNTRIED
    counts = count_connects(keys, Place("https", host, HTTPS), genuine)
    if counts.ok:
        return WORKS
    if not counts.unsure:
        return UNTRIED
    return broken("tcp", counts.failure or "unreachable")


def _genuine(answers: Answers) -> set[str]:
    return {
        each
        for each in answers.addresses
        if is_facebooks(each) or answers.networks.get(each) == ASN
    }


@lru_cache(maxsize=4096)
def is_facebooks(address: str) -> bool:
    """Whether an address is in one of Facebook's own networks."""
    value = ip_address(address.partition("%")[0])
    return any(value.version == each.version and value in each for each in _networks())


@cache
def _networks() -> tuple[IPv4Network | IPv6Network, ...]:
    table = resources.files("overblock.measurements.services").joinpath("facebook_networks.csv")
    rows = csv.DictReader(table.read_text("utf-8").splitlines())
    return tuple(ip_network(row["network"]) for row in rows)
