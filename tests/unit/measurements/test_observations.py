"""One fact a row, as it was seen."""

import json
from datetime import UTC, datetime
from typing import Any

import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.measurements import hosts
from overblock.measurements.batches import Block, decoded
from overblock.measurements.envelope import Envelopes
from overblock.measurements.files import MeasurementFile
from overblock.measurements.observations import MOST, Observations
from overblock.measurements.resolutions import resolutions_of
from overblock.tables import OBSERVATIONS, RESOLUTIONS
from shared_data import shared

ENVELOPE = {
    "test_name": "web_connectivity",
    "measurement_start_time": "2024-03-01 07:15:00",
    "input": "http://Shop.Example/",
    "probe_cc": "RU",
    "probe_asn": "AS12389",
}


def observed(*documents: dict[str, Any], name: str = "x.jsonl") -> pl.DataFrame:
    raw = b"\n".join(json.dumps(ENVELOPE | document).encode() for document in documents)
    envelopes, observations = Envelopes(), Observations()
    block = Block(MeasurementFile(name=name), 1, raw, 0, len(raw))
    for line, measurement in decoded(block, []):
        envelopes.add(line, measurement)
        observations.add(measurement)
    return OBSERVATIONS.check(observations.frame(envelopes.frame()))


def facts(**test_keys: object) -> list[dict[str, Any]]:
    """The rows of one measurement, with what is not null in them."""
    dull = ("measurement_uid", "number", "probe_cc", "probe_asn", "observed_at")
    rows = observed({"test_keys": test_keys}).drop(dull).to_dicts()
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


def test_each_address_of_an_answer_is_a_row_with_the_aliases_that_led_there() -> None:
    answers = [
        {"answer_type": "CNAME", "hostname": "CDN.example."},
        {"answer_type": "A", "ipv4": "8.8.8.8"},
        {"answer_type": "AAAA", "ipv6": "2001:DB8:0::1"},
        {"answer_type": "A", "ipv4": "[scrubbed]"},
    ]
    query = {"hostname": "shop.example", "engine": "udp", "query_type": "A", "answers": answers}
    said = {"vantage": "probe", "layer": "dns", "host": "shop.example"}
    assert facts(queries=[query | {"t0": 1.5, "t": 2.0, "transaction_id": 7}]) == [
        said
        | {"address": address, "detail": "udp A via cdn.example"}
        | {"seconds": 0.5, "transaction_id": 7}
        for address in ("8.8.8.8", "2001:db8::1")
    ]


def test_an_answer_without_an_address_is_a_row_too() -> None:
    assert facts(queries=[{"hostname": "shop.example", "failure": "dns_nxdomain_error"}]) == [
        {
            "vantage": "probe",
            "layer": "dns",
            "host": "shop.example",
            "failure": "dns_nxdomain_error",
            "failure_class": "nxdomain",
        }
    ]


def test_a_connect_to_what_is_no_address_keeps_the_name() -> None:
    (scrubbed, named) = facts(
        tcp_connect=[
            {"ip": "[scrubbed]", "port": 443, "status": {"failure": False}},
            {"ip": "shop.example", "port": 443, "status": {"failure": "connection_reset"}},
        ]
    )
    assert scrubbed == {"vantage": "probe", "layer": "tcp", "port": 443}
    assert named["detail"] == "host shop.example"
    assert named["failure_class"] == "reset"


def test_handshakes_over_udp_are_quic() -> None:
    rows = facts(
        tls_handshakes=[
            {"address": "8.8.8.8:443", "server_name": "dns.google", "tls_version": "TLSv1.3"},
            {"address": "[2001:db8::1]:443", "network": "udp", "echconfig": "GREASE"},
            {"server_name": "dns.google", "failure": "ssl_invalid_hostname"},
        ]
    )
    assert [(row["layer"], row.get("address"), row.get("detail")) for row in rows] == [
        ("tls", "8.8.8.8", "TLSv1.3"),
        ("quic", "2001:db8::1", "ech"),
        ("tls", None, None),
    ]


def test_a_chain_of_redirects_is_told_in_the_order_of_time() -> None:
    newest_first = [
        {"request": {"url": "https://shop.example/"}, "response": {"code": 200}},
        {
            "request": {"url": "http://shop.example/", "method": "GET"},
            "response": {"code": 301, "headers": {"Location": "https://shop.example/"}},
        },
    ]
    assert [(row["port"], row["detail"]) for row in facts(requests=newest_first)] == [
        (80, "GET http://shop.example/ 301 to https://shop.example/"),
        (443, "https://shop.example/ 200"),
    ]


def test_what_a_connection_received_is_one_row() -> None:
    at = {"address": "8.8.8.8:443", "transaction_id": 3}
    events = [
        at | {"operation": "write", "num_bytes": 99, "t": 0.5},
        at | {"operation": "read", "num_bytes": 10, "t0": 1.0, "t": 2.0},
        at | {"operation": "read", "num_bytes": 20, "t": 5.0, "failure": "connection_reset"},
    ]
    assert facts(network_events=events) == [
        {
            "vantage": "probe",
            "layer": "throughput",
            "address": "8.8.8.8",
            "port": 443,
            "failure": "connection_reset",
            "failure_class": "reset",
            "n_bytes": 30,
            "seconds": 4.0,
            "transaction_id": 3,
        }
    ]


