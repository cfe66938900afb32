"""Facebook Messenger: whether its names lead into Facebook's network, and whether that answers.

Where a name leads is judged by Facebook's own networks, and not by the probe's word.
"""

from overblock.measurements.documents import Measurement, TestKeys
from overblock.measurements.hosts import Place
from overblock.measurements.services.legs import (
    HTTPS,
    UNTRIED,
    WORKS,
    Leg,
    broken,
    feature_of,
    take_word,
)
from overblock.measurements.services.networks import own_addresses
from overblock.measurements.signs import FeatureSigns
from overblock.measurements.web_layers import count_connects
from overblock.measurements.web_names import Answers, names_by_host

SERVICE = "facebook"
DOMAINS = (".facebook.com", ".fbcdn.net", ".fbsbx.com")
CACHES = ".fbcdn.net"  # may be served from inside of a provider's network
LOOK_UP_ONLY = "stun.fbsbx.com"


def facebook(measurement: Measurement) -> list[FeatureSigns]:
    """The signs of ``dns`` and ``tcp``."""
    keys = measurement.test_keys
    names = names_by_host(keys.queries)
    hosts = sorted(host for host in names if host.endswith(DOMAINS))
    answers = {host: names[host].first for host in hosts}
    found = [
        feature_of(keys, SERVICE, "dns", *(_name(host, answers[host]) for host in hosts)),
        feature_of(keys, SERVICE, "tcp", *(_connects(keys, host, answers[host]) for host in hosts)),
    ]
    tcp_fails = keys.facebook_tcp_blocking
    take_word(
        found[1], None if tcp_fails is None else "blocked" if tcp_fails else "ok", None, "tcp"
    )
    return found


def _name(host: str, answers: Answers) -> Leg:
    if not answers.addresses:
        return broken("dns", answers.failure or "no_answer")
    if own_addresses(SERVICE, answers):
        return WORKS
    if answers.found == "bogons":
        return broken("dns", "bogon")
    return UNTRIED if host.endswith(CACHES) else broken("dns", "foreign_network")


def _connects(keys: TestKeys, host: str, answers: Answers) -> Leg:
    """Connects to the addresses that are Facebook's: others tell of the name only."""
    if host == LOOK_UP_ONLY or not (genuine := own_addresses(SERVICE, answers)):
        return UNTRIED
    counts = count_connects(keys, Place("https", host, HTTPS), genuine)
    if counts.ok:
        return WORKS
    if not counts.unsure:
        return UNTRIED
    return broken("tcp", counts.failure or "unreachable")
