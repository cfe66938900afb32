"""A report from end to end: written, read back, checked by a stranger, altered and found out."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from lxml import html
from msgspec.structs import replace

from made_once import REPORTED_AT
from overblock.cases.loading import bundled_cases, load_case
from overblock.custody.keys import verify
from overblock.custody.manifest import (
    MANIFEST,
    SIGNATURE,
    describe,
    differences,
    encode_manifest,
    read_manifest,
)
from overblock.errors import BundleError, UsageError
from overblock.reports.cases.case import replay_case
from overblock.reports.document.bundle import Wishes, write_bundle
from overblock.reports.document.subjects import subject_named
from overblock.reports.document.verifying import verify_bundle
from overblock.reports.document.words import LANGUAGES
from running import refused
from shared_data import SHARED

REGISTER = SHARED / "data" / "ru-rkn-2018-05-05.csv.xz"
NETWORKS = "inputs/case/networks.csv"


@pytest.fixture
def bundle(bundles: Path, tmp_path: Path) -> Path:
    """A bundle of one's own, to alter."""
    return Path(shutil.copytree(bundles / "telegram-2018", tmp_path / "telegram-2018"))


@pytest.mark.parametrize("name", bundled_cases())
def test_a_stranger_computes_every_figure_of_every_case_anew(bundles: Path, name: str) -> None:
    answer = verify_bundle(bundles / name)
    assert answer.problems == []
    assert answer.figures == answer.figures_agree > 0


@pytest.mark.parametrize("name", bundled_cases())
def test_every_claim_is_in_one_count_and_what_is_only_possible_is_not_borne_out(
    bundles: Path, name: str
) -> None:
    """The report called claims borne out that the screen and the picture called possible."""
    told = json.loads((bundles / name / "report.json").read_bytes())["figures"]
    parts = ("borne_out", "possible", "not_borne_out", "untestable")
    counts = [told[f"claims.{part}"]["value"] for part in parts]
    verdicts = replay_case(load_case(name)).verdicts
    assert counts[:2] == [verdicts["agrees"] + verdicts["rounded"], verdicts["inside"]]
    assert sum(counts) == told["claims.count"]["value"]


def test_the_signature_names_its_key_and_another_is_refused(bundles: Path) -> None:
    answer = verify_bundle(bundles / "telegram-2018")
    assert answer.signed_by is not None
    folder = bundles / "telegram-2018"
    assert verify_bundle(folder, signer=answer.signed_by.replace(" ", "").upper()).holds
    assert not verify_bundle(folder, signer="00" * 32).holds
    assert not verify_bundle(bundles / "laliga-2025", signer=answer.signed_by).holds


@pytest.mark.slow
@pytest.mark.skipif(not REGISTER.exists(), reason="needs ../shared/data")
def test_a_register_file_is_reported_on_and_checked_as_a_case_is(tmp_path: Path) -> None:
    """The figures of the design's section 9, from the page that a newsroom would open."""
    out = write_bundle(
        subject_named(str(REGISTER)), tmp_path / "tonight", Wishes(made_at=REPORTED_AT)
    )
    answer = verify_bundle(out)
    assert answer.problems == []
    told = json.loads((out / "report.json").read_bytes())["figures"]
    assert told["extent.ipv4.all"]["value"] == 14_692_449
    assert told["extent.ipv4.ordered"]["value"] == 14_634_012
    assert told["decision[27-31-2015/Ид4082-15].ipv4"]["value"] == 13_705_515
    words = " ".join(html.fromstring((out / "report.en.html").read_bytes()).text_content().split())
    decided = (
        "27-31-2015/Ид4082-15 (Генпрокуратура) of 4 December 2015, 883 days old at that moment"
    )
    assert f"stands under decision {decided}" in words
    assert "The file is flagged: cut." in words


