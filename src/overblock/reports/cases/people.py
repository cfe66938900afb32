"""What people told a case, and what their probes measured, as rows of its answer."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import polars as pl

_KINDS: dict[Any, pl.DataType] = {
    str: pl.String(),
    str | None: pl.String(),
    int: pl.Int64(),
    int | None: pl.Int64(),
    datetime: pl.Datetime("us", "UTC"),
    datetime | None: pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Somebody's word that something of theirs failed; a report, not a measurement."""

    complaint_id: str
    made_at_first: datetime
    made_at_last: datetime
    made_at_precision: str
    began_at_first: datetime | None
    began_at_last: datetime | None
    began_at_precision: str | None
    role: str  # owner, operator, user or other
    name: str | None
    organisation: str | None
    email: str | None
    phone: str | None
    contact: str | None
    domain: str | None
    address: str | None
    asn: int | None
    operator: str | None
    sector: str | None
    effect: str
    own_words: str | None
    record_kept: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """One measurement of a target by a probe, with the verdict that the case's compilers give."""

    measured_at_first: datetime
    measured_at_last: datetime
    measured_at_precision: str
    target: str
    test: str
    feature: str | None
    probe_country: str
    probe_asn: int
    probe_address: str | None
    probe_id: str | None
    resolver_address: str | None
    report_id: str | None
    measurement_uid: str | None
    verdict: str  # ok, down, blocked, throttled or insufficient
    failure: str | None
    source_url: str | None


def _schema(kind: type) -> pl.Schema:
    return pl.Schema({field.name: _KINDS[field.type] for field in fields(kind)})


COMPLAINTS = _schema(Complaint)
MEASUREMENTS = _schema(Probed)
