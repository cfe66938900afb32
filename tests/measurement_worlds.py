"""A small network with a site, a censor, a probe and a control: measurements of known meaning.

The documents are what a probe of web_connectivity 0.0, 0.4 or 0.5 would write there, so that the
verdict follows from how the world was made, and not from any sample.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import polars as pl

from overblock.measurements.batches import Line
from overblock.measurements.decoding import decode
from overblock.measurements.documents import Measurement
from overblock.measurements.envelope import Envelopes
from overblock.measurements.files import file_of
from overblock.measurements.fingerprints import Fingerprints
from overblock.measurements.verdicts import Judge, with_features_hit

Version = Literal["0.0.1", "0.4.3", "0.5.28"]
Document = dict[str, Any]
VERSIONS: tuple[Version, ...] = ("0.0.1", "0.4.3", "0.5.28")
LOCAL = ("10.", "127.", "0.", "::1")
LURE = "81.2.69.160"  # where a censor's resolver sends its victims
BLOCK_PAGE = "<html><head><title>Access Denied</title></head><body>blocked by order</body></html>"
PAGE = "<html><head><title>Shop of Things</title></head><body>" + "things " * 200 + "</body></html>"
HEADERS = {"Content-Type": "text/html", "Date": "Mon, 24 Aug 2026 10:00:00 GMT", "X-Shop": "1"}


@dataclass(frozen=True)
class Site:
    """A site as it is where nothing blocks it."""

    host: str = "shop.example"
    addresses: tuple[str, ...] = ("93.184.216.34",)
    resolves: bool = True
    connects: str | None = None  # how connects fail for everybody
    greets: str | None = None  # how handshakes fail for everybody
    status: int = 200
    page: str = field(default=PAGE, repr=False)
    onward: str | None = None  # where it redirects to


@dataclass(frozen=True)
class Censor:
    """What is done to the probe's packets, each a failure as a probe writes it."""

    name_fails: str | None = None
    name_is: tuple[str, ...] = ()  # what its resolver answers instead
    injects: bool = False  # into answers from resolvers far away too
    connect: str | None = None
    greet: str | None = None
    fetch: str | None = None
    page: str | None = None  # put in the place of cleartext pages
    sends_to: str | None = None  # a redirect, put there
    cuts_after: int | None = None  # bytes, after which nothing comes


@dataclass(frozen=True)
class World:
    """One run of the test."""

    scheme: str = "https"
    site: Site = field(default_factory=Site)
    beyond: Site | None = None  # the site that the first redirects to
    censor: Censor = field(default_factory=Censor)  # works on the last site of the two
    control: Literal["works", "fails", "empty", "none"] = "works"
    version: Version = "0.5.28"
    country: str = "XA"
    written: str | None = None  # the input, where it is not the plain URL

    @property
    def url(self) -> str:
        return self.written or f"{self.scheme}://{self.site.host}/"

    def with_censor(self, **changes: Any) -> "World":
        return replace(self, censor=replace(self.censor, **changes))


def document(world: World) -> Document:
    """The measurement, as its probe writes it."""
    run = _Run(world)
    run.walk()
    keys: Document = {
        "queries": run.queries,
        "tcp_connect": run.connects,
        "tls_handshakes": None if world.version.startswith("0.0") else run.shakes,
        "requests": list(reversed(run.requests)),
        "network_events": None if world.version.startswith("0.0") else run.events,
        "dns_consistency": _consistency(world),
        "control_failure": "generic_timeout_error" if world.control == "fails" else None,
    }
    if world.control == "works":
        keys["control"] = _control(world)
    elif world.control in {"fails", "empty"}:
        keys["control"] = {
            "dns": {"failure": None, "addrs": None},
            "tcp_connect": None,
            "http_request": {"failure": None, "status_code": 0, "body_length": 0, "title": ""},
        }
    return {
        "test_name": "web_connectivity",
        "test_version": world.version,
        "measurement_start_time": "2026-08-24 10:00:00",
        "measurement_uid": "20260824100001.000000_XA_webconnectivity_0123456789abcdef",
        "probe_cc": world.country,
        "probe_asn": "AS64500",
        "input": world.url,
        "test_keys": keys,
    }


def _consistency(world: World) -> str | None:
    if world.control != "works" or not world.site.resolves:
        return None
    lured = world.beyond is None and world.censor.name_is and world.censor.name_is[0]
    return "inconsistent" if lured and lured not in world.site.addresses else "consistent"


def _asn(address: str) -> int | None:
    return None if address.startswith(LOCAL) else 64502 if address == LURE else 64501


