"""The matrix and a series of verdicts against slow models that count one verdict at a time."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.events.series import STATES, count_verdicts
from overblock.reports.measured.events import Selection
from overblock.reports.measured.matrix import MatrixAnswer, MatrixQuestion, matrix_of
from overblock.reports.measured.series import answer_of
from overblock.tables import VERDICTS

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
FAILING = ("blocked", "partly", "throttled")
WEB = "web_connectivity"

ROWS = st.lists(
    st.fixed_dictionaries({
        "test": st.sampled_from([WEB, "telegram"]),
        "target": st.sampled_from(["https://a.example/", "https://b.example/", None]),
        "feature": st.sampled_from(["all", "web"]),
        "probe_cc": st.sampled_from(["RU", "ES", None]),
        "probe_asn": st.sampled_from([1, 2, None]),
        "hours": st.integers(0, 24 * 6 - 1),
        "state": st.sampled_from(STATES),
    }),
    max_size=60,
)  # fmt: skip


def verdicts(rows: list[dict[str, Any]]) -> pl.DataFrame:
    kinds = VERDICTS.schema()
    rest = {"layer": "all", "file": "made", "record": 1, "blocked": "", "rule_id": "",
            "confidence": 1.0, "evidence": []}  # fmt: skip
    made = [
        dict.fromkeys(kinds) | row | rest | {"measurement_uid": str(number)}
        | {"started_at": FIRST + timedelta(hours=row["hours"])}
        for number, row in enumerate(rows)
    ]  # fmt: skip
    return pl.DataFrame([{name: row[name] for name in kinds} for row in made], schema=kinds)


def cells_of(answer: MatrixAnswer) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    return {
        (row.test, row.target, row.feature, column.probe_cc, column.probe_asn, column.day):
        (cell.n_judged, cell.n_failing, cell.n_aside)
        for row in answer.rows
        for column, cell in zip(answer.columns, row.cells, strict=True) if cell
    }  # fmt: skip


@settings(max_examples=40)
@given(ROWS, st.sampled_from(["networks", "days"]), st.sampled_from([None, "RU"]))
def test_a_cell_holds_every_verdict_of_its_place_and_no_other(
    rows: list[dict[str, Any]], columns: Any, country: str | None
) -> None:
    begins, ends = FIRST + DAY, FIRST + 4 * DAY
    series = count_verdicts(verdicts(rows), "day")
    question = MatrixQuestion(columns=columns, probe_cc=country)
    answer = matrix_of(series, question, begins, ends)
    wanted: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        at = FIRST + timedelta(hours=row["hours"])
        if not begins <= at < ends or (country and row["probe_cc"] != country):
            continue
        place: tuple[Any, ...] = (row["probe_cc"], row["probe_asn"], None)
        if columns == "days":
            place = (None, None, at.date())
        counts = wanted[row["test"], row["target"], row["feature"], *place]
        judged = row["state"] == "ok" or row["state"] in FAILING
        for number, holds in enumerate((judged, row["state"] in FAILING, not judged)):
            counts[number] += holds
    assert cells_of(answer) == {place: tuple(counts) for place, counts in wanted.items()}
    assert sum(row.n_judged for row in answer.rows) == sum(one[0] for one in wanted.values())
    assert answer.rows_in_all == len(answer.rows)


@settings(max_examples=40)
@given(ROWS)
def test_services_stand_before_pages_and_of_pages_those_that_fail_most_first(
    rows: list[dict[str, Any]],
) -> None:
    series = count_verdicts(verdicts(rows), "day")
    answer = matrix_of(series, MatrixQuestion(), FIRST, FIRST + 6 * DAY)
    kinds = [row.test == WEB for row in answer.rows]
    assert kinds == sorted(kinds)
    failing = [row.n_failing for row in answer.rows if row.test == WEB]
    assert failing == sorted(failing, reverse=True)


@settings(max_examples=40)
@given(ROWS)
def test_a_series_has_a_point_for_each_day_with_verdicts_and_loses_none(
    rows: list[dict[str, Any]],
) -> None:
    series = answer_of(count_verdicts(verdicts(rows), "day"), Selection(), "day")
    days: dict[date, Counter[str]] = defaultdict(Counter)
    for row in rows:
        days[(FIRST + timedelta(hours=row["hours"])).date()][row["state"]] += 1
    assert {point.at.date(): dict(point.states) for point in series.points} == days
    for point in series.points:
        assert point.n_failing == sum(point.states.get(state, 0) for state in FAILING)
        assert point.n_judged == point.n_failing + point.states.get("ok", 0)
    assert series.n_judged + series.n_aside == len(rows)
