"""A case with complaints is published without those who complained.

The values are planted in every place where a person may write them, and looked for in every byte
of the bundle, unpacked.
"""

import csv
import re
import shutil
import subprocess
import unicodedata
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from msgspec.structs import replace

from overblock.cases.private_tables import COMPLAINTS, MEASUREMENTS
from overblock.cases.validation import problems_of
from overblock.custody.manifest import MANIFEST, describe, encode_manifest, read_manifest
from running import inside

FACTS = """\
name = "tea"
title = "A shop that went dark, told by Anna Petrova"
place = "ES"
utc_offset = "+01:00"
documented_from = "2025"
documented_until = "2025-12-31"
languages = ["en"]
limits = ["Ask anna@tea.example or +34 612 345 678; the router is 198.51.100.23."]
[target]
name = "somebody"
"""
README = "Анна Петрова wrote to us; слова Анны Петровой are kept.  Her shop: www.TEA.example.\n"
CLAIMS = "claim_id,said_by,said_at,about,figure,unit,statement_summary,source_url\n"
AFFECTED = "service,domain,sector,effect,reported_at,hosted_on,source_url\n"
URL = "https://example.org/"
PEOPLE = {
    "name": "Anna Petrova",
    "organisation": "Gran Casa de Infusiones",
    "email": "anna@tea.example",
    "phone": "+34 612 345 678",
    "contact": "@anna_infusiones",
    "domain": "tea.example",
    "address": "198.51.100.23",
    "own_words": "I am the widow from number seven",
    "record_kept": "second drawer",
}
PROBE = {
    "probe_address": "2001:db8:77::1",
    "probe_id": "probe-of-the-bakery",
    "resolver_address": "203.0.113.54",
    "report_id": "report-of-the-mill",
    "measurement_uid": "uid-of-the-mill",
}
PLANTED = (
    *(
        "Anna",
        "Petrova",
        "Анна П",
        "Анны П",
        "Петров",
        "Infusiones",
        "tea.example",
        "612 345 678",
        "612345678",
    ),
    *("@anna_infusiones", "198.51.100.23", "widow", "second drawer"),
    *("2001:db8:77", "bakery", "203.0.113.54", "of-the-mill"),
)


def write(folder: Path, name: str, columns: list[str], *rows: dict[str, str]) -> None:
    with (folder / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound case in which people and probes are named in many places."""
    folder = tmp_path_factory.mktemp("case") / "anna-petrova"
    folder.mkdir()
    (folder / "case.toml").write_text(FACTS)
    (folder / "README.md").write_text(README)
    (folder / "claims.csv").write_text(
        f"{CLAIMS}a,A paper,2025-02,sites,2,sites,Anna Petrova says two,{URL}?by=anna@tea.example\n"
    )
    (folder / "claim_checks.toml").write_text('[a]\ncannot = "only Anna Petrova could count"\n')
    (folder / "affected.csv").write_text(
        f"{AFFECTED}{PEOPLE['organisation']},tea.example,retail,dark,2025-02,198.51.100.23,{URL}\n"
    )
    told = {"made_at": "2025-02-03", "effect": "no sales; call 0034 612345678", "asn": "64500"}
    write(
        folder,
        "complaints.csv",
        [field.name for field in COMPLAINTS.fields],
        {"complaint_id": "C-1", "role": "owner", **told, **PEOPLE},
        {"complaint_id": "C-2", "role": "user", **told, "name": "Анна Петрова",
         "record_kept": "second drawer"},
    )  # fmt: skip
    probed = {"measured_at": "2025-02-03T10:00:00Z", "test": "web", "probe_country": "ES"}
    write(
        folder,
        "measurements.csv",
        [field.name for field in MEASUREMENTS.fields],
        {"target": "tea.example", "probe_asn": "64500", "verdict": "blocked", **probed, **PROBE},
    )
    assert problems_of(folder) == []
    return folder


def unpacked(bundle: Path) -> Iterator[tuple[str, str]]:
    """All that a bundle says: each file's bytes, and what is inside those that are packed."""
    for path in sorted(path for path in bundle.rglob("*") if path.is_file()):
        raw = path.read_bytes()
        yield path.name, raw.decode("utf-8", "replace")
        if path.suffix == ".parquet":
            yield path.name, str(pl.read_parquet(path).rows())
        if path.suffix == ".html":
            inner = re.findall(rb"base64,([A-Za-z0-9+/=]+)", raw)
            yield path.name, b" ".join(map(b64decode, inner)).decode("utf-8", "replace")
        if path.suffix == ".pdf" and shutil.which("pdftotext"):
            done = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True)
            yield path.name, " ".join(done.stdout.decode().split())


