"""Laws of interrupted series: what an estimate may depend on, and how often it may be wrong."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audience_worlds import figures, noise, points
from overblock.audiences.interrupted import LEAST_POINTS, Effect, Interruption, Points, interrupt
from overblock.audiences.series import split_series

N_BEFORE, N_AFTER = 52, 12
SIDE = LEAST_POINTS  # of a placebo date, where there are so few points
N = N_BEFORE + N_AFTER
WORLDS = 150
seeds = st.integers(0, 10_000)
few = settings(max_examples=15)  # an estimate takes some milliseconds


def effects(done: Interruption) -> list[Effect]:
    return [effect for effect in (done.level, done.trend, done.mean) if effect is not None]


def bounds(done: Interruption) -> npt.NDArray[np.float64]:
    """Estimate and interval of each effect, shape (3, 3)."""
    return np.array([(each.value, each.low, each.high) for each in effects(done)])


def ranks(done: Interruption) -> list[int | None]:
    return [each.n_larger for each in effects(done)]


@cache
def estimated(seed: int, carried: float = 0.0) -> tuple[Points, Interruption] | None:
    """A world without any change; None where it wanders by chance."""
    made = points(noise(seed, N, carried), N_BEFORE)
    done = interrupt(made)
    return (made, done) if done.state == "estimated" else None


@few
@given(seeds, st.sampled_from([-1000.0, -0.001, 0.001, 3.0, 1e6]))
def test_figures_in_another_unit_give_the_same_change_in_that_unit(seed: int, by: float) -> None:
    found = estimated(seed)
    if found is None:
        return
    made, done = found
    value = made.value * by
    other = interrupt(replace(made, value=value, low=value, high=value))
    expected = bounds(done) * by
    if by < 0:
        expected = expected[:, [0, 2, 1]]
    assert bounds(other) == pytest.approx(expected, rel=1e-6)
    assert ranks(other) == ranks(done)


@few
@given(seeds, st.floats(-50, 50), st.floats(-5, 5))
def test_a_trend_that_was_always_there_changes_nothing(
    seed: int, level: float, slope: float
) -> None:
    found = estimated(seed)
    if found is None:
        return
    made, done = found
    value = made.value + level + slope * made.at
    other = interrupt(replace(made, value=value, low=value, high=value))
    assert bounds(other) == pytest.approx(bounds(done), rel=1e-6, abs=1e-6)


@few
@given(seeds, st.floats(-1e4, 1e4), st.sampled_from([1 / 24, 7.0, 365.0]))
def test_another_clock_changes_nothing(seed: int, start: float, step: float) -> None:
    found = estimated(seed)
    if found is None:
        return
    made, done = found
    other = interrupt(replace(made, at=start + step * made.at, event=start + step * made.event))
    assert bounds(other) == pytest.approx(bounds(done), rel=1e-4, abs=1e-6)


@few
@given(seeds, st.floats(-20, 20), st.floats(-2, 2))
def test_a_change_that_is_added_is_found_on_top(seed: int, level: float, trend: float) -> None:
    found = estimated(seed)
    if found is None:
        return
    made, done = found
    value = made.value + made.after * (level + trend * (made.at - made.event))
    other = interrupt(replace(made, value=value, low=value, high=value))
    middle = (N_AFTER - 1) / 2
    added = np.array([level, trend, level + middle * trend])
    assert bounds(other) == pytest.approx(bounds(done) + added[:, None], abs=1e-6)


@few
@given(seeds, st.floats(0.01, 2))
def test_whatever_was_rounded_off_the_interval_allows_for(seed: int, rounding: float) -> None:
    found = estimated(seed)
    if found is None:
        return
    made, _ = found
    shown = np.round(made.value / rounding) * rounding
    rounded = replace(made, value=shown, low=shown - rounding / 2, high=shown + rounding / 2)
    done = interrupt(rounded)
    if done.state == "insufficient":
        return
    true = bounds(interrupt(made))[:, 0]
    assert np.all(bounds(done)[:, 1] <= true + 1e-9)
    assert np.all(true <= bounds(done)[:, 2] + 1e-9)


def slow_changes(made: Points, date: int) -> tuple[float, float]:
    """The change of level and trend at a date, of two lines fitted one by one."""
    before = np.polyfit(np.arange(-SIDE, 0), made.value[date - SIDE : date], 1)
    after = np.polyfit(np.arange(SIDE), made.value[date : date + SIDE], 1)
    return after[1] - before[1], after[0] - before[0]


@few
@given(seeds)
def test_placebos_are_two_lines_at_every_earlier_date(seed: int) -> None:
    found = estimated(seed)
    if found is None:
        return
    made, done = found
    true = slow_changes(made, N_BEFORE)
    others = [slow_changes(made, date) for date in range(SIDE, N_BEFORE - SIDE + 1)]
    assert (done.placebo_side, done.n_placebos) == (SIDE, len(others))
    for number, told in enumerate(effects(done)[:2]):
        larger = sum(abs(other[number]) >= abs(true[number]) for other in others)
        assert told.n_larger == larger


def slow_correlation(made: Points) -> float:
    """The first correlation, in steps of 0.05, under which residuals are as alike as they are."""
    times = made.at - made.event
    after = made.after.astype(np.float64)
    design = np.column_stack([np.ones_like(times), times, after, after * times])
    remove = np.eye(len(times)) - design @ np.linalg.pinv(design)
    left = remove @ made.value
    found = left[1:] @ left[:-1] / (left @ left)
    for correlation in np.arange(0.0, 1.0, 0.05):
        covariance = remove @ correlation ** np.abs(np.subtract.outer(times, times)) @ remove
        if np.trace(covariance, offset=1) >= found * np.trace(covariance):
            break
    return float(correlation)


@few
@given(seeds, st.sampled_from([-0.3, 0.0, 0.3, 0.6]))
def test_the_correlation_is_that_under_which_residuals_are_as_alike(
    seed: int, carried: float
) -> None:
    found = estimated(seed, carried)
    if found is not None:
        assert found[1].autocorrelation == pytest.approx(slow_correlation(found[0]))


@pytest.mark.parametrize("carried", [0.0, 0.4])
def test_the_interval_holds_what_is_true_in_about_nineteen_worlds_of_twenty(carried: float) -> None:
    """142 or 143 of 150 are expected; chance makes that fewer than 132 once in thousands."""
    found = [estimated(seed, carried) for seed in range(WORLDS)]
    told = [bounds(each[1]) for each in found if each]
    held = np.array([(each[:, 1] <= 0) & (each[:, 2] >= 0) for each in told])
    assert len(held) >= 0.9 * WORLDS
    assert np.all(held.mean(axis=0) >= 0.875)
    assert np.all(held.mean(axis=0) < 1)


def test_where_nothing_happened_a_placebo_p_is_as_often_small_as_large() -> None:
    found = [estimated(seed) for seed in range(WORLDS)]
    p = np.array([[each.placebo_p for each in effects(f[1])] for f in found if f], np.float64)
    for share in (0.05, 0.25, 0.5, 0.75):
        chance = 4 * np.sqrt(share * (1 - share) / len(p))  # once in ten thousand tries
        steps = 0.05  # p comes in steps, and windows overlap
        assert np.all(np.abs((p <= share).mean(axis=0) - share) < chance + steps)


@few
@given(st.permutations(range(12)))
def test_the_order_of_figures_says_nothing(order: list[int]) -> None:
    rows = figures([float(value) for value in range(12)])
    (shuffled,) = split_series(rows[order])
    (plain,) = split_series(rows)
    assert shuffled.points.equals(plain.points)


@given(st.integers(0, 20), st.integers(0, 20))
def test_a_number_is_there_exactly_where_there_are_enough_points(
    n_before: int, n_after: int
) -> None:
    done = interrupt(points(noise(11, n_before + n_after), n_before))
    enough = min(n_before, n_after) >= LEAST_POINTS
    assert (done.state == "estimated") is enough or "wanders" in done.because
    assert bool(effects(done)) is (done.state == "estimated")
    assert (done.n_before, done.n_after) == (n_before, n_after)


@few
@given(seeds)
def test_errors_that_carry_on_are_told_as_such(seed: int) -> None:
    """Stronger and stronger ones are told as at least as strong, but for chance."""
    told = [
        interrupt(points(noise(seed, 160, carried), 100)).autocorrelation for carried in (0.0, 0.6)
    ]
    known = [value for value in told if value is not None]
    assert all(sooner < later for sooner, later in pairwise(known))
