"""``overblock audience`` over a documented case, a table of one's own and saved pages."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from audience_worlds import DAY, FIRST, landing, noise, preview
from running import inside, refused

N_BEFORE, N_AFTER = 46, 14
EVENT = f"{FIRST + N_BEFORE * DAY:%Y-%m-%d}"


def table(tmp_path: Path, level: float, name: str = "reach.csv", **columns: str) -> Path:
    """A figure a day, with a change of level at the event."""
    errors = noise(4, N_BEFORE + N_AFTER)
    lines = [
        [f"{FIRST + day * DAY:%Y-%m-%d}", f"{1000 + error + level * (day >= N_BEFORE):.6f}"]
        for day, error in enumerate(errors)
    ]
    path = tmp_path / name
    heading = ["at", "value", *columns]
    rows = [heading, *([*line, *columns.values()] for line in lines)]
    path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def asked(*words: str | Path) -> dict[str, Any]:
    done = inside("audience", *words, "--format", "json")
    assert done.code == 0, done
    answer: dict[str, Any] = json.loads(done.out)
    return answer


def test_a_change_in_a_table_of_ones_own_is_told_with_its_interval(tmp_path: Path) -> None:
    (one,) = asked(table(tmp_path, 100), "--event", EVENT)["series"]
    assert (one["state"], one["n_before"], one["n_after"]) == ("estimated", N_BEFORE, N_AFTER)
    assert one["level"]["low"] < one["level"]["value"] < one["level"]["high"]
    assert one["level"]["value"] == pytest.approx(100, abs=3)
    assert one["level"]["n_larger"] == 0
    assert one["step"] == 1
    assert len(one["points"]) == N_BEFORE + N_AFTER


def test_people_csv_and_parquet_tell_the_same_number(tmp_path: Path) -> None:
    words: list[str | Path] = ["audience", table(tmp_path, 100), "--event", EVENT]
    (one,) = asked(*words[1:])["series"]
    (row,) = csv.DictReader(io.StringIO(inside(*words, "--format", "csv").out.decode()))
    parquet = pl.read_parquet(inside(*words, "--format", "parquet").out)
    shown = inside(*words).out.decode()
    assert float(row["level_value"]) == parquet["level_value"].item() == one["level"]["value"]
    assert f" {one['level']['value']:.5g} " in shown
    assert "95 %" in shown


def test_a_case_whose_series_are_short_is_shown_and_not_estimated() -> None:
    words = ("telegram-2026", "--event", "2026-02-10")
    answer = asked(*words)
    assert {one["state"] for one in answer["series"]} == {"insufficient"}
    assert all(one["level"] is None for one in answer["series"])
    definitions = [(one["service"], one["definition"], one["period"]) for one in answer["series"]]
    assert len(set(definitions)) == len(definitions)
    shown = inside("audience", *words).out.decode()
    assert "93,637,000" in shown
    assert "insufficient: too few points before the event: 3 of the 8 that it takes" in shown
    assert "1,000 or more" in shown


def test_services_are_set_beside_each_other_only_where_one_panel_has_both() -> None:
    answer = asked("telegram-2026", "--event", "2026-01-01", "--metric", "mediascope_monthly_reach")
    (one,) = answer["migrations"]
    assert (one["lost"], one["gained"], one["uncovered"]) == (5_052_000, 2_341_000, ["Max"])
    assert one["offset_share"] == pytest.approx(2_341 / 5_052)


def test_two_definitions_in_one_table_stay_two_series(tmp_path: Path) -> None:
    one = table(tmp_path, 100, "a.csv", service="Ferry", definition="panel A")
    other = table(tmp_path, 0, "b.csv", service="Ferry", definition="panel B")
    found = asked(one, other, "--event", EVENT)["series"]
    assert [each["definition"] for each in found] == ["panel A", "panel B"]
    assert found[0]["level"]["value"] - found[1]["level"]["value"] == pytest.approx(100)


def test_a_channel_is_asked_for_by_its_name_in_any_case(tmp_path: Path) -> None:
    for name in ("harbour", "airport"):
        page = tmp_path / f"{name}-2018-04-16.html"
        page.write_bytes(landing("5 subscribers", name=f"{name}_example"))
    words = (tmp_path, "--event", EVENT, "--service")
    assert [one["channel"] for one in asked(*words, "@Harbour_Example")["series"]] == [
        "harbour_example"
    ]
    assert len(asked(*words, "telegram")["series"]) == 2


def test_views_of_a_channel_are_judged_by_their_daily_means(tmp_path: Path) -> None:
    posts = "\n".join(
        f"{2 * day + half} {round(500 + error + 50 * (day >= N_BEFORE))} "
        f"{FIRST + day * DAY + timedelta(hours=9 + half):%Y-%m-%dT%H:%M:%S+00:00}"
        for day, error in enumerate(10 * noise(4, N_BEFORE + N_AFTER + 8))
        for half in (0, 1)
    )
    page = tmp_path / "page.html"
    page.write_bytes(preview(posts))
    answer = asked(page, "--event", EVENT, "--every", "day")
    (one,) = answer["series"]
    assert one["state"] == "estimated"
    assert one["level"]["low"] < 50 < one["level"]["high"]
    assert one["definition"].endswith("views on its public page, mean by day")
    assert answer["n_unsettled"] > 0


def test_followers_are_judged_by_what_came_and_went(tmp_path: Path) -> None:
    followers = 10_000
    for day, error in enumerate(noise(5, N_BEFORE + N_AFTER)):
        followers += round(100 + 10 * error + 300 * (day > N_BEFORE))
        page = tmp_path / f"harbour-{FIRST + day * DAY:%Y-%m-%d}.html"
        page.write_bytes(landing(f"{followers} subscribers"))
    (levels,) = asked(tmp_path, "--event", EVENT)["series"]
    (steps,) = asked(tmp_path, "--event", EVENT, "--changes")["series"]
    assert levels["n_before"] >= N_BEFORE
    assert steps["state"] == "estimated"
    assert steps["level"]["low"] < 300 < steps["level"]["high"]


def test_few_points_come_with_a_caution_and_many_without(tmp_path: Path) -> None:
    path = table(tmp_path, 100)
    whole = asked(path, "--event", EVENT)["series"][0]
    short = tmp_path / "short.csv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    short.write_text(lines[0] + "".join(lines[20:]), encoding="utf-8")
    (one,) = asked(short, "--event", EVENT)["series"]
    assert whole["caution"] == ""
    assert "too narrow" in one["caution"]
    assert "caution: few points" in inside("audience", short, "--event", EVENT).out.decode()


def test_a_hostile_name_steers_no_terminal(tmp_path: Path) -> None:
    path = table(tmp_path, 0, service="<b>=cmd()", metric="[red]x")
    shown = inside("audience", path, "--event", EVENT).out.decode()
    assert "<b>=cmd()" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nothing.csv", "--event", "2018-04-16"], 3, "nothing.csv"),
        (["telegram-2018", "--event", "2018-04-16"], 2, "no series"),
        (["telegram-2026", "--event", "yesterday"], 2, "not a moment"),
        (["telegram-2026", "--event", "2026-02-10", "--service", "Pigeon"], 2, "no dated figure"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_one_line(
    words: list[str], code: int, said: str
) -> None:
    assert said in refused(code, "audience", *words)


def test_a_page_is_not_read_into_an_observatory(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_bytes(landing("5 subscribers"))
    assert inside("init", tmp_path / "observatory").code == 0
    line = refused(2, "ingest", "telegram_preview", page, "--store", tmp_path / "observatory")
    assert "overblock audience" in line
