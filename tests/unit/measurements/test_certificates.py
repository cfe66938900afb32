"""Certificates that probes were shown, and the clocks by which they failed."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from measurement_worlds import Document, Site, World, document, judged
from overblock.measurements.certificates import read_certificate
from service_worlds import SIGNAL, signal, telegram, ungreeted, whatsapp

RECEIVED = datetime(2026, 8, 24, 10, 0, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def made(begins: datetime, ends: datetime, issuer: str = "Filter CA") -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())

    def named(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    unsigned = (
        x509.CertificateBuilder()
        .subject_name(named("shop.example"))
        .issuer_name(named(issuer))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    return unsigned.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


FOREIGN = "ssl_unknown_authority"
CURRENT = made(RECEIVED - DAY, RECEIVED + DAY)
EXPIRED = made(RECEIVED - 9 * DAY, RECEIVED - 5 * DAY)


def test_a_certificate_says_who_vouches_for_it() -> None:
    found = read_certificate(CURRENT)
    assert found is not None
    assert (found.subject, found.issuer, found.own_issuer) == ("shop.example", "Filter CA", False)
    own = read_certificate(made(RECEIVED - DAY, RECEIVED + DAY, issuer="shop.example"))
    assert own is not None
    assert own.own_issuer


@pytest.mark.parametrize("der", [b"", b"\x30", b"no certificate", CURRENT[:-9], b"0" * 100_000])
def test_what_is_no_certificate_is_none(der: bytes) -> None:
    assert read_certificate(der) is None


@pytest.mark.parametrize(
    ("failure", "der", "start", "blocked"),
    [
        ("ssl_unknown_authority", CURRENT, "2026-08-24 10:00:00", "yes"),
        ("ssl_invalid_certificate", EXPIRED, "2026-08-24 10:00:00", "yes"),
        ("ssl_invalid_certificate", EXPIRED, "2031-01-01 00:00:00", "yes"),
        ("ssl_invalid_certificate", CURRENT, "2031-01-01 00:00:00", "unknown"),
        ("ssl_invalid_certificate", b"", "2031-01-01 00:00:00", "unknown"),
    ],
)
def test_a_wrong_clock_explains_a_certificate_only_if_its_dates_are_right(
    failure: str, der: bytes, start: str, blocked: str
) -> None:
    found = document(World().with_censor(greet=failure)) | {"measurement_start_time": start}
    shake = found["test_keys"]["tls_handshakes"][0]
    data = base64.b64encode(der).decode()
    shake["peer_certificates"] = [{"format": "base64", "data": data}]
    assert [each["blocked"] for each in judged(found)] == [blocked]


def shown(found: Document, issuer: str) -> Document:
    """The measurement, with a certificate of this issuer wherever a handshake failed."""
    data = base64.b64encode(made(RECEIVED - DAY, RECEIVED + DAY, issuer=issuer)).decode()
    for shake in found["test_keys"]["tls_handshakes"]:
        if shake["failure"]:
            shake["peer_certificates"] = [{"format": "base64", "data": data}]
    return found


@pytest.mark.parametrize(
    "issuer",
    [
        "Kaspersky Anti-Virus Personal Root Certificate",
        "Avast Web/Mail Shield Root",
        "ESET SSL Filter CA",
        "mitmproxy",
    ],
)
def test_a_scanner_on_the_visitors_own_machine_is_no_block(issuer: str) -> None:
    far = Site(host="far.example", addresses=("93.184.216.40",))
    here = World().with_censor(greet=FOREIGN)
    beyond = World(beyond=far).with_censor(greet=FOREIGN)
    odd = shown(document(here), issuer)
    odd["test_keys"]["queries"] = odd["test_keys"]["queries"][:1]
    odd["test_keys"]["queries"][0]["answers"][0] |= {"ipv4": "81.2.69.160", "asn": 64502}
    odd["test_keys"]["tcp_connect"][0]["ip"] = "81.2.69.160"
    odd["test_keys"]["tls_handshakes"][0]["address"] = "81.2.69.160:443"
    odd["test_keys"]["requests"] = []
    told = {
        (each["blocked"], each["rule_id"])
        for each in judged(shown(document(here), issuer), shown(document(beyond), issuer), odd)
    }
    assert told == {("unknown", "web.own_machine")}


@pytest.mark.parametrize("issuer", ["Filter CA", "Avastov Telecom", "Qaznet Trust Network"])
def test_another_certificate_stays_a_forged_one(issuer: str) -> None:
    (found,) = judged(shown(document(World().with_censor(greet=FOREIGN)), issuer))
    assert (found["blocked"], found["detail"]) == ("yes", "forged_certificate")


@pytest.mark.parametrize(("issuer", "answer"), [("Avast Web/Mail Shield", "unknown"), ("X", "yes")])
def test_a_messenger_is_not_blocked_by_a_scanner_either(issuer: str, answer: str) -> None:
    found = [
        ungreeted(telegram(), "web.telegram.org", failure=FOREIGN),
        ungreeted(whatsapp(), "web.whatsapp.com", "v.whatsapp.net", failure=FOREIGN),
        ungreeted(signal(), *SIGNAL, failure=FOREIGN),
    ]
    told = [each["blocked"] for each in judged(*(shown(each, issuer) for each in found))]
    assert told == [answer] * 3
