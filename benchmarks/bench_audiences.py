"""How often the interval of an interrupted series holds the truth, and how placebo dates rank.

``python benchmarks/bench_audiences.py`` prints, for made-up series in which nothing happens: in
how many of them the 95 % interval of the change of level, of trend and of the mean holds nought;
the same of Newey and West's error alone, as is usual; how many were refused as wandering; and how
often a placebo p is at most 0.05.  Then how long the placebo dates of a long series take, against
the same fits made by statsmodels one by one.  ``--small`` does a little of all, so that CI notices
when it rots.
"""

import argparse
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from statsmodels.regression.linear_model import OLS

from overblock.audiences.interrupted import (
    LEAST_POINTS,
    PLACEBO_SHARE,
    Effect,
    Interruption,
    Points,
    interrupt,
)
from timing import SEED, best_of, print_row

Floats = npt.NDArray[np.float64]
SIZES = ((8, 8), (24, 12), (60, 20), (120, 40))  # points before and after
CARRIED = (0.0, 0.3, 0.5, 0.8)  # of each error by the next
LEAST_HELD = 0.86  # where a quarter or less of errors is carried on and points are few
RUN_IN = 100
TARGET = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Shares of the series that were not refused."""

    refused: float  # of all
    ours: Floats  # whose interval holds nought: level, trend, mean
    usual: Floats  # by Newey and West alone: level, trend
    rare: float | None  # with a placebo p of at most 0.05, of the level


def made(n_before: int, n_after: int, carried: float, seed: int) -> Points:
    """A series in which nothing happens."""
    fresh = np.random.default_rng((SEED, seed)).normal(size=n_before + n_after + RUN_IN)
    errors = np.zeros_like(fresh)
    for number in range(1, len(fresh)):
        errors[number] = carried * errors[number - 1] + fresh[number]
    value = 1_000 + errors[RUN_IN:]
    at = np.arange(float(len(value)))
    return Points(
        at=at, value=value, low=value, high=value, after=at >= n_before, event=float(n_before)
    )


def effects(done: Interruption) -> list[Effect]:
    return [effect for effect in (done.level, done.trend, done.mean) if effect]


def design(times: Floats) -> Floats:
    late = (times >= 0).astype(np.float64)
    return np.column_stack([np.ones_like(times), times, late, late * times])


def usual_holds(points: Points) -> list[bool]:
    """Whether Newey and West's interval holds nought, for level and trend."""
    n_lags = int(4 * (len(points.at) / 100) ** (2 / 9))
    fit = OLS(points.value, design(points.at - points.event)).fit(
        cov_type="HAC", cov_kwds={"maxlags": n_lags, "use_correction": True}, use_t=True
    )
    low, high = fit.conf_int()[2:].T
    return [bool(least <= 0 <= most) for least, most in zip(low, high, strict=True)]


def held(n_before: int, n_after: int, carried: float, n_worlds: int) -> Held:
    """How often intervals hold what is true."""
    worlds = [made(n_before, n_after, carried, seed) for seed in range(n_worlds)]
    answers = [(world, interrupt(world)) for world in worlds]
    told = [(world, effects(done)) for world, done in answers if done.state == "estimated"]
    ours = [[each.low <= 0 <= each.high for each in found] for _, found in told]
    usual = [usual_holds(world) for world, _ in told]
    p = [found[0].placebo_p for _, found in told if found[0].placebo_p is not None]
    return Held(
        refused=1 - len(told) / n_worlds,
        ours=np.mean(ours, axis=0),
        usual=np.mean(usual, axis=0),
        rare=float(np.mean(np.array(p) <= 0.05)) if p else None,
    )


def print_held(sizes: tuple[tuple[int, int], ...], n_worlds: int) -> None:
    for n_before, n_after in sizes:
        for carried in CARRIED:
            found = held(n_before, n_after, carried, n_worlds)
            ours = ", ".join(f"{100 * share:.0f}" for share in found.ours)
            usual = ", ".join(f"{100 * share:.0f}" for share in found.usual)
            rare = "none possible" if found.rare is None else f"{100 * found.rare:.0f} %"
            print(
                f"{n_before} + {n_after} points, {carried:g} carried on | level, trend, mean held:"
                f" {ours} % | Newey-West alone: {usual} % | refused: {100 * found.refused:.0f} %"
                f" | placebo p at most 0.05: {rare}"
            )
            if carried <= 0.3:
                assert np.all(found.ours >= LEAST_HELD)


def print_speed(n_before: int, n_after: int) -> None:
    """The whole answer with its placebo dates, against statsmodels' fit at each of those dates."""
    world = made(n_before, n_after, 0.3, 1)
    side = min(n_after, max(LEAST_POINTS, n_before // PLACEBO_SHARE))

    def one_by_one() -> list[float]:
        times = np.arange(-side, side).astype(np.float64)
        dates = range(side, n_before - side + 1)
        windows = (world.value[date - side : date + side] for date in dates)
        return [float(OLS(window, design(times)).fit().params[2]) for window in windows]

    ours, done = best_of(3, lambda: interrupt(world))
    theirs, others = best_of(3, one_by_one)
    (level, *_) = effects(done)
    times = np.arange(-side, side).astype(np.float64)
    window = world.value[n_before - side : n_before + side]
    true = abs(float(OLS(window, design(times)).fit().params[2]))
    assert (done.n_placebos, level.n_larger) == (
        len(others),
        sum(abs(other) >= true for other in others),
    )
    work = f"{n_before} + {n_after} points, {len(others):,} placebo dates"
    print_row(work, ours, ("statsmodels, a fit a date", theirs), TARGET)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a little of all")
    small = parser.parse_args().small
    print_held(SIZES[1:2] if small else SIZES, 60 if small else 500)
    print_speed(200, 40)


if __name__ == "__main__":
    main()
