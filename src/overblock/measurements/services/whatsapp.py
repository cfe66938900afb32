"""WhatsApp: the endpoints of its programs, registration, and the page for browsers."""

import re

from overblock.measurements.documents import Measurement, TestKeys
from overblock.measurements.hosts import address_of
from overblock.measurements.services.legs import (
    UNTRIED,
    WORKS,
    Leg,
    broken,
    feature_of,
    secure_leg,
    take_word,
)
from overblock.measurements.signs import FeatureSigns
from overblock.measurements.web_layers import PROBES_OWN, class_of_connect
from overblock.measurements.web_names import Answers, names_by_host

ENDPOINT = re.compile(r"e\d{1,2}\.whatsapp\.net")
PORTS = frozenset({443, 5222})
SERVICE = "whatsapp"
OWNER = "facebook"  # in whose networks its pages are
REGISTRATION = "v.whatsapp.net"
WEB = "web.whatsapp.com"


def whatsapp(measurement: Measurement) -> list[FeatureSigns]:
    """The signs of ``endpoints``, ``registration`` and ``web``."""
    keys = measurement.test_keys
    tried = _connects(keys)
    names = names_by_host(keys.queries)
    hosts = sorted(host for host in names if ENDPOINT.fullmatch(host))
    legs = [_endpoint(names[host].first, tried) for host in hosts]
    endpoints = feature_of(keys, SERVICE, "endpoints", *legs)
    registration = feature_of(keys, SERVICE, "registration", secure_leg(keys, REGISTRATION, OWNER))
    web = feature_of(keys, SERVICE, "web", secure_leg(keys, WEB, OWNER))
    take_word(endpoints, keys.whatsapp_endpoints_status, None, "tcp")
    take_word(registration, keys.registration_server_status, keys.registration_server_failure)
    take_word(web, keys.whatsapp_web_status, keys.whatsapp_web_failure)
    return [endpoints, registration, web]


def _connects(keys: TestKeys) -> dict[str, list[str | None]]:
    """How connects to each address went, on either port."""
    found: dict[str, list[str | None]] = {}
    for each in keys.tcp_connect or ():
        address = address_of(each.ip) if each.ip and each.port in PORTS else None
        if address:
            found.setdefault(address, []).append(class_of_connect(each))
    return found


def _endpoint(answers: Answers, tried: dict[str, list[str | None]]) -> Leg:
    """One endpoint works if any of its addresses does on any port.

    Where all its addresses are of no public service, the resolver lies, whatever answers there.
    """
    if answers.found != "addresses":
        failure = "bogon" if answers.addresses else answers.failure or "no_answer"
        return broken("dns", failure)
    outcomes = [each for address in answers.addresses for each in tried.get(address, ())]
    if not outcomes:
        return UNTRIED
    if None in outcomes:
        return WORKS
    known = [each for each in outcomes if each not in PROBES_OWN]
    return broken("tcp", (known or outcomes)[0])
