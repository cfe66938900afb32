"""Detached signatures of registers: are these bytes what was signed, by whom, and when.

The Russian regulator signs its ``dump.xml`` (PKCS#7, RFC 5652) with keys of GOST R 34.10, which no
Python library verifies; OpenSSL does, with its GOST engine (RFC 4490 names the algorithms).
*Verified* says that the holder of the key in the certificate signed exactly these bytes.  Whether
the certificate itself is to be believed is another question, and is answered apart: whether it was
valid when the signer says to have signed, and whether its chain leads to an authority that the
asker trusts.
"""

import os
import re
import shutil
import subprocess
import tempfile
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypeAlias

from asn1crypto import cms, pem, x509

State: TypeAlias = Literal["verified", "altered", "not_checkable"]
Chain: TypeAlias = Literal["trusted", "untrusted", "unchecked"]

MAX_BYTES = 1 << 20  # of a signature; the regulator's have two kilobytes
CHECKING_SECONDS = 300
GOST = "1.2.643."  # all algorithms of the Russian standards are below this number
ENGINE_MISSING = "OpenSSL here has no GOST engine (Debian: libengine-gost-openssl)"
PROGRAM_MISSING = "the program openssl is not installed"
OTHER_BYTES = "the bytes are not those that were signed"
FALSE_SIGNATURE = "the signature was not made with the key of its certificate"

