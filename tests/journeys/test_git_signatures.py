"""Signatures in a git history: each is checked against the file as it stood there."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from git_worlds import Made, make_repository
from overblock.reports.registers.states import signed_facts
from overblock.store import Store
from overblock.tables import SIGNATURES, SNAPSHOTS
from register_worlds import ingest, observatory, rows
from stamping_authority import openssl

XML = "ru_dump_xml"
HEAD = (
    '<?xml version="1.0" encoding="windows-1251"?><reg:register '
    'updateTime="2015-03-14T1{}:00:00+03:00" xmlns:reg="http://rsoc.ru">'
)
ENTRY = (
    '<content id="{0}" includeTime="2015-01-02T03:04:05" entryType="1">'
    '<decision date="2015-01-01" number="1" org="x"/><ip>192.0.2.{0}</ip></content>'
)

pytestmark = pytest.mark.skipif(
    shutil.which("openssl") is None and not os.environ.get("CI"), reason="needs openssl"
)


def official(hour: int, *numbers: int) -> bytes:
    written = HEAD.format(hour) + "".join(ENTRY.format(n) for n in numbers) + "</reg:register>"
    return written.encode("cp1251")


A, B, C, D = (official(hour, *range(1, hour + 2)) for hour in range(4))


@pytest.fixture(scope="module")
def signatures(tmp_path_factory: pytest.TempPathFactory) -> dict[bytes, bytes]:
    """Each state's detached signature, by a publisher's own key."""
    folder = tmp_path_factory.mktemp("publisher")
    made = ("-newkey", "rsa:2048", "-nodes", "-subj", "/CN=A register/O=An office", "-days", "9")
    openssl(folder, "req", "-x509", *made, "-keyout", "key", "-out", "certificate")
    sign = ("cms", "-sign", "-binary", "-outform", "DER", "-signer", "certificate", "-inkey", "key")
    return {state: openssl(folder, *sign, stdin=state) for state in (A, B, C, D)}


@pytest.fixture
def commits(signatures: dict[bytes, bytes]) -> list[Made]:
    """A mirror that is late with a signature, then splits the file, then signs no more."""
    return [
        Made({"dump.xml": A, "dump.xml.sig": signatures[A], "README": b"a mirror"}),
        Made({"dump.xml": B}),
        Made({"dump.xml.sig": signatures[B]}),
        Made(
            {
                "dump.xml": None,
                "dump.xml.00": C[:300],
                "dump.xml.01": C[300:],
                "dump.xml.sig": signatures[C],
            }
        ),
        Made({"dump.xml.00": D[:300], "dump.xml.01": D[300:], "dump.xml.sig": None}),
    ]


def known(store: Store) -> set[tuple[str, str, str]]:
    """What is known of which signature of which state, as digests."""
    return {(row["digest"], row["signature"], row["state"]) for row in rows(store, SIGNATURES, XML)}


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_each_signature_is_of_the_file_as_it_stood_beside_it(
    commits: list[Made], signatures: dict[bytes, bytes], tmp_path: Path
) -> None:
    make_repository(tmp_path / "mirror", commits)
    store = observatory(tmp_path / "o")
    done = ingest(store, [tmp_path / "mirror"], XML)
    assert (done.snapshots, done.signatures, done.verified) == (4, 4, 3)
    assert known(store) == {
        (digest(A), digest(signatures[A]), "verified"),
        (digest(B), digest(signatures[A]), "altered"),
        (digest(B), digest(signatures[B]), "verified"),
        (digest(C), digest(signatures[C]), "verified"),
    }
    facts = signed_facts(store.view(), XML, digest(B))
    assert facts is not None
    assert (facts.state, facts.organisation) == ("verified", "An office")
    assert signed_facts(store.view(), XML, digest(D)) is None
    assert store.raw(digest(signatures[C])) == signatures[C]
    assert ingest(store, [tmp_path / "mirror"], XML).signatures == 0


def test_a_signature_that_comes_in_a_later_call_is_of_what_was_read_before(
    commits: list[Made], signatures: dict[bytes, bytes], tmp_path: Path
) -> None:
    make_repository(tmp_path / "early", commits[:2])
    make_repository(tmp_path / "late", commits[:3])
    store = observatory(tmp_path / "o")
    ingest(store, [tmp_path / "early"], XML)
    assert (digest(B), digest(signatures[B]), "verified") not in known(store)
    done = ingest(store, [tmp_path / "late"], XML)
    assert (done.snapshots, done.signatures, done.verified) == (0, 1, 1)
    assert (digest(B), digest(signatures[B]), "verified") in known(store)
    assert len(rows(store, SNAPSHOTS, XML)) == 2


def test_parts_in_a_folder_are_signed_as_the_file_that_they_make(
    signatures: dict[bytes, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in (("00", C[:300]), ("01", C[300:]), ("sig", signatures[C])):
        (folder / f"dump.xml.{name}").write_bytes(content)
    store = observatory(tmp_path / "o")
    assert ingest(store, [folder], XML).verified == 1


def test_what_is_no_signature_is_not_checkable_and_what_is_too_large_is_left_alone(
    tmp_path: Path,
) -> None:
    changes = [
        Made({"dump.xml": A, "dump.xml.sig": b"no signature"}),
        Made({"dump.xml": B, "dump.xml.sig": bytes(1 << 21)}),
    ]
    make_repository(tmp_path / "mirror", changes)
    store = observatory(tmp_path / "o")
    assert ingest(store, [tmp_path / "mirror"], XML).snapshots == 2
    assert [row["state"] for row in rows(store, SIGNATURES, XML)] == ["not_checkable"]
