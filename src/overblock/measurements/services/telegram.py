"""Telegram: the data centres that the programs use, and the page for browsers.

Each data centre is tried on two ports by a connect and a POST; any answer to the POST is one, but
for those that no data centre gives: a redirect, and what networks and censors say of themselves.
"""

from overblock.measurements.blocks import HttpTransaction
from overblock.measurements.documents import Measurement, TestKeys
from overblock.measurements.hosts import address_of, failed_as, place_of
from overblock.measurements.services.legs import (
    UNTRIED,
    WORKS,
    Leg,
    broken,
    feature_of,
    is_public,
    secure_leg,
    take_word,
)
from overblock.measurements.signs import FeatureSigns
from overblock.measurements.web_layers import PROBES_OWN, class_of_connect
from overblock.measurements.web_pages import (
    LEGAL_REASONS,
    LOG_IN_FIRST,
    REDIRECTS,
    location_of,
)

SERVICE = "telegram"
WEB = "web.telegram.org"
CENTRES = frozenset({
    "149.154.175.50", "149.154.167.51", "149.154.175.100", "149.154.167.91", "149.154.171.5",
    "95.161.76.100",
})  # fmt: skip
PORTS = frozenset({80, 443})
LOG_INS = REDIRECTS | {LOG_IN_FIRST}
NO_ANSWERS = LOG_INS | {LEGAL_REASONS}


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
    if any(map(_asks_to_log_in, keys.requests or ())):
        _leave_open(centres)
        _leave_open(web)
    return [centres, web]


def _asks_to_log_in(each: HttpTransaction) -> bool:
    """Whether a network answered in a data centre's place, to ask its guest to log in."""
    response = each.response
    if response is None or response.code not in LOG_INS or not _is_post(each):
        return False
    if response.code == LOG_IN_FIRST:
        return True
    onward = place_of(location_of(response) or "")
    return onward is not None and bool(address_of(onward.host)) and not is_public(onward.host)


def _leave_open(signs: FeatureSigns) -> None:
    """Nothing of what failed tells of the service."""
    signs.parts_unsure += signs.parts_failed
    signs.parts_failed, signs.failure, signs.online = 0, None, False


def _is_post(each: HttpTransaction) -> bool:
    place = place_of(each.request.url) if each.request and each.request.url else None
    return place is not None and place.host in CENTRES


def _ended(each: HttpTransaction) -> str | None:
    """The class of failure of a POST; None if a data centre answered, which sends nobody away."""
    code = each.response.code if each.response else None
    return "http" if code in NO_ANSWERS and not each.failure else failed_as(each.failure)


def _posts(keys: TestKeys) -> dict[str, list[str | None]]:
    """How the POSTs to each address went: classes of failures, None where one was answered."""
    found: dict[str, list[str | None]] = {}
    for each in keys.requests or ():
        place = place_of(each.request.url) if each.request and each.request.url else None
        if place is not None and address_of(place.host):
            found.setdefault(place.host, []).append(_ended(each))
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
