"""A published figure against the measured one: the verdict, and by how much they differ.

What was said gives a range of figures that would bear it out: *about 14.6 million* bears rounding
to its last digit, *over 18 million* anything from there up, *nearly 18 million* what rounds up to
it.  Measured is a range too, from the low to the high reading.  The verdict is how the two ranges
lie; the same five rules judge every figure of every case.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from overblock.cases.checks import Check
from overblock.cases.quantities import Measured

State: TypeAlias = Literal[
    "agrees", "rounded", "inside", "differs", "contradicts", "contradicts_itself", "untestable"
]
STATES: tuple[State, ...] = (
    "agrees",
    "rounded",
    "inside",
    "differs",
    "contradicts",
    "contradicts_itself",
    "untestable",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """``off_by`` is measured less said, taken where they are nearest; 0 where they may be equal."""

    state: State
    off_by: float | None  # None where nothing was compared
    off_share: float | None  # of the figure said; None where that is 0


def judge(
    check: Check, measured: Measured | None, figure_low: float | None, figure_high: float | None
) -> Verdict:
    """Judge one figure.

    agrees
        every reading bears out what was said.
    rounded
        the same, but only if what was said is read as a round number.
    inside
        some readings bear it out: the dates known are too few to say more.
    differs
        none does; ``off_by`` says by how much at least, and which way.
    contradicts
        it was said that there is none, and there is.
    contradicts_itself
        none does, and all that it is set against was said by the same.
    untestable
        the case has no table for it.
    """
    if measured is None or check.said is None or figure_low is None or figure_high is None:
        return Verdict(state="untestable", off_by=None, off_share=None)
    least, most = _borne_out(check, figure_low, figure_high)
    off_by = _distance(measured, figure_low, figure_high)
    share = off_by / (figure_low if off_by < 0 else figure_high) if figure_low else None
    if measured.low > most or measured.high < least:
        state: State = "contradicts_itself" if check.itself else "differs"
        state = "contradicts" if check.said == "none" else state
    elif measured.low < least or measured.high > most:
        state = "inside"
    elif check.said in {"about", "nearly"} and off_by != 0:
        state = "rounded"
    else:
        state = "agrees"
    return Verdict(state=state, off_by=off_by, off_share=share)


def _borne_out(check: Check, low: float, high: float) -> tuple[float, float]:
    half = check.rounded_to / 2
    ranges = {
        "exactly": (low, high),
        "none": (0.0, 0.0),
        "about": (low - half, high + half),
        "nearly": (low - check.rounded_to, high),
        "at_least": (low, math.inf),
        "at_most": (-math.inf, high),
    }
    return ranges[check.said or "exactly"]


def _distance(measured: Measured, low: float, high: float) -> float:
    if measured.high < low:
        return measured.high - low
    return measured.low - high if measured.low > high else 0.0
