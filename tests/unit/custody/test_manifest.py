import json
from pathlib import Path

import pytest

from overblock.custody.manifest import (
    FORMAT,
    MANIFEST,
    Figure,
    File,
    Manifest,
    decode_manifest,
    describe,
    differences,
    encode_manifest,
    read_manifest,
)
from overblock.errors import BundleError


def manifest_of(files: list[File]) -> Manifest:
    figures = {
        "listed": Figure(
            query="extent.ipv4.all",
            value="14692449",
            unit="addresses",
            inputs=[file.sha256 for file in files],
        )
    }
    return Manifest(
        format=FORMAT,
        overblock="1",
        made_at="2018-05-05T13:25:00Z",
        title="Сводка",
        files=files,
        figures=figures,
        redacted=[],
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "index.html").write_bytes(b"<p>14,692,449</p>")
    (tmp_path / "data" / "rows.csv").write_bytes(b"a,b\n1,2\n")
    files = [describe(tmp_path, "data/rows.csv"), describe(tmp_path, "index.html")]
    (tmp_path / MANIFEST).write_bytes(encode_manifest(manifest_of(files)))
    return tmp_path


def found(bundle: Path) -> list[str]:
    return list(differences(bundle, read_manifest(bundle)[0]))


def test_a_bundle_as_it_was_made_agrees_with_its_manifest(bundle: Path) -> None:
    assert found(bundle) == []


def test_the_same_facts_are_the_same_bytes_in_one_line(bundle: Path) -> None:
    manifest, raw = read_manifest(bundle)
    assert encode_manifest(decode_manifest(raw)) == raw
    assert b"\n" not in raw
    assert manifest.title == "Сводка"


@pytest.mark.parametrize("file", ["index.html", "data/rows.csv"])
def test_one_flipped_bit_in_any_file_is_found(bundle: Path, file: str) -> None:
    path = bundle / file
    whole = path.read_bytes()
    for place in range(len(whole)):
        altered = bytearray(whole)
        altered[place] ^= 1
        path.write_bytes(altered)
        assert found(bundle) == [f"{file}: its bytes are not those of the manifest"]


def test_a_missing_a_longer_and_a_strange_file_are_told(bundle: Path) -> None:
    (bundle / "index.html").unlink()
    (bundle / "data" / "rows.csv").write_bytes(b"a,b\n1,2\n3,4\n")
    (bundle / "data" / "more.csv").write_bytes(b"")
    assert found(bundle) == [
        "data/rows.csv: 12 bytes, the manifest says 8",
        "index.html: missing",
        "data/more.csv: not in the manifest",
    ]


def test_a_link_is_no_file(bundle: Path) -> None:
    (bundle / "data" / "rows.csv").rename(bundle.parent / "elsewhere.csv")
    (bundle / "data" / "rows.csv").symlink_to(bundle.parent / "elsewhere.csv")
    assert found(bundle) == ["data/rows.csv: missing"]


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "data/../../x", "", "a\\..\\b"])
def test_a_path_that_leaves_the_bundle_is_refused(bundle: Path, path: str) -> None:
    file = File(path=path, sha256="0" * 64, n_bytes=0)
    with pytest.raises(BundleError, match="not inside the bundle"):
        list(differences(bundle, manifest_of([file])))


def test_a_folder_that_leads_out_of_the_bundle_is_refused(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path.parent)
    file = File(path="out/secret", sha256="0" * 64, n_bytes=0)
    with pytest.raises(BundleError, match="leads out of the bundle"):
        list(differences(bundle, manifest_of([file])))


def test_a_manifest_of_another_version_is_named(bundle: Path) -> None:
    told = json.loads((bundle / MANIFEST).read_bytes()) | {"format": "overblock-manifest/9"}
    (bundle / MANIFEST).write_text(json.dumps(told))
    with pytest.raises(BundleError, match="of the form 'overblock-manifest/9'"):
        read_manifest(bundle)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"format":1}', b"\xff"])
def test_what_is_no_manifest_is_refused(bundle: Path, raw: bytes) -> None:
    (bundle / MANIFEST).write_bytes(raw)
    with pytest.raises(BundleError, match=MANIFEST):
        read_manifest(bundle)


def test_a_manifest_that_was_edited_by_hand_is_refused(bundle: Path) -> None:
    """Even where it says the same: its bytes are what is signed."""
    told = json.loads((bundle / MANIFEST).read_bytes())
    (bundle / MANIFEST).write_text(json.dumps(told, indent=1))
    with pytest.raises(BundleError, match="canonical"):
        read_manifest(bundle)


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is no bundle"):
        read_manifest(tmp_path)
