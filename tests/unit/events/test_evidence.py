import numpy as np
import pytest

from overblock.events.evidence import change_ratio, increments, rise, worth

UNKNOWN = float("nan")


def worth_of(judged: float, reports: float = UNKNOWN) -> float:
    return float(judged * worth(np.array([judged]), np.array([reports]))[0])


def test_one_measurement_is_worth_one() -> None:
    assert worth_of(1.0) == 1.0
    assert worth_of(1.0, 1.0) == 1.0


def test_the_design_effect_is_that_of_a_correlation_of_a_tenth() -> None:
    assert worth_of(11.0) == pytest.approx(5.5)
    assert worth_of(1e6) == pytest.approx(10.0, abs=1e-3)


def test_a_report_counts_three_times_at_most() -> None:
    assert worth_of(60.0, 1.0) == worth_of(3.0)
    assert worth_of(60.0, 20.0) == worth_of(60.0)
    assert worth_of(2.0, 1.0) == worth_of(2.0)


def test_failing_speaks_for_an_onset_and_against_an_end() -> None:
    judged, failed = np.array([100.0, 100.0]), np.array([3.0, 90.0])
    if_failed, if_fine = increments(judged, failed, falls=np.array([False, True]))
    assert (if_failed[:, 0] > 0).all()
    assert (if_fine[:, 0] < 0).all()
    assert (if_failed[:, 1] < 0).all()
    assert (if_fine[:, 1] > 0).all()


def test_a_young_baseline_needs_more_to_stand_out() -> None:
    judged = np.array([10.0, 1000.0])
    if_failed, _ = increments(judged, 0.1 * judged, falls=np.array([False, False]))
    assert (if_failed[:, 0] < if_failed[:, 1]).all()


def test_no_change_has_no_ratio_and_a_larger_one_a_larger() -> None:
    n = np.array([20.0])
    ratios = [change_ratio((n, n * 0.1), (n, n * share))[0] for share in (0.1, 0.4, 0.9)]
    assert ratios[0] == pytest.approx(0.0, abs=1e-12)
    assert ratios[0] < ratios[1] < ratios[2]


def test_nothing_on_one_side_is_no_evidence() -> None:
    zero = np.array([0.0])
    assert change_ratio((np.array([5.0]), zero), (zero, zero)).tolist() == [0.0]


def test_a_rise_pools_what_falls() -> None:
    assert rise(np.array([1.0, 3.0]), np.array([0.8, 0.4])).tolist() == pytest.approx([0.5, 0.5])
