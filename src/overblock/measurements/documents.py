"""A whole measurement as it decodes from JSON: the envelope, and what the test found.

One struct serves all nettests, as the kind of test need not stand before what it found, and a
document is read only once.  A field that the test does not have is None.
"""

from msgspec import Raw, Struct

from overblock.measurements.blocks import (
    ABSENT,
    Control,
    Failure,
    Layers,
    Number,
    OpenvpnHandshake,
)


class TestKeys(Layers, frozen=True, gc=False, kw_only=True):
    """What a test found; the fields stand under the test that they are of.

    Where the probe says what it makes of it (``blocking``, ``accessible``, ``…_status``), that is
    its guess.
    """

    __test__ = False  # no test of ours, whatever its name begins with

    # web_connectivity
    control: Control | None = None
    control_failure: Failure = None
    dns_experiment_failure: Failure = None
    dns_consistency: str | None = None
    http_experiment_failure: Failure = None
    body_proportion: float | None = None
    body_length_match: bool | None = None
    headers_match: bool | None = None
    title_match: bool | None = None
    blocking: Failure = None
    accessible: bool | None = None

    # telegram
    telegram_http_blocking: bool | None = None
    telegram_tcp_blocking: bool | None = None
    telegram_web_failure: Failure = None
    telegram_web_status: str | None = None

    # whatsapp
    whatsapp_endpoints_status: str | None = None
    whatsapp_endpoints_blocked: list[str] | None = None
    registration_server_failure: Failure = None
    registration_server_status: str | None = None
    whatsapp_web_failure: Failure = None
    whatsapp_web_status: str | None = None

    # signal
    signal_backend_failure: Failure = None
    signal_backend_status: str | None = None

    # facebook_messenger
    facebook_dns_blocking: bool | None = None
    facebook_tcp_blocking: bool | None = None

    # tor, vanilla_tor, torsf, psiphon
    targets: Raw = ABSENT  # opening.tor_targets
    success: bool | None = None
    tor_progress: Number | None = None
    bootstrap_time: float | None = None
    timeout: float | None = None
    error: Failure = None
    failure: Failure = None  # also urlgetter, stun_reachability, openvpn

    # dnscheck
    bootstrap_failure: Failure = None
    lookups: Raw = ABSENT  # opening.lookups

    # echcheck before 0.2.0, which has its other handshake as ``control``
    target: Raw = ABSENT  # opening.handshake

    # stun_reachability
    endpoint: str | None = None

    # http_invalid_request_line
    sent: list[str] | None = None
    received: Raw = ABSENT  # opening.texts; may hold tagged base64

    # openvpn
    openvpn_handshake: list[OpenvpnHandshake] | None = None


NO_TEST_KEYS = TestKeys()  # of a document that has none


class Annotations(Struct, frozen=True, gc=False):
    """What the program says of itself and of the device."""

    engine_name: str | None = None
    engine_version: str | None = None
    platform: str | None = None


class Measurement(Struct, frozen=True, gc=False, kw_only=True):
    """One run of one test on one input (df-000), as published."""

    annotations: Annotations | None = None
    input: str | list[str] | None = None
    measurement_start_time: str | None = None
    probe_asn: str | None = None
    probe_cc: str | None = None
    report_id: str | None = None
    resolver_asn: str | None = None
    resolver_ip: str | None = None
    software_name: str | None = None
    software_version: str | None = None
    test_keys: TestKeys = NO_TEST_KEYS
    test_name: str = ""  # never empty after decoding
    test_runtime: float | None = None
    test_start_time: str | None = None
    test_version: str | None = None
    measurement_uid: str | None = None

    @property
    def bad_fields(self) -> tuple[str, ...]:
        """Which fields were not of their type, and were dropped; none of most measurements."""
        return ()


class Mended(Measurement, frozen=True, gc=False, kw_only=True):
    """A measurement of which fields were dropped, as they were not of their type."""

    dropped: tuple[str, ...] = ()

    @property
    def bad_fields(self) -> tuple[str, ...]:
        """Which."""
        return self.dropped
