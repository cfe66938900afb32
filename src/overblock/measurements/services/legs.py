"""One leg of a service: a name that is looked up, connected to, greeted and asked.

Services have no control: the rest of the same measurement stands for it.  A leg that fails as
interference fails, while the network works, is told apart from the probe's own trouble.
"""

from dataclasses import dataclass

from overblock.measurements import opening
from overblock.measurements.blocks import Failure, HttpTransaction
from overblock.measurements.breaks import broke_at
from overblock.measurements.certificates import is_of_own_machine, read_certificate
from overblock.measurements.documents import TestKeys
from overblock.measurements.hosts import HOSTS, Place, address_of, failed_as, kind_of, place_of
from overblock.measurements.services.networks import leads_astray
from overblock.measurements.signs import FeatureSigns
from overblock.measurements.web_layers import (
    PROBES_OWN,
    class_of_connect,
)
from overblock.measurements.web_names import UNASKED, names_by_host

CERTIFICATE = frozenset({"cert_name", "cert_authority", "cert_other"})
HTTPS = 443
LATER = frozenset({"refused", "reset", "eof", "timeout", *CERTIFICATE})  # than the look-up
ANSWERED = frozenset({None, "refused", "reset"})  # how a connect ends where somebody answers


@dataclass(frozen=True, slots=True)
class Leg:
    """How one leg went: ``layer`` and ``failure`` say where and how it failed, None if it works."""

    tried: bool
    ok: bool
    layer: str | None = None
    failure: str | None = None
    flapping: bool = False  # it failed and worked
    own_machine: bool = False  # a program on the probe's own machine came between

    @property
    def is_probes_own(self) -> bool:
        """Whether the failure says nothing of interference."""
        return self.own_machine or self.failure in PROBES_OWN


WORKS = Leg(tried=True, ok=True)
LAYER_OF = {"nxdomain": "dns", "no_answer": "dns", "dns_other": "dns", "refused": "tcp"}
UNTRIED = Leg(tried=False, ok=False)


def broken(layer: str, failure: str | None, *, flapping: bool = False) -> Leg:
    """A leg that failed."""
    return Leg(tried=True, ok=False, layer=layer, failure=failure, flapping=flapping)


def is_online(keys: TestKeys) -> bool:
    """Whether anybody answered at all: a connect or its refusal, a fetch, or a resolver."""
    if any(
        class_of_connect(each) in ANSWERED and each.ip and is_public(each.ip)
        for each in keys.tcp_connect or ()
    ):
        return True
    if any(
        not each.failure and each.response and each.response.code for each in keys.requests or ()
    ):
        return True
    if keys.queries:
        return any(
            address_of(answer.ipv4 or answer.ipv6 or "")
            for query in keys.queries
            for answer in query.answers or ()
        )
    return any(map(_was_resolved, keys.requests or ()))


def _was_resolved(each: HttpTransaction) -> bool:
    """Whether a request failed only after its name was found: old probes note no look-ups."""
    place = place_of(each.request.url) if each.request and each.request.url else None
    return place is not None and address_of(place.host) is None and failed_as(each.failure) in LATER


def is_public(written: str) -> bool:
    """Whether it is an address on which a public service can live."""
    address = address_of(written)
    return address is not None and kind_of(address) == "public"


def secure_leg(keys: TestKeys, host: str, network: str = "") -> Leg:
    """A page of the service under its own certificate: what all fetches of it came to.

    ``network`` names the service whose networks the name must lead into.
    """
    asked = [
        each
        for each in keys.requests or ()
        if each.request
        and each.request.url
        and (place := place_of(each.request.url)) is not None
        and place.host == host
        and place.scheme == "https"
    ]
    worked = [each for each in asked if not each.failure and each.response and each.response.code]
    if worked and len(worked) == len(asked):
        return WORKS
    failure = next((failed_as(each.failure) for each in asked if each.failure), None)
    names = names_by_host(keys.queries).get(host, UNASKED)
    if network and leads_astray(network, names.first):
        return broken("dns", "foreign_network", flapping=bool(worked))
    layer, failure = broke_at(keys, names, Place("https", host, HTTPS), failure)
    if not asked and layer is None:
        return UNTRIED
    if failure in CERTIFICATE and _is_opened_here(keys, host):
        return Leg(tried=True, ok=False, layer="tls", failure=failure, own_machine=True)
    return broken(layer or "http", failure, flapping=bool(worked))


def _is_opened_here(keys: TestKeys, host: str) -> bool:
    """Whether the certificate that failed is made by a program on the probe's own machine."""
    for shake in keys.tls_handshakes or ():
        if shake.failure and shake.server_name and HOSTS[shake.server_name] == host:
            der = opening.first_certificate(shake.peer_certificates)
            found = read_certificate(der) if der else None
            if found is not None:
                return is_of_own_machine(found.issuer)
    return False


def take_word(
    signs: FeatureSigns, said: str | None, failure: Failure, layer: str | None = None
) -> None:
    """Note what the probe says of a feature, where nothing else is left of it in the document."""
    if signs.parts or said not in {"ok", "blocked"}:
        return
    signs.said, signs.failure = said, failed_as(failure)
    signs.layer = layer or LAYER_OF.get(signs.failure or "", "tls")


def add(signs: FeatureSigns, leg: Leg) -> None:
    """Count a leg in a feature."""
    if not leg.tried:
        return
    signs.parts += 1
    signs.flapping = signs.flapping or leg.flapping
    if leg.ok:
        signs.parts_ok += 1
    elif leg.is_probes_own or leg.flapping:
        signs.parts_unsure += 1
    else:
        signs.parts_failed += 1
        signs.layer, signs.failure = signs.layer or leg.layer, signs.failure or leg.failure


def feature_of(keys: TestKeys, service: str, feature: str, *legs: Leg) -> FeatureSigns:
    """The signs of a feature that is made of legs; those of most of the failed ones are told."""
    signs = FeatureSigns(service=service, feature=feature, online=is_online(keys))
    for leg in legs:
        add(signs, leg)
    ends = [(leg.layer, leg.failure) for leg in legs if leg.tried and not leg.ok]
    if signs.parts_failed:
        signs.layer, signs.failure = max(ends, key=ends.count)
    return signs
