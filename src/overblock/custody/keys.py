"""Keys that a user owns: Ed25519 (RFC 8032), to sign manifests so that strangers know whose.

The private key stays in a file only its owner reads, encrypted if a passphrase is given.  A
signature file holds the public key beside the signature: it proves that the bytes are unaltered
and who else has signed with the same key, not who that is.  So a key is known by its fingerprint,
which its owner publishes where people will believe it.
"""

import os
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from msgspec import Meta

from overblock.errors import BundleError, KeyFileError

ALGORITHM = "ed25519"
OWNER_ONLY = 0o600
CONTEXT = b"overblock manifest 1\0"  # signed before the bytes: a signature serves no other purpose
Base64 = Annotated[str, Meta(pattern=r"^[A-Za-z0-9+/]+=*$", max_length=200)]


class SignatureFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `manifest.sig` holds."""

    algorithm: str
    public_key: Base64  # 32 bytes
    signature: Base64  # 64 bytes


def make_key(path: Path, passphrase: bytes | None = None) -> str:
    """Make a key in a new file that only its owner reads; returns its fingerprint.

    Raises:
        KeyFileError: there is a file already, which is never overwritten, or it cannot be made.
    """
    key = Ed25519PrivateKey.generate()
    secret = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    raw = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError as error:
        raise KeyFileError(f"{path} is there already; a key is never overwritten") from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be made: {error.strerror}") from error
    with os.fdopen(made, "wb") as file:
        file.write(raw)
    return fingerprint(key.public_key())


def load_key(path: Path, passphrase: bytes | None = None) -> Ed25519PrivateKey:
    """The private key in a file.

    Raises:
        KeyFileError: it is missing, open to others, needs a passphrase, or is no Ed25519 key.
    """
    try:
        if path.stat().st_mode & 0o077:
            raise KeyFileError(f"{path} can be read by others; `chmod 600` it, or make a new key")
        key = load_pem_private_key(path.read_bytes(), passphrase)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    except TypeError as error:
        raise KeyFileError(f"{path}: {'no' if passphrase else 'a'} passphrase is needed") from error
    except ValueError as error:
        raise KeyFileError(f"{path}: no key, or the passphrase is wrong") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds another kind of key, not Ed25519")
    return key


def fingerprint(key: Ed25519PublicKey) -> str:
    """What a key is known by: the SHA-256 of its 32 bytes, hex, in fours."""
    digest = sha256(key.public_bytes_raw()).hexdigest()
    return " ".join(digest[place : place + 4] for place in range(0, 64, 4))


def sign(content: bytes, key: Ed25519PrivateKey) -> bytes:
    """A signature file for ``content``."""
    signed = SignatureFile(
        algorithm=ALGORITHM,
        public_key=b64encode(key.public_key().public_bytes_raw()).decode(),
        signature=b64encode(key.sign(CONTEXT + content)).decode(),
    )
    return _file_of(signed)


def _file_of(signed: SignatureFile) -> bytes:
    """The one form of a signature file: its keys in this order, two blanks before, a last line end.

    As a manifest has one form, so has its signature: who changes a byte of a bundle is found out,
    though white space says nothing.
    """
    return msgspec.json.format(msgspec.json.encode(signed)) + b"\n"


def _bytes(written: str) -> bytes:
    """Base64 in the one form that encoding gives: its last sign has bits that say nothing."""
    read = b64decode(written, validate=True)
    if b64encode(read).decode() != written:
        raise ValueError(f"{written[:20]}… is not in the form that base64 has")
    return read


def verify(content: bytes, signature_file: bytes) -> str:
    """The fingerprint of the key that signed ``content``.

    Raises:
        BundleError: it is no signature file, or not in its one form, or the signature is not of
            these bytes.
    """
    try:
        told = msgspec.json.decode(signature_file, type=SignatureFile)
        if told.algorithm != ALGORITHM:
            raise BundleError(f"signed with {told.algorithm[:40]!r}, which is not {ALGORITHM}")
        key = Ed25519PublicKey.from_public_bytes(_bytes(told.public_key))
        key.verify(_bytes(told.signature), CONTEXT + content)
        if _file_of(told) != signature_file:
            raise BundleError("the signature file is not in the form that it is written in")
    except (msgspec.MsgspecError, BadBase64, ValueError) as error:
        raise BundleError(f"not a signature file: {error}") from error
    except InvalidSignature as error:
        raise BundleError("the signature is not of these bytes") from error
    return fingerprint(key)
