"""Time stamps (RFC 3161): an authority's word that bytes existed at a moment.

Only the digest of the bytes leaves this machine, and only to the authority that the user names.
OpenSSL verifies the answers: authorities that are themselves built on it order certificates in a
way that strict parsers refuse.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from asn1crypto import pem, tsp, x509

from overblock.errors import BundleError, FetchFailed, UsageError

CONTENT_TYPE = "application/timestamp-query"
ANSWER_TYPE = "application/timestamp-reply"
GRANTED = ("granted", "granted_with_mods")
WAIT_SECONDS = 30.0
MAX_BYTES = 1 << 20  # of an answer; they have some kilobytes
MAX_ROOTS_BYTES = 16 << 20  # of certificates: a system's whole store has a quarter of one
NONCE_BITS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a verified time stamp says."""

    at: datetime  # the authority's, UTC
    authority: str | None  # the name in the certificate that signed it; None where it is not said
    policy: str  # the authority's own rules, as a dotted number


def fetch_stamp(digest: bytes, authority: str) -> bytes:
    """Ask the authority at the address ``authority`` to stamp a SHA-256; gives its answer.

    Raises:
        FetchFailed: it cannot be reached, refuses, or answers about other bytes.
    """
    nonce = secrets.randbits(NONCE_BITS)
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest}
    asked = tsp.TimeStampReq(
        {"version": "v1", "message_imprint": imprint, "nonce": nonce, "cert_req": True}
    )
    try:
        with httpx.Client(timeout=WAIT_SECONDS, follow_redirects=False, trust_env=False) as client:
            answer = client.post(
                authority, content=asked.dump(), headers={"Content-Type": CONTENT_TYPE}
            )
            answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchFailed(f"time stamp authority {authority}: {error}") from error
    if answer.headers.get("content-type", "").partition(";")[0].strip() != ANSWER_TYPE:
        raise FetchFailed(f"time stamp authority {authority}: the answer is no time stamp")
    try:
        told = _told(answer.content)
    except BundleError as error:
        raise FetchFailed(f"time stamp authority {authority}: {error}") from error
    if told["nonce"].native != nonce or told["message_imprint"].native["hashed_message"] != digest:
        raise FetchFailed(f"time stamp authority {authority}: it answered another request")
    return answer.content


def check_roots(roots: Path) -> None:
    """See that a file of certificates to trust holds any: else every stamp would seem false.

    Raises:
        UsageError: it holds none, or cannot be read.
    """
    try:
        with roots.open("rb") as file:
            raw = file.read(MAX_ROOTS_BYTES + 1)
        if len(raw) > MAX_ROOTS_BYTES:
            raise UsageError(f"{roots} is larger than {MAX_ROOTS_BYTES >> 20} MiB")
        kinds = [kind for kind, _, der in pem.unarmor(raw, multiple=True) if _is_certificate(der)]
    except OSError as error:
        raise UsageError(f"{roots} cannot be read: {error.strerror}") from error
    except ValueError:
        kinds = []
    if not kinds:
        raise UsageError(f"{roots} holds no certificate in PEM, so there is nobody to trust")


def _is_certificate(der: bytes) -> bool:
    try:
        x509.Certificate.load(der, strict=True).subject  # noqa: B018  (reads what is inside)
    except (ValueError, TypeError, KeyError):
        return False
    return True


def read_stamp(digest: bytes, stamp: bytes, roots: Path) -> Stamp:
    """What a time stamp says of a SHA-256, verified up to certificates that the asker trusts.

    ``roots`` is a PEM file of those.

    Raises:
        BundleError: it is no time stamp, is of other bytes, leads to none of the certificates, or
            OpenSSL is not installed.
    """
    told = _told(stamp)
    program = shutil.which("openssl")
    if program is None:
        raise BundleError("the time stamp cannot be checked: openssl is not installed")
    with tempfile.TemporaryDirectory(prefix="overblock-") as folder:
        answer = Path(folder) / "stamp"
        answer.write_bytes(stamp)
        options = ("-in", str(answer), "-digest", digest.hex(), "-CAfile", str(roots))
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        done = subprocess.run(  # noqa: S603  (openssl itself, no shell)
            [program, "ts", "-verify", *options],
            env=kept | {"OPENSSL_CONF": os.devnull, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
    if done.returncode:
        raise BundleError(f"the time stamp does not hold: {_reason(done.stderr)}")
    authority = told["tsa"].native if told["tsa"] else None
    return Stamp(
        at=told["gen_time"].native.astimezone(UTC),
        authority=authority.get("common_name") if isinstance(authority, dict) else None,
        policy=told["policy"].dotted,
    )


def _told(stamp: bytes) -> tsp.TSTInfo:
    """What an answer says, unverified."""
    if len(stamp) > MAX_BYTES:
        raise BundleError(f"{len(stamp)} bytes, more than any time stamp has")
    try:
        response = tsp.TimeStampResp.load(stamp, strict=True)
        status = response["status"]["status"].native
        if status not in GRANTED:
            raise BundleError(f"the time stamp was not granted: {status}")
        held = response["time_stamp_token"]["content"]["encap_content_info"]["content"]
        info = held.parsed
        info.native  # noqa: B018  (reads all of it: what is broken inside is told here)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BundleError("not a time stamp") from error
    return info


def _reason(stderr: bytes) -> str:
    """OpenSSL's first reason, in one line."""
    lines = [line for line in stderr.decode("utf-8", "replace").splitlines() if ":error:" in line]
    parts = lines[0].split(":") if lines else []
    return parts[5] if len(parts) > 5 else "openssl gives no reason"  # noqa: PLR2004  (its form)
