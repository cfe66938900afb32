"""Ways to write one measurement otherwise, as another probe, country, site or version would."""

import base64
import json
import random
import re
from collections.abc import Callable
from typing import Any

from measurement_worlds import Document
from overblock.measurements.hosts import kind_of, site_of

Change = Callable[[Document, random.Random], Document]
WEB = "web_connectivity"
OPINIONS = ("blocking", "accessible", "x_status", "x_blocking_flags", "x_dns_flags",
            "x_null_null_flags")  # fmt: skip
ADDRESS = re.compile(r"(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\d.])")
SPELLINGS = {
    "connection_reset": ("connection_aborted", "connection_lost_error",
        "unknown_failure: read tcp [scrubbed]->[scrubbed]: read: connection reset by peer",
        "unknown_failure: wsarecv: Удаленный хост принудительно разорвал подключение."),
    "generic_timeout_error": ("timed_out", "deferred_timeout_error", "tcp_timed_out_error",
        "unknown_failure: dial tcp: i/o timeout", "unknown_failure: context deadline exceeded"),
    "dns_nxdomain_error": ("dns_name_error", "unknown_failure: lookup a.example: no such host"),
    "connection_refused": ("connection_refused_error",
        "unknown_failure: connectex: the target machine actively refused it."),
    "eof_error": ("unknown_failure: unexpected EOF", "response_never_received"),
    "ssl_unknown_authority": ("unknown_failure: x509: certificate signed by unknown authority",),
}  # fmt: skip


def each_object(found: Any, change: Callable[[Document], Document]) -> Any:
    """The document with every object in it changed."""
    if isinstance(found, dict):
        return {name: each_object(value, change) for name, value in change(found).items()}
    return [each_object(each, change) for each in found] if isinstance(found, list) else found


def _fields(found: Document, names: set[str], change: Callable[[Any], Any]) -> Document:
    """The document with the values of some fields changed, wherever they stand."""
    made: Document = each_object(
        found,
        lambda each: {k: change(value) if k in names else value for k, value in each.items()},
    )
    return made


def other_names(found: Document, _: random.Random) -> Document:
    queries = found["test_keys"].get("queries") or []
    sites = {site_of(each["hostname"]) for each in queries if each.get("hostname")}
    if found["test_name"] != WEB or any("xn--" in each for each in sites):
        return found
    text = json.dumps(found)
    for number, site in enumerate(sorted(sites)):
        text = text.replace(site, f"site{number}.org")
    made: Document = json.loads(text)
    return made


def other_addresses(found: Document, _: random.Random) -> Document:
    def moved(match: re.Match[str]) -> str:
        octets = [int(each) for each in match.groups()]
        if max(octets) > 255 or kind_of(match.group()) != "public":
            return match.group()
        return f"{60 + octets[0] * 7 % 40}.{octets[1] ^ 85}.{octets[2] ^ 51}.{octets[3]}"

    if found["test_name"] != WEB:
        return found
    made: Document = json.loads(ADDRESS.sub(moved, json.dumps(found)))
    return made


def other_probe(found: Document, draw: random.Random) -> Document:
    return found | {"probe_cc": draw.choice(["KZ", "ZZ", "TR"]), "probe_asn": "AS9198"}


def bare(found: Document, _: random.Random) -> Document:
    kept = ("test_name", "test_version", "test_keys", "input", "measurement_start_time")
    return {name: found[name] for name in (*kept, "annotations") if name in found}


def without_opinions(found: Document, _: random.Random) -> Document:
    keys = {k: value for k, value in found["test_keys"].items() if k not in OPINIONS}
    return found | {"test_keys": keys}


def without_marks(found: Document, _: random.Random) -> Document:
    marks = {"t", "t0", "tags", "transaction_id", "ttl", "as_org_name", "resolver_address"}
    if found["test_keys"].get("network_events"):
        return found  # how a transfer went is told by times
    made: Document = each_object(
        found, lambda each: {k: value for k, value in each.items() if k not in marks}
    )
    return made


def spelt_otherwise(found: Document, draw: random.Random) -> Document:
    chosen = {written: draw.choice(others) for written, others in SPELLINGS.items()}
    return _fields(found, {"failure"}, lambda value: chosen.get(str(value), value))


def false_for_none(found: Document, draw: random.Random) -> Document:
    none = draw.choice([False, ""])
    return _fields(found, {"failure"}, lambda value: none if value is None else value)


def numbers_as_text(found: Document, _: random.Random) -> Document:
    names = {"port", "code", "status_code", "body_length"}
    return _fields(found, names, lambda value: str(value) if isinstance(value, int) else value)


def bodies_tagged(found: Document, _: random.Random) -> Document:
    def tagged(body: Any) -> Any:
        if not isinstance(body, str) or not body:
            return body
        return {"format": "base64", "data": base64.b64encode(body.encode()).decode()}

    return _fields(found, {"body"}, tagged)


def headers_listed(found: Document, _: random.Random) -> Document:
    made: Document = each_object(
        found,
        lambda each: {
            k: value for k, value in each.items() if k != "headers" or "headers_list" not in each
        },
    )
    return made


def nothing_for_empty(found: Document, _: random.Random) -> Document:
    made: Document = each_object(
        found, lambda each: {k: None if value == [] else value for k, value in each.items()}
    )
    return made


def names_shouted(found: Document, draw: random.Random) -> Document:
    end = draw.choice(["", "."])
    names = {"hostname", "server_name"}
    return _fields(found, names, lambda value: f"{value.upper()}{end}" if value else value)


def tries_shuffled(found: Document, draw: random.Random) -> Document:
    """Requests keep their order: it is the chain of redirects."""
    keys = dict(found["test_keys"])
    for name in ("queries", "tcp_connect", "tls_handshakes"):
        if isinstance(keys.get(name), list):
            keys[name] = draw.sample(keys[name], len(keys[name]))
    return found | {"test_keys": keys}


def old_helper(found: Document, _: random.Random) -> Document:
    """A helper of before 2022 made no handshakes and told of no networks."""
    control = found["test_keys"].get("control")
    if found["test_name"] != WEB or not control:
        return found
    left = {k: v for k, v in control.items() if k not in {"tls_handshake", "ip_info"}}
    return found | {"test_keys": found["test_keys"] | {"control": left}}


def wrapped(found: Document, _: random.Random) -> Document:
    """As the API hands it out; the last change, as nothing inside is seen any more."""
    return {"raw_measurement": json.dumps(found), "measurement_uid": None}


CHANGES: tuple[Change, ...] = (
    other_names, other_addresses, other_probe, bare, without_opinions, without_marks,
    spelt_otherwise, false_for_none, numbers_as_text, bodies_tagged, headers_listed,
    nothing_for_empty, names_shouted, tries_shuffled, old_helper,
)  # fmt: skip
