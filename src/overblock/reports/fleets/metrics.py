"""The answer of ``overblock watch`` as Prometheus reads it.

What nobody can say has no sample: a missing one can be alarmed on, a zero would be a lie.
Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterator
from typing import TypeAlias

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from overblock.reports.fleets.answer import WatchAnswer, WatchedItem

ITEM = ("label", "address", "register")
METRICS = (  # name, meaning, labels
    ("listed", "1: the register lists it, or an address of the name. 0: it does not.", ITEM),
    ("unconfirmed", "1: the register listed it last, and can no longer be believed.", ITEM),
    ("items", "Items of the inventories, by how they stand.", ("state",)),
    ("rejects", "Values that are neither address, network nor name.", ("inventory",)),
    ("source_age_seconds", "Age of the newest state of the register.", ("register",)),
    (
        "source_in_doubt",
        "1: silent, or its newest state is flagged: what it does not list may be listed.",
        ("register",),
    ),
    ("last_run_timestamp_seconds", "The moment that was looked at.", ()),
)
Samples: TypeAlias = dict[tuple[str, ...], float]
HOLDS = frozenset({"listed", "exposed"})


def metrics_text(answer: WatchAnswer) -> bytes:
    """The samples of one look, with a registry of their own."""
    registry = CollectorRegistry()
    registry.register(_Fleet(answer))
    return generate_latest(registry)


class _Fleet(Collector):
    def __init__(self, answer: WatchAnswer) -> None:
        self._answer = answer

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The metrics, in the order in which they are explained."""
        for (name, meaning, labels), samples in zip(METRICS, _samples(self._answer), strict=True):
            family = GaugeMetricFamily(f"overblock_{name}", meaning, labels=labels)
            for values, number in samples.items():
                family.add_metric(values, number)
            yield family


def _samples(answer: WatchAnswer) -> Iterator[Samples]:
    """Of each metric its numbers, by the values of its labels."""
    told = [one.source for one in answer.sources]
    yield _listed(answer)
    yield {(i.label, i.target, name): 1.0 for i in answer.items for name in i.unconfirmed}
    yield {(state,): float(number) for state, number in answer.counts.items()}
    yield {(one.name,): float(one.rejects) for one in answer.inventories}
    yield {(one.register,): one.age for one in told if one.age is not None}
    yield {(one.source.register,): float(one.doubt is not None) for one in answer.sources}
    yield {(): answer.at.timestamp()}


def _listed(answer: WatchAnswer) -> Samples:
    """One sample for each item and register of which it is known."""
    believed = [one.source.register for one in answer.sources if one.doubt is None]
    samples: Samples = {}
    for item in answer.items:
        if item.state == "private":
            continue
        for register in (*believed, *_holding(item)):
            key = (item.label, item.target, register)
            holds = register in _holding(item)
            samples[key] = max(samples.get(key, 0.0), float(holds))
    return samples


def _holding(item: WatchedItem) -> tuple[str, ...]:
    return item.registers if item.state in HOLDS else ()
