"""The specification of a register's chart: what is drawn of what is known."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from overblock.reports.answers import Gap
from overblock.reports.registers.chart import (
    INKS,
    ChartWords,
    Theme,
    lines_spec,
    on_screen,
    svg_of,
    usual_scale,
)
from overblock.reports.registers.lines import FlaggedSnapshot, Line, LinePoint, LinesAnswer

START = datetime(2018, 4, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ENDS = START + 20 * DAY
HOSTILE = "</svg><script>alert(1)</script>"
WORDS = ChartWords(
    title=f"A title {HOSTILE}",
    subtitle="How to read it. " * 20,
    alt="What it shows",
    time="time (UTC)",
    addresses="IPv4 addresses",
    whole="all together",
    nobody="nobody known",
    silent=lambda days: f"silent for {days} days",
    flagged="flagged",
    time_locale={},
)


def line(key: str | None, *sizes: int) -> Line:
    points = [LinePoint(START + place * DAY, size) for place, size in enumerate(sizes)]
    return Line(key=key, most_ipv4=max(sizes), most_at=START, points=points)


def answer(whole: Line, *lines: Line) -> LinesAnswer:
    return LinesAnswer(
        register="one",
        by="holder",
        begins=START,
        ends=ENDS,
        snapshots=20,
        digest="ab",
        whole=whole,
        lines=list(lines),
        lines_in_all=len(lines),
        gaps=[
            Gap(silent_from=START + 3 * DAY, silent_until=START + 12 * DAY),
            Gap(silent_from=START + 15 * DAY, silent_until=START + 16 * DAY),
        ],
        flagged=[FlaggedSnapshot(at=START + DAY, digest="cd", records=1, flags=["cut"])],
        holders_from=None,
    )


def rows(spec: dict[str, object], layer: int) -> list[dict[str, object]]:
    layers = spec["layer"]
    assert isinstance(layers, list)
    found: list[dict[str, object]] = layers[layer]["data"]["values"]
    return found


def test_silences_are_shaded_and_said_where_there_is_room() -> None:
    spec = lines_spec(answer(line("all", 1, 2)), WORDS)
    assert len(rows(spec, 0)) == 2
    assert [row["says"] for row in rows(spec, 1)] == ["silent for 9 days"]


def test_a_flagged_snapshot_is_a_mark_of_its_own() -> None:
    assert rows(lines_spec(answer(line("all", 1, 2)), WORDS), -1) == [
        {"at": "2018-04-02T00:00:00Z", "flags": "cut"}
    ]


def test_a_line_goes_on_to_the_end_and_nothing_is_no_point_of_a_logarithm() -> None:
    spec = lines_spec(answer(line("all", 0, 5)), WORDS, "light", "log")
    assert [(row["at"], row["ipv4"]) for row in rows(spec, 2)] == [
        ("2018-04-01T00:00:00Z", None),
        ("2018-04-02T00:00:00Z", 5),
        ("2018-04-21T00:00:00Z", 5),
    ]
    assert rows(lines_spec(answer(line("all", 0, 5)), WORDS), 2)[0]["ipv4"] == 0


def test_the_scale_is_logarithmic_where_one_height_would_press_all_others_flat() -> None:
    assert usual_scale(answer(line("all", 5, 6, 7))) == "linear"
    assert usual_scale(answer(line("all", 5, 6, 7000))) == "log"
    assert usual_scale(answer(line("all", 0))) == "linear"


def test_the_unknown_have_a_name_and_a_long_name_is_cut() -> None:
    spec = lines_spec(answer(line("all", 9), line(None, 1), line("x" * 100, 2)), WORDS)
    names = {row["line"] for row in rows(spec, 2)}
    assert {"all together", "nobody known"} < names
    assert max(len(str(name)) for name in names) == 44


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_picture_is_safe_and_says_what_it_shows_in_its_colours(theme: Theme) -> None:
    parts = [line(f"{number}{HOSTILE}", number + 1, 50) for number in range(6)]
    ink = INKS[theme]
    svg = svg_of(lines_spec(answer(line("all", 60), *parts), WORDS, theme))
    assert "<script" not in svg
    assert "<desc>What it shows</desc>" in svg
    assert ink.paper.lower() in svg.lower()
    assert all(colour.lower() in svg.lower() for colour in ink.lines)


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, 1.4.11."""

    def light(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        bent = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * bent[0] + 0.7152 * bent[1] + 0.0722 * bent[2]

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


def test_every_colour_stands_out_from_the_paper() -> None:
    for theme in INKS.values():
        for colour in (*theme.lines, theme.flag):
            assert contrast(colour, theme.paper) >= 3
        for colour in (theme.ink, theme.faint):
            assert contrast(colour, theme.paper) >= 4.5
        assert all(one != other for one, other in pairwise(theme.lines))


def test_on_a_screen_the_same_lines_can_be_zoomed_and_pointed_at() -> None:
    spec = lines_spec(answer(line("all", 1, 2)), WORDS)
    shown = on_screen(spec)
    assert shown["width"] == "container"
    names = [one["name"] for layer in shown["layer"] for one in layer.get("params", [])]
    assert names == ["zoom", "near"]
    assert rows(shown, 2) == rows(spec, 2)
