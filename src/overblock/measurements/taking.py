"""Measurements to signs, as documents pass: which test gives which is a table here.

No document is kept.  What is taken may come from another process, which needs no array library for
it; `overblock.measurements.verdicts` judges all of it in one go.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import astuple

from overblock.measurements.clocks import is_clock_off
from overblock.measurements.documents import Measurement
from overblock.measurements.fingerprints import Fingerprints
from overblock.measurements.services import facebook, signal, telegram, tools, whatsapp
from overblock.measurements.signs import FeatureSigns
from overblock.measurements.web import web_signs

ServiceSigns: TypeAlias = Callable[[Measurement], list[FeatureSigns]]
WEB = "web_connectivity"
ALL = "all"

SERVICES: Mapping[str, ServiceSigns] = MappingProxyType({
    "telegram": telegram.telegram,
    "whatsapp": whatsapp.whatsapp,
    "signal": signal.signal,
    "facebook_messenger": facebook.facebook,
    "tor": tools.tor,
    "vanilla_tor": tools.tor_start,
    "torsf": tools.tunnel,
    "bridge_reachability": tools.tunnel,
    "psiphon": tools.tunnel,
    "openvpn": tools.tunnel,
    "riseupvpn": tools.tunnel,
    "meek_fronted_requests_test": tools.tunnel,
    "urlgetter": tools.tunnel,
    "stun_reachability": tools.stun,
    "stunreachability": tools.stun,
    "dnscheck": tools.resolver,
    "http_requests": tools.old_page,
    "http_invalid_request_line": tools.echo_of_lines,
    "http_header_field_manipulation": tools.echo_of_headers,
    "echcheck": tools.hidden_names,
})  # fmt: skip


class Taken(Struct):
    """The signs of measurements, each with the place of its measurement.

    They are kept as rows of columns, which is what they become, and what goes between processes at
    the least cost.
    """

    n_taken: int = 0
    pages: list[tuple[object, ...]] = []  # of `WebSigns`
    page_rows: list[int] = []
    features: list[tuple[object, ...]] = []  # of `FeatureSigns`
    feature_rows: list[int] = []


class Taking:
    """Gathers the signs of measurements."""

    def __init__(self, known: Fingerprints | None = None) -> None:
        """Begin with nothing; ``known`` are the block pages to look for."""
        self._known = known
        self.taken = Taken()

    def __len__(self) -> int:
        """How many measurements were taken."""
        return self.taken.n_taken

    def add(self, measurement: Measurement) -> None:
        """Take the signs of one measurement."""
        taken, test = self.taken, measurement.test_name
        row = taken.n_taken
        taken.n_taken = row + 1
        if test == WEB:
            taken.pages.append(astuple(web_signs(measurement, self._known)))
            taken.page_rows.append(row)
            return
        found = SERVICES.get(test, tools.unjudged)(measurement)
        for signs in found or [FeatureSigns(service=test, feature=ALL)]:
            if signs.failure == "cert_other":
                signs.clock_off = is_clock_off(measurement)
            taken.features.append(astuple(signs))
            taken.feature_rows.append(row)
