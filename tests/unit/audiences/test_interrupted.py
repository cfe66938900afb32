"""An interrupted series: known changes are found, and what is unknown stays so."""

import numpy as np
import numpy.typing as npt
import pytest

from audience_worlds import noise, points
from overblock.audiences.interrupted import (
    LEAST_PLACEBOS,
    LEAST_POINTS,
    MOST_POINTS,
    Interruption,
    Points,
    evenly_spaced,
    interrupt,
)

N_BEFORE, N_AFTER = 46, 14


def made(level: float = 0.0, trend: float = 0.0, carried: float = 0.2) -> npt.NDArray[np.float64]:
    times = np.arange(N_BEFORE + N_AFTER) - N_BEFORE
    after = times >= 0
    errors = noise(7, len(times), carried)
    return np.asarray(100 + 0.5 * times + after * (level + trend * times) + errors, np.float64)


def nothing_estimated(done: Interruption) -> bool:
    told = (done.expected, done.level, done.trend, done.mean, done.autocorrelation, done.n_placebos)
    return done.state == "insufficient" and all(value is None for value in told)


def test_a_large_change_is_found_and_rarer_than_any_placebo() -> None:
    done = interrupt(points(made(level=20, trend=-1.0), N_BEFORE))
    assert done.level
    assert done.trend
    assert done.level.value == pytest.approx(20, abs=2)
    assert done.trend.value == pytest.approx(-1, abs=0.2)
    assert done.level.n_larger == 0
    assert done.level.placebo_p == 1 / (1 + (done.n_placebos or 0))
    assert done.expected == pytest.approx(100, abs=2)


def test_the_mean_after_is_measured_against_the_line_carried_on() -> None:
    done = interrupt(points(made(level=5, trend=2), N_BEFORE))
    assert done.level
    assert done.trend
    assert done.mean
    middle = (N_AFTER - 1) / 2
    assert done.mean.value == pytest.approx(done.level.value + middle * done.trend.value)


@pytest.mark.parametrize(
    ("n_before", "n_after", "side"),
    [(LEAST_POINTS - 1, 20, "before"), (20, LEAST_POINTS - 1, "after"), (0, 20, "before")],
)
def test_too_few_points_on_a_side_give_no_number(n_before: int, n_after: int, side: str) -> None:
    done = interrupt(points(noise(1, n_before + n_after), n_before))
    assert nothing_estimated(done)
    assert done.because.startswith(f"too few points {side}")


def test_no_point_at_all_is_no_estimate() -> None:
    assert nothing_estimated(interrupt(points(noise(1, 0), 0)))


def test_eight_points_on_each_side_are_enough_but_too_few_for_placebos() -> None:
    done = interrupt(points(noise(3, 2 * LEAST_POINTS), LEAST_POINTS))
    assert done.state == "estimated"
    assert done.level
    assert done.level.placebo_p is None
    assert done.n_placebos is None


def test_there_are_placebos_as_soon_as_a_p_of_one_in_twenty_is_possible() -> None:
    enough = 2 * LEAST_POINTS + LEAST_PLACEBOS - 1
    for n_before, n_dates in ((enough - 1, None), (enough, LEAST_PLACEBOS)):
        done = interrupt(points(noise(3, n_before + LEAST_POINTS), n_before))
        assert done.n_placebos == n_dates


def test_a_series_that_wanders_gives_no_number() -> None:
    done = interrupt(points(np.cumsum(noise(5, 120)), 80))
    assert nothing_estimated(done)
    assert "wanders" in done.because


def test_points_that_lie_on_the_lines_leave_nothing_to_judge_chance_by() -> None:
    exact = 5 + 2.0 * np.arange(40) + 9 * (np.arange(40) >= 20)
    assert nothing_estimated(interrupt(points(exact, 20)))
    assert nothing_estimated(interrupt(points(np.zeros(40), 20)))


def test_uneven_steps_give_no_number() -> None:
    values = noise(3, 40)
    at = np.sort(np.random.default_rng(3).uniform(0, 40, 40))
    done = interrupt(
        Points(at=at, value=values, low=values, high=values, after=at >= 20, event=20.0)
    )
    assert nothing_estimated(done)
    assert "spaced" in done.because


def test_a_gap_of_whole_steps_is_even_and_a_repeated_moment_is_not() -> None:
    assert evenly_spaced(np.array([0.0, 7, 14, 35, 42]))
    assert not evenly_spaced(np.array([0.0, 7, 14, 14, 21, 28]))
    assert not evenly_spaced(np.array([0.0, 0, 0, 7]))
    assert not evenly_spaced(np.array([3.0]))


def test_more_points_than_can_be_held_are_asked_for_by_week() -> None:
    assert "by week" in interrupt(points(noise(3, MOST_POINTS + 1), 500)).because


def test_rounding_widens_the_interval_by_what_it_can_do_at_worst() -> None:
    exact = interrupt(points(made(level=5), N_BEFORE)).level
    rounded = interrupt(points(made(level=5), N_BEFORE, rounding=2.0)).level
    assert exact
    assert rounded
    assert rounded.value == exact.value
    assert exact.low - rounded.low == pytest.approx(rounded.high - exact.high)
    assert rounded.high > exact.high + 2


def test_a_change_after_the_event_makes_no_placebo_larger() -> None:
    """Placebo dates never see what came from the event on."""
    calm, changed = (interrupt(points(made(level=level), N_BEFORE)) for level in (0, 1000))
    assert calm.n_placebos == changed.n_placebos
    assert changed.level
    assert changed.level.n_larger == 0


def test_placebo_dates_skip_as_many_points_as_the_event_does() -> None:
    """A month that holds the event is of neither side; the same gap is left at other dates."""
    whole = points(made(), N_BEFORE)
    kept = np.arange(N_BEFORE + N_AFTER) != N_BEFORE
    parts = {name: getattr(whole, name)[kept] for name in ("at", "value", "low", "high", "after")}
    done = interrupt(Points(event=N_BEFORE + 0.5, n_across=1, **parts))
    side = done.placebo_side or 0

    def slow(date: int) -> float:
        """The change of level at the middle of a skipped point."""
        times = np.arange(side)
        before = np.polyfit(times - side - 0.5, whole.value[date - side : date], 1)
        after = np.polyfit(times + 0.5, whole.value[date + 1 : date + 1 + side], 1)
        return float(after[1] - before[1])

    others = [slow(date) for date in range(side, N_BEFORE - side)]
    assert done.level
    assert done.n_placebos == len(others)
    assert done.level.n_larger == sum(abs(one) >= abs(slow(N_BEFORE)) for one in others)
