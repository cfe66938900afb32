"""A case is read strictly: the first thing that contradicts its form is named and refused."""

import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from overblock.cases import reading
from overblock.cases.loading import BUNDLED, load_case
from overblock.cases.times import read_moment, read_zone
from overblock.errors import CaseError

MOSCOW = timezone(timedelta(hours=3))
NETWORK_12 = "18.236.0.0/15,Amazon,2018-04-18"  # row 12 of networks.csv, heading counted


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copied = tmp_path / "case"
    shutil.copytree(BUNDLED / "telegram-2018", copied)
    return copied


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_folder_loads_like_the_bundled_case_of_the_same_files(folder: Path) -> None:
    assert load_case(folder).networks.equals(load_case("telegram-2018").networks)


def test_an_unknown_name_is_told_which_cases_there_are() -> None:
    with pytest.raises(CaseError, match=r"'nowhere' is no case folder.*there are: .*telegram-2018"):
        load_case("nowhere")


def test_a_table_that_leads_nowhere_is_told_and_not_left_out(folder: Path) -> None:
    (folder / "networks.csv").unlink()
    (folder / "networks.csv").symlink_to(folder / "nowhere.csv")
    with pytest.raises(CaseError, match=r"networks\.csv is not a file in the case folder"):
        load_case(folder)


@pytest.mark.parametrize("name", ["../telegram-2018", "telegram-2018/../telegram-2018", ""])
def test_a_name_never_walks_the_package(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only names that were listed are joined to the package's folder."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CaseError):
        load_case(name)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("18.236.0.0/15", "999.1.1.0/24", r"csv row 12: network '999.1.1.0/24' is not a network"),
        ("18.236.0.0/15", "18.236.0.1/15", "row 12: network '18.236.0.1/15' has host bits set"),
        ("18.236.0.0/15", "18.236.0.0/33", "row 12: network '18.236.0.0/33' is not a network"),
        ("18.236.0.0/15", "2001:db8::/32", "row 12: network '2001:db8::/32' is IPv6"),
        ("18.236.0.0/15", "", "row 12: network is empty"),
        ("2018-04-18", "2018-02-30", "row 12: listed_from '2018-02-30' is not a time"),
        ("2018-04-18", "2018-04-18T10:00:00", "row 12: .* has an hour but no time zone"),
        (NETWORK_12, NETWORK_12 + ",2018-04-18,x", "row 12: 10 cells, wanted 8"),
    ],
)  # fmt: skip
def test_a_wrong_network_row_is_named(folder: Path, old: str, new: str, message: str) -> None:
    change(
        folder,
        "networks.csv",
        NETWORK_12,
        NETWORK_12.replace(old, new, 1) if old != NETWORK_12 else new,
    )
    with pytest.raises(CaseError, match=message):
        load_case(folder)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("networks.csv", "network,holder", "net,holder", "networks.csv row 1: the columns are"),
        ("networks.csv", "2-1779/2018", "2-1779/2019", "case.toml has no decision '2-1779/2019'"),
        ("networks.csv", ",high\n", ",sure\n", "confidence 'sure' is none of high, medium, low"),
        ("networks.csv", ",2019-01-28,", ",2018-04-24,", r"45.76.82.0/23 ends before it begins"),
        ("networks.csv", ",https://", ",javascript://", "source_url 'javascript:.* is not a web"),
        ("counts.csv", "655360", "655360.5", "value '655360.5' is not a whole number"),
        ("counts.csv", "655360", "99999999999999999999", "more than there are IPv4 addresses"),
        ("counts.csv", "added_ipv4", "magic", "metric 'magic' is none of"),
        ("counts.csv", "655360", "655361", "counts.csv has no blocked_ipv4_part of 655360"),
        ("claims.csv", "tg18-02", "tg18-01", "claims.csv row 3: tg18-01 stands there already"),
        ("claims.csv", "15-40", "40-15", "figure '40-15' ends before it begins"),
        ("claims.csv", "74.7", "most", "figure 'most' is not a figure"),
        ("claims.csv", "The first step", "The \x1b[2J step", "holds control signs"),
        ("claim_checks.toml", "[tg18-61]", "[tg18-62]", "'tg18-62' is no claim"),
        ("claim_checks.toml", '[tg18-61]\ncannot = "', '[tg18-61]\nnote = "', "neither a quantity"),
        ("claim_checks.toml", 'at = "2018-04-16"', 'at = "April"', r"\[tg18-01\]: 'April' is not"),
        ("claim_checks.toml", 'at = "2018-04-16"', "", r"\[tg18-01\]: addresses needs a time"),
        ("claim_checks.toml", 'said = "at_least"', 'said = "surely"', "toml: said: Invalid"),
        ("claim_checks.toml", "quantity", "quantities", "unknown field"),
        ("case.toml", 'place = "RU"', 'place = "Russia"', "case.toml: "),
        ("case.toml", "+03:00", "+3", "case.toml: '\\+3' is not an offset"),
        ("case.toml", 'title = "Telegram', 'title = "\\u001b[2J', "case.toml: "),
        ("case.toml", "name =", "name ", "case.toml: "),
    ],
)  # fmt: skip
def test_what_contradicts_the_form_is_named(
    folder: Path, file: str, old: str, new: str, message: str
) -> None:
    change(folder, file, old, new)
    with pytest.raises(CaseError, match=message):
        load_case(folder)


def test_a_file_that_is_missing_or_no_file_is_refused(folder: Path) -> None:
    (folder / "claims.csv").unlink()
    (folder / "claims.csv").mkdir()
    with pytest.raises(CaseError, match=r"claims.csv is not a file"):
        load_case(folder)


def test_no_file_is_read_through_a_link_out_of_the_folder(folder: Path, tmp_path: Path) -> None:
    (folder / "claims.csv").rename(tmp_path / "claims.csv")
    (folder / "claims.csv").symlink_to(tmp_path / "claims.csv")
    with pytest.raises(CaseError, match=r"claims.csv is not a file in the case folder"):
        load_case(folder)


def test_a_file_of_unbounded_size_is_not_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 1000)
    with pytest.raises(CaseError, match="is larger than"):
        load_case(folder)


@pytest.mark.parametrize(
    ("raw", "message"),
    [(b"", "counts.csv is empty"), (b"\xff\xfe", "not UTF-8"), (b'"at', "counts.csv row 1: ")],
)
def test_what_is_no_table_is_refused(folder: Path, raw: bytes, message: str) -> None:
    (folder / "counts.csv").write_bytes(raw)
    with pytest.raises(CaseError, match=message):
        load_case(folder)


def test_a_day_lasts_from_midnight_to_midnight_where_it_happened() -> None:
    day = read_moment("2018-04-17", MOSCOW)
    assert day.first == datetime(2018, 4, 16, 21, tzinfo=UTC)
    assert day.last == datetime(2018, 4, 17, 20, 59, 59, 999_999, tzinfo=UTC)
    assert day.precision == "day"


def test_an_instant_keeps_the_zone_it_states() -> None:
    instant = read_moment("2018-04-27T08:00:04+00:00", MOSCOW)
    assert instant.first == instant.last == datetime(2018, 4, 27, 8, 0, 4, tzinfo=UTC)
    assert instant.precision == "instant"


@pytest.mark.parametrize("text", ["2018-4-17", "20180417", "2018-W16-2", "now", "2018-04-17 "])
def test_other_spellings_of_a_time_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a time|no time zone"):
        read_moment(text, MOSCOW)


@pytest.mark.parametrize("text", ["3", "+3:00", "+15:00", "+03:60", "Z", ""])
def test_what_is_no_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="offset"):
        read_zone(text)
