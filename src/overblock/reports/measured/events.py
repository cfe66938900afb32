"""When blocking began and ended: of an observatory's verdicts, or straight from files.

Events of networks and of whole countries stand side by side; those that may be one share a group.
Where nobody measured is told beside them, as a silence is no end.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import msgspec
import polars as pl

from overblock.artefacts.measurements import find_files, read_blocks
from overblock.events.deciding import Level
from overblock.events.grouping import group_events
from overblock.events.onsets import find_events
from overblock.events.series import (
    KEY,
    Grain,
    add_up,
    coarsen,
    count_verdicts,
    failing,
    gaps,
    judged,
    with_collectors_clock,
)
from overblock.measurements.batches import BadLine, decoded
from overblock.measurements.envelope import Envelopes
from overblock.measurements.resubmission import ONE_RUN, day_of, with_resubmitted
from overblock.measurements.targets import target_of
from overblock.measurements.verdicts import Judge
from overblock.reports.measured.given import NEEDED, Given, sort_out
from overblock.store import View
from overblock.tables import MEASUREMENTS, VERDICTS

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
BATCH = 2_000  # measurements judged in one go
LEARNING = timedelta(days=60)  # before the first moment asked for: to know what is usual
ARRIVING = timedelta(days=14)  # after the last: measurements come in late
FALSE_ALARMS = 1.0  # at most, in 1,000 days of one series; benchmarks/bench_events.py counts them
TOLD = ["measurement_uid", "report_id", "received_at", "flags"]
RUN = [name for name in ONE_RUN if name not in TOLD]
HOST = r"^(?:https?://)?([^/?#:]*)"
LEVELS: tuple[Level, ...] = ("country", "network")


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which series are asked for; None: all."""

    test: str | None = None  # name of the test
    target: str | None = None  # page, host for all of its pages, or service
    probe_cc: str | None = None  # country
    probe_asn: int | None = None  # network
    feature: str | None = None  # part of a service
    since: datetime | None = None  # events from here on; what is usual is learned before
    until: datetime | None = None  # and before here


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One onset or end."""

    event_id: str
    group_id: str  # the same for events that may be one
    level: str  # network, or country: most of its networks
    change: str  # onset or end
    test: str
    probe_cc: str | None
    probe_asn: int | None  # null: the country
    target: str | None
    feature: str  # all: the whole
    state: str  # what began or ended: blocked, partly or throttled
    at: datetime  # best estimate
    earliest_at: datetime  # it lies from here
    latest_at: datetime  # to here; a ramp runs over all of it
    known_at: datetime  # when enough had been measured to say so
    share_before: float | None  # failing share of what can be judged
    share_after: float
    n_before: int  # measurements it rests on
    n_after: int
    n_networks: int  # that changed
    score: float  # log-likelihood ratio of a change to none, in nats


class SeriesGap(msgspec.Struct, frozen=True, kw_only=True):
    """When a test was silent in a country for longer than chance makes it."""

    test: str
    probe_cc: str | None
    kind: str  # no_measurements, or no_control: nothing that could be judged
    silent_from: datetime
    silent_until: datetime


class EventsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock events``."""

    grain: str  # hour or day
    selection: Selection
    n_series: int  # one network, target and feature each
    n_networks: int
    n_judged: int  # verdicts that are fine or fail
    n_failing: int  # of these
    n_aside: int  # down, refused, challenged or insufficient: in no share
    begins: datetime | None  # first hour or day with a verdict
    ends: datetime | None  # last
    most_false_alarms: float  # expected in 1,000 days of a series in which nothing happens
    rows: list[EventRow]
    gaps: list[SeriesGap]


def events_in_store(view: View, selection: Selection, grain: Grain) -> EventsAnswer:
    """Events of the verdicts in an observatory."""
    return events_of_series(series_in_store(view, selection), selection, grain)


def series_in_store(
    view: View, selection: Selection, grain: Grain = "hour", before: timedelta = LEARNING
) -> pl.DataFrame:
    """The verdicts in an observatory, counted: rows of `SERIES` of what is asked for.

    Whole days are read, from ``before`` the time that is asked for until measurements of its end
    have come in; nothing of them is cut off.
    """
    parts = []
    for day in partitions_of(view.partitions(VERDICTS), selection, before):
        whole = is_wanted(selection) & (pl.col("layer") == "all")
        wanted = view.scan(VERDICTS, day).select(NEEDED).filter(whole).collect()
        told = view.scan(MEASUREMENTS, day).select(TOLD)
        known = told.join(wanted.lazy(), on="measurement_uid", how="semi").collect()
        parts.append(count_verdicts(wanted, grain, known))
    return add_up(parts)


def events_of_files(
    paths: Sequence[str],
    selection: Selection,
    grain: Grain,
    tell: Callable[[str, str], object] = lambda _file, _wrong: None,
) -> EventsAnswer:
    """Events of files of measurements, or of verdicts or series as Parquet or CSV; - is stdin.

    The verdicts of all files are held, each once; for more than some million, ingest them.

    Raises:
        FetchFailed: nothing is there, or it cannot be read.
        SourceDrift: a table is neither of verdicts nor of series.
    """
    given = sort_out(paths)
    tables = given.read_tables()
    series = [table for table in tables if "bucket_at" in table.columns]
    tabled = [table for table in tables if "bucket_at" not in table.columns]
    rows, told = _verdicts_of_measurements(given, tell)
    rest = pl.concat([VERDICTS.empty().select(NEEDED), *tabled]).unique(
        ["measurement_uid", "feature", "layer"], keep="first"
    )
    rest = rest.join(rows, on="measurement_uid", how="anti")
    if len(rest):
        series.append(count_verdicts(with_collectors_clock(rest)))
    if given.measurements:
        series.append(count_verdicts(rows, "hour", told))
    whole = add_up(series)
    return events_of_series(whole.filter(is_wanted(selection)), selection, grain)


