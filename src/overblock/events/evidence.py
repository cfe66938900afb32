"""How much a count of failures speaks for a change of the failing share.

Three pieces, each of arrays: how many independent measurements a count is worth, the
log-likelihood ratios that a CUSUM adds up, and the ratio of one change to none once both sides
are known.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

WITHIN = 0.1  # correlation of two measurements of one network in one hour
OF_A_REPORT = 3.0  # measurements of one series in an hour that a report can stand for
STEPS = np.array([0.4, 0.65, 0.95])  # alternatives: how far of the way to all, or to none
LEAST_RATE = 0.02  # no share is taken for smaller, nor for larger than one less this
DOUBT = 1.0  # standard errors by which the baseline is taken for worse than it was seen


def worth(judged: Floats, reports: Floats) -> Floats:
    """What part of its count each count is worth, as independent measurements.

    Measurements of one network and hour share the network's luck: with the correlation
    `WITHIN`, n of them are worth n / (1 + (n - 1) WITHIN) (the design effect; Kish 1965), so never
    more than 10, however many a bot makes.  Where reports are known (not NaN), no report counts
    more than three times.
    """
    apart = np.fmin(judged, OF_A_REPORT * np.maximum(reports, 1.0))
    return apart / ((1.0 + np.maximum(apart - 1.0, 0.0) * WITHIN) * np.maximum(judged, 1.0))


def increments(
    judged: Floats, failing: Floats, *, falls: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """What one failing and one fine measurement add, for each alternative to a baseline.

    The baseline is counts of shape ``(n,)``; an alternative lies a step of the way from its share
    to one, or to zero where it ``falls``.  The baseline is no better known than its counts: it
    is taken for nearer to the alternatives by its standard error, so that a young series needs
    more to stand out.

    Returns:
        Two arrays ``(steps, n)``: the log-likelihood ratio of one failing, and of one fine one.
    """
    share = (failing + 0.5) / (judged + 1.0)
    doubt = DOUBT * np.sqrt(share * (1.0 - share) / (judged + 1.0))
    before = np.clip(np.where(falls, share - doubt, share + doubt), LEAST_RATE, 1.0 - LEAST_RATE)
    way = np.where(falls, -before, 1.0 - before)
    after = np.clip(before + STEPS[:, None] * way, LEAST_RATE, 1.0 - LEAST_RATE)
    return np.log(after / before), np.log((1.0 - after) / (1.0 - before))


def change_ratio(before: tuple[Floats, Floats], after: tuple[Floats, Floats]) -> Floats:
    """The log-likelihood ratio of two shares to one share for both, each side (judged, failing).

    >>> change_ratio((np.array([20.0]), np.array([0.0])), (np.array([10.0]), np.array([10.0])))
    array([19.09542505])
    """
    both = before[0] + after[0], before[1] + after[1]
    return np.maximum(_fit(*before) + _fit(*after) - _fit(*both), 0.0)


def _fit(judged: Floats, failing: Floats) -> Floats:
    """The log-likelihood of counts at their own share."""
    fine = judged - failing
    return _x_log_x(failing) + _x_log_x(fine) - _x_log_x(judged)


def _x_log_x(x: Floats) -> Floats:
    return x * np.log(np.where(x > 0, x, 1.0))


def rise(judged: Floats, shares: Floats) -> Floats:
    """The never-falling sequence nearest to shares, weighted by counts (pool adjacent violators).

    >>> rise(np.array([1.0, 1.0, 1.0]), np.array([0.1, 0.9, 0.7]))
    array([0.1, 0.8, 0.8])
    """
    pools: list[list[float]] = []  # weight, share, length
    for weight, share in zip(judged.tolist(), shares.tolist(), strict=True):
        pools.append([weight, share, 1])
        while len(pools) > 1 and pools[-2][1] >= pools[-1][1]:
            last, held = pools.pop(), pools[-1]
            total = held[0] + last[0]
            held[1] = (held[0] * held[1] + last[0] * last[1]) / total
            held[0], held[2] = total, held[2] + last[2]
    return np.repeat([pool[1] for pool in pools], [int(pool[2]) for pool in pools])
