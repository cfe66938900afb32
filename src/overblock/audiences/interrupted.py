"""What changed at an event: an interrupted time series, with an interval and placebo dates.

Before and after the event a line each is fitted (segmented regression); how far apart they are at
the event is the change of level, the difference of their slopes the change of trend.  Figures of
one week resemble those of the week before, so the usual intervals are too narrow: here the widest
of two counts, Newey and West's (1987) and that of errors which fade like rho^k, where rho is
corrected for the share of it that the lines swallow.  What rounding can have done is added.

An interval says how far chance moves an estimate, not whether such changes are common.  So the
same is asked of every earlier date that has enough points on both sides, none after the event:
how often was the change as large when nothing happened?  Both sides are kept short for this, an
eighth of what is before, as wide windows are few and nearly the same.

Unknown stays unknown: too few points, uneven steps or a series that wanders give no number.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
State: TypeAlias = Literal["estimated", "insufficient"]

LEAST_POINTS = 8  # on each side, as is asked of such studies (Penfold and Zhang 2013)
MOST_POINTS = 1_000  # of a series: longer ones are asked by week or month
LEAST_PLACEBOS = 30  # dates: fewer overlap so much that they are hardly more than one
PLACEBO_SHARE = 8  # of the points before, one side of a placebo date has one part in so many
MOST_CORRELATION = 0.9  # from one point to the next; above it the series wanders
CORRELATIONS = np.arange(0.0, 1.0, 0.05)
CONFIDENCE = 0.95
OFF_STEP = 0.25  # of a step: further away, points are not evenly spaced
NO_NOISE = 1e-9  # of the size of the values: residuals below are the computer's


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One kind of change: the estimate, its 95 % interval, and how it ranks among placebos."""

    value: float
    low: float
    high: float
    n_larger: int | None  # placebo dates with at least as large a change; None: too few dates
    placebo_p: float | None  # (1 + n_larger) / (1 + dates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interruption:
    """What a series says of an event; numbers are None where it is insufficient."""

    state: State
    because: str  # why insufficient; empty where it is not
    n_before: int
    n_after: int
    expected: float | None = None  # what the line before gives for the moment of the event
    level: Effect | None = None  # change at the event
    trend: Effect | None = None  # change of slope, per step
    mean: Effect | None = None  # mean of all after, above the line before carried on
    autocorrelation: float | None = None  # from one point to the next, corrected
    n_lags: int | None = None  # that Newey and West's error looks back
    n_placebos: int | None = None  # admissible dates
    placebo_side: int | None = None  # points on each side of them; None: too few dates


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """A series as numbers, in the order of time; arrays of shape (n,)."""

    at: Floats  # middle of each, in any unit of time
    value: Floats
    low: Floats  # the least and the most that each can mean
    high: Floats
    after: npt.NDArray[np.bool_]  # those from the event on
    event: float  # its moment, in the unit of ``at``
    n_across: int = 0  # points between the two sides that are of neither


def interrupt(points: Points) -> Interruption:
    """Fit both lines and rank their differences among placebo dates."""
    n_after = int(points.after.sum())
    n_before = len(points.at) - n_after
    because = _refusal(points, n_before, n_after)
    if because:
        return _insufficient(because, n_before, n_after)
    step = float(np.median(np.diff(points.at)))
    times = (points.at - points.event) / step
    design = _design(times, points.after)
    fit = _Fit.of(design, times, points.value)
    if fit is None:
        return _insufficient(
            "no chance to judge by: all points lie on the lines", n_before, n_after
        )
    if fit.correlation >= MOST_CORRELATION:
        because = "it wanders: each point carries on the one before; ask for its changes"
        return _insufficient(because, n_before, n_after)
    ranks = _placebos(points, n_before, n_after)
    level, trend, mean = _effects(fit, points, _wanted(times[points.after]), ranks)
    return Interruption(
        state="estimated",
        because="",
        n_before=n_before,
        n_after=n_after,
        expected=float(fit.parameters[0]),
        level=level,
        trend=trend,
        mean=mean,
        autocorrelation=fit.correlation,
        n_lags=fit.n_lags,
        n_placebos=ranks.n_dates if ranks else None,
        placebo_side=ranks.side if ranks else None,
    )


