import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from overblock.custody.keys import load_key, make_key, sign, verify
from overblock.errors import BundleError, KeyFileError

CONTENT = b'{"a":1}'


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "deep" / "key.pem"
    make_key(path)
    return path


def test_a_signature_names_the_key_that_made_it(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = make_key(path)
    assert verify(CONTENT, sign(CONTENT, load_key(path))) == made
    assert len(made.split()) == 16


def test_a_key_is_for_its_owner_only_and_never_overwritten(key: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    with pytest.raises(KeyFileError, match="never overwritten"):
        make_key(key)
    assert key.read_bytes() == before


def test_a_key_that_others_can_read_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    make_key(path)
    path.chmod(0o644)
    with pytest.raises(KeyFileError, match="can be read by others"):
        load_key(path)


def test_a_passphrase_guards_a_key(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = make_key(path, b"correct horse")
    assert verify(CONTENT, sign(CONTENT, load_key(path, b"correct horse"))) == made
    with pytest.raises(KeyFileError, match="wrong"):
        load_key(path, b"battery staple")
    with pytest.raises(KeyFileError, match="passphrase is needed"):
        load_key(path)


def test_other_kinds_of_keys_and_other_files_are_refused(tmp_path: Path, key: Path) -> None:
    path = tmp_path / "key.pem"
    other = rsa.generate_private_key(65537, 2048)
    path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="another kind of key"):
        load_key(path)
    path.write_bytes(b"no key")
    with pytest.raises(KeyFileError, match="no key"):
        load_key(path)
    with pytest.raises(KeyFileError, match="No such file"):
        load_key(key.with_name("none"))


@pytest.mark.parametrize("place", range(len(CONTENT)))
def test_one_flipped_bit_of_the_content_is_found(key: Path, place: int) -> None:
    signature = sign(CONTENT, load_key(key))
    altered = bytearray(CONTENT)
    altered[place] ^= 1
    with pytest.raises(BundleError, match="not of these bytes"):
        verify(bytes(altered), signature)


def test_one_flipped_bit_of_the_signature_file_is_found(key: Path) -> None:
    signature = sign(CONTENT, load_key(key))
    for place in range(len(signature)):
        altered = bytearray(signature)
        altered[place] ^= 1
        with pytest.raises(BundleError):
            verify(CONTENT, bytes(altered))


def again(signature: bytes) -> bytes:
    """The same with its first key told twice, the last of which counts."""
    return signature.replace(b"{", b'{\n  "algorithm": "none",', 1)


@pytest.mark.parametrize(
    "altered",
    [
        lambda signature: signature + b"\n",
        lambda signature: signature.rstrip(b"\n"),
        lambda signature: signature.replace(b"\n", b"\r\n"),
        lambda signature: b" " + signature,
        lambda signature: json.dumps(json.loads(signature)).encode(),
        lambda signature: signature.replace(b"ed25519", b"\\u0065d25519"),
        again,
    ],
    ids=["line end", "none", "CRLF", "blank", "one line", "escaped", "twice"],
)
def test_a_signature_file_has_one_form(key: Path, altered: Callable[[bytes], bytes]) -> None:
    """As the manifest has: its white space too is what it was when it was signed."""
    signature = sign(CONTENT, load_key(key))
    changed = altered(signature)
    assert json.loads(changed) == json.loads(signature)
    with pytest.raises(BundleError, match="form that it is written in"):
        verify(CONTENT, changed)


@pytest.mark.parametrize(
    "file", [b"", b"[]", b'{"algorithm":"none","public_key":"AA==","signature":"AA=="}']
)
def test_what_is_no_signature_file_is_refused(file: bytes) -> None:
    with pytest.raises(BundleError):
        verify(CONTENT, file)
