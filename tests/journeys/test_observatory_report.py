"""A register of an observatory at a moment, as a report that a stranger checks without it."""

import json
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from lxml import html

from git_worlds import Made, make_repository
from overblock.reports.answers import Group
from overblock.reports.document.pictures import bar_labels
from overblock.reports.document.words import words_of
from register_worlds import DUMP, HOUR, START, dump, ingest, line, observatory
from running import inside, refused

BY_NETWORK = line("198.51.100.0/24", decision="2", day="2010-01-01")
LINES = [line(f"192.0.2.{n}", f"shop{n}.example") for n in range(1, 9)] + [BY_NETWORK]


def write(folder: Path, name: str, at: datetime, lines: list[str], *, ended: bool = True) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dump(at, lines, ended=ended))
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four states of a register: the second is cut, and before the last it was long silent."""
    folder = tmp_path_factory.mktemp("register")
    files = [
        write(folder, "anna/1.csv", START, LINES),
        write(folder, "anna/2.csv", START + HOUR, LINES[:5], ended=False),
        write(folder, "anna/3.csv", START + 2 * HOUR, LINES[:8]),
        write(folder, "anna/4.csv", START + timedelta(days=40), LINES[:7]),
    ]
    ingest(observatory(folder / "observatory"), files)
    return folder / "observatory"


def figures(bundle: Path) -> dict[str, object]:
    told = json.loads((bundle / "report.json").read_bytes())["figures"]
    return {name: figure["value"] for name, figure in told.items()}


def words(bundle: Path, section: str, language: str = "en") -> str:
    page = html.fromstring((bundle / f"report.{language}.html").read_bytes())
    return " ".join(page.xpath(f"//section[@id='{section}']")[0].text_content().split())


def test_a_moment_of_the_past_is_reported_with_what_is_known_of_its_history(
    store: Path, tmp_path: Path
) -> None:
    out = tmp_path / "then"
    at = f"{START + HOUR:%Y-%m-%dT%H:%M:%SZ}"
    assert inside("report", DUMP, "--store", store, "--at", at, "-o", out).code == 0
    told = figures(out)
    assert told["extent.ipv4.all"] == 8 + 256  # a cut file ends nothing
    assert told["extent.ipv4.newest_file"] == 5
    assert (told["history.snapshots"], told["history.flagged"]) == (2, 1)
    assert told["history.flag[cut]"] == 1
    assert told["history.gaps"] == 0
    assert "its end is missing" in words(out, "history")
    assert "нет конца файла" in words(out, "history", "ru")
    assert "{" not in words(out, "minute") + words(out, "minute", "ru")
    assert inside("verify", out).code == 0


def test_how_old_an_order_was_is_told_of_when_it_was_used_and_whose_it_is(
    store: Path, tmp_path: Path
) -> None:
    """Its age at its first listing was told as that of the report's own moment."""
    out = tmp_path / "later"
    asked = ("--at", "2015-01-25", "--store", store, "-o", out)
    assert inside("report", DUMP, *asked).code == 0
    assert "no address is in two of them" in words(out, "whose")
    assert "geoip2fast_bundle of 18 June 2024" in words(out, "whose")
    assert "geoip2fast_bundle от 18 июня 2024" in words(out, "whose", "ru")
    assert "decisionauthorityaddresses" in words(out, "ordered")
    out = tmp_path / "before"
    asked = ("--at", "2015-01-01T01:00", "--store", store, "-o", out)
    assert inside("report", DUMP, *asked).code == 0
    age = "1,826 days old when its largest network, 198.51.100.0/24, was first seen listed"
    assert f"decision 2 (суд) of 1 January 2010, {age}" in words(out, "minute")
    assert "решению было 1 826 дней" in words(out, "minute", "ru").replace("\u00a0", " ")


