"""Networks of services that run on networks of their own: ``networks.csv``, reviewed by hand.

A name of such a service that leads elsewhere leads astray.  The probe's own database is not asked,
as that of old probes was broken.
"""

import csv
from functools import cache, lru_cache
from importlib import resources
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from overblock.measurements.web_names import Answers


def own_addresses(service: str, answers: Answers) -> set[str]:
    """The addresses answered that are in the service's networks, or of its AS by the answer."""
    known = _networks(service)
    systems = {asn for _, asn in known}
    origins = answers.networks
    return {
        each
        for each in answers.addresses
        if _is_within(service, each) or origins.get(each) in systems
    }


def leads_astray(service: str, answers: Answers) -> bool:
    """Whether there are public addresses among the answers, and none is the service's."""
    return answers.found == "addresses" and not own_addresses(service, answers)


@lru_cache(maxsize=4096)
def _is_within(service: str, address: str) -> bool:
    value = ip_address(address.partition("%")[0])
    return any(value.version == each.version and value in each for each, _ in _networks(service))


@cache
def _networks(service: str) -> tuple[tuple[IPv4Network | IPv6Network, int], ...]:
    table = resources.files("overblock.measurements.services").joinpath("networks.csv")
    rows = csv.DictReader(table.read_text("utf-8").splitlines())
    return tuple(
        (ip_network(row["network"]), int(row["asn"])) for row in rows if row["service"] == service
    )
