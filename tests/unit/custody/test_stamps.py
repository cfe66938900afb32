"""Time stamps, against a real authority: OpenSSL's, behind HTTP on the loopback."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from overblock.custody.stamps import check_roots, fetch_stamp, read_stamp
from overblock.errors import BundleError, FetchFailed, UsageError
from stamping_authority import ROOT, openssl

DIGEST = sha256(b"a manifest").digest()


def test_a_stamp_says_when_and_by_whom(authority: str, authority_folder: Path) -> None:
    stamp = read_stamp(DIGEST, fetch_stamp(DIGEST, authority), authority_folder / "root.pem")
    assert abs(datetime.now(UTC) - stamp.at) < timedelta(minutes=5)
    assert (stamp.authority, stamp.policy) == ("Stamps", "1.2.3.4.1")


def test_a_stamp_is_of_its_bytes_only(authority: str, authority_folder: Path) -> None:
    stamp = fetch_stamp(DIGEST, authority)
    with pytest.raises(BundleError, match="does not hold"):
        read_stamp(sha256(b"another").digest(), stamp, authority_folder / "root.pem")


def test_a_stamp_of_an_authority_that_is_not_trusted_does_not_hold(
    authority: str, authority_folder: Path
) -> None:
    new = ("req", "-newkey", "rsa:2048", "-nodes", "-x509", "-keyout", "other.key")
    openssl(authority_folder, *new, "-out", "other.pem", *ROOT)
    with pytest.raises(BundleError, match="does not hold"):
        read_stamp(DIGEST, fetch_stamp(DIGEST, authority), authority_folder / "other.pem")


def test_any_altered_byte_of_a_stamp_is_found(authority: str, authority_folder: Path) -> None:
    stamp = fetch_stamp(DIGEST, authority)
    for place in range(0, len(stamp), 97):
        altered = bytearray(stamp)
        altered[place] ^= 1
        try:
            read = read_stamp(DIGEST, bytes(altered), authority_folder / "root.pem")
        except BundleError:
            continue
        assert read == read_stamp(DIGEST, stamp, authority_folder / "root.pem")


@pytest.mark.parametrize("path", ["/refuses", "/other"])
def test_an_authority_that_does_not_answer_the_question_is_told(authority: str, path: str) -> None:
    with pytest.raises(FetchFailed, match="time stamp authority"):
        fetch_stamp(DIGEST, authority + path)


def test_an_authority_that_is_not_there_is_told() -> None:
    with pytest.raises(FetchFailed, match="time stamp authority"):
        fetch_stamp(DIGEST, "http://127.0.0.1:9")


def test_what_is_no_address_is_told() -> None:
    with pytest.raises(FetchFailed, match="time stamp authority"):
        fetch_stamp(DIGEST, "no address")


@pytest.mark.parametrize(
    "held",
    [
        b"",
        b"a list of names\n",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n%%%%\n-----END CERTIFICATE-----\n",
        b"-----BEGIN CERTIFICATE-----\n",
        b"\x30\x82\x00\xff",
    ],
    ids=["empty", "no PEM", "no certificate inside", "no base64", "cut", "not PEM but DER"],
)
def test_a_file_without_certificates_is_nobody_to_trust(tmp_path: Path, held: bytes) -> None:
    path = tmp_path / "roots.pem"
    path.write_bytes(held)
    with pytest.raises(UsageError, match="holds no certificate"):
        check_roots(path)
    with pytest.raises(UsageError, match="cannot be read"):
        check_roots(tmp_path / "missing.pem")


def test_a_key_is_no_certificate_and_one_among_others_is_enough(authority_folder: Path) -> None:
    with pytest.raises(UsageError, match="holds no certificate"):
        check_roots(authority_folder / "root.key")
    both = authority_folder / "both.pem"
    both.write_bytes(
        b"".join((authority_folder / name).read_bytes() for name in ("root.key", "root.pem"))
    )
    check_roots(both)