def found(bundle: Path) -> set[str]:
    """Which of the planted values a bundle tells, in any case of their letters."""
    told = [unicodedata.normalize("NFC", text).casefold() for _, text in unpacked(bundle)]
    return {value for value in PLANTED if any(value.casefold() in text for text in told)}


@pytest.fixture(scope="module")
def whole(case: Path) -> Path:
    """The report on the case as it is; it says that it tells of people."""
    done = inside("report", case, "-o", case.with_name("whole"), "--lang", "en")
    assert done.code == 0
    assert done.err.splitlines()[1:] == ["16 values tell of people; --redact leaves that out"]
    return case.with_name("whole")


@pytest.fixture(scope="module")
def redacted(case: Path) -> Path:
    """The report on the case for everybody."""
    done = inside("report", case, "-o", case.with_name("redacted"), "--redact")
    assert done.code == 0
    assert "people" not in done.err
    return case.with_name("redacted")


def test_nothing_planted_is_in_any_byte_of_a_redacted_bundle(whole: Path, redacted: Path) -> None:
    assert found(whole) == set(PLANTED)
    assert found(redacted) == set()
    told = (redacted / "inputs" / "case" / "measurements.csv").read_text()
    assert "64500" in told  # the network stays


def test_who_verifies_it_is_told_what_was_left_out(redacted: Path) -> None:
    verified = inside("verify", redacted)
    assert verified.code == 0
    lines = verified.out.decode().splitlines()
    assert "redacted: what tells who complained or whose probe it was is left out" in lines
    assert "  complaints.csv, column name: 2 values left out: it says who complained" in lines


def test_figures_are_the_same_with_people_and_without(whole: Path, redacted: Path) -> None:
    other = ("bytes[", "redacted", "measurements[")
    values = [
        {
            name: figure.value
            for name, figure in read_manifest(bundle)[0].figures.items()
            if not name.startswith(other)
        }
        for bundle in (whole, redacted)
    ]
    assert values[0] == values[1]
    assert values[0]["complaints.count"] == "2"


def test_a_bundle_that_only_says_to_be_redacted_is_found_out(
    redacted: Path, tmp_path: Path
) -> None:
    bundle = Path(shutil.copytree(redacted, tmp_path / "bundle"))
    table = bundle / "inputs" / "case" / "complaints.csv"
    table.write_text(table.read_text().replace("[redacted 1]", "Anna Petrova", 1))
    manifest, _ = read_manifest(bundle)
    files = [
        describe(bundle, file.path, {"made_of": file.made_of, "source": file.source})
        for file in manifest.files
    ]
    (bundle / MANIFEST).write_bytes(encode_manifest(replace(manifest, files=files)))
    done = inside("verify", bundle)
    assert done.code == 7
    assert "redacted, but complaints.csv, column name still tells of 1" in done.out.decode()


def test_where_nobody_is_named_the_manifest_says_that_nothing_was_left_out(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    done = inside("report", "piracy-shield", "-o", bundle, "--lang", "en", "--redact")
    assert done.code == 0
    assert "people" not in done.err
    (line,) = read_manifest(bundle)[0].redacted
    assert line.startswith("nothing was left out")
    assert inside("verify", bundle).code == 0