def test_the_control_s_facts_stand_beside_the_probe_s() -> None:
    control = {
        "dns": {"addrs": ["8.8.8.8", "alias.example"]},
        "tcp_connect": {"8.8.8.8:80": {"status": True}},
        "tls_handshake": {"8.8.8.8:443": {"server_name": "shop.example", "failure": "x"}},
        "http_request": {"status_code": 200, "body_length": 0},
    }
    rows = facts(control=control)
    assert {row["vantage"] for row in rows} == {"control"}
    assert [(row["layer"], row.get("host"), row.get("address")) for row in rows] == [
        ("dns", "shop.example", "8.8.8.8"),
        ("tcp", None, "8.8.8.8"),
        ("tls", "shop.example", "8.8.8.8"),
        ("http", "shop.example", None),
    ]
    assert (rows[-1]["detail"], rows[-1]["n_bytes"]) == ("200", 0)


def test_the_empty_control_of_a_failed_helper_says_nothing() -> None:
    control = {"dns": {"failure": None, "addrs": None}, "http_request": {"status_code": 0}}
    assert facts(control=control, control_failure="generic_timeout_error") == []


def test_bridges_and_resolvers_hold_facts_of_their_own() -> None:
    inner = {"tcp_connect": [{"ip": "8.8.8.8", "port": 853}]}
    assert len(facts(lookups={"dot://dns.google:853": inner})) == 1
    assert len(facts(targets={"a": inner, "b": inner})) == 2
    assert facts(targets=[1, 2]) == facts(lookups="nonsense") == []


def test_a_row_knows_its_measurement_and_its_moment() -> None:
    rows = observed(
        {"test_keys": {}},
        {"test_keys": {"tcp_connect": [{"ip": "8.8.8.8", "t0": 1.5}, {"ip": "8.8.4.4", "t": -9}]}},
    )
    assert rows["measurement_uid"].n_unique() == 1
    assert rows["number"].to_list() == [0, 1]
    assert rows["observed_at"].to_list() == [
        datetime(2024, 3, 1, 7, 15, 1, 500_000, tzinfo=UTC),
        datetime(2024, 3, 1, 7, 15, tzinfo=UTC),
    ]
    assert rows["probe_asn"].to_list() == [12389, 12389]


def test_a_measurement_of_too_many_facts_keeps_the_first() -> None:
    rows = observed({"test_keys": {"tcp_connect": [{"ip": "8.8.8.8"}] * (MOST + 5)}})
    assert len(rows) == MOST


def test_observations_of_names_become_resolutions() -> None:
    answer = {"hostname": "shop.example", "engine": "udp"}
    found = [{"hostname": "cdn.example", "answer_type": "CNAME"}, {"ipv4": "8.8.8.8"}]
    reading = resolutions_of(
        observed(
            {
                "test_keys": {
                    "queries": [
                        answer | {"answers": found},
                        answer | {"answers": [{"ipv4": "127.0.0.1"}]},
                        answer | {"failure": "dns_servfail_error"},
                        answer | {"failure": "generic_timeout_error"},
                        answer | {"failure": "eof_error"},
                        {"hostname": "8.8.4.4", "answers": found},
                    ],
                    "control": {"dns": {"addrs": ["8.8.4.4"]}},
                }
            }
        )
    )
    rows = RESOLUTIONS.check(reading.rows)
    assert rows["outcome"].to_list() == (
        ["address", "bogon", "servfail", "timeout", "error", "address"]
    )
    assert rows["vantage"].to_list() == ["probe RU AS12389"] * 5 + ["control"]
    assert rows["chain"].to_list()[0] == ["cdn.example"]
    assert reading.rejects["reason"].to_list() == ["no_name_but_address"]


def test_every_address_of_the_samples_is_an_address() -> None:
    paths = sorted(shared("samples", "ooni").glob("*/*.json"))
    rows = observed(*(json.loads(path.read_bytes()) for path in paths))
    texts = rows["address"].drop_nulls()
    assert len(texts) > 1000
    assert parse_addresses(texts)["problem"].null_count() == len(texts)


def test_what_is_kept_for_the_next_time_does_not_grow_with_hostile_names() -> None:
    """Answers are kept by what was asked; a megabyte of a name would be kept with them."""
    long = "a." * 100_000
    before = len(hosts.HOSTS)
    rows = facts(
        queries=[{"hostname": long, "answers": [{"ipv4": long}]}],
        tls_handshakes=[{"address": f"{long}:443", "server_name": long}],
        requests=[{"request": {"url": f"http://{long}/"}}],
    )
    assert [row.get("host") for row in rows] == [None, None, None]
    assert len(hosts.HOSTS) == before