def _effects(
    fit: "_Fit", points: Points, wanted: list[Floats], ranks: "_Ranks | None"
) -> list[Effect]:
    """Each wanted combination of the parameters, with its interval and its rank."""
    effects = []
    for number, combination in enumerate(wanted):
        low, high = fit.interval(combination, points)
        larger, p = (ranks.larger[number], ranks.p[number]) if ranks else (None, None)
        value = float(combination @ fit.parameters)
        effects.append(Effect(value=value, low=low, high=high, n_larger=larger, placebo_p=p))
    return effects


def evenly_spaced(at: Floats) -> bool:
    """Whether points stand a whole number of steps apart, the step being the usual distance."""
    apart = np.diff(at)
    if not len(apart) or np.median(apart) <= 0:
        return False
    steps = apart / np.median(apart)
    return bool(np.all(steps > 0.5) and np.all(np.abs(steps - np.round(steps)) <= OFF_STEP))  # noqa: PLR2004  (nearer to the next point than to itself)


def _refusal(points: Points, n_before: int, n_after: int) -> str:
    """Why no lines can be fitted; empty where they can."""
    for side, number in (("before", n_before), ("after", n_after)):
        if number < LEAST_POINTS:
            return f"too few points {side} the event: {number} of the {LEAST_POINTS} that it takes"
    if len(points.at) > MOST_POINTS:
        return f"{len(points.at):,} points: ask for means by week or month"
    if not evenly_spaced(points.at):
        return "not evenly spaced: ask for means by day, week or month"
    return ""


def _insufficient(because: str, n_before: int, n_after: int) -> Interruption:
    return Interruption(state="insufficient", because=because, n_before=n_before, n_after=n_after)


def _design(times: Floats, after: npt.NDArray[np.bool_]) -> Floats:
    """Columns: one; time; after; time after.  Shape (n, 4)."""
    late = after.astype(np.float64)
    return np.column_stack([np.ones_like(times), times, late, late * times])


def _wanted(times_after: Floats) -> list[Floats]:
    """What is asked of the four parameters: the change of level, of trend, and their mean."""
    asked = ((1.0, 0.0), (0.0, 1.0), (1.0, float(times_after.mean())))
    return [np.array([0.0, 0.0, *pair]) for pair in asked]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """Both lines, and how far chance moves them."""

    parameters: Floats  # (4,)
    weights: Floats  # (4, n): of the values in the parameters
    robust: Floats  # (4, 4): covariance by Newey and West
    fading: Floats  # (4, 4): covariance where errors fade
    correlation: float
    freedom: float  # degrees, of the fading errors
    n_lags: int

    @staticmethod
    def of(design: Floats, times: Floats, values: Floats) -> "_Fit | None":
        """Fit; None where nothing is left over from which chance could be judged."""
        from statsmodels.regression.linear_model import OLS  # noqa: PLC0415  (two seconds)

        n_lags = int(4 * (len(values) / 100) ** (2 / 9))
        robust = OLS(values, design).fit(
            cov_type="HAC", cov_kwds={"maxlags": n_lags, "use_correction": True}, use_t=True
        )
        left = np.asarray(robust.resid, np.float64)
        if np.max(np.abs(left)) <= NO_NOISE * np.max(np.abs(values)):
            return None
        weights = np.asarray(robust.model.pinv_wexog, np.float64)
        correlation, variance, freedom, spread = _fading(design, weights, times, left)
        return _Fit(
            parameters=np.asarray(robust.params, np.float64),
            weights=weights,
            robust=np.asarray(robust.cov_params(), np.float64),
            fading=variance * spread,
            correlation=correlation,
            freedom=freedom,
            n_lags=n_lags,
        )

    def interval(self, combination: Floats, points: Points) -> tuple[float, float]:
        """The 95 % interval of a combination of the parameters, rounding allowed for."""
        from scipy.stats import t as student  # noqa: PLC0415  (it comes with the fit)

        tail = (1 + CONFIDENCE) / 2
        n_free = len(points.at) - len(self.parameters)
        reaches = [
            float(student.ppf(tail, freedom) * np.sqrt(combination @ spread @ combination))
            for freedom, spread in ((n_free, self.robust), (self.freedom, self.fading))
        ]
        shares = combination @ self.weights  # (n,): of each value in the estimate
        below, above = shares * (points.low - points.value), shares * (points.high - points.value)
        value = float(combination @ self.parameters)
        least, most = np.minimum(below, above).sum(), np.maximum(below, above).sum()
        return value - max(reaches) + float(least), value + max(reaches) + float(most)