# What OpenSSL says, told apart: the first that is found in its words is the reason.
_WORDS: tuple[tuple[str, State, str], ...] = (
    ("CMS_SignerInfo_verify_content:verification failure", "altered", OTHER_BYTES),
    ("CMS_SignerInfo_verify:verification failure", "altered", FALSE_SIGNATURE),
    ("no such engine", "not_checkable", ENGINE_MISSING),
    ("signer certificate not found", "not_checkable", "the signer's certificate is not in it"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What is known of one signature; all but ``state`` and ``reason`` is by its own word."""

    state: State
    reason: str  # why it is altered or not checkable; empty where it is verified
    signer: str | None = None  # common name in the certificate
    organisation: str | None = None
    issuer: str | None = None  # common name of who made the certificate
    certificate: str | None = None  # SHA-256 of the certificate, hex
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    signed_at: datetime | None = None  # by the signer's clock
    in_its_time: bool | None = None  # signed while the certificate was valid, by those words
    chain: Chain = "unchecked"


def check_signature(
    content: Path, signature: bytes, *, authorities: Path | None = None
) -> Signature:
    """Check a detached signature, DER, PEM or base64, of the bytes in ``content``.

    ``authorities`` is a PEM file of certificates that the asker trusts; without it the chain of
    the signer's certificate stays unchecked.
    """
    try:
        der = _der(signature)
        said = _said(der)
    except (ValueError, TypeError, KeyError) as error:
        return Signature(state="not_checkable", reason=f"not a PKCS#7 signature: {_line(error)}")
    with tempfile.TemporaryDirectory(prefix="overblock-") as folder:
        file = Path(folder) / "signature"
        file.write_bytes(der)
        engine = ("-engine", "gost") if GOST.encode() in said.pop("algorithms") else ()
        state, reason = _asked(_openssl(content, file, *engine, "-noverify"))
        chain: Chain = "unchecked"
        if state == "verified" and authorities is not None:
            trusting = ("-CAfile", str(authorities), "-purpose", "any", *_at(said["signed_at"]))
            answer = _openssl(content, file, *engine, *trusting)
            chain = "trusted" if answer is not None and not answer.returncode else "untrusted"
    return Signature(state=state, reason=reason, chain=chain, **said)


def _openssl(
    content: Path, signature: Path, *options: str
) -> "subprocess.CompletedProcess[bytes] | None":
    """OpenSSL's answer; None where it is not installed.  Nothing is read from its settings."""
    program = shutil.which("openssl")
    if program is None:
        return None
    command = [program, "cms", "-verify", "-inform", "DER", "-binary", "-out", os.devnull]
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return subprocess.run(  # noqa: S603  (openssl itself, no shell)
        [*command, "-in", str(signature), "-content", str(content), *options],
        env=kept | {"OPENSSL_CONF": os.devnull, "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=CHECKING_SECONDS,
        check=False,
    )


def _asked(answer: "subprocess.CompletedProcess[bytes] | None") -> tuple[State, str]:
    if answer is None:
        return "not_checkable", PROGRAM_MISSING
    if answer.returncode == 0:
        return "verified", ""
    words = answer.stderr.decode("utf-8", "replace")
    for sign, state, reason in _WORDS:
        if sign in words:
            return state, reason
    told = re.findall(r":error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):", words)
    return "not_checkable", f"openssl: {told[0] if told else 'failed without a reason'}"


def _at(moment: datetime | None) -> tuple[str, ...]:
    return ("-attime", str(int(moment.timestamp()))) if moment else ()


def _der(signature: bytes) -> bytes:
    if len(signature) > MAX_BYTES:
        raise ValueError(f"{len(signature)} bytes, more than any signature has")
    if pem.detect(signature):
        plain: bytes = pem.unarmor(signature)[2]
        return plain
    if signature[:1] == b"M":  # base64 of a sequence begins so
        return b64decode(signature)
    return signature


def _said(der: bytes) -> dict[str, Any]:
    """What the signature says of itself, as fields of `Signature`, and its algorithms."""
    info = cms.ContentInfo.load(der, strict=True)
    if info["content_type"].native != "signed_data":
        raise ValueError(f"it holds {info['content_type'].native}")
    signed = info["content"]
    if signed["encap_content_info"]["content"].native is not None:
        raise ValueError("it carries content of its own, so it says nothing of the file")
    signers = list(signed["signer_infos"])
    if len(signers) != 1:
        raise ValueError(f"{len(signers)} signers, not one")
    certificate = _certificate(signed, signers[0])
    signed_at = _signed_at(signers[0])
    used = (signers[0][name]["algorithm"] for name in ("digest_algorithm", "signature_algorithm"))
    said = {"algorithms": b" ".join(each.dotted.encode() for each in used), "signed_at": signed_at}
    return said | (_of_certificate(certificate, signed_at) if certificate else {})


def _certificate(signed: Any, signer: Any) -> x509.Certificate | None:  # noqa: ANN401  (ASN.1)
    """The signer's certificate, where it came with the signature."""
    name, wanted = signer["sid"].name, signer["sid"].chosen
    for choice in signed["certificates"] or ():
        found = choice.chosen
        if name == "subject_key_identifier":
            same = found.key_identifier == wanted.native
        else:
            issued = found["tbs_certificate"]["serial_number"].native
            same = issued == wanted["serial_number"].native and found.issuer == wanted["issuer"]
        if same:
            return found
    return None


def _of_certificate(certificate: x509.Certificate, signed_at: datetime | None) -> dict[str, Any]:
    body = certificate["tbs_certificate"]
    subject, issuer = body["subject"].native, body["issuer"].native
    begins, ends = (body["validity"][name].native for name in ("not_before", "not_after"))
    return {
        "signer": _text(subject.get("common_name")),
        "organisation": _text(subject.get("organization_name")),
        "issuer": _text(issuer.get("common_name")),
        "certificate": sha256(certificate.dump()).hexdigest(),
        "valid_from": begins.astimezone(UTC),
        "valid_until": ends.astimezone(UTC),
        "in_its_time": begins <= signed_at <= ends if signed_at else None,
    }


def _signed_at(signer: Any) -> datetime | None:  # noqa: ANN401  (ASN.1)
    for attribute in signer["signed_attrs"] or ():
        if attribute["type"].native == "signing_time":
            moment: datetime = attribute["values"][0].native
            return moment.astimezone(UTC)
    return None


def _text(name: object) -> str | None:
    """A name as one line; several of a kind are joined."""
    if name is None:
        return None
    parts = name if isinstance(name, list) else [name]
    return " ".join(" ".join(str(part).split()) for part in parts)[:200]


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]