def _endpoint(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


class _Run:
    """One probe on its way."""

    def __init__(self, world: World) -> None:
        self.world, self.is_new = world, world.version.startswith("0.5")
        self.queries: list[Document] = []
        self.connects: list[Document] = []
        self.shakes: list[Document] = []
        self.requests: list[Document] = []
        self.events: list[Document] = []

    def walk(self) -> None:
        world = self.world
        if world.beyond is not None:
            onward = f"https://{world.beyond.host}/"
            if self.visit(replace(world.site, onward=onward), Censor(), world.scheme):
                self.visit(world.beyond, world.censor, "https")
        else:
            self.visit(world.site, world.censor, world.scheme)

    def visit(self, site: Site, censor: Censor, scheme: str) -> bool:
        found, failure = self.resolve(site, censor)
        if not self.is_new:
            found = found[:1] if scheme == "http" else found
        if not found:
            self.request(site, scheme, failure=failure)
            return False
        outcomes = [self.reach(site, censor, scheme, address) for address in found]
        if None in outcomes:
            return self.fetch(site, censor, scheme, found[outcomes.index(None)])
        self.request(site, scheme, failure=outcomes[0])
        return False

    def resolve(self, site: Site, censor: Censor) -> tuple[tuple[str, ...], str | None]:
        gone = None if site.resolves else "dns_nxdomain_error"
        failure = censor.name_fails or (None if censor.name_is else gone)
        own = censor.name_is or (site.addresses if site.resolves and not failure else ())
        engine = "getaddrinfo" if self.is_new else "system"
        self.query(site.host, engine, own, failure)
        if not self.is_new:
            return own, failure
        far_failure = failure if censor.injects else gone
        far = own if censor.injects else (site.addresses if site.resolves else ())
        self.query(site.host, "udp", far, far_failure)
        true = site.addresses if site.resolves else ()
        self.query(site.host, "doh", true, gone)
        return tuple(dict.fromkeys(own + far + true)), failure

    def query(
        self, host: str, engine: str, addresses: tuple[str, ...], failure: str | None
    ) -> None:
        self.queries.append({
            "hostname": host, "engine": engine, "query_type": "A", "failure": failure,
            "resolver_address": {"udp": "8.8.8.8:53", "doh": "https://dns.example/"}.get(engine),
            "answers": [
                {"answer_type": "AAAA" if ":" in each else "A",
                 "ipv6" if ":" in each else "ipv4": each, "asn": _asn(each)}
                for each in addresses
            ],
        })  # fmt: skip

    def reach(self, site: Site, censor: Censor, scheme: str, address: str) -> str | None:
        """Connect and, on the port for it, greet; how the page's own port failed."""
        genuine = address in site.addresses
        ports = (
            [80, 443] if self.is_new and scheme == "http" else [443 if scheme == "https" else 80]
        )
        mine = 80 if scheme == "http" else 443
        outcome: str | None = None
        for port in ports:
            failure = censor.connect or site.connects if genuine else None
            if not genuine and (address.startswith(LOCAL) or port == 443):
                failure = "connection_refused"
            self.connects.append({
                "ip": address, "port": port,
                "status": {"failure": failure, "success": failure is None},
            })  # fmt: skip
            if failure is None and port == 443:
                failure = censor.greet or site.greets if genuine else "ssl_invalid_hostname"
                self.shakes.append({
                    "address": _endpoint(address, port), "server_name": site.host,
                    "failure": failure, "no_tls_verify": False, "network": "tcp",
                })  # fmt: skip
            if port == mine:
                outcome = failure
        return outcome

    def fetch(self, site: Site, censor: Censor, scheme: str, address: str) -> bool:
        if censor.fetch:
            self.request(site, scheme, failure=censor.fetch)
            return False
        if censor.cuts_after is not None:
            self.freeze(site, scheme, censor.cuts_after)
            return False
        lured = address not in site.addresses
        forged = scheme == "http" and (censor.page is not None or lured)
        if censor.sends_to and scheme == "http":
            self.request(site, scheme, status=302, headers={"Location": censor.sends_to})
            self.request(site, scheme, page=BLOCK_PAGE, headers={}, url=censor.sends_to)
            return False
        if forged:
            self.request(
                site, scheme, page=BLOCK_PAGE if censor.page is None else censor.page, headers={}
            )
            return False
        headers = HEADERS | ({"Location": site.onward} if site.onward else {})
        status = 301 if site.onward else site.status
        self.request(site, scheme, status=status, page=site.page, headers=headers)
        return True

    def freeze(self, site: Site, scheme: str, n_bytes: int) -> None:
        self.events += [
            {"operation": "read", "num_bytes": n_bytes // 4, "t": 0.1 * part, "failure": None}
            for part in range(4)
        ]
        self.events.append({"operation": "read", "failure": "generic_timeout_error", "t": 10.0})
        page = site.page[:n_bytes]
        self.request(site, scheme, failure="generic_timeout_error", status=200, page=page)

    def request(  # noqa: PLR0913  (a request has so many sides)
        self,
        site: Site,
        scheme: str,
        *,
        failure: str | None = None,
        status: int | None = None,
        page: str | None = None,
        headers: dict[str, str] | None = None,
        url: str | None = None,
    ) -> None:
        """Note a request; v0.5 notes none where there was no connection to send it through."""
        got_none = failure is not None and status is None
        if got_none and self.is_new and self.world.censor.fetch is None:
            return
        code = 0 if got_none else status or 200
        response: Document = {"code": code, "body": page or "", "headers": headers or {}}
        self.requests.append({
            "failure": failure,
            "request": {"url": url or f"{scheme}://{site.host}/", "method": "GET"},
            "response": response,
        })  # fmt: skip


def _control_connects(world: World, tested: tuple[str, ...]) -> Document:
    """The helper's connects: to what it resolved, and to what the probe was told."""
    site = world.site
    lured = world.censor.name_is if world.beyond is None else ()
    ports = (80, 443) if world.scheme == "http" else (443,)
    old = {
        "connection_refused": "connection_refused_error",
        "generic_timeout_error": "tcp_timed_out_error",
    }
    failure = old.get(site.connects or "", site.connects)
    refused = {"status": False, "failure": "connection_refused_error"}
    fine = {"status": True, "failure": None}
    return {
        _endpoint(each, port): {"status": site.connects is None, "failure": failure}
        for each in tested
        for port in ports
    } | {
        _endpoint(each, port): refused if each.startswith(LOCAL) or port == 443 else fine
        for each in lured
        for port in ports
        if each not in tested
    }


def _control(world: World) -> Document:
    """What the helper sees: of names and endpoints the first site's, of the page the last one's."""
    site, last = world.site, world.beyond or world.site
    tested = site.addresses if site.resolves else ()
    shakes = {
        _endpoint(each, 443): {
            "server_name": site.host, "status": site.greets is None, "failure": site.greets,
        }
        for each in tested if site.connects is None
    }  # fmt: skip
    fails = any(
        not each.resolves or each.connects or (each.greets and is_secure)
        for each, is_secure in ((site, world.scheme == "https"), (last, world.beyond is not None))
    )
    lost = "unknown_error" if site.resolves else "dns_lookup_error"
    found: Document = {
        "dns": {
            "failure": None if site.resolves else "dns_name_error", "addrs": list(tested),
        },
        "tcp_connect": _control_connects(world, tested),
        "http_request": {
            "failure": lost if fails else None,
            "status_code": -1 if fails else last.status,
            "body_length": -1 if fails else len(last.page),
            "title": "" if fails else "Shop of Things",
            "headers": {} if fails else HEADERS,
        },
    }  # fmt: skip
    if world.version.startswith("0.0"):
        del found["http_request"]["title"]
    if world.version.startswith("0.5"):
        found["tls_handshake"] = shakes
        found["ip_info"] = {each: {"asn": 64501, "flags": 2} for each in tested}
    return found


def measured(found: Document) -> Measurement:
    read = decode(json.dumps(found).encode())
    assert isinstance(read, Measurement), read
    return read


def judged(*found: Document, known: Fingerprints | None = None) -> list[dict[str, Any]]:
    """The verdicts on the wholes, in order."""
    return with_features_hit(_judged(found, known)).to_dicts()


def layers(found: Document) -> list[dict[str, Any]]:
    """The verdicts on one measurement, layer by layer, the whole last."""
    return _judged([found], None).to_dicts()


def _judged(found: Sequence[Document], known: Fingerprints | None) -> pl.DataFrame:
    judge, envelopes = Judge(known), Envelopes()
    for number, each in enumerate(found, 1):
        measurement = measured(each)
        judge.add(measurement)
        envelopes.add(Line(file_of("made.jsonl"), number, json.dumps(each).encode()), measurement)
    return judge.verdicts(envelopes.frame())


def verdicts(*worlds: World) -> list[tuple[str, str | None]]:
    """Whether each is blocked, and by which mechanism."""
    return [(each["blocked"], each["mechanism"]) for each in judged(*map(document, worlds))]


def everywhere(*, scheme: str | None = None, **changes: Any) -> list[World]:
    """One world for every version and scheme, or of one scheme."""
    return [
        World(scheme=each, version=version, **changes)
        for version in VERSIONS
        for each in ([scheme] if scheme else ["http", "https"])
    ]


def hit(worlds: list[World], name: str, *values: Any) -> list[World]:
    """Each of the worlds under each kind of one interference."""
    return [each.with_censor(**{name: value}) for each in worlds for value in values]