def _fading(
    design: Floats, weights: Floats, times: Floats, left: Floats
) -> tuple[float, float, float, Floats]:
    """How strongly errors carry over, their variance, its degrees of freedom, and their spread.

    Lines that are fitted leave residuals less alike than the errors were.  So that correlation
    is taken under which residuals are expected as alike as they are; degrees of freedom are
    Satterthwaite's.
    """
    apart = np.abs(np.subtract.outer(times, times))
    found = float(left[1:] @ left[:-1] / (left @ left))

    def alike(number: int) -> float:
        """How alike residuals are expected, where errors carry over so much; it rises."""
        return _expected(CORRELATIONS[number] ** apart, design, weights)

    last = len(CORRELATIONS) - 1
    correlation = float(CORRELATIONS[bisect_left(range(last), found, key=alike)])
    errors = correlation**apart
    once = errors - design @ (weights @ errors)  # what is left of them
    size = float(np.trace(once))
    variance, freedom = float(left @ left) / size, size**2 / float(np.sum(once * once.T))
    return correlation, variance, freedom, weights @ errors @ weights.T


def _expected(errors: Floats, design: Floats, weights: Floats) -> float:
    """The expected autocorrelation of residuals, where errors have this covariance (n, n).

    Residuals have the covariance M E M, with M = 1 - X W; only two of its diagonals are needed.
    """
    through = weights @ errors  # (4, n)
    across = errors @ design - design @ (through @ design)  # (n, 4): M E X

    def diagonal(offset: int) -> float:
        n = len(errors) - offset
        taken = np.sum(design[:n] * through[:, offset:].T) + np.sum(
            across[:n] * weights[:, offset:].T
        )
        return float(np.trace(errors, offset=offset) - taken)

    return diagonal(1) / diagonal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ranks:
    """How the changes at the event rank among those at placebo dates."""

    side: int  # points on each side
    n_dates: int
    larger: list[int]  # by kind of change
    p: list[float]


def _placebos(points: Points, n_before: int, n_after: int) -> _Ranks | None:
    """The same lines at every earlier date with enough points, and none from after the event."""
    side = min(n_after, max(LEAST_POINTS, n_before // PLACEBO_SHARE))
    last = n_before - points.n_across - 2 * side
    if last + 1 < LEAST_PLACEBOS:
        return None
    place = np.arange(2 * side)
    skipped = place + points.n_across * (place >= side)
    dates = np.arange(last + 1)[:, None] + skipped  # they skip as many points as lie across
    event = np.arange(n_before - side, n_before + side)
    windows = np.vstack([dates, event])
    changes = np.abs(_changes_at(points, windows, side))
    others, true = changes[:-1], changes[-1]
    larger = [int(number) for number in (others >= true).sum(axis=0)]
    n_dates = len(others)
    p = [(1 + number) / (1 + n_dates) for number in larger]
    return _Ranks(side=side, n_dates=n_dates, larger=larger, p=p)


def _changes_at(points: Points, windows: npt.NDArray[np.int64], side: int) -> Floats:
    """The changes of level, trend and mean in each window of points, shape (windows, 3)."""
    n_before = len(points.at) - int(points.after.sum())
    late = points.at[n_before] - points.event  # the first point after comes so late
    times = points.at[windows] - points.at[windows[:, side]][:, None] + late
    times /= float(np.median(np.diff(points.at)))
    after = np.broadcast_to(np.arange(2 * side) >= side, times.shape).astype(np.float64)
    designs = np.stack([np.ones_like(times), times, after, after * times], axis=2)
    parameters = np.einsum("wpt,wt->wp", np.linalg.pinv(designs), points.value[windows])
    level, trend = parameters[:, 2], parameters[:, 3]
    return np.column_stack([level, trend, level + times[:, side:].mean(axis=1) * trend])
