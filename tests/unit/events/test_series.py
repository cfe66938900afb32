from datetime import timedelta

import polars as pl
import pytest

from event_worlds import FIRST, Stretch, series_of
from overblock.events.series import GAP_SCHEMA, add_up, coarsen, count_verdicts, gaps
from overblock.tables import MEASUREMENTS, SERIES, VERDICTS

Row = dict[str, object]


def verdicts(*rows: Row) -> pl.DataFrame:
    base = dict.fromkeys(VERDICTS.schema()) | {"layer": "all", "state": "ok", "feature": "all"}
    base |= {"started_at": FIRST, "test": "web_connectivity", "probe_asn": 1}
    told = [base | {"measurement_uid": str(place)} | row for place, row in enumerate(rows)]
    return pl.DataFrame(told, schema=VERDICTS.schema())


def envelopes(*rows: Row) -> pl.DataFrame:
    base: Row = dict.fromkeys(MEASUREMENTS.schema()) | {"flags": []}
    told = [base | {"measurement_uid": str(place)} | row for place, row in enumerate(rows)]
    return pl.DataFrame(told, schema=MEASUREMENTS.schema())


def test_what_failed_and_what_says_nothing_is_counted_apart() -> None:
    states = ["ok", "ok", "blocked", "partly", "throttled", "down", "insufficient", "challenged"]
    rows: list[Row] = [{"state": state} for state in states]
    found = count_verdicts(verdicts(*rows))
    counts = {name: found[name].item() for name in found.columns if name.startswith("n_")}
    assert counts == {
        "n_ok": 2, "n_blocked": 1, "n_partly": 1, "n_throttled": 1, "n_down": 1,
        "n_insufficient": 1, "n_challenged": 1, "n_refused": 0, "n_reports": None,
    }  # fmt: skip


def test_reports_are_counted_once_and_who_names_none_is_one_of_its_own() -> None:
    told = envelopes({"report_id": "a"}, {"report_id": "a"}, {}, {})
    assert count_verdicts(verdicts({}, {}, {}, {}), "hour", told)["n_reports"].to_list() == [3]


@pytest.mark.parametrize("flag", ["conflicting_duplicate", "resubmitted"])
def test_what_another_stands_for_is_not_counted(flag: str) -> None:
    told = envelopes({}, {"flags": ["late", flag]})
    assert count_verdicts(verdicts({}, {}), "hour", told)["n_ok"].to_list() == [1]


@pytest.mark.parametrize("flag", ["future_clock", "old_clock"])
def test_a_wrong_clock_is_put_right_by_when_the_measurement_came_in(flag: str) -> None:
    later = FIRST + timedelta(days=3)
    told = envelopes({"flags": [flag], "received_at": later}, {"flags": [flag]})
    assert count_verdicts(verdicts({}, {}), "day", told)["bucket_at"].to_list() == [later]


def test_series_counted_in_parts_add_up() -> None:
    whole = series_of({1: [Stretch(5, 2, 1)], 2: [Stretch(3, 0, 4)]})
    half = whole.with_columns(pl.col("^n_.*$") * 2)
    assert add_up([whole, whole]).equals(half.sort(SERIES.key))
    assert add_up([]).equals(SERIES.empty())


def test_a_day_is_the_sum_of_its_hours() -> None:
    days = coarsen(series_of({1: [Stretch(48, 2, 1)]}))
    assert days.select("grain", "n_ok", "n_blocked").rows() == [("day", 48, 24)] * 2


def test_a_control_that_is_away_is_a_gap_of_its_own_kind() -> None:
    away = Stretch(10, 0, 5, "insufficient")
    found = gaps(series_of({1: [Stretch(40, 5, 0), away, Stretch(40, 5, 0)]}))
    assert found["kind"].to_list() == ["no_control"]
    assert found["silent_from"].item() == FIRST + timedelta(hours=40)
    assert found["silent_until"].item() == FIRST + timedelta(hours=50)


def test_where_few_measure_a_silence_is_no_gap() -> None:
    sparse = series_of({1: [Stretch(1, 1, 0), Stretch(30, 0, 0)] * 10}).filter(pl.col("n_ok") > 0)
    assert gaps(sparse).is_empty()
    assert gaps(SERIES.empty()).schema == GAP_SCHEMA
