"""``/metrics``: how the sources and the site itself do, as Prometheus reads it.

What nobody can say has no sample: a missing one can be alarmed on, a zero would be a lie.  Nothing
here is of a visitor.  Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from collections.abc import Iterator
from typing import Any

from litestar import Request, Response, get
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from overblock import __version__
from overblock.reports.registers.now import NowAnswer, RegisterNow
from overblock.web.asking import Asking
from overblock.web.inputs import moment_of
from overblock.web.now import now_of
from overblock.web.serving.tally import BOUNDS, Tally

Asked = Request[Any, Any, Any]


@get("/metrics", include_in_schema=False)
async def metrics(request: Asked, answers: Asking) -> Response[bytes]:
    """Every metric."""
    tally: Tally = request.app.state.tally
    now = await now_of(answers, moment_of(""), keep=True)
    registry = CollectorRegistry()
    registry.register(_Site(now, tally, there=answers.there()))
    headers = {"Cache-Control": "no-store", "Content-Type": CONTENT_TYPE_LATEST}
    return Response(generate_latest(registry), headers=headers)


class _Site(Collector):
    def __init__(self, now: NowAnswer, tally: Tally, *, there: bool) -> None:
        self._now, self._tally, self._there = now, tally, there

    def collect(self) -> Iterator[Metric]:
        """The metrics, in the order in which they are explained."""
        info = GaugeMetricFamily("overblock_info", "Version of the program.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield GaugeMetricFamily(
            "overblock_observatory", "1: there is an observatory to ask.", float(self._there)
        )
        yield from _of_sources(self._now)
        yield from _of_registers(self._now.registers)
        yield from _of_site(self._tally)


def _of_sources(now: NowAnswer) -> Iterator[Metric]:
    age = GaugeMetricFamily(
        "overblock_newest_age_seconds", "Age of a source's newest snapshot.", labels=["source"]
    )
    held = GaugeMetricFamily(
        "overblock_snapshots", "Snapshots at hand of a source.", labels=["source"]
    )
    flag = GaugeMetricFamily(
        "overblock_newest_flag", "1: the newest snapshot has the flag.", labels=["source", "flag"]
    )
    for source in now.sources:
        held.add_metric([source.name], source.snapshots)
        if source.age is not None:
            age.add_metric([source.name], source.age)
        for name in source.flags:
            flag.add_metric([source.name, name], 1)
    yield from (age, held, flag)


def _of_registers(registers: list[RegisterNow]) -> Iterator[Metric]:
    named = ["register"]
    listed = GaugeMetricFamily(
        "overblock_listed_ipv4", "IPv4 addresses listed, each counted once.", labels=named
    )
    prefixes = GaugeMetricFamily(
        "overblock_listed_ipv6_prefixes", "IPv6 prefixes listed.", labels=named
    )
    silent = GaugeMetricFamily(
        "overblock_register_silent", "1: it has said nothing for longer than usual.", labels=named
    )
    broken = GaugeMetricFamily(
        "overblock_register_broken", "1: its files cannot be read.", labels=named
    )
    for one in registers:
        broken.add_metric([one.register], float(one.broken is not None))
        if one.ipv4 is not None:
            listed.add_metric([one.register], one.ipv4)
        if one.ipv6 is not None:
            prefixes.add_metric([one.register], one.ipv6.prefixes)
        if one.freshness is not None:
            silent.add_metric([one.register], float(one.freshness.silent is not None))
    yield from (listed, prefixes, silent, broken)


def _of_site(tally: Tally) -> Iterator[Metric]:
    answers = CounterMetricFamily(
        "overblock_answers", "Answers of the site, by class of status.", labels=["page", "status"]
    )
    seconds = HistogramMetricFamily(
        "overblock_answer_seconds", "Seconds until an answer was begun.", labels=["page"]
    )
    for told in tally.read():
        for status, many in told.answers.items():
            if many:
                answers.add_metric([told.page, status], many)
        ends = [*(str(bound) for bound in BOUNDS), "+Inf"]
        seconds.add_metric(
            [told.page], list(zip(ends, map(float, told.buckets), strict=True)), told.seconds
        )
    yield from (answers, seconds)
