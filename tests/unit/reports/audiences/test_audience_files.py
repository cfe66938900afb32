"""What users have at hand: cases, tables of their own, and saved pages."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from audience_worlds import landing, preview
from overblock.errors import CaseError, SourceDrift, UsageError
from overblock.reports.audiences.files import (
    date_in_name,
    figures_of_case,
    figures_of_csv,
    figures_of_files,
)

POSTS = "17 1.24K 2018-04-01T21:00:00+00:00\n18 300 2018-04-15T21:00:00+00:00"


def write(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    return str(folder / name)


def test_a_table_of_two_columns_is_enough() -> None:
    frame = figures_of_csv(b"at,value\n2018-04,5\n2018-05,6.5\n", "mine/reach.csv")
    (first, _) = frame.rows(named=True)
    assert (first["service"], first["metric"], first["unit"]) == ("reach", "value", "not said")
    assert first["definition"] == "value as given in reach.csv"
    assert first["at_first"] == datetime(2018, 4, 1, tzinfo=UTC)
    assert (first["low"], first["value"], first["high"]) == (5, 5, 5)


def test_a_range_is_kept_as_one() -> None:
    frame = figures_of_csv(b"at,value,value_high,n\n2018-04-01,78,88,1000\n", "a.csv")
    (row,) = frame.rows(named=True)
    assert (row["low"], row["value"], row["high"], row["n"]) == (78, 83, 88, 1000)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"", "row 1"),
        (b"at,number\n2018-04-01,5\n", "row 1"),
        (b"at,value,value\n2018-04-01,5,5\n", "row 1"),
        (b"at,value,note\n2018-04-01,5,x\n", "row 1"),
        (b"at,value\n2018-04-01\n", "row 2: 1 cells"),
        (b"at,value\n2018-04-01,5\n2018-02-30,5\n", "row 3: '2018-02-30' is not a time"),
        (b"at,value\n2018-04-01T21:00,5\n", "no time zone"),
        (b"at,value\n2018-04-01,nan\n", "not a number"),
        (b"at,value\n2018-04-01,1e400\n", "not a number"),
        (b"at,value\n2018-04-01,=cmd()\n", "not a number"),
        (b"at,value\n,5\n", "is empty"),
        (b"at,value,value_high\n2018-04-01,5,4\n", "less than"),
        (b"at,value,n\n2018-04-01,5,-1\n", "whole number"),
        (b"at,value,metric\n2018-04-01,5,\x1b[1m\n", "control signs"),
        (b"at,value,metric\n2018-04-01,5," + b"x" * 400 + b"\n", "longer"),
        (b"\xff\xfea\0t\0", "UTF-8"),
        (b'at,value\n"2018', "no CSV"),
        (b"at,value\n" + b"2018-04-01,5\n" * 100_001, "more than 100,000 rows"),
        (b"x" * (17 << 20), "16 MiB"),
    ],
)
def test_the_first_thing_wrong_in_a_table_is_told(written: bytes, said: str) -> None:
    with pytest.raises(SourceDrift, match=said):
        figures_of_csv(written, "mine.csv")


def test_the_series_of_a_case_keep_the_region_in_their_definition() -> None:
    frame = figures_of_case("telegram-2026")
    regions = frame.filter(metric="merilo_failed_share")["definition"].unique()
    assert sorted(regions) == [
        "merilo_failed_share in RU",
        "merilo_failed_share in RU-CFD",
        "merilo_failed_share in RU-NWFD",
    ]
    assert frame["high"].null_count() == 1  # above this value


def test_a_case_without_series_is_told() -> None:
    with pytest.raises(UsageError, match="no series"):
        figures_of_case("telegram-2018")


def test_a_folder_that_is_no_case_of_its_form_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "case.toml", b"title = 5")
    with pytest.raises(CaseError):
        figures_of_files([str(tmp_path)])


def test_followers_are_of_the_day_in_the_name_of_the_page(tmp_path: Path) -> None:
    dated = write(tmp_path, "harbour-2018-04-16.html", landing("12 345 subscribers"))
    undated = write(tmp_path, "harbour.html", landing("12 350 subscribers"))
    found = figures_of_files([dated, undated])
    assert found.rows["at_first"].to_list() == [datetime(2018, 4, 16, 12, tzinfo=UTC)]
    assert found.n_undated == 1


def test_views_of_young_posts_are_left_out(tmp_path: Path) -> None:
    page = write(tmp_path, "page-20180416T120000.html", preview(POSTS, "9 subscribers"))
    found = figures_of_files([page])
    assert found.n_unsettled == 1
    assert found.rows["metric"].to_list() == ["subscribers", "views"]


def test_without_a_date_the_newest_post_says_how_young_the_others_are(tmp_path: Path) -> None:
    """The page was saved then or later."""
    found = figures_of_files([write(tmp_path, "page.html", preview(POSTS))])
    assert found.n_unsettled == 1
    assert found.rows["post"].to_list() == ["harbour_example/17"]


def test_a_folder_of_pages_and_tables_is_read_and_a_cut_page_told(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", b"at,value\n2018-04-01,5\n")
    write(tmp_path, "b.HTML", preview(POSTS).replace(b"</html>", b""))
    write(tmp_path, "notes.txt", b"not read")
    found = figures_of_files([str(tmp_path)])
    assert len(found.cut) == 1
    assert found.cut[0].endswith("b.HTML")
    assert len(found.rows) == 1


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("durov-2018-04-16.html", datetime(2018, 4, 16, 12, tzinfo=UTC)),
        ("20180416210003.html", datetime(2018, 4, 16, 21, 0, 3, tzinfo=UTC)),
        ("x_2018-04-16T21:05.html", datetime(2018, 4, 16, 21, 5, tzinfo=UTC)),
        ("2018-04-16/durov.html", None),
        ("2018-04-16_2018-04-17.html", None),
        ("2018-13-01.html", None),
        ("durov.html", None),
        ("123456789012.html", None),
    ],
)
def test_a_date_in_a_name_is_believed_where_it_is_one(name: str, at: datetime | None) -> None:
    assert date_in_name(name) == at
