"""What measurements the observatory has: by page, address, place, network and time; one in full.

Measurements lie by the day on which they came in, and are asked for by that moment: a probe's own
clock may say anything.  Statements are constants, what is asked about goes in as parameters.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from itertools import islice
from typing import Any

import duckdb
import msgspec

from overblock.addresses.single import parse_one
from overblock.errors import BadAddress, NoMeasurement, PartGone, StoreDamaged
from overblock.instants import instant_of, microseconds
from overblock.measurements.files import day_of_uid
from overblock.measurements.targets import target_of
from overblock.names.canonical import canonical_name
from overblock.reports.checks.connections import connected
from overblock.store import Store, View
from overblock.tables import MEASUREMENTS, OBSERVATIONS, VERDICTS, Table
from overblock.tables.measurements import UNDATED

DAYS_AT_ONCE = 31
INSTANTS = frozenset({"received_at", "started_at", "observed_at"})

_COLUMNS = """measurement_uid, epoch_us(received_at) AS received_at,
    epoch_us(started_at) AS started_at, test, test_version, probe_cc, probe_asn, resolver_asn,
    target, report_id, software, flags, artefact, file, record"""
_FOUND = f"SELECT {_COLUMNS} FROM measurements WHERE "  # noqa: S608  (a constant)
_NEWEST_FIRST = " ORDER BY coalesce(received_at, started_at) DESC, measurement_uid LIMIT $limit"
_CONDITIONS = {
    "test": "replace(test, '_', '') = $test",
    "probe_cc": "probe_cc = $probe_cc",
    "probe_asn": "probe_asn = $probe_asn",
    "since": "coalesce(received_at, started_at) >= make_timestamp($since)::TIMESTAMPTZ",
    "until": "coalesce(received_at, started_at) < make_timestamp($until)::TIMESTAMPTZ",
    "target": "target = $target",
    "host": """((target >= $plain AND target < $plain || '~')
        OR (target >= $secure AND target < $secure || '~') OR target = $host)
        AND regexp_extract(target, '^(?:https?://)?([^/?#:]*)', 1) = $host""",
    "service": "((target IS NULL AND replace(test, '_', '') = $service) OR target = $host)",
    "address": """measurement_uid IN (
        SELECT measurement_uid FROM observations WHERE address = $address)""",
}
_WHOLE = """
SELECT measurement_uid, state, mechanism, rule_id, confidence FROM verdicts
WHERE measurement_uid IN (SELECT unnest($uids)) AND feature = 'all' AND layer = 'all'"""
_FACTS = """
SELECT number, vantage, layer, epoch_us(observed_at) AS observed_at, host, address, port, failure,
    failure_class, detail, n_bytes, seconds, transaction_id
FROM observations WHERE measurement_uid = $uid ORDER BY number"""
_MEANT = """
SELECT feature, layer, state, mechanism, rule_id, confidence, evidence
FROM verdicts WHERE measurement_uid = $uid ORDER BY feature <> 'all', feature, layer"""


class MeasurementRow(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement: its envelope, where its bytes are, and what it means as a whole."""

    measurement_uid: str
    received_at: datetime | None  # by the collector's clock
    started_at: datetime | None  # by the probe's
    test: str
    test_version: str | None
    probe_cc: str | None
    probe_asn: int | None
    resolver_asn: int | None
    target: str | None
    report_id: str | None
    software: str | None
    flags: list[str]
    artefact: str  # digest of the raw file that holds it
    file: str
    record: int  # 1-based number of the line
    state: str | None = None  # null: it was not judged
    mechanism: str | None = None
    rule_id: str | None = None
    confidence: float | None = None


class MeasurementsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock measurements list``: newest first."""

    measurements: list[MeasurementRow]
    more: bool  # there are older ones that fit
    first_day: str | None  # of those that were looked through; null: there are none
    last_day: str | None


class ObservationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One fact at one layer, as probe or control saw it."""

    number: int
    vantage: str
    layer: str
    observed_at: datetime | None
    host: str | None
    address: str | None
    port: int | None
    failure: str | None  # as published; null: it worked
    failure_class: str | None
    detail: str | None
    n_bytes: int | None
    seconds: float | None
    transaction_id: int | None


class VerdictRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a measurement means, for one feature at one layer."""

    feature: str
    layer: str
    state: str
    mechanism: str | None
    rule_id: str
    confidence: float
    evidence: list[str]


class MeasurementAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock measurements show``: all that is known of one measurement."""

    measurement: MeasurementRow
    verdicts: list[VerdictRow]
    observations: list[ObservationRow]
    kept_as: dict[str, Any]  # where the raw file came from


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which measurements are asked for; null: any."""

    target: str | None = None  # a page, or a host for all its pages
    address: str | None = None  # seen in an answer, or contacted
    test: str | None = None
    probe_cc: str | None = None
    probe_asn: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 100


def list_measurements(view: View, question: Question) -> MeasurementsAnswer:
    """Measurements that fit, newest first.

    Raises:
        BadAddress: the address is none.
    """
    conditions, values = _conditions(question)
    days = _days(view, question)
    found: list[dict[str, Any]] = []
    with connected() as connection:
        for some in _by(days, DAYS_AT_ONCE):
            wanted = question.limit + 1 - len(found)
            if wanted < 1:
                break
            tables = (MEASUREMENTS, OBSERVATIONS) if question.address else (MEASUREMENTS,)
            _open(connection, view, tables, some)
            statement = _FOUND + " AND ".join(conditions) + _NEWEST_FIRST
            rows = _ask(connection, statement, values | {"limit": wanted})
            found += _with_verdicts(connection, view, some, rows)
    return MeasurementsAnswer(
        measurements=[MeasurementRow(**row) for row in found[: question.limit]],
        more=len(found) > question.limit,
        first_day=min(days, default=None),
        last_day=max((day for day in days if day != UNDATED), default=None),
    )


def show_measurement(store: Store, view: View, uid: str) -> MeasurementAnswer:
    """One measurement in full.

    Raises:
        NoMeasurement: there is none of that key.
    """
    days = view.partitions(MEASUREMENTS)
    day = day_of_uid(uid)
    if day in days:
        days = [day]
    with connected() as connection:
        answer = _found_in(connection, list(reversed(days)), store, view, uid)
    if answer is None:
        raise NoMeasurement(f"{uid!r}: no measurement of that key in the observatory")
    return answer


def _found_in(
    connection: duckdb.DuckDBPyConnection, days: list[str], store: Store, view: View, uid: str
) -> MeasurementAnswer | None:
    """One measurement in full, looked for in some days, or None."""
    for some in _by(days, DAYS_AT_ONCE):
        _open(connection, view, (MEASUREMENTS,), some)
        statement = _FOUND + "measurement_uid = $uid" + _NEWEST_FIRST
        rows = _ask(connection, statement, {"uid": uid, "limit": 1})
        if not rows:
            continue
        _open(connection, view, (OBSERVATIONS, VERDICTS), some)
        (row,) = _with_verdicts(connection, view, some, rows)
        return MeasurementAnswer(
            measurement=MeasurementRow(**row),
            verdicts=[VerdictRow(**each) for each in _ask(connection, _MEANT, {"uid": uid})],
            observations=[
                ObservationRow(**each) for each in _ask(connection, _FACTS, {"uid": uid})
            ],
            kept_as=store.provenance(row["artefact"]),
        )
    return None


def _conditions(question: Question) -> tuple[list[str], dict[str, Any]]:
    values: dict[str, Any] = {
        "test": question.test and question.test.replace("_", "").lower(),
        "probe_cc": question.probe_cc and question.probe_cc.upper(),
        "probe_asn": question.probe_asn,
        "since": question.since and microseconds(question.since),
        "until": question.until and microseconds(question.until),
        "address": question.address and _address(question.address),
    }
    values = {name: value for name, value in values.items() if value is not None}
    conditions = [_CONDITIONS[name] for name in values]
    if question.target is not None:
        kind, named = _target(question.target)
        conditions.append(_CONDITIONS[kind])
        values |= named
    return conditions or ["true"], values


def _target(written: str) -> tuple[str, dict[str, Any]]:
    """Which condition a target comes to: a page, a host, or a service, which has no input."""
    host = canonical_name(written)
    if host is None:
        return "target", {"target": target_of(written)}
    if "." not in host:
        return "service", {"host": host, "service": host.replace("_", "")}
    return "host", {"host": host, "plain": f"http://{host}", "secure": f"https://{host}"}


def _address(written: str) -> str:
    found = parse_one(written)
    if found.first != found.last:
        raise BadAddress(f"{written!r} is a network: measurements are asked for by one address")
    return str((IPv4Address if found.version == 4 else IPv6Address)(found.first))  # noqa: PLR2004


def _days(view: View, question: Question) -> list[str]:
    """The days that may hold what is asked for, newest first; those without a date last."""
    since = f"{question.since:%Y-%m-%d}" if question.since else ""
    until = f"{question.until:%Y-%m-%d}" if question.until else UNDATED
    days = [day for day in view.partitions(MEASUREMENTS) if since <= day <= until]
    dated = sorted((day for day in days if day != UNDATED), reverse=True)
    return dated + [day for day in days if day == UNDATED and not question.since]


def _by(days: Sequence[str], size: int) -> Iterator[list[str]]:
    rest = iter(days)
    while some := list(islice(rest, size)):
        yield some


def _with_verdicts(
    connection: duckdb.DuckDBPyConnection, view: View, days: list[str], rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows with the verdict on the whole, where there is one."""
    if not rows or not _open(connection, view, (VERDICTS,), days):
        return rows
    uids = [row["measurement_uid"] for row in rows]
    whole = {row["measurement_uid"]: row for row in _ask(connection, _WHOLE, {"uids": uids})}
    return [row | whole.get(row["measurement_uid"], {}) for row in rows]


def _open(
    connection: duckdb.DuckDBPyConnection, view: View, tables: Sequence[Table], days: list[str]
) -> bool:
    """Let the names of the tables stand for some of their days; whether all have any rows."""
    for table in tables:
        paths = [str(path) for day in days for path in view.paths(table, day)]
        try:
            if paths:
                connection.read_parquet(paths).create_view(table.name, replace=True)
            else:
                connection.from_arrow(table.empty().to_arrow()).create_view(
                    table.name, replace=True
                )
        except duckdb.IOException as error:
            raise PartGone(str(error).splitlines()[0]) from error
        except duckdb.InvalidInputException as error:
            raise StoreDamaged(str(error).splitlines()[0]) from error
    return True


def _ask(
    connection: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The rows of a statement's answer; instants come as microseconds."""
    try:
        found = connection.execute(statement, dict(values))
    except duckdb.IOException as error:
        raise PartGone(str(error).splitlines()[0]) from error
    names = [column[0] for column in found.description or []]
    return [
        {
            name: _instant(value) if name in INSTANTS else value
            for name, value in zip(names, row, strict=True)
        }
        for row in found.fetchall()
    ]


def _instant(count: int | None) -> datetime | None:
    return None if count is None else instant_of(count)
