"""Service by feature by network, over time: which works where, at one glance.

A cell sums up the verdicts of one feature of one target in one network, or on one day.  Its state
follows from counts alone, by the rule of `state_of`; beside it always stand the counts that it
rests on, and a cell where nobody measured is none.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, TypeAlias

import msgspec
import polars as pl

from overblock.errors import TooMuchAsked, UsageError
from overblock.events.series import ASIDE, STATES, coarsen, failing, judged
from overblock.instants import TICK
from overblock.reports.measured.events import EARLIEST, LATEST, Selection
from overblock.reports.measured.network_names import network_names
from overblock.reports.measured.series import COUNTS, Measured, commonest_failing, within
from overblock.store import View
from overblock.tables import VERDICTS

Columns: TypeAlias = Literal["networks", "days"]
WEB = "web_connectivity"
ROW = ["test", "target", "feature"]
DAY = timedelta(days=1)
USUAL_DAYS = 28  # looked at where no time is given
MOST_DAYS = 92
MOST_ROWS = 2_000
MOST_COLUMNS = 40  # networks: those that measured most
FEW = 5  # judged verdicts: fewer say little
HALF, SOME = 0.5, 0.1  # failing shares


class MatrixColumn(msgspec.Struct, frozen=True, kw_only=True):
    """A network, or a day."""

    probe_cc: str | None  # null: a day, or nobody said
    probe_asn: int | None  # null: a day, or nobody said
    day: date | None  # null: a network
    n_judged: int
    as_name: str | None = None  # by the tables of holders at hand; null: none knows the number


class MatrixCell(msgspec.Struct, frozen=True, kw_only=True):
    """What the verdicts of a cell come to."""

    state: str  # ok, mixed, blocked, partly, throttled, down or insufficient
    few: bool  # fewer than five could be judged
    n_judged: int  # ok, or failing
    n_failing: int
    n_aside: int  # down, refused, challenged or insufficient: in no share
    failing_share: float | None


class MatrixRow(msgspec.Struct, frozen=True, kw_only=True):
    """One feature of one target: a cell a column; null where nobody measured."""

    test: str
    target: str | None
    feature: str
    n_judged: int
    n_failing: int
    cells: list[MatrixCell | None]


class MatrixAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Verdicts by target and feature, and by network or day."""

    since: datetime  # of whole days
    until: datetime  # one past the last
    probe_cc: str | None  # asked for; null: all countries
    target: str | None  # asked for: a part of its name
    columns_are: str  # networks or days
    countries: list[str]  # that measured in that time
    columns: list[MatrixColumn]
    columns_in_all: int  # more than given where many networks measured
    rows: list[MatrixRow]  # services before pages; of pages those that fail most first
    rows_in_all: int


class MatrixQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the matrix; None: all, or the last four weeks that were measured."""

    columns: Columns = "networks"
    probe_cc: str | None = None
    target: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def matrix(measured: Measured, question: MatrixQuestion) -> MatrixAnswer | None:
    """The matrix; None where the observatory has no verdict with a day.

    Raises:
        UsageError: the time ends before it begins.
        TooMuchAsked: it is longer than three months.
    """
    span = _span(measured.view, question)
    if span is None:
        return None
    since, until = span
    asked = Selection(since=since, until=until)
    answer = matrix_of(coarsen(within(measured.hours(asked), asked)), question, since, until)
    names = network_names(measured.view, [one.probe_asn for one in answer.columns], until)
    columns = [
        msgspec.structs.replace(one, as_name=names.get(one.probe_asn or 0))
        for one in answer.columns
    ]
    return msgspec.structs.replace(answer, columns=columns)


def matrix_of(
    series: pl.DataFrame, question: MatrixQuestion, since: datetime, until: datetime
) -> MatrixAnswer:
    """The matrix of rows of `SERIES` by day, of the days from ``since`` and before ``until``."""
    rows = within(series, Selection(since=since, until=until))
    countries = rows["probe_cc"].drop_nulls().unique().sort().to_list()
    if question.probe_cc:
        rows = rows.filter(pl.col("probe_cc") == question.probe_cc)
    if question.target:
        name = pl.coalesce("target", "test").str.to_lowercase()
        rows = rows.filter(name.str.contains(question.target.lower(), literal=True))
    columns, in_all = _columns(rows, question.columns)
    found = _rows(rows, columns, question.columns)
    return MatrixAnswer(
        since=since,
        until=until,
        probe_cc=question.probe_cc,
        target=question.target,
        columns_are=question.columns,
        countries=countries,
        columns=columns,
        columns_in_all=in_all,
        rows=found[:MOST_ROWS],
        rows_in_all=len(found),
    )


def state_of(counts: Mapping[str, int]) -> str:
    """The state of a cell: by the share that fails of what can be judged.

    Half or more: the commonest failing state.  One in ten or more, and not a single one: mixed.
    Less: ok.  Where nothing can be judged: down where most found the target down for everybody,
    else insufficient.

    >>> state_of({"ok": 3, "blocked": 5, "throttled": 1})
    'blocked'
    >>> state_of({"insufficient": 2}), state_of({"ok": 9, "blocked": 1})
    ('insufficient', 'ok')
    """
    n_failing = sum(counts.get(state, 0) for state in ("blocked", "partly", "throttled"))
    n_judged = n_failing + counts.get("ok", 0)
    if n_judged == 0:
        aside = sum(counts.get(state, 0) for state in ASIDE)
        return "down" if 2 * counts.get("down", 0) > aside else "insufficient"
    if n_failing >= HALF * n_judged:
        return commonest_failing(dict(counts))
    return "mixed" if n_failing > 1 and n_failing >= SOME * n_judged else "ok"


def _span(view: View, question: MatrixQuestion) -> tuple[datetime, datetime] | None:
    """Whole days: that of the first moment asked for to that of the last."""
    newest = max(filter(None, map(_day, view.partitions(VERDICTS))), default=None)
    if newest is None:
        return None
    until = _midnight(newest) + DAY
    since = _midnight(question.since.date()) if question.since else None
    if question.until:
        last = (question.until - TICK).date() if question.until > EARLIEST else date.min
        until = _midnight(last) + DAY if last < date.max else LATEST
    if since is None:
        since = until - USUAL_DAYS * DAY if until > EARLIEST + USUAL_DAYS * DAY else EARLIEST
    if since >= until:
        raise UsageError(f"the time ends ({until:%Y-%m-%d}) before it begins ({since:%Y-%m-%d})")
    if until - since > MOST_DAYS * DAY:
        raise TooMuchAsked(
            f"{(until - since) // DAY:,} days at once: at most {MOST_DAYS}; "
            "give since= and until=, or ask for one series"
        )
    return since, until


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _day(partition: str) -> date | None:
    try:
        return date.fromisoformat(partition)
    except ValueError:
        return None


def _columns(rows: pl.DataFrame, columns: Columns) -> tuple[list[MatrixColumn], int]:
    """Days in order of time; networks by country, of all those that measured most."""
    if columns == "days":
        found = rows.group_by(day=pl.col("bucket_at").dt.date()).agg(n_judged=judged().sum())
        days = found.sort("day").iter_rows(named=True)
        made = [MatrixColumn(probe_cc=None, probe_asn=None, **row) for row in days]
        return made, len(made)
    networks = rows.group_by("probe_cc", "probe_asn").agg(n_judged=judged().sum())
    most = networks.sort("n_judged", "probe_asn", descending=[True, False]).head(MOST_COLUMNS)
    order = most.sort("probe_cc", "n_judged", "probe_asn", descending=[False, True, False],
                      nulls_last=True)  # fmt: skip
    return [MatrixColumn(day=None, **row) for row in order.iter_rows(named=True)], len(networks)


def _rows(rows: pl.DataFrame, columns: Sequence[MatrixColumn], kind: Columns) -> list[MatrixRow]:
    """Every row with its cells; totals are of all networks, also of those without a column."""
    keys = [pl.col("bucket_at").dt.date().alias("day")]
    names = ["day"]
    if kind == "networks":
        names = ["probe_cc", "probe_asn"]
        keys = [pl.col(name) for name in names]
    places = {tuple(getattr(one, name) for name in names): at for at, one in enumerate(columns)}
    cells: dict[tuple[Any, ...], list[MatrixCell | None]] = {}
    counted = rows.group_by(*ROW, *keys).agg(pl.col(COUNTS).sum())
    for row in counted.iter_rows(named=True):
        held = cells.setdefault(_key(row), [None] * len(columns))
        place = places.get(tuple(row[name] for name in names))
        if place is not None:
            held[place] = _cell(row)
    totals = rows.group_by(ROW).agg(n_judged=judged().sum(), n_failing=failing().sum())
    made = [MatrixRow(**row, cells=cells[_key(row)]) for row in totals.iter_rows(named=True)]
    return sorted(made, key=_order)


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ROW)


def _order(row: MatrixRow) -> tuple[Any, ...]:
    """Services by name, the whole before its features; then pages, those that fail most first."""
    if row.test == WEB:
        return (1, -row.n_failing, -row.n_judged, row.target or "")
    return (0, row.test, row.target or "", row.feature != "all", row.feature)


def _cell(row: dict[str, Any]) -> MatrixCell:
    counts = {state: row[f"n_{state}"] for state in STATES}
    n_failing = counts["blocked"] + counts["partly"] + counts["throttled"]
    n_judged = n_failing + counts["ok"]
    return MatrixCell(
        state=state_of(counts),
        few=n_judged < FEW,
        n_judged=n_judged,
        n_failing=n_failing,
        n_aside=sum(counts[state] for state in ASIDE),
        failing_share=n_failing / n_judged if n_judged else None,
    )