def partitions_of(
    partitions: Sequence[str], selection: Selection, before: timedelta = LEARNING
) -> Iterator[str]:
    """The days that may hold what is asked for: partitions are named by the day of receipt."""
    begins = selection.since and _moved(selection.since, -before).date()
    ends = selection.until and _moved(selection.until, ARRIVING).date()
    for name in partitions:
        with suppress(ValueError):
            day = date.fromisoformat(name)
            if (begins and day < begins) or (ends and day > ends):
                continue
        yield name


def _moved(at: datetime, span: timedelta) -> datetime:
    """A moment later or earlier, no further than time goes."""
    try:
        return at + span
    except OverflowError:
        return EARLIEST if span < timedelta() else LATEST


def is_wanted(selection: Selection) -> pl.Expr:
    """Whether a row is of the series that are asked for, whenever it is of."""
    names = ("probe_cc", "probe_asn", "feature")
    asked = {name: getattr(selection, name) for name in names}
    parts = [pl.col(name) == value for name, value in asked.items() if value is not None]
    if selection.test is not None:
        parts.append(pl.col("test").str.replace_all("_", "") == selection.test.replace("_", ""))
    if selection.target is not None:
        target, column = target_of(selection.target), pl.col("target")
        parts.append(column.str.extract(HOST) == target if _is_host(target) else column == target)
    return pl.all_horizontal(pl.lit(value=True), *parts)


def is_target(target: str | None, asked: str) -> bool:
    """Whether a target is the page, host or service that is asked for; as `is_wanted` has it."""
    wanted, told = target_of(asked), target or ""
    if _is_host(wanted):
        found = re.match(HOST, told)
        return found is not None and found[1] == wanted
    return told == wanted


def _is_host(target: str) -> bool:
    return "." in target and not set(target) & set("/:?# ")


def _verdicts_of_measurements(
    given: Given, tell: Callable[[str, str], object]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Judge files as they stream by: the verdicts on wholes, and what envelopes say of them.

    Of each only a few columns are kept.  What two files hold is there once, and a report that was
    sent twice is flagged, as an observatory does it: within the day on which it came in.
    """
    judge, envelopes, bad = Judge(), Envelopes(), list[BadLine]()
    verdicts, told = [VERDICTS.empty().select(NEEDED)], list[pl.DataFrame]()

    def judge_batch() -> None:
        frame = envelopes.frame()
        verdicts.append(judge.verdicts(frame).filter(pl.col("layer") == "all").select(NEEDED))
        told.append(frame.select(*TOLD, *RUN, day=day_of()))

    for file in find_files(given.measurements) if given.measurements else ():
        reasons = Counter[str]()
        for block in read_blocks(file, tell, stdin=given.stdin):
            for line, measurement in decoded(block, bad):
                judge.add(measurement)
                envelopes.add(line, measurement)
            reasons.update(one.reject.reason for one in bad)
            bad.clear()
            if len(judge) >= BATCH:
                judge_batch()
                envelopes = Envelopes()
        tell_rejects(file.name, reasons, tell)
    judge_batch()
    rows = pl.concat(verdicts).unique(["measurement_uid", "feature"], keep="first")
    known = pl.concat(told).unique("measurement_uid", keep="first", maintain_order=True)
    return rows, with_resubmitted(known, "day").select(TOLD)


def tell_rejects(file: str, reasons: Counter[str], tell: Callable[[str, str], object]) -> None:
    """Say how many lines of a file hold no measurement, and why."""
    if reasons:
        words = ", ".join(f"{reason} {number:,}" for reason, number in sorted(reasons.items()))
        tell(file, f"lines that hold no measurement: {words}")


def events_of_series(hours: pl.DataFrame, selection: Selection, grain: Grain) -> EventsAnswer:
    """Events of rows of `SERIES` by the hour, of which the selection has chosen the series."""
    series = coarsen(hours) if grain == "day" else hours
    if selection.since:
        series = series.filter(pl.col("bucket_at") >= _moved(selection.since, -LEARNING))
    if selection.until:
        series = series.filter(pl.col("bucket_at") < selection.until)
    country, network = (find_events(series, level, grain) for level in LEVELS)
    grouped = group_events(pl.concat([country, network])).with_columns(
        level=pl.when(pl.col("probe_asn").is_null())
        .then(pl.lit("country"))
        .otherwise(pl.lit("network"))
    )
    if selection.since:
        grouped = grouped.filter(pl.col("latest_at") > selection.since)
    totals = series.select(
        n_judged=judged().sum(),
        n_failing=failing().sum(),
        n_aside=pl.sum_horizontal("n_down", "n_refused", "n_challenged", "n_insufficient").sum(),
        n_networks=pl.col("probe_asn").drop_nulls().n_unique(),
        begins=pl.col("bucket_at").min(),
        ends=pl.col("bucket_at").max(),
    ).row(0, named=True)
    return EventsAnswer(
        grain=grain,
        selection=selection,
        n_series=series.select(KEY).n_unique(),
        most_false_alarms=FALSE_ALARMS,
        rows=[EventRow(**row) for row in grouped.iter_rows(named=True)],
        gaps=[SeriesGap(**row) for row in gaps(series).iter_rows(named=True)],
        **totals,
    )
