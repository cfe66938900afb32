"""Time stamps of an observatory's artefacts, by a real authority on the loopback."""

import json
import lzma
from pathlib import Path

from running import inside, refused


def test_what_is_kept_is_stamped_once_and_checked_against_whom_one_trusts(
    tmp_path: Path,
    authority: str,
    authority_folder: Path,
) -> None:
    store, listed = tmp_path / "observatory", tmp_path / "list.txt"
    listed.write_text("192.0.2.0/24\n198.51.100.7\n")
    inside("init", store)
    inside("ingest", "plain_list", listed, "--store", store)
    before = json.loads(inside("stamps", "--store", store, "--format", "json").out)
    assert {one["state"] for one in before} == {"none"}
    assert f"{len(before)} stamped" in inside("stamps", "--store", store, "--ask", authority).err
    assert "0 stamped" in inside("stamps", "--store", store, "--ask", authority).err
    root = authority_folder / "root.pem"
    told = inside("stamps", "--store", store, "--roots", root, "--format", "json")
    after = json.loads(told.out)
    assert {one["state"] for one in after} == {"holds"}
    assert {one["stamped_by"] for one in after} == {"Stamps"}
    stamps = sorted(store.glob("raw/*/*.tsr"))
    stamps[0].write_bytes(b"no stamp")
    told = inside("stamps", "--store", store, "--roots", root, "--format", "json")
    assert [one["state"] for one in json.loads(told.out)].count("false") == 1


def test_what_was_unpacked_is_told_so(tmp_path: Path) -> None:
    store, packed = tmp_path / "observatory", tmp_path / "list.txt.xz"
    packed.write_bytes(lzma.compress(b"192.0.2.0/24\n"))
    inside("init", store)
    inside("ingest", "plain_list", packed, "--store", store)
    told = inside("stamps", "--store", store).out.decode()
    assert "unpacked here" in told


def test_an_authority_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    store, listed = tmp_path / "observatory", tmp_path / "list.txt"
    listed.write_text("192.0.2.0/24\n")
    inside("init", store)
    inside("ingest", "plain_list", listed, "--store", store)
    told = refused(3, "stamps", "--store", store, "--ask", "http://127.0.0.1:9")
    assert "time stamp authority http://127.0.0.1:9" in told
