"""The answer of a documented case, on the screen and in a folder."""

import io
import os
import re
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest
from lxml import etree
from PIL import Image
from rich.console import Console

from overblock.cases.loading import BUNDLED, Case, load_case
from overblock.cases.replay import judged_claims
from overblock.errors import StoreFull, UsageError
from overblock.reports.cases import files as case_files
from overblock.reports.cases import pictures as case_pictures
from overblock.reports.cases.answer import TABLES, CaseReport, table
from overblock.reports.cases.case import replay_case
from overblock.reports.cases.files import NAMES, write_case
from overblock.reports.cases.screen import render_case
from overblock.reports.cases.words import number, percent
from overblock.tables import REGISTER_ENTRIES


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("telegram-2018")


def small_register() -> pl.DataFrame:
    """A register that has one network more, one page, and none of the case's own."""
    rows = [
        {"record": 2, "addresses": ["203.0.113.0/24"], "domains": [], "urls": []},
        {"record": 3, "addresses": ["203.0.113.7"], "domains": ["a.example"], "urls": []},
    ]
    empty: dict[str, object] = {"networks": []}
    return pl.DataFrame([row | empty for row in rows], schema=REGISTER_ENTRIES.schema())


@pytest.fixture(scope="module")
def report(case: Case) -> CaseReport:
    published_at = datetime(2018, 5, 5, 13, 25, tzinfo=UTC)
    return replay_case(case, small_register(), published_at=published_at)


