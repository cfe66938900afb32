"""Signal: each host is a feature of its own, and old versions fail for reasons of theirs.

Signal's certificates are of its own authority, which changed in October 2022; versions that pin the
old one fail everywhere since then.  Later it gave up host names and changed once more.  What such a
version says of certificates and of given-up names is not believed; that connects or handshakes are
cut off remains a sign, whatever the version.
"""

from dataclasses import dataclass

from overblock.measurements.documents import Measurement
from overblock.measurements.hosts import place_of, version_of
from overblock.measurements.services.legs import (
    CERTIFICATE,
    Leg,
    broken,
    feature_of,
    secure_leg,
    take_word,
)
from overblock.measurements.signs import FeatureSigns

SERVICE = "signal"
HEALTH = "uptime.signal.org"  # its address says whether the service is up; nothing lives there
DOMAINS = (".signal.org", ".whispersystems.org")
GIVEN_UP = frozenset({"textsecure-service.whispersystems.org", "api.directory.signal.org"})
NEVER_BELIEVED = (0, 2, 4)


@dataclass(frozen=True, slots=True)
class Stale:
    """Since a day, versions below one cannot be believed."""

    since: str
    below: tuple[int, ...]
    why: str


# From the conditions that OONI's own pipeline sets (ooni/backend, fastpath).
CERTIFICATES = (
    Stale("2022-10-19", (0, 2, 2), "pins an authority that Signal gave up in October 2022"),
    Stale("2023-11-07", (0, 2, 4), "pins certificates that Signal gave up in November 2023"),
)
NAMES = Stale("2023-05-02", (3, 17, 2), "asks for names that Signal gave up")


def signal(measurement: Measurement) -> list[FeatureSigns]:
    """The signs of each host, named without its domain: chat, cdsi, storage, sfu."""
    keys = measurement.test_keys
    urls = {each.request.url for each in keys.requests or () if each.request and each.request.url}
    asked = {place.host for url in urls if (place := place_of(url))}
    asked |= {each.hostname.lower() for each in keys.queries or () if each.hostname}
    hosts = sorted(host for host in asked - {HEALTH} if host.endswith(DOMAINS))
    found = [_host(measurement, host) for host in hosts]
    if not found:
        found = [FeatureSigns(service=SERVICE, feature="all")]
        take_word(found[0], keys.signal_backend_status, keys.signal_backend_failure)
        found[0].doubt = _doubt(measurement, "", broken(found[0].layer or "tls", found[0].failure))
    return found


def _host(measurement: Measurement, host: str) -> FeatureSigns:
    leg = secure_leg(measurement.test_keys, host)
    signs = feature_of(measurement.test_keys, SERVICE, host.partition(".")[0], leg)
    signs.doubt = None if leg.ok else _doubt(measurement, host, leg)
    return signs


def _doubt(measurement: Measurement, host: str, leg: Leg) -> str | None:
    """Why a failure may be the version's own."""
    day = (measurement.measurement_start_time or "")[:10]
    version = version_of(measurement.test_version)
    if leg.layer == "tls" and leg.failure in CERTIFICATE:
        if version == NEVER_BELIEVED:
            return "a version that fails by itself"
        for each in CERTIFICATES:
            if version < each.below and day >= each.since:
                return each.why
    software = measurement.annotations
    engine = version_of(software.engine_version if software else None)
    old_engine = engine and engine < NAMES.below and day >= NAMES.since
    if leg.layer == "dns" and host in GIVEN_UP and (old_engine or day >= NAMES.since):
        return NAMES.why
    return (
        "a version that fails by itself"
        if version == NEVER_BELIEVED and leg.layer != "tcp"
        else None
    )
