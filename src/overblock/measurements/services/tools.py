"""Tor, tunnels, echoes and the old tests: what their few fields can say of interference."""

from typing import Any

import msgspec

from overblock.measurements import opening
from overblock.measurements.blocks import Failure
from overblock.measurements.documents import Measurement
from overblock.measurements.failures import class_of, failure_of
from overblock.measurements.hosts import failed_as
from overblock.measurements.services.legs import UNTRIED, WORKS, Leg, broken, feature_of
from overblock.measurements.signs import FeatureSigns

DIRECTORIES = ("or_port_dirauth", "dir_port")
BRIDGES = ("obfs4", "or_port")
GREASE = "GREASE"  # an extension that looks like ECH and hides nothing


def tor(measurement: Measurement) -> list[FeatureSigns]:
    """The signs of each kind of entry: directories, which stay, and bridges, which go stale."""
    keys = measurement.test_keys
    targets = opening.tor_targets(keys.targets).values()
    legs: dict[str, list[Leg]] = {}
    for each in targets:
        if each.failure is False:  # it was not run
            continue
        failure = failed_as(each.failure)
        leg = WORKS if failure is None else broken("tcp", failure)
        legs.setdefault(each.target_protocol or "", []).append(leg)
    online = any(leg.ok for group in legs.values() for leg in group)
    found = [
        feature_of(keys, "tor" if kind in DIRECTORIES else "tor_bridges", kind, *legs[kind])
        for kind in (*DIRECTORIES, *BRIDGES)
        if kind in legs
    ]
    for signs in found:
        signs.online = online or signs.parts_unsure == 0
    return found


def tor_start(measurement: Measurement) -> list[FeatureSigns]:
    """Tor started as a user starts it: how far it came."""
    keys = measurement.test_keys
    far = keys.tor_progress
    ran = bool(keys.success or far)
    leg = WORKS if keys.success else broken("tcp", failed_as(keys.failure))
    if not ran:
        leg = UNTRIED
    signs = feature_of(keys, "tor_start", "all", leg)
    signs.online, signs.far = ran, far
    return [signs]


def tunnel(measurement: Measurement) -> list[FeatureSigns]:
    """Psiphon, bridges and the like: working is known, failing has many causes."""
    keys = measurement.test_keys
    failed = failure_of(keys.failure) or failure_of(keys.error)
    worked = keys.success or (not failed and (keys.bootstrap_time or 0) > 0)
    shakes = [not each.failure for each in keys.openvpn_handshake or ()]
    requests = [not each.failure for each in keys.requests or ()]
    fetched = not failed and keys.success is not False and requests and all(requests)
    worked = bool(worked or any(shakes) or fetched or _is_greeted(measurement, failed))
    signs = FeatureSigns(service="tunnel", feature="all", parts=1)
    signs.parts_ok, signs.parts_unsure = int(worked), int(not worked)
    signs.failure = class_of(failed)
    return [signs]


def _is_greeted(measurement: Measurement, failed: str | None) -> bool:
    """Whether urlgetter was to shake hands and nothing more, and did so under a sound certificate.

    A look-up or a connect alone proves nothing of who answered.
    """
    keys = measurement.test_keys
    if measurement.test_name != "urlgetter" or failed or keys.requests:
        return False
    shakes = keys.tls_handshakes or ()
    return bool(shakes) and not any(each.failure or each.no_tls_verify for each in shakes)


def resolver(measurement: Measurement) -> list[FeatureSigns]:
    """A resolver asked over several of its endpoints."""
    keys = measurement.test_keys
    found = list(opening.lookups(keys.lookups).values())
    signs = FeatureSigns(service="tunnel", feature="all", parts=len(found))
    signs.parts_ok = sum(not each.failure for each in found)
    signs.parts_unsure = len(found) - signs.parts_ok
    return [signs]


