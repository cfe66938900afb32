"""Telegram: the data centres that the programs use, and the page for browsers.

Each data centre is tried on two ports by a connect and a POST; any answer to the POST is one.
"""

from overblock.measurements.documents import Measurement, TestKeys
from overblock.measurements.hosts import address_of, failed_as, place_of
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

SERVICE = "telegram"
WEB = "web.telegram.org"
CENTRES = frozenset({
    "149.154.175.50", "149.154.167.51", "149.154.175.100", "149.154.167.91", "149.154.171.5",
    "95.161.76.100",
})  # fmt: skip
PORTS = frozenset({80, 443})


def telegram(measurement: Measurement) -> list[FeatureSigns]:
    """The signs of ``dc`` and ``web``."""
    keys = measurement.test_keys
    posts, connects = _posts(keys), _connects(keys)
    legs = [_centre(posts.get(each, []), connects.get(each, [])) for each in posts | connects]
    centres = feature_of(keys, SERVICE, "dc", *legs)
    web = feature_of(keys, SERVICE, "web", secure_leg(keys, WEB, SERVICE))
    all_fail = keys.telegram_tcp_blocking, keys.telegram_http_blocking
    if all_fail != (None, None):
        layer = "tcp" if keys.telegram_tcp_blocking else "http"
        take_word(centres, "blocked" if any(all_fail) else "ok", None, layer)
    take_word(web, keys.telegram_web_status, keys.telegram_web_failure)
    centres.online = centres.online or keys.telegram_web_status == "ok"
    return [centres, web]


def _posts(keys: TestKeys) -> dict[str, list[str | None]]:
    """How the POSTs to each address went: classes of failures, None where one was answered."""
    found: dict[str, list[str | None]] = {}
    for each in keys.requests or ():
        place = place_of(each.request.url) if each.request and each.request.url else None
        if place is not None and address_of(place.host):
            found.setdefault(place.host, []).append(failed_as(each.failure))
    return found


def _connects(keys: TestKeys) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for each in keys.tcp_connect or ():
        if each.ip in CENTRES and each.port in PORTS:
            found.setdefault(each.ip, []).append(class_of_connect(each))
    return found


def _centre(posts: list[str | None], connects: list[str | None]) -> Leg:
    """One data centre works if any port of it does."""
    if not posts and not connects:
        return UNTRIED
    if None in (posts or connects):
        return WORKS
    layer, failures = ("tcp", connects) if connects and None not in connects else ("http", posts)
    known = [each for each in failures if each not in PROBES_OWN]
    return broken(layer, (known or failures)[0])
