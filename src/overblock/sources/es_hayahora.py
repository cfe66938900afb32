"""Spain's tracker of blocks during football matches, hayahora.futbol: its whole history.

::

    {"lastUpdate": "2026-04-23 09:16:40",
     "data": [{"ip": "188.114.96.5", "isp": "DIGI", "description": "Cloudflare",
               "stateChanges": [{"timestamp": "2026-04-23 09:00:00Z", "state": true},
                                {"timestamp": "2026-04-23 09:20:00Z", "state": false}]}]}

A record is an element of ``data``: one address on one operator, with all its changes (``state``
true: blocked).  Each blocked interval becomes a row; an address that was never blocked gives none.
A change that repeats the state before it says nothing new: an interval lasts from the first true
to the next false.  ``lastUpdate`` has no zone and is taken as UTC, as every other moment of the
file is marked; were it Spain's clock after all, the file would be up to two hours older than said.

The data may be empty: the tracker then has seen nothing.  A record is rejected whole, as its
intervals depend on each other: ``bad_record`` (not of this form), ``bad_timestamp``, ``bad_order``
(a moment before the one before it, or two states at one moment), ``no_operator``,
``repeated_record`` (same address and operator again), or the reason why ``ip`` is no address.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

import msgspec
import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.tables import REJECTS, STATE_CHANGES

MOST_BYTES = 1 << 28  # a hundred times the file of 2026
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)

Row: TypeAlias = tuple[int, str, str, str | None, datetime, datetime | None]  # of STATE_CHANGES


class StateChange(msgspec.Struct):
    """From this moment on the tracker sees this state."""

    timestamp: str
    state: bool


class Tracked(msgspec.Struct):
    """One address on one operator."""

    ip: str
    stateChanges: list[StateChange]  # noqa: N815  (the publisher's name for it)
    isp: str | None = None
    description: str | None = None


class History(msgspec.Struct):
    """The file; its records stay bytes, so that a bad one is a reject and not the end of all."""

    lastUpdate: str  # noqa: N815  (the publisher's name for it)
    data: list[msgspec.Raw]


class BadRecordError(ValueError):
    """A record that becomes a reject: why, and the value at fault."""

    def __init__(self, reason: str, value: str) -> None:
        super().__init__(f"{reason}: {value!r}")
        self.reason, self.value = reason, value[:200]


def read(raw: bytes) -> Reading:
    """Read one ``data.json``.

    Raises:
        SourceDrift: it is not JSON of that form, or too large to be it.
    """
    history = _decode(raw)
    rows: list[Row] = []
    rejects: list[tuple[int, str, str]] = []
    known: dict[tuple[str, str], int] = {}
    for record, element in enumerate(history.data, 1):
        try:
            rows += _rows(record, element, known)
        except BadRecordError as bad:
            rejects.append((record, bad.reason, bad.value))
    refused = _no_addresses({record: ip for (ip, _), record in known.items()})
    frame = pl.DataFrame(rows, STATE_CHANGES.schema(), orient="row")
    return Reading(
        published_at=_last_update(history),
        rows=frame.filter(~pl.col("record").is_in(refused["record"].implode())),
        rejects=pl.concat([pl.DataFrame(rejects, REJECTS.schema(), orient="row"), refused])
        .unique("record", keep="first", maintain_order=True)
        .sort("record"),
    )


def intervals(changes: list[StateChange]) -> list[tuple[datetime, datetime | None]]:
    """From when to when these changes say that it was blocked.

    Raises:
        BadRecordError: a moment cannot be read, or the moments contradict each other.
    """
    found: list[tuple[datetime, datetime | None]] = []
    since: datetime | None = None
    last: tuple[datetime, bool] | None = None
    for change in changes:
        at = _moment(change.timestamp, zone="Z")
        if last and (at < last[0] or (at == last[0] and change.state != last[1])):
            raise BadRecordError("bad_order", change.timestamp)
        if change.state and since is None:
            since = at
        elif not change.state and since is not None:
            found.append((since, at))
            since = None
        last = at, change.state
    return [*found, (since, None)] if since else found


def _decode(raw: bytes) -> History:
    if len(raw) > MOST_BYTES:
        raise SourceDrift(f"{len(raw)} bytes, more than the {MOST_BYTES} that are read")
    try:
        return msgspec.json.decode(raw, type=History)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceDrift(f"not the tracker's history: {error}: {raw[:80]!r}") from error


def _last_update(history: History) -> datetime:
    try:
        return _moment(history.lastUpdate, zone="")
    except BadRecordError as error:
        raise SourceDrift(f"lastUpdate is no moment: {history.lastUpdate[:80]!r}") from error


def _rows(record: int, element: msgspec.Raw, known: dict[tuple[str, str], int]) -> list[Row]:
    """The intervals of one record, whose address and operator are added to ``known``."""
    try:
        tracked = msgspec.json.decode(element, type=Tracked)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = bytes(element).decode(errors="replace")
        raise BadRecordError("bad_record", text) from None  # the reject says all that is known
    ip, isp = tracked.ip.strip(), (tracked.isp or "").strip()
    if not isp:
        raise BadRecordError("no_operator", ip)
    if known.setdefault((ip, isp), record) != record:
        raise BadRecordError("repeated_record", f"{ip} {isp}")
    note = (tracked.description or "").strip() or None
    return [(record, ip, isp, note, *pair) for pair in intervals(tracked.stateChanges)]


def _moment(written: str, *, zone: Literal["Z", ""]) -> datetime:
    bare = written.removesuffix(zone)
    if not MOMENT.fullmatch(bare) or (zone and bare == written):
        raise BadRecordError("bad_timestamp", written)
    try:
        return datetime.fromisoformat(bare).replace(tzinfo=UTC)
    except ValueError:
        raise BadRecordError("bad_timestamp", written) from None  # 30 February: nothing to add


def _no_addresses(resources: dict[int, str]) -> pl.DataFrame:
    """Rejects of the records, given by number, whose resource is no address."""
    frame = pl.DataFrame(
        {"record": list(resources), "value": list(resources.values())},
        {"record": pl.UInt32, "value": pl.String},
    )
    return frame.select(
        "record",
        reason=parse_addresses(frame["value"])["problem"],
        value=pl.col("value").str.slice(0, 200),
    ).filter(pl.col("reason").is_not_null())


SOURCE = Source(
    name="es_hayahora",
    title="Blocked during football matches in Spain, with history (hayahora.futbol)",
    country="ES",
    homepage="https://hayahora.futbol",
    licence="none stated",
    fills=STATE_CHANGES,
    at_least=0,  # nothing blocked is an answer
    read=read,
    silent_after=timedelta(hours=1),  # it is written anew every few minutes
    files=r"data.*\.json",
)
