"""Measurements to observations: one fact a row at one layer, as probe or control saw it.

No judgement: what failed is told as published, beside the class of the failure.  All nettests go
the same way, by the blocks that they share; tor's bridges and dnscheck's endpoints hold such
blocks of their own.  ``detail`` is in words of the layer:

========== ====================================================================================
dns        engine and kind of the question; ``via`` and the aliases that were followed
tcp        ``host`` and the name, where the probe wrote one in the place of an address
tls, quic  version and protocol agreed on; ``ech`` where the handshake hid its name
http       method, URL and status; ``to`` and where it redirects to
throughput ``n_bytes`` received over ``seconds``, of one connection
========== ====================================================================================
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Literal, TypeAlias

import polars as pl

from overblock.measurements import opening
from overblock.measurements.blocks import (
    Answer,
    Control,
    ControlEndpoint,
    Failure,
    HttpTransaction,
    Layers,
    NetworkEvent,
    Query,
    TcpConnect,
    TlsHandshake,
)
from overblock.measurements.documents import Measurement, TestKeys
from overblock.measurements.failures import class_of, failure_of
from overblock.measurements.hosts import HOSTS, MOST_NAME, place_of
from overblock.measurements.kept import Kept
from overblock.tables import OBSERVATIONS

Layer: TypeAlias = Literal["dns", "tcp", "tls", "quic", "http", "throughput"]
MOST = 10_000  # observations of one measurement: the longest known have a few hundred
MOST_SIGNS = 512  # of a failure or a detail
PROBE, CONTROL = "probe", "control"
QUIC = frozenset({"udp", "quic"})
RECEIVED = "bytes_received_cumulative"
READS = frozenset({"read", "read_from", RECEIVED})
_ENDPOINT = re.compile(r"\[?([^\]]*?)\]?:(\d{1,5})")


Fact: TypeAlias = tuple[object, ...]  # one row, before it is one: the columns below
_SCHEMA: dict[str, pl.DataType] = {
    "row": pl.UInt32(),  # the place of its measurement
    "number": pl.UInt32(),
    "vantage": pl.String(),
    "layer": pl.String(),
    "after": pl.Float64(),  # seconds since the measurement began
    "host": pl.String(),
    "address": pl.String(),
    "port": pl.UInt16(),
    "failure": pl.String(),
    "failure_class": pl.String(),
    "detail": pl.String(),
    "n_bytes": pl.UInt64(),
    "seconds": pl.Float64(),
    "transaction_id": pl.Int64(),
}


class Observations:
    """Gathers the facts of measurements; `frame` makes the columns of them."""

    def __init__(self) -> None:
        self._rows: list[Fact] = []
        self._measurements = 0

    def __len__(self) -> int:
        """How many facts were gathered."""
        return len(self._rows)

    def add(self, measurement: Measurement) -> bool:
        """Take the facts of the next measurement; whether there were no more than are kept."""
        facts = _Facts(self._measurements)
        facts.take(measurement)
        self._measurements += 1
        self._rows += facts.rows[:MOST]
        return len(facts.rows) <= MOST

    def frame(self, envelopes: pl.DataFrame) -> pl.DataFrame:
        """The facts as `overblock.tables.OBSERVATIONS`, in order.

        ``envelopes`` has a row for each measurement that was added, as
        `overblock.measurements.envelope` gives them.
        """
        return self.numbered(envelopes).drop("row")

    def numbered(self, envelopes: pl.DataFrame) -> pl.DataFrame:
        """The same, with the ``row`` of the measurement in ``envelopes``."""
        columns = zip(*self._rows, strict=True) if self._rows else ([] for _ in _SCHEMA)
        facts = pl.DataFrame(
            [
                pl.Series(name, column, kind)
                for (name, kind), column in zip(_SCHEMA.items(), columns, strict=True)
            ]
        )
        of_each = envelopes.select("measurement_uid", "started_at", "probe_cc", "probe_asn")
        seconds = pl.when(pl.col("after").is_between(0, 86_400)).then("after").otherwise(0.0)
        return (
            facts.hstack(of_each[facts["row"].cast(pl.UInt32)])
            .with_columns(
                observed_at=pl.col("started_at")
                + pl.duration(microseconds=(seconds * 1e6).cast(pl.Int64))
            )
            .select("row", *OBSERVATIONS.schema().names())
        )


class _Facts:
    """The rows of one measurement."""

    def __init__(self, row: int) -> None:
        self.rows: list[Fact] = []
        self._row = row

    def put(  # noqa: PLR0913, PLR0917  (a fact has these columns, and a measurement dozens of facts)
        self,
        layer: Layer,
        failure: Failure,
        host: str | None,
        address: str | None,
        port: int | None,
        detail: str | None,
        begun: float | None = None,
        ended: float | None = None,
        transaction_id: int | None = None,
        vantage: str = PROBE,
        n_bytes: int | None = None,
    ) -> None:
        told = kind = seconds = None
        if failure and (whole := failure_of(failure)):
            told, kind = whole[:MOST_SIGNS], class_of(whole)
        if begun is None:
            begun = ended
        elif ended is not None and ended >= begun:
            seconds = ended - begun
        if detail is not None:
            detail = detail[:MOST_SIGNS] or None
        self.rows.append((
            self._row, len(self.rows), vantage, layer, begun, host, address, port,
            told, kind, detail, n_bytes, seconds, transaction_id,
        ))  # fmt: skip

    def take(self, measurement: Measurement) -> None:
        keys = measurement.test_keys
        self._layers(keys)
        for lookup in opening.lookups(keys.lookups).values():
            self._layers(lookup)
        for target in opening.tor_targets(keys.targets).values():
            self._layers(target)
        if keys.control is not None:
            place = place_of(measurement.input) if isinstance(measurement.input, str) else None
            self._control(keys.control, keys, place.host if place else None)

    def _layers(self, layers: Layers) -> None:
        for query in layers.queries or ():
            self._query(query)
        for connect in layers.tcp_connect or ():
            self._connect(connect)
        for handshake in layers.tls_handshakes or ():
            self._handshake(handshake, "quic" if handshake.network in QUIC else "tls")
        for handshake in layers.quic_handshakes or ():
            self._handshake(handshake, "quic")
        for transaction in reversed(layers.requests or ()):
            self._transaction(transaction)
        self._throughput(opening.network_events(layers.network_events))

    def _query(self, query: Query) -> None:
        aliases, addresses = _taken_apart(query.answers or ())
        detail = " ".join(filter(None, (query.engine, query.query_type)))
        if aliases:
            detail = f"{detail} via {' '.join(aliases)}"
        detail = detail.strip()
        failure, host = query.failure, _host(query.hostname)
        begun, ended, tried = query.t0, query.t, query.transaction_id
        for address in addresses or (None,):
            self.put("dns", failure, host, address, None, detail, begun, ended, tried)

    def _connect(self, connect: TcpConnect) -> None:
        status, written = connect.status, connect.ip
        failure = status.failure if status else None
        address = ADDRESS_TEXTS[written] if written else None
        named = None if address else _host(written)
        detail = f"host {named}" if named else None
        begun, ended, tried = connect.t0, connect.t, connect.transaction_id
        self.put("tcp", failure, None, address, connect.port, detail, begun, ended, tried)

    def _handshake(self, handshake: TlsHandshake, layer: Layer) -> None:
        address, port = _endpoint(handshake.address)
        agreed = [handshake.tls_version, handshake.negotiated_protocol]
        if handshake.echconfig:
            agreed.append("ech")
        failure, host = handshake.failure, _host(handshake.server_name)
        detail = " ".join(filter(None, agreed))
        begun, ended, tried = handshake.t0, handshake.t, handshake.transaction_id
        self.put(layer, failure, host, address, port, detail, begun, ended, tried)

    def _transaction(self, transaction: HttpTransaction) -> None:
        request, response = transaction.request, transaction.response
        url = (request and request.url) or ""
        place = place_of(url) if url else None
        address, port = _endpoint(transaction.address)
        words = [request.method if request else None, url[: MOST_SIGNS // 2]]
        if response is not None and response.code:
            words.append(str(response.code))
            if location := opening.header(response.headers, "location"):
                words.append(f"to {location}")
        if place is not None:
            port = port or place.port or None
        failure, host = transaction.failure, place.host if place else None
        detail = " ".join(filter(None, words))
        begun, ended, tried = transaction.t0, transaction.t, transaction.transaction_id
        self.put("http", failure, host, address, port or None, detail, begun, ended, tried)

    def _throughput(self, events: Iterable[NetworkEvent]) -> None:
        """What each connection received: the reads that it made, from the first to the last."""
        received: dict[tuple[str | None, int | None], list[NetworkEvent]] = {}
        for event in events:
            if event.operation in READS and event.address:
                received.setdefault((event.address, event.transaction_id), []).append(event)
        for (written, transaction_id), reads in received.items():
            address, port = _endpoint(written)
            sums = sum(event.num_bytes or 0 for event in reads if event.operation != RECEIVED)
            most = max(event.num_bytes or 0 for event in reads)
            begun = reads[0].t if reads[0].t0 is None else reads[0].t0
            self.put(
                "throughput",
                reads[-1].failure,
                *(None, address, port, None),
                *(begun, reads[-1].t, transaction_id),
                n_bytes=min(max(sums, most), 2**62),
            )

    def _control(self, control: Control, keys: TestKeys, host: str | None) -> None:
        empty = failure_of(keys.control_failure) is not None  # then what stands there is nothing
        if control.dns and (control.dns.addrs or not empty):
            found = filter(None, map(ADDRESS_TEXTS.__getitem__, control.dns.addrs or ()))
            for address in list(found) or (None,):
                self.put("dns", control.dns.failure, host, address, None, None, vantage=CONTROL)
        self._control_endpoints("tcp", control.tcp_connect)
        self._control_endpoints("tls", control.tls_handshake)
        self._control_endpoints("quic", control.quic_handshake)
        page = control.http_request
        if page and (failure_of(page.failure) or (page.status_code or 0) > 0):
            self.put(
                "http",
                page.failure,
                *(host, None, None),
                str(page.status_code) if (page.status_code or 0) > 0 else None,
                vantage=CONTROL,
                n_bytes=page.body_length
                if page.body_length is not None and page.body_length >= 0
                else None,
            )

    def _control_endpoints(
        self, layer: Layer, endpoints: dict[str, ControlEndpoint] | None
    ) -> None:
        for written, each in (endpoints or {}).items():
            address, port = _endpoint(written)
            host = _host(each.server_name)
            self.put(layer, each.failure, host, address, port, None, vantage=CONTROL)


def _taken_apart(answers: Iterable[Answer]) -> tuple[list[str], list[str]]:
    """The aliases and the addresses of an answer, in order; what is scrubbed is neither."""
    aliases, addresses = [], []
    for answer in answers:
        ipv4, ipv6 = answer.ipv4, answer.ipv6
        if text := (ipv4 and ADDRESS_TEXTS[ipv4]) or (ipv6 and ADDRESS_TEXTS[ipv6]):
            addresses.append(text)
        elif name := _host(answer.hostname):
            aliases.append(name)
    return aliases, addresses


def _host(written: str | None) -> str | None:
    return HOSTS[written] if written else None


def _endpoint(written: str | None) -> tuple[str | None, int | None]:
    """Address and port of ``ip:port`` or ``[v6]:port``; None for what is not there."""
    return _ENDPOINTS[written] if written else (None, None)


def _address_text(written: str) -> str | None:
    try:
        return str(ip_address(written.partition("%")[0]))
    except ValueError:
        return None


def _endpoint_of(written: str) -> tuple[str | None, int | None]:
    found = _ENDPOINT.fullmatch(written)
    if not found or int(found[2]) > 65_535:  # noqa: PLR2004  (the last port)
        return None, None
    return _address_text(found[1]), int(found[2])


# Addresses in their one form, as they were seen: not mapped, not judged; None if they are none.
ADDRESS_TEXTS: Kept[str | None] = Kept(_address_text, longest=MOST_NAME, otherwise=None)
_ENDPOINTS: Kept[tuple[str | None, int | None]] = Kept(
    _endpoint_of, longest=MOST_NAME, otherwise=(None, None)
)
