"""How well and how fast onsets and ends are found, against ruptures and a plain CUSUM.

``python benchmarks/bench_events.py`` prints, for made-up series whose truth is known: what part of
the changes is dated within an hour, and how many events are false; then how long a year of 10,000
series takes.  Peers run on the same series with the setting that did best on other seeds.
``--calibrate`` prints what the threshold costs and brings, on those other seeds; ``--small`` does a
little of all, so that CI notices when it rots.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import numpy as np
import polars as pl
import ruptures

from event_scores import (
    Detector,
    Level,
    Made,
    Score,
    binary_segmentation,
    by_cutting,
    make_worlds,
    ours,
    pelt,
    plain_cusum,
    score,
)
from overblock.events.onsets import THRESHOLD, Watch
from series_worlds import measure, quiet
from timing import best_of, print_row

TUNING, REPORTED = range(1, 6), range(90_001, 90_021)  # seeds: none is in both
LEVELS: tuple[Level, ...] = ("network", "country")
N_NETWORKS, N_DAYS, AN_HOUR = 6, 28, 10.0
LEAST_RECALL, MOST_FALSE = 0.95, 1.0
PEERS: dict[str, tuple[Callable[[float], Detector], Sequence[float]]] = {
    "ruptures PELT": (lambda pen: by_cutting(pelt(pen)), (0.1, 0.2, 0.4, 0.8, 1.6)),
    "ruptures binary segmentation": (
        lambda pen: by_cutting(binary_segmentation(pen)),
        (0.1, 0.4, 1.6),
    ),
    "plain CUSUM": (lambda least: by_cutting(plain_cusum(least)), (14.0, 50.0, 200.0, 800.0)),
}


def accuracy(tuning: Sequence[Made], reported: Sequence[Made]) -> None:
    """Ours and peers on the same series."""
    for level in LEVELS:
        found = score(ours, reported, level)
        _print_score(f"overblock, {level}", found)
        for scene, held in found.by_scene.items():
            _print_score(f"  {scene}", held)
        assert found.recall >= LEAST_RECALL
        assert found.false_rate <= MOST_FALSE
        for name, (make, settings) in PEERS.items():
            if name == "ruptures binary segmentation" and level == "network":
                continue  # a quarter of a second a series
            best = max(settings, key=lambda value: score(make(value), tuning, level).f1)
            _print_score(f"{name} ({best:g}), {level}", score(make(best), reported, level))


def _print_score(name: str, found: Score) -> None:
    recall = f"{100 * found.recall:.1f} % of {found.n_true:,}" if found.n_true else "none to find"
    print(
        f"{name} | within an hour: {recall} | false: {found.n_false:,} in {found.n_days:,} "
        f"series-days, {found.false_rate:.2f} in 1,000"
    )


def where_few_measure(seeds: Sequence[int]) -> None:
    """The same with fewer measurements than it takes to date a change to the hour."""
    for an_hour in (0.5, 3.0):
        worlds = list(make_worlds(seeds, N_NETWORKS, N_DAYS, an_hour))
        for level in LEVELS:
            _print_score(f"{an_hour:g} an hour and network, {level}", score(ours, worlds, level))


def calibrate(worlds: Sequence[Made]) -> None:
    """What a threshold costs and brings, on the seeds for tuning."""
    for threshold in (8.0, 10.0, 12.0, 14.0, 16.0, 20.0):
        for level in LEVELS:
            found = score(partial(ours, threshold=threshold), worlds, level)
            mark = " (the one in use)" if threshold == THRESHOLD else ""
            _print_score(f"threshold {threshold:g}{mark}, {level}", found)


def speed(n_series: int, n_weeks: int) -> None:
    """A week of series hour by hour, again and again, as it would be read from a store."""
    world = quiet(np.random.default_rng(1), n_series, 7, AN_HOUR)
    week = measure(world, "https://a.example/").sort("bucket_at", "probe_asn")
    watch, ours_seconds = Watch("network", "hour"), 0.0
    for number in range(n_weeks):
        later = pl.col("bucket_at") + timedelta(weeks=number)
        held = week.with_columns(bucket_at=later)
        begin = time.perf_counter()
        watch.take(held)
        ours_seconds += time.perf_counter() - begin
    shares = np.random.default_rng(2).beta(1, 20, n_weeks * 7 * 24)
    theirs, _ = best_of(
        1, lambda: ruptures.KernelCPD(kernel="linear", min_size=2).fit(shares).predict(pen=0.4)
    )
    print_row(
        f"{n_weeks} weeks of {n_series:,} hourly series, {n_weeks * week.height:,} counts",
        ours_seconds,
        ("ruptures PELT in C, from one series", theirs * n_series),
        1,
    )


def main(*, small: bool, calibrating: bool) -> None:
    n_networks, n_days = (3, 14) if small else (N_NETWORKS, N_DAYS)
    tuning = list(make_worlds(TUNING[:1] if small else TUNING, n_networks, n_days, AN_HOUR))
    if calibrating:
        calibrate(tuning)
        return
    accuracy(
        [made for made in tuning if made.scene == "step"] if small else tuning,
        list(make_worlds(REPORTED[:1] if small else REPORTED, n_networks, n_days, AN_HOUR)),
    )
    if not small:
        where_few_measure(REPORTED[:10])
    speed(*((200, 2) if small else (10_000, 52)))


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--small", action="store_true", help="on little, for CI")
    arguments.add_argument("--calibrate", action="store_true", help="what the threshold does")
    given = arguments.parse_args()
    main(small=given.small, calibrating=given.calibrate)