@pytest.fixture(scope="module")
def now(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The register as it is now."""
    out = tmp_path_factory.mktemp("now") / "now"
    assert inside("report", DUMP, "--store", store, "--lang", "en", "-o", out).code == 0
    return out


def test_silences_and_the_newest_file_are_told(now: Path) -> None:
    out = now
    told = figures(out)
    assert told["extent.ipv4.all"] == told["extent.ipv4.newest_file"] == 7
    assert told["history.silent_days"] == 39.9
    assert "the figures are its last word" in words(out, "history")
    assert "The newest state is 4.csv" in words(out, "provenance")
    assert (out / "inputs" / "raw" / "4.csv").read_bytes().startswith(b"Updated: 2015-02-10")
    assert pl.read_parquet(out / "data" / "snapshots.parquet").height == 4
    everything = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert b"anna" not in everything  # a folder of whoever runs the observatory


def test_who_alters_a_row_or_the_file_is_found_out(now: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(now, tmp_path / "now"))
    raw = out / "inputs" / "raw" / "4.csv"
    raw.write_bytes(raw.read_bytes().replace(b"192.0.2.7", b"192.0.2.9"))
    done = inside("verify", out)
    assert done.code == 7
    assert "4.csv is not the newest snapshot" in done.out.decode()
    for path in (out / "inputs" / "observatory" / "tables" / "listings").rglob("*.parquet"):
        path.write_bytes(b"no table")
    assert "the figures cannot be computed anew" in inside("verify", out).out.decode()
    (out / "inputs" / "asked.json").write_text('{"register":"../../x","at":"2015-01-01T00:00:00Z"}')
    assert "no source is called" in inside("verify", out).out.decode()
    listed = out / "inputs" / "observatory" / "manifest.json"
    listed.write_text(listed.read_text().replace('"listings": {', '"listings": {"x": ["../../y"],'))
    (out / "inputs" / "asked.json").write_text(
        f'{{"register":"{DUMP}","at":"2015-03-01T00:00:00Z"}}'
    )
    assert "names parts that are none of its own" in inside("verify", out).out.decode()


def test_a_file_that_was_stamped_brings_its_stamp(
    tmp_path: Path, authority: str, authority_folder: Path
) -> None:
    ingest(observatory(tmp_path / "o"), [write(tmp_path, "1.csv", START, LINES)])
    assert inside("stamps", "--store", tmp_path / "o", "--ask", authority).code == 0
    out = tmp_path / "out"
    assert inside("report", DUMP, "--store", tmp_path / "o", "--lang", "en", "-o", out).code == 0
    assert "A time stamp of it lies beside it" in words(out, "provenance")
    root = authority_folder / "root.pem"
    assert "time stamp of 1.csv: 20" in inside("verify", out, "--roots", root).out.decode()
    (out / "inputs" / "raw" / "1.csv.tsr").write_bytes(b"no stamp")
    assert "1.csv.tsr: not a time stamp" in inside("verify", out, "--roots", root).out.decode()


def test_acts_of_one_number_have_a_bar_each() -> None:
    days = (date(2014, 3, 13), date(2014, 3, 26), None, None)
    groups = [Group("7", n, None, 1, None, decision_date=day) for n, day in enumerate(days)]
    labels = bar_labels([*groups, Group(None, 1, None, 1, None)], words_of("en"))
    assert labels == ["7, 2014-03-13", "7, 2014-03-26", "7", "7 (2)", "not established"]


def test_the_newest_version_of_a_history_is_laid_down_and_older_ones_are_told_by_digest(
    tmp_path: Path,
) -> None:
    versions = [(START, LINES), (START + HOUR, LINES[:8])]
    made = [
        Made({"dump.csv": dump(at, lines)}, seconds=int(at.timestamp())) for at, lines in versions
    ]
    make_repository(tmp_path / "repository", made)
    ingest(observatory(tmp_path / "o"), [tmp_path / "repository"])
    asked = ("report", DUMP, "--store", tmp_path / "o", "--lang", "en", "-o")
    assert inside(*asked, tmp_path / "now").code == 0
    assert figures(tmp_path / "now")["extent.ipv4.newest_file"] == 8
    assert "The newest state is version-" in words(tmp_path / "now", "provenance")
    assert inside("verify", tmp_path / "now").code == 0
    at = f"{START:%Y-%m-%dT%H:%M:%SZ}"
    assert inside(*asked, tmp_path / "then", "--at", at).code == 0
    assert "stands in a history of versions" in words(tmp_path / "then", "provenance")
    assert figures(tmp_path / "then")["extent.ipv4.all"] == 8 + 256
    assert "extent.ipv4.newest_file" not in figures(tmp_path / "then")
    assert inside("verify", tmp_path / "then").code == 0


def test_what_cannot_be_asked_is_one_line(store: Path, tmp_path: Path) -> None:
    out = ("-o", tmp_path / "out")
    assert "no observatory" in refused(4, "report", DUMP, "--store", tmp_path / "none", *out)
    assert "no snapshot at or before" in refused(
        2, "report", DUMP, "--store", store, "--at", "2001-01-01", *out
    )
    assert "has no other moments" in refused(
        2, "report", "piracy-shield", "--store", store, "--at", "2015-01-01", *out
    )
    assert "ru_dump_xml" in refused(2, "report", "ru_dump_xml", "--store", store, *out)
    assert not (tmp_path / "out").exists()


def test_a_mistyped_name_is_told_which_cases_and_registers_there_are(
    store: Path, tmp_path: Path
) -> None:
    told = refused(5, "report", "ru_zapret", "--store", store, "-o", tmp_path / "out")
    assert "telegram-2018" in told
    assert told.endswith(f"observatory: {DUMP}")
    assert not (tmp_path / "out").exists()
