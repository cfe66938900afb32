"""The blocks that OONI's measurements are made of, as they decode from JSON.

One struct a block, shared by all nettests (data formats df-000 to df-008 of ooni/spec).  Every
field may be absent or null, and is None then.  What few rules look at (bodies, headers,
certificates, network events, the parts of tor and dnscheck) stays undecoded, as `msgspec.Raw`;
`overblock.measurements.opening` opens it.  A failure is text, and null or false for none: ask
`overblock.measurements.failures.failure_of`.  Numbers are bounded to what their columns hold, so
that a hostile one is a bad field here and no overflow later.

Fields stand in the order in which probes write them, as the decoder looks for a name from where it
found the last one.
"""

from typing import Annotated, TypeAlias

from msgspec import Meta, Raw, Struct

ABSENT = Raw(b"null")  # what an undecoded part is where the measurement has none

Failure: TypeAlias = str | bool | None
Port: TypeAlias = Annotated[int, Meta(ge=0, le=65535)]
Asn: TypeAlias = Annotated[int, Meta(ge=0, le=2**32 - 1)]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**62)]
Number: TypeAlias = Annotated[int, Meta(ge=-(2**62), le=2**62)]


class Answer(Struct, frozen=True, gc=False):
    """One record of a DNS answer (df-002)."""

    answer_type: str | None = None
    ipv4: str | None = None
    ipv6: str | None = None
    hostname: str | None = None
    asn: Asn | None = None  # by the probe's own database


class Query(Struct, frozen=True, gc=False):
    """One DNS look-up (df-002)."""

    answers: list[Answer] | None = None
    engine: str | None = None
    failure: Failure = None
    hostname: str | None = None
    query_type: str | None = None
    rcode: Number | None = None
    t0: float | None = None
    t: float | None = None
    transaction_id: Number | None = None


class ConnectStatus(Struct, frozen=True, gc=False):
    """How a TCP connect ended; the probe's ``blocked`` is its opinion and left out."""

    failure: Failure = None
    success: bool | None = None


class TcpConnect(Struct, frozen=True, gc=False):
    """One TCP connect (df-005)."""

    ip: str | None = None  # a host name, or [scrubbed], in bad rows
    port: Port | None = None
    status: ConnectStatus | None = None
    t0: float | None = None
    t: float | None = None
    transaction_id: Number | None = None


class TlsHandshake(Struct, frozen=True, gc=False):
    """One TLS or QUIC handshake (df-006)."""

    network: str | None = None  # tcp; udp and quic are QUIC
    address: str | None = None  # ip:port, [v6]:port; missing before 2021
    failure: Failure = None
    negotiated_protocol: str | None = None
    no_tls_verify: bool | None = None
    peer_certificates: Raw = ABSENT  # opening.certificates
    server_name: str | None = None
    t0: float | None = None
    t: float | None = None
    tls_version: str | None = None
    transaction_id: Number | None = None
    echconfig: str | None = None


class HttpRequest(Struct, frozen=True, gc=False):
    """What an HTTP round trip asked."""

    headers: Raw = ABSENT  # opening.headers
    method: str | None = None
    url: str | None = None


class HttpResponse(Struct, frozen=True, gc=False):
    """What an HTTP round trip was answered."""

    body: Raw = ABSENT  # opening.body
    body_is_truncated: bool | None = None
    code: Number | None = None  # 0 or none: no response
    headers_list: Raw = ABSENT  # opening.header_list: all
    headers: Raw = ABSENT  # opening.headers: only the first of equal names


class HttpTransaction(Struct, frozen=True, gc=False):
    """One HTTP round trip (df-001); a list of them is a chain of redirects, newest first."""

    network: str | None = None
    address: str | None = None
    failure: Failure = None
    request: HttpRequest | None = None
    response: HttpResponse | None = None
    t0: float | None = None
    t: float | None = None
    transaction_id: Number | None = None


class NetworkEvent(Struct, frozen=True, gc=False):
    """One thing that a socket did (df-008)."""

    address: str | None = None
    failure: Failure = None
    num_bytes: Count | None = None
    operation: str | None = None
    proto: str | None = None
    t0: float | None = None
    t: float | None = None
    transaction_id: Number | None = None


class ControlDns(Struct, frozen=True, gc=False):
    """What the test helper resolved; old ones list aliases among the addresses."""

    failure: Failure = None
    addrs: list[str] | None = None


class ControlEndpoint(Struct, frozen=True, gc=False):
    """How the test helper's own connect or handshake with an endpoint ended."""

    server_name: str | None = None
    status: bool | None = None
    failure: Failure = None


class ControlHttp(Struct, frozen=True, gc=False):
    """What the test helper fetched: -1 for its numbers where its fetch failed."""

    body_length: Number | None = None
    failure: Failure = None
    title: str | None = None
    headers: Raw = ABSENT  # opening.headers
    status_code: Number | None = None


class IpInfo(Struct, frozen=True, gc=False):
    """Flags: 1 the probe's, 2 the helper's, 4 bogon, 8 proved by TLS."""

    asn: Asn | None = None
    flags: Count | None = None


class Control(Struct, frozen=True, gc=False):
    """What the test helper saw of a page, from where no block reaches."""

    tcp_connect: dict[str, ControlEndpoint] | None = None  # by ip:port
    tls_handshake: dict[str, ControlEndpoint] | None = None  # by ip:port
    quic_handshake: dict[str, ControlEndpoint] | None = None
    http_request: ControlHttp | None = None
    dns: ControlDns | None = None
    ip_info: dict[str, IpInfo] | None = None
    failure: Failure = None  # of echcheck before 0.2.0, as are the rest: a handshake without ECH
    server_name: str | None = None
    address: str | None = None


class Layers(Struct, frozen=True, gc=False, kw_only=True):
    """The five lists that nettests share."""

    network_events: Raw = ABSENT  # opening.network_events
    queries: list[Query] | None = None
    requests: list[HttpTransaction] | None = None
    tcp_connect: list[TcpConnect] | None = None
    tls_handshakes: list[TlsHandshake] | None = None
    quic_handshakes: list[TlsHandshake] | None = None


class TorSummary(Struct, frozen=True, gc=False):
    """How one step towards a bridge or directory went."""

    failure: Failure = None


class TorTarget(Layers, frozen=True, gc=False, kw_only=True):
    """One bridge or directory of the tor test; ``failure: false`` says that it was not run."""

    failure: Failure = None
    target_address: str | None = None
    target_name: str | None = None
    target_protocol: str | None = None
    target_source: str | None = None
    summary: dict[str, TorSummary] | None = None


class Lookup(Layers, frozen=True, gc=False, kw_only=True):
    """One endpoint of the dnscheck test."""

    failure: Failure = None
    failed_operation: str | None = None


class OpenvpnHandshake(Struct, frozen=True, gc=False):
    """One attempt of the openvpn test."""

    endpoint: str | None = None
    ip: str | None = None
    port: Port | None = None
    transport: str | None = None
    provider: str | None = None
    failure: Failure = None
    bootstrap_time: float | None = None
    t0: float | None = None
    t: float | None = None
    transaction_id: Number | None = None