@pytest.fixture(scope="module")
def folder(report: CaseReport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_case(report, tmp_path_factory.mktemp("out") / "telegram-2018")


def on_screen(report: CaseReport) -> list[str]:
    console = Console(width=100, file=io.StringIO(), color_system=None, force_terminal=False)
    console.print(render_case(report))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_the_case_fits_one_screen_and_can_be_quoted(report: CaseReport) -> None:
    lines = on_screen(report)
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    shown = "\n".join(lines)
    for words in (
        "14,598,912 IPv4 addresses",
        "Telegram's own: 9,472",
        "99.94 %",
        "27-31-2015/Ид4082-15",
        "made 2015-12-04, 864 days before",
        "agree 6, agree when rounded 6",
        "at least 1,885,488 fewer (9.8 %)",
        "The register of 5 May 2018, 13:25 UTC ordered 256, 14,598,656 fewer",
    ):
        assert words in shown


def test_words_of_a_case_are_never_markup(report: CaseReport) -> None:
    """A case may come from anybody; what it calls itself must not style or hide anything."""
    shown = on_screen(replace(report, title="[bold red]not[/] [link=http://x]markup"))
    assert shown[0] == "[bold red]not[/] [link=http://x]markup"


def test_the_report_survives_json(report: CaseReport) -> None:
    assert msgspec.json.decode(msgspec.json.encode(report), type=CaseReport) == report


def test_a_table_of_the_report_is_the_frame_it_came_from(case: Case, report: CaseReport) -> None:
    assert table(report, "claims").equals(judged_claims(case))
    assert table(report, "difference")["ipv4"].sum() == 256 - 14_598_912


def test_without_a_register_there_is_no_difference_and_its_table_is_empty(case: Case) -> None:
    bare = replay_case(case)
    assert bare.difference is None
    assert table(bare, "difference").height == 0
    assert len(on_screen(bare)) <= 40


def test_the_folder_holds_exactly_what_is_promised(folder: Path) -> None:
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found == NAMES
    assert not list(folder.parent.glob(".*"))  # nothing half-made stays beside it


def test_the_tables_of_the_folder_say_the_same_twice(report: CaseReport, folder: Path) -> None:
    for name in TABLES:
        wanted = table(report, name)
        assert pl.read_parquet(folder / "tables" / f"{name}.parquet").equals(wanted)
        written = pl.read_csv(folder / "tables" / f"{name}.csv", infer_schema=False)
        assert written.columns == wanted.columns
        assert written.height == wanted.height


def test_the_same_case_gives_the_same_bytes(
    report: CaseReport, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for the map: no clock and no count goes into it, and it costs a second."""
    monkeypatch.setattr(case_pictures, "draw_case_map", lambda *_: b"")
    again = write_case(report, tmp_path / "again")
    for name in sorted(NAMES - {"map.png"}):
        assert (again / name).read_bytes() == (folder / name).read_bytes(), name


def test_each_chart_is_well_formed_speaks_and_asks_no_network(folder: Path) -> None:
    for path in (folder / "charts").glob("*.svg"):
        root = etree.fromstring(path.read_bytes())
        title, words = root[0], root[1]
        assert (etree.QName(title).localname, etree.QName(words).localname) == ("title", "desc")
        assert len(words.text or "") > 40
        links = re.findall(rb'https?://[^"\s<]+', path.read_bytes())
        assert {link for link in links if not link.startswith(b"http://www.w3.org/")} == set()
        assert "UTC" in path.read_text(encoding="utf-8") or path.stem == "sectors"


def test_cyrillic_stays_text_in_the_charts(folder: Path) -> None:
    assert "27-31-2015/Ид4082-15" in (folder / "charts" / "decisions.svg").read_text("utf-8")


def test_the_map_is_a_png_of_its_size_with_words(folder: Path) -> None:
    with Image.open(folder / "map.png") as picture:
        assert picture.size == (2048, 1840)
        assert "14,598,912" in picture.info["Description"]


def test_a_folder_of_ours_is_replaced_and_any_other_is_not(
    report: CaseReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_files, "_write_all", write_stub)
    place = write_case(report, tmp_path / "out")
    before = (place / "report.json").stat().st_ino
    write_case(report, place)
    assert (place / "report.json").stat().st_ino != before
    (place / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="holds files that are not of an earlier report"):
        write_case(report, place)
    write_case(report, place, force=True)
    assert (place / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_the_case_folder_itself_is_never_written_over(report: CaseReport, tmp_path: Path) -> None:
    """Its README.md has a name of ours, and its other files have not."""
    shutil.copytree(BUNDLED / "telegram-2018", tmp_path / "case")
    with pytest.raises(UsageError):
        write_case(report, tmp_path / "case")


def test_a_file_in_the_way_is_left_alone(report: CaseReport, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError):
        write_case(report, tmp_path / "out")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


def test_a_full_disk_leaves_what_was_there(
    report: CaseReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_files, "_write_all", write_stub)
    place = write_case(report, tmp_path / "out")
    kept = (place / "report.json").read_bytes()
    monkeypatch.setattr(case_files, "_write_all", full_disk)
    with pytest.raises(StoreFull, match="no space left"):
        write_case(report, place)
    assert (place / "report.json").read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_one_clear_line(
    report: CaseReport, tmp_path: Path
) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(UsageError, match="cannot be written"):
        write_case(report, tmp_path / "out")


def write_stub(report: CaseReport, folder: Path) -> None:
    """The folder's form without its pictures, which cost a second."""
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(case_files.MARK if name == "report.json" else b"")
    assert report.format.startswith("overblock-case/")


def full_disk(report: CaseReport, folder: Path) -> None:
    folder.mkdir()
    (folder / "report.json").write_bytes(b"half" if report.claims else b"")
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("colour", "addresses"), [((230, 159, 0), 9_961_472), ((0, 114, 178), 3_678_208)]
)
def test_a_colour_fills_its_share_of_the_map(
    folder: Path, colour: tuple[int, int, int], addresses: int
) -> None:
    """Sizes on the map are true: Amazon's and Google's parts, to the number written on them."""
    with Image.open(folder / "map.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))[168 : 168 + 1536, 32 : 32 + 1536]
    filled = np.all(np.abs(pixels.astype(int) - colour) < 16, axis=2).sum()
    assert filled / 1536**2 == pytest.approx(addresses / 2**32, rel=0.1)  # numbers hide some


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.9993, "99.93 %"),
        (0.99999, "99.999 %"),
        (0.00004, "0.004 %"),
        (1.0, "100.0 %"),
        (0, "0.0 %"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(share: float, words: str) -> None:
    assert percent(share) == words


def test_numbers_are_written_for_people() -> None:
    assert (number(14_598_912), number(0.35664)) == ("14,598,912", "0.3566")