def test_a_list_that_has_no_date_is_no_subject_of_a_report(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("192.0.2.1\n")
    with pytest.raises(UsageError, match="when it was published"):
        subject_named(str(tmp_path / "list.txt"))


def test_certificates_that_are_none_are_told_also_where_no_stamp_is(
    bundles: Path, tmp_path: Path
) -> None:
    (tmp_path / "roots.pem").write_text("no certificate\n")
    line = refused(2, "verify", bundles / "laliga-2025", "--roots", tmp_path / "roots.pem")
    assert line.endswith("roots.pem holds no certificate in PEM, so there is nobody to trust")


def test_one_flipped_bit_in_any_file_is_found(bundle: Path) -> None:
    for path in sorted(path for path in bundle.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        altered = bytearray(whole)
        altered[len(whole) // 2] ^= 1
        path.write_bytes(altered)
        assert is_found(bundle), path
        path.write_bytes(whole)
    assert verify_bundle(bundle).holds


def is_found(bundle: Path) -> bool:
    """Whether a stranger sees that something is wrong; figures are not needed for it."""
    try:
        manifest, raw = read_manifest(bundle)
        verify(raw, (bundle / SIGNATURE).read_bytes())
        return bool(list(differences(bundle, manifest)))
    except BundleError:
        return True


def test_who_alters_an_input_and_names_it_anew_is_found_by_the_figures_and_the_signature(
    bundle: Path,
) -> None:
    text = (bundle / NETWORKS).read_text("utf-8").splitlines()
    (bundle / NETWORKS).write_text("\n".join(text[:-5]) + "\n", "utf-8")
    manifest, _ = read_manifest(bundle)
    files = [
        describe(bundle, file.path, {"made_of": file.made_of, "source": file.source})
        for file in manifest.files
    ]
    (bundle / MANIFEST).write_bytes(encode_manifest(replace(manifest, files=files)))
    problems = verify_bundle(bundle).problems
    assert f"{SIGNATURE}: the signature is not of these bytes" in problems
    assert any(line.startswith("figure extent.ipv4.all: the manifest says") for line in problems)


@pytest.mark.parametrize("name", bundled_cases())
@pytest.mark.parametrize("language", ["en", "ru"])
def test_all_occurrences_of_a_figure_agree_in_page_pdf_and_json(
    bundles: Path, name: str, language: str
) -> None:
    folder = bundles / name
    told = json.loads((folder / "report.json").read_bytes())["figures"]
    page = html.fromstring((folder / f"report.{language}.html").read_bytes())
    names = {row.get("id"): row[0].text for row in page.iterfind(".//section[@id='figures']//tr")}
    shown = [
        ((link.get("href") or "")[1:], link[0]) for link in page.iterfind(".//a[@class='figure']")
    ]
    assert shown
    for anchor, data in shown:
        figure = told[names[anchor]]
        assert data.text == figure["shown"][language]
        assert data.get("value") == repr(figure["value"])
    manifest, _ = read_manifest(folder)
    assert {key: one.value for key, one in manifest.figures.items()} == {
        key: "unknown" if one["value"] is None else repr(one["value"]) for key, one in told.items()
    }
    if shutil.which("pdftotext") is None and not os.environ.get("CI"):
        pytest.skip("needs pdftotext (Debian: poppler-utils)")
    pdf = subprocess.run(
        ["pdftotext", "-layout", str(folder / f"report.{language}.pdf"), "-"],
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert "\N{ZERO WIDTH SPACE}" not in pdf  # it would be copied into a filing
    flat = re.sub(r"\s", "", pdf)
    for figure_name in (key for key in told if key.startswith(("extent.", "claims.", "events."))):
        assert re.sub(r"\s", "", told[figure_name]["shown"][language]) in flat, figure_name


@pytest.mark.parametrize("name", bundled_cases())
def test_the_figures_are_the_same_in_each_language(name: str) -> None:
    subject = subject_named(name)
    documents = [subject.document([], drawn=False, language=language) for language in LANGUAGES]
    assert documents[0].figures() == documents[1].figures()
    assert documents[0].title != documents[1].title


def test_a_page_asks_nothing_of_anybody(bundles: Path) -> None:
    """No script, no style from elsewhere, no picture that is not inside, no font."""
    for path in bundles.glob("*/report.*.html"):
        page = html.fromstring(path.read_bytes())
        assert page.xpath("//script | //link | //iframe | //object | //@style | //@onload") == []
        assert all(source.startswith("data:") for source in page.xpath("//@src"))
        assert all(image.get("alt") for image in page.iterfind(".//img"))
        policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_a_report_replaces_a_report_and_nothing_else(bundle: Path, tmp_path: Path) -> None:
    case = subject_named("piracy-shield")
    write_bundle(case, bundle, Wishes(made_at=REPORTED_AT, languages=("en",)))
    assert verify_bundle(bundle).holds
    assert not (bundle / SIGNATURE).exists()
    (bundle / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        write_bundle(case, bundle, Wishes(made_at=REPORTED_AT))
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not a report"):
        write_bundle(case, tmp_path / "other", Wishes(made_at=REPORTED_AT))
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["mine.txt"]
    assert not list(tmp_path.glob(".*"))


def test_the_same_case_gives_the_same_bytes(bundles: Path, tmp_path: Path) -> None:
    again = write_bundle(
        subject_named("piracy-shield"), tmp_path / "again", Wishes(made_at=REPORTED_AT)
    )
    assert (again / MANIFEST).read_bytes() == (bundles / "piracy-shield" / MANIFEST).read_bytes()
