"""A case with audiences: their series before and after an event, in a report that is checked."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from lxml import html

from overblock.cases.validation import problems_of
from running import inside

FACTS = """\
name = "ferry"
title = "A ferry"
place = "ES"
utc_offset = "+00:00"
documented_from = "2018"
documented_until = "2020"
languages = ["en"]
[target]
name = "Ferry"
[[audiences]]
event_at = "2020-01-01"
what = "the ferry was blocked"
source_url = "https://example.org/"
[translations.ru]
audiences = ["паром заблокировали"]
"""
SERIES = "at,service,metric,region,value_low,value_high,unit,n,note,source_url"
EVENT = date(2020, 1, 1)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two years of weeks: the ferry loses 3,000 at the event, the raft nothing; one other count."""
    folder = tmp_path_factory.mktemp("ferry")
    (folder / "case.toml").write_text(FACTS)
    chance = np.random.default_rng(8).normal(size=(120, 2)) * 100
    lines = [SERIES, "2019,Ferry,yearly_users,ES,9,9,users,,,https://example.org/"]
    for week in range(120):
        day = date(2018, 1, 1) + timedelta(weeks=week)
        for place, (name, lost) in enumerate({"Ferry": 3000, "Raft": 0}.items()):
            value = round(10_000 + chance[week, place] - (lost if day >= EVENT else 0))
            lines.append(
                f"{day},{name},daily_reach,ES,{value},{value},users,,,https://example.org/"
            )
    (folder / "series.csv").write_text("\n".join(lines) + "\n")
    assert problems_of(folder) == []
    return folder


@pytest.fixture(scope="module")
def bundle(case: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "ferry"
    assert inside("report", case, "-o", out).code == 0
    return out


def test_each_series_has_its_points_its_change_and_its_placebo_dates(bundle: Path) -> None:
    figures = json.loads((bundle / "report.json").read_bytes())["figures"]
    value = {name: told["value"] for name, told in figures.items()}
    assert (value["audience[1].series"], value["audience[1].estimated"]) == (3, 2)
    assert value["audience[1.1].level.low"] < -3000 < value["audience[1.1].level.high"] < -2500
    assert value["audience[1.3].level.low"] < 0 < value["audience[1.3].level.high"]
    assert value["audience[1.1].placebo_p"] < 0.05 < value["audience[1.3].placebo_p"]
    assert (value["audience[1.2].n_before"], value["audience[1.2].n_after"]) == (1, 0)
    assert "audience[1.2].level" not in value
    assert inside("verify", bundle).code == 0


def test_series_of_two_definitions_share_no_picture_and_no_row(bundle: Path) -> None:
    page = html.fromstring((bundle / "report.en.html").read_bytes())
    rows = page.xpath("//table[@id='t-audience1']/tbody/tr")
    assert [(row[0].text, row[1].text) for row in rows] == [
        ("Ferry", "daily_reach in ES"),
        ("Ferry", "yearly_users in ES"),
        ("Raft", "daily_reach in ES"),
    ]
    (alt,) = page.xpath("//figure[@id='p-audience1']/img/@alt")
    assert "Ferry, daily_reach in ES" in alt
    assert "yearly_users" not in alt


def test_the_section_speaks_the_language_of_the_page(bundle: Path) -> None:
    page = html.fromstring((bundle / "report.ru.html").read_bytes())
    words = " ".join(page.xpath("//section[@id='audience']")[0].text_content().split())
    assert "паром заблокировали" in words
    assert "слишком мало точек до события" in words
    svg = (bundle / "figures" / "audience1.ru.svg").read_text("utf-8")
    assert "пользователей" in svg
    assert ">users<" not in svg


def test_the_data_hold_every_point_and_estimate(bundle: Path) -> None:
    points = pl.read_parquet(bundle / "data" / "audience_points.parquet")
    series = pl.read_parquet(bundle / "data" / "audience.parquet")
    assert points.height == 241
    assert series["state"].to_list() == ["estimated", "insufficient", "estimated"]
    assert series["level_value"][0] == pytest.approx(-3000, abs=200)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ('event_at = "yesterday"', "audience 1: 'yesterday' is not a time"),
        ('event_at = "2020-01-01"\nmetric = "x"', None),
        ("event_at = 3", "case.toml"),
    ],
)  # fmt: skip
def test_an_event_that_is_none_is_told(case: Path, event: str, said: str | None) -> None:
    facts = (case / "case.toml").read_text()
    try:
        (case / "case.toml").write_text(facts.replace('event_at = "2020-01-01"', event))
        problems = problems_of(case)
        assert (said is None and not problems) or (said is not None and said in problems[0])
    finally:
        (case / "case.toml").write_text(facts)
