"""The answer of ``overblock watch`` as Prometheus reads it.

What nobody can say has no sample: a missing one can be alarmed on, a zero would be a lie.
Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from overblock.reports.watch_answer import WatchAnswer, WatchedItem

ITEM = ("label", "address", "register")
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
        answer = self._answer
        yield _gauge(
            "overblock_listed",
            "1: the register lists it, or an address of the name. 0: it does not.",
            ITEM,
            _listed(answer),
        )
        yield _gauge(
            "overblock_unconfirmed",
            "1: the register listed it last, and can no longer be believed.",
            ITEM,
            {(i.label, i.target, name): 1.0 for i in answer.items for name in i.unconfirmed},
        )
        yield _gauge(
            "overblock_items",
            "Items of the inventories, by how they stand.",
            ("state",),
            {(state,): float(number) for state, number in answer.counts.items()},
        )
        yield _gauge(
            "overblock_rejects",
            "Values of an inventory that are neither address, network nor name.",
            ("inventory",),
            {(one.name,): float(one.rejects) for one in answer.inventories},
        )
        told = [one.source for one in answer.sources]
        yield _gauge(
            "overblock_source_age_seconds",
            "Age of the newest state of the register.",
            ("register",),
            {(one.register,): one.age for one in told if one.age is not None},
        )
        yield _gauge(
            "overblock_source_in_doubt",
            "1: silent, or its newest state is flagged: what it does not list may be listed.",
            ("register",),
            {(one.source.register,): float(one.doubt is not None) for one in answer.sources},
        )
        yield _gauge(
            "overblock_last_run_timestamp_seconds",
            "The moment that was looked at.",
            (),
            {(): answer.at.timestamp()},
        )


def _listed(answer: WatchAnswer) -> dict[tuple[str, ...], float]:
    """One sample for each item and register of which it is known."""
    believed = [one.source.register for one in answer.sources if one.doubt is None]
    samples: dict[tuple[str, ...], float] = {}
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


def _gauge(
    name: str, meaning: str, labels: tuple[str, ...], samples: dict[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for values, number in samples.items():
        family.add_metric(values, number)
    return family
