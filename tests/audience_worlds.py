"""Made audiences: series whose change at an event is known, and pages in Telegram's form."""

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from overblock.audiences.interrupted import Points
from overblock.audiences.series import figures_of

FIRST = datetime(2018, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def noise(seed: int, n: int, carried: float = 0.0) -> npt.NDArray[np.float64]:
    """Errors of which each carries a share of the one before on; they have run in."""
    fresh = np.random.default_rng(seed).normal(size=n + 50)
    errors = np.zeros_like(fresh)
    for number in range(1, len(fresh)):
        errors[number] = carried * errors[number - 1] + fresh[number]
    return errors[50:]


def points(values: npt.NDArray[np.float64], n_before: int, rounding: float = 0.0) -> Points:
    """Daily points of which the first ``n_before`` are before the event."""
    at = np.arange(float(len(values)))
    return Points(
        at=at,
        value=values,
        low=values - rounding,
        high=values + rounding,
        after=at >= n_before,
        event=float(n_before),
    )


def figures(values: list[float], first: datetime = FIRST, **told: object) -> pl.DataFrame:
    """A figure a day."""
    usual = {"service": "Ferry", "metric": "reach", "definition": "panel A", "unit": "users"} | told
    return figures_of(
        [
            {
                "at_first": first + number * DAY,
                "at_last": first + (number + 1) * DAY - TICK,
                "value": value,
                "low": value,
                "high": value,
            }
            | usual
            for number, value in enumerate(values)
        ]
    )


def preview(posts: str, counters: str = "", name: str = "harbour_example") -> bytes:
    """A preview page of a channel; ``posts`` are lines of number, views and time."""
    made = "".join(
        f'<div class="tgme_widget_message" data-post="{name}/{number}">'
        f'<span class="tgme_widget_message_views">{views}</span>'
        f'<time datetime="{at}"></time></div>'
        for number, views, at in (line.split() for line in posts.splitlines())
    )
    counted = "".join(
        '<div class="tgme_channel_info_counter">'
        f'<span class="counter_value">{line.rpartition(" ")[0]}</span>'
        f'<span class="counter_type">{line.rpartition(" ")[2]}</span></div>'
        for line in counters.splitlines()
    )
    return (
        f'<html><body><div class="tgme_channel_info">{counted}</div>'
        f'<section class="tgme_channel_history">{made}</section></body></html>'
    ).encode()


def landing(extra: str, name: str = "harbour_example") -> bytes:
    """The page of a channel that shows no posts."""
    return (
        f'<html><body><div class="tgme_page_title">Harbour</div>'
        f'<div class="tgme_page_extra">{extra}</div>'
        f'<a class="tgme_action_button_new" href="tg://resolve?domain={name}">View</a>'
        "</body></html>"
    ).encode()
