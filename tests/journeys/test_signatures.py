"""Official files with the regulator's own signatures, from a folder to a figure that says so."""

import json
import os
import shutil
import subprocess
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from overblock.pipeline.ingest import Ingest
from overblock.reports.registers.states import signed_facts, state_in_store
from overblock.sources import find_source
from overblock.store import Store
from overblock.tables import SIGNATURES
from running import inside
from shared_data import SHARED

DUMPS = SHARED / "data" / "ru-rkn-xml-2014-2015.tar.xz"
SOURCE = find_source("ru_dump_xml")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def has_gost() -> bool:
    if shutil.which("openssl") is None:
        return False
    told = subprocess.run(["openssl", "engine", "gost"], capture_output=True, check=False)
    return told.returncode == 0 and b"gost" in told.stdout


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DUMPS.exists(), reason="needs ../shared/data"),
    pytest.mark.skipif(
        not has_gost() and not os.environ.get("CI"),
        reason="needs OpenSSL's GOST engine (Debian: libengine-gost-openssl)",
    ),
]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The forty official files and their signatures, unpacked."""
    folder = tmp_path_factory.mktemp("official")
    with tarfile.open(DUMPS) as archive:
        archive.extractall(folder, filter="data")
    return folder


def ingest(store: Store, *paths: Path) -> tuple[int, int]:
    done = Ingest(store=store, source=SOURCE, now=NOW).run([str(path) for path in paths])
    return done.signatures, done.verified


def test_all_forty_signatures_verify_and_their_signer_is_the_regulator(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "observatory")
    assert ingest(store, DUMPS) == (40, 40)
    kept = store.view().read(SIGNATURES, SOURCE.name)
    assert kept["organisation"].unique().to_list() == ["Роскомнадзор"]
    assert kept["signer"].str.starts_with("Единая информационная система").all()
    assert kept["in_its_time"].all()
    state = state_in_store(store.view(), SOURCE.name, NOW)
    assert state.snapshot.signed is not None
    assert state.snapshot.signed.state == "verified"
    assert ingest(store, DUMPS) == (0, 0)


def test_a_figure_says_that_its_list_was_signed_by_the_regulator(
    files: Path, tmp_path: Path
) -> None:
    first = min(files.glob("dump-*.xml"))
    store = tmp_path / "observatory"
    inside("init", store)
    inside("ingest", "ru_dump_xml", first, f"{first}.sig", "--store", store)
    told = inside("extent", "ru_dump_xml", "--store", store, "--format", "json")
    signed = json.loads(told.out)["snapshot"]["signed"]
    assert (signed["state"], signed["organisation"]) == ("verified", "Роскомнадзор")
    shown = inside("extent", "ru_dump_xml", "--store", store)
    assert "signed by Роскомнадзор itself" in " ".join(shown.out.decode().split())


def test_a_signature_may_come_later_and_an_altered_file_is_told(
    files: Path, tmp_path: Path
) -> None:
    store = Store.create(tmp_path / "observatory")
    first, second = sorted(files.glob("dump-*.xml"))[:2]
    altered = tmp_path / second.name
    altered.write_bytes(second.read_bytes().replace(b"<content ", b"<content  ", 1))
    shutil.copy(f"{second}.sig", f"{altered}.sig")
    assert ingest(store, first) == (0, 0)
    assert ingest(store, first, Path(f"{first}.sig")) == (1, 1)
    assert ingest(store, altered, Path(f"{altered}.sig")) == (1, 0)
    kept = store.view().read(SIGNATURES, SOURCE.name)
    wrong = kept.filter(pl.col("state") != "verified")
    assert wrong["state"].to_list() == ["altered"]
    facts = signed_facts(store.view(), SOURCE.name, wrong["digest"][0])
    assert facts is not None
    assert "not those that were signed" in facts.reason
