"""How well a detector finds what happened in made-up worlds, by the same rule for each.

A change is found if an event of its kind is dated at most an hour from it (for a ramp: from any
moment of it).  An event is false if no change of its kind lies within a day of it: so one that is
dated badly is a miss, not a false alarm.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import polars as pl
import ruptures
from numpy.typing import NDArray

from overblock.events.onsets import THRESHOLD, find_events
from overblock.events.series import failing, judged
from series_worlds import EVENTFUL, UNEVENTFUL, Change, World, hour_of, make_world, measure

HIT_HOURS, NEAR_HOURS = 1, 24
LEAST_CHANGE = 0.2  # of the share, for peers too
Level: TypeAlias = Literal["network", "country"]
Counts: TypeAlias = NDArray[np.float64]  # (hours,)


class Event(NamedTuple):
    """What a detector says."""

    network: int | None
    change: str
    at: int


class Made(NamedTuple):
    """A world as it was measured."""

    scene: str
    truth: list[Change]
    series: pl.DataFrame
    n_networks: int
    n_days: int


Detector: TypeAlias = Callable[[Sequence[Made], Level], list[list[Event]]]


@dataclass(slots=True)
class Score:
    """Of one detector, in some worlds."""

    n_true: int = 0
    n_found: int = 0
    n_false: int = 0
    n_days: int = 0
    covered: int = 0
    by_scene: dict[str, "Score"] = field(default_factory=dict)

    @property
    def recall(self) -> float:
        """What part of the changes was found."""
        return self.n_found / self.n_true if self.n_true else float("nan")

    @property
    def false_rate(self) -> float:
        """False events in 1,000 series-days."""
        return 1000 * self.n_false / self.n_days

    @property
    def f1(self) -> float:
        """What recall and precision come to together."""
        return 2 * self.n_found / max(self.n_true + self.n_found + self.n_false, 1)


def make_worlds(
    seeds: Sequence[int], n_networks: int, n_days: int, an_hour: float
) -> Iterator[Made]:
    """Every scene for every seed."""
    for name, scene in (EVENTFUL | UNEVENTFUL).items():
        for seed in seeds:
            world: World = make_world(scene, seed, n_networks, n_days, an_hour)
            series = measure(world, f"https://{name.replace(' ', '-')}-{seed}.example/")
            yield Made(name, world.truth, series, n_networks, n_days)


def score(detector: Detector, worlds: Sequence[Made], level: Level) -> Score:
    """Set what a detector says beside the truth."""
    total = Score()
    for made, said in zip(worlds, detector(worlds, level), strict=True):
        of_scene = total.by_scene.setdefault(made.scene, Score())
        truth = [one for one in made.truth if (one.network is None) == (level == "country")]
        found = sum(any(_is_hit(event, one) for event in said) for one in truth)
        false = sum(not any(_is_near(event, one) for one in truth) for event in said)
        for each in (total, of_scene):
            each.n_true += len(truth)
            each.n_found += found
            each.n_false += false
            each.n_days += made.n_days * (made.n_networks if level == "network" else 1)
    return total


def _is_hit(event: Event, change: Change) -> bool:
    same = (event.network, event.change) == (change.network, change.change)
    return same and change.at - HIT_HOURS <= event.at <= change.arrived + HIT_HOURS


def _is_near(event: Event, change: Change) -> bool:
    same = (event.network, event.change) == (change.network, change.change)
    return same and change.at - NEAR_HOURS <= event.at <= change.arrived + NEAR_HOURS


def ours(worlds: Sequence[Made], level: Level, threshold: float = THRESHOLD) -> list[list[Event]]:
    """All worlds in one run, as an observatory would."""
    series = pl.concat([made.series for made in worlds])
    said: dict[str, list[Event]] = {}
    for row in find_events(series, level, threshold=threshold).iter_rows(named=True):
        network = None if row["probe_asn"] is None else row["probe_asn"] - 1
        said.setdefault(row["target"], []).append(Event(network, row["change"], hour_of(row["at"])))
    return [said.get(made.series["target"][0], []) for made in worlds]


Cut: TypeAlias = Callable[[Counts, Counts], list[int]]  # judged, failed → where the share changes


def by_cutting(cut: Cut) -> Detector:
    """A detector that cuts the hourly share of each series into pieces, and compares them."""

    def detect(worlds: Sequence[Made], level: Level) -> list[list[Event]]:
        return [
            [
                Event(network, change, at)
                for network, hours, n, k in _arrays(made.series, level)
                for change, at in _changes(hours, n, k, cut(n, k))
            ]
            for made in worlds
        ]

    return detect


def _arrays(
    series: pl.DataFrame, level: Level
) -> Iterator[tuple[int | None, NDArray[np.int64], Counts, Counts]]:
    """Hours with measurements, and their counts; those of a country are pooled."""
    network = pl.col("probe_asn").cast(pl.Int64) - 1
    key = network if level == "network" else pl.lit(None, pl.Int64)
    summed = (
        series.group_by(key.alias("network"), "bucket_at")
        .agg(n=judged().sum(), k=failing().sum())
        .filter(pl.col("n") > 0)
        .sort("network", "bucket_at")
    )
    for (name,), held in summed.group_by("network", maintain_order=True):
        hours = np.array([hour_of(at) for at in held["bucket_at"]])
        yield name, hours, held["n"].to_numpy().astype(float), held["k"].to_numpy().astype(float)


def _changes(
    hours: NDArray[np.int64], n: Counts, k: Counts, cuts: Sequence[int]
) -> Iterator[tuple[str, int]]:
    """Onsets and ends between pieces, where the share changes by enough."""
    edges = [0, *cuts, len(n)]
    shares = [k[a:b].sum() / n[a:b].sum() for a, b in pairwise(edges) if b > a]
    for place, (before, after) in enumerate(pairwise(shares)):
        if abs(after - before) >= LEAST_CHANGE:
            yield "onset" if after > before else "end", int(hours[edges[place + 1]])


def pelt(penalty: float) -> Cut:
    """Ruptures' PELT for shifts of the mean, in its C implementation (a linear kernel)."""

    def cut(n: Counts, k: Counts) -> list[int]:
        found = ruptures.KernelCPD(kernel="linear", min_size=2).fit(k / n).predict(pen=penalty)
        return [int(place) for place in found[:-1]]

    return cut


def binary_segmentation(penalty: float) -> Cut:
    """Ruptures' binary segmentation for the same."""

    def cut(n: Counts, k: Counts) -> list[int]:
        found = ruptures.Binseg(model="l2", min_size=2, jump=1).fit(k / n).predict(pen=penalty)
        return [int(place) for place in found[:-1]]

    return cut


def plain_cusum(threshold: float) -> Cut:
    """Page's test on pooled counts, from the share of the first week to one 0.4 of the way up.

    After an alarm it looks for the way back, from the share of the excursion.
    """

    def cut(n: Counts, k: Counts) -> list[int]:
        week = slice(0, 24 * 7)
        low = float(np.clip(k[week].sum() / n[week].sum(), 0.02, 0.6))
        high = low + 0.4 * (1 - low)
        x = k * np.log(high / low) + (n - k) * np.log((1 - high) / (1 - low))
        cuts, total, start, sign = [], 0.0, 0, 1.0
        for place, gain in enumerate(x.tolist()):
            if total <= 0:
                start = place
            total = max(total + sign * gain, 0.0)
            if total >= threshold:
                cuts.append(start)
                total, sign = 0.0, -sign
        return cuts

    return cut
