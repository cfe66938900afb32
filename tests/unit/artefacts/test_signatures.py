import os
import shutil
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from overblock.artefacts import signatures
from overblock.artefacts.signatures import Signature, check_signature

CONTENT = b"<reg:register/>\n"
DETACHED = [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None and not os.environ.get("CI"), reason="needs openssl"
)


def named(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Office\nof registers"),
        ]
    )


class Authority:
    """A key and its certificate, signed by itself."""

    def __init__(self, common_name: str = "A register", days: tuple[int, int] = (-9, 9)) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(named(common_name))
            .issuer_name(named(common_name))
            .public_key(self.key.public_key())
            .serial_number(7)
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, SHA256())
        )

    def sign(self, content: bytes, options: list[pkcs7.PKCS7Options] = DETACHED) -> bytes:
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        signed = builder.add_signer(self.certificate, self.key, SHA256())
        return signed.sign(Encoding.DER, options)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def content(tmp_path: Path) -> Path:
    path = tmp_path / "dump.xml"
    path.write_bytes(CONTENT)
    return path


def test_what_was_signed_is_verified_and_its_signer_named(
    content: Path, authority: Authority
) -> None:
    found = check_signature(content, authority.sign(CONTENT))
    assert (found.state, found.reason, found.chain) == ("verified", "", "unchecked")
    assert (found.signer, found.organisation) == ("A register", "Office of registers")
    assert found.certificate == authority.certificate.fingerprint(SHA256()).hex()
    assert found.signed_at is not None
    assert abs(datetime.now(UTC) - found.signed_at) < timedelta(minutes=5)
    assert found.in_its_time is True


def test_one_flipped_bit_of_the_content_is_found(content: Path, authority: Authority) -> None:
    content.write_bytes(bytes([CONTENT[0] ^ 1]) + CONTENT[1:])
    found = check_signature(content, authority.sign(CONTENT))
    assert (found.state, found.reason) == ("altered", signatures.OTHER_BYTES)


def test_one_flipped_bit_of_the_signature_is_found(content: Path, authority: Authority) -> None:
    signature = bytearray(authority.sign(CONTENT))
    signature[-1] ^= 1
    found = check_signature(content, bytes(signature))
    assert (found.state, found.reason) == ("altered", signatures.FALSE_SIGNATURE)


@pytest.mark.parametrize("armour", [b64encode, lambda der: b"".join(
    (b"-----BEGIN PKCS7-----\n", b64encode(der), b"\n-----END PKCS7-----\n"))],
    ids=["base64", "pem"],
)  # fmt: skip
def test_the_armour_of_a_signature_changes_nothing(
    content: Path, authority: Authority, armour: object
) -> None:
    assert callable(armour)
    signature = authority.sign(CONTENT)
    assert check_signature(content, armour(signature)) == check_signature(content, signature)


def test_a_signature_that_carries_other_content_says_nothing_of_the_file(
    content: Path, authority: Authority
) -> None:
    """OpenSSL would verify what it carries, and never look at the file."""
    found = check_signature(content, authority.sign(b"other", [pkcs7.PKCS7Options.Binary]))
    assert found.state == "not_checkable"
    assert "content of its own" in found.reason


@pytest.mark.parametrize(
    "signature", [b"", b"no signature", b"<!DOCTYPE html>", b"0\x80", b"0" * (2 << 20)]
)
def test_what_is_no_signature_is_not_checkable(content: Path, signature: bytes) -> None:
    found = check_signature(content, signature)
    assert found.state == "not_checkable"
    assert found.reason.startswith("not a PKCS#7 signature")


def test_the_chain_is_told_apart_from_the_content(
    content: Path, authority: Authority, tmp_path: Path
) -> None:
    trusted, other = tmp_path / "trusted.pem", tmp_path / "other.pem"
    trusted.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    other.write_bytes(Authority("Another").certificate.public_bytes(Encoding.PEM))
    signature = authority.sign(CONTENT)
    unchecked = check_signature(content, signature)
    assert check_signature(content, signature, authorities=trusted) == replace(
        unchecked, chain="trusted"
    )
    assert check_signature(content, signature, authorities=other) == replace(
        unchecked, chain="untrusted"
    )


def test_a_certificate_that_had_expired_is_told(content: Path) -> None:
    found = check_signature(content, Authority(days=(-9, -1)).sign(CONTENT))
    assert (found.state, found.in_its_time) == ("verified", False)


def test_a_machine_without_openssl_says_so(
    content: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    found = check_signature(content, authority.sign(CONTENT))
    assert (found.state, found.reason) == ("not_checkable", signatures.PROGRAM_MISSING)
    assert isinstance(found, Signature)
    assert found.signer == "A register"