def stun(measurement: Measurement) -> list[FeatureSigns]:
    """One server that tells a caller its address, as calls need it."""
    keys = measurement.test_keys
    failed = failure_of(keys.failure)
    worked = failed is None and keys.endpoint is not None
    signs = FeatureSigns(service="tunnel", feature="all", parts=1, failure=class_of(failed))
    signs.parts_ok, signs.parts_unsure = int(worked), int(not worked)
    return [signs]


def unjudged(_: Measurement) -> list[FeatureSigns]:
    """Tests for which there are no rules."""
    return [FeatureSigns(service="unjudged", feature="all")]


def old_page(measurement: Measurement) -> list[FeatureSigns]:
    """http_requests, until 2017: the page beside the same page through Tor."""
    keys = measurement.test_keys
    alike = bool(keys.headers_match or keys.body_length_match) and not keys.control_failure
    signs = FeatureSigns(service="tunnel", feature="all", parts=1)
    signs.parts_ok, signs.parts_unsure = int(alike), int(not alike)
    return [signs]


def echo_of_lines(measurement: Measurement) -> list[FeatureSigns]:
    """http_invalid_request_line: whether an echo gives lines back as they were sent."""
    keys = measurement.test_keys
    sent, received = keys.sent or [], opening.texts(keys.received)
    pairs = list(zip(sent, received, strict=False))
    signs = FeatureSigns(service="echo", feature="all", parts=len(pairs))
    signs.parts_ok = sum(one == other for one, other in pairs)
    signs.parts_failed = sum(bool(other) and one != other for one, other in pairs)
    signs.parts_unsure = signs.parts - signs.parts_ok - signs.parts_failed
    return [signs]


def echo_of_headers(measurement: Measurement) -> list[FeatureSigns]:
    """http_header_field_manipulation: whether headers arrive as they were sent."""
    signs = FeatureSigns(service="echo", feature="all")
    requests = measurement.test_keys.requests
    if not requests or requests[0].request is None or requests[0].response is None:
        return [signs]
    sent = _headers(requests[0].request.headers)
    signs.parts = 1
    try:
        seen = msgspec.json.decode(opening.body(requests[0].response.body), type=_Seen).headers_dict
    except (ValueError, RecursionError):
        answered = bool(opening.body(requests[0].response.body))
        signs.parts_failed, signs.parts_unsure = int(answered), int(not answered)
        return [signs]
    same = {name: _first(value) for name, value in seen.items()} == sent
    signs.parts_ok, signs.parts_failed = int(same), int(not same)
    return [signs]


class _Seen(msgspec.Struct, frozen=True, gc=False):
    headers_dict: dict[str, Any] = {}


def _headers(part: msgspec.Raw) -> dict[str, str]:
    """Headers with their names as written: capitals are what this test is about."""
    try:
        written = msgspec.json.decode(part, type=dict[str, Any])
    except (ValueError, RecursionError):
        return {}
    return {name: _first(value) for name, value in written.items()}


def _first(value: object) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value)


def hidden_names(measurement: Measurement) -> list[FeatureSigns]:
    """echcheck: handshakes whose name is encrypted beside plain ones to the same server.

    Those with a configuration of the server decide over those that only grease, as a censor may
    look at the name that stands outside.
    """
    keys = measurement.test_keys
    shakes = keys.tls_handshakes or []
    real = [_leg(each.failure) for each in shakes if each.echconfig not in {None, "", GREASE}]
    greased = [_leg(each.failure) for each in shakes if each.echconfig == GREASE]
    without = [_leg(each.failure) for each in shakes if not each.echconfig]
    target = opening.handshake(keys.target)
    if target is not None and keys.control is not None:  # before 0.2.0
        greased, without = [_leg(target.failure)], [_leg(keys.control.failure)]
    hidden = real if real and not any(leg.ok for leg in real) else greased + real
    signs = feature_of(keys, "hidden_names", "ech", *hidden)
    signs.online = any(leg.ok for leg in without)
    return [signs]


def _leg(written: Failure) -> Leg:
    failure = failed_as(written)
    return WORKS if failure is None else broken("tls", failure)
