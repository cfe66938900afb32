"""What a line of a measurement file is read as."""

import json
from typing import Any

import pytest

from overblock.measurements.decoding import FREE_BYTES, LINE_PARTS, Reject, decode
from overblock.measurements.documents import Measurement
from shared_data import shared


def line(**fields: object) -> bytes:
    return json.dumps({"test_name": "web_connectivity", "test_keys": {}} | fields).encode()


def decoded(raw: bytes) -> Measurement:
    found = decode(raw)
    assert isinstance(found, Measurement), found
    return found


def found(**test_keys: object) -> Any:
    return decoded(line(test_keys=test_keys)).test_keys


def reason(raw: bytes) -> str:
    reject = decode(raw)
    assert isinstance(reject, Reject)
    return reject.reason


def test_every_sample_is_read_without_a_bad_field() -> None:
    samples = sorted(shared("samples", "ooni").glob("*/*.json"))
    assert len(samples) > 100
    assert {path.name: decoded(path.read_bytes()).bad_fields for path in samples} == {
        path.name: () for path in samples
    }


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"", "bad_json"),
        (b'{"test_name": ', "bad_json"),
        (b"[]", "not_an_object"),
        (b"null", "not_an_object"),
        (b"{}", "no_test_name"),
        (b'{"test_name": "", "test_keys": {}}', "no_test_name"),
        (b"[" * 100_000, "too_deep"),
        (b'{"test_name": "x", "test_keys": ' + b'{"a":' * 100_000, "too_deep"),
        (b'{"test_name": "x", "test_keys": {"a": ' + b"[" * 9999 + b"]" * 9999 + b"}}", "too_deep"),
    ],
)
def test_what_is_no_measurement_is_a_reject_with_its_reason(raw: bytes, wanted: str) -> None:
    assert reason(raw) == wanted


def test_a_line_longer_than_any_measurement_is_a_reject() -> None:
    long = line(test_keys={"x": "x" * FREE_BYTES})
    assert decoded(long).test_name == "web_connectivity"
    assert decode(long, most_bytes=FREE_BYTES) == Reject("too_long", f"{len(long)} bytes")


def test_a_line_of_more_parts_than_any_measurement_is_a_reject() -> None:
    """Three bytes of an empty object take a hundred once they are read."""
    assert reason(b'{"test_keys": {"queries": [' + b"{}," * LINE_PARTS + b"{}]}}") == (
        "too_many_parts"
    )


def test_absent_and_null_lists_are_none() -> None:
    assert found().queries is None
    assert found(queries=None, tcp_connect=None, requests=None).requests is None
    assert decoded(line(test_keys=None)).test_keys.queries is None
    assert decoded(line(test_keys=None)).bad_fields == ()
    assert decoded(b'{"test_name": "x"}').test_keys.control is None


def test_a_wrong_type_costs_the_field_and_not_the_measurement() -> None:
    measurement = decoded(
        line(
            probe_cc=["RU"],
            probe_asn="AS12389",
            test_keys={
                "blocking": {"a": 1},
                "accessible": True,
                "tcp_connect": [{"ip": "192.0.2.7", "port": [1]}, 7, {"ip": "192.0.2.8"}],
            },
        )
    )
    assert set(measurement.bad_fields) == {
        "probe_cc",
        "test_keys.blocking",
        "test_keys.tcp_connect[].port",
        "test_keys.tcp_connect[]",
    }
    assert measurement.probe_asn == "AS12389"
    assert measurement.test_keys.accessible is True
    assert [each.ip for each in measurement.test_keys.tcp_connect or []] == [
        "192.0.2.7",
        "192.0.2.8",
    ]


def test_numbers_as_text_and_text_as_numbers_are_put_right_in_silence() -> None:
    measurement = decoded(
        line(
            test_version=0.4,
            test_runtime="1.5",
            test_keys={
                "tcp_connect": [{"port": "443", "status": {"success": 1}}],
                "requests": [{"response": {"code": 200.0}}],
            },
        )
    )
    assert measurement.bad_fields == ()
    assert (measurement.test_version, measurement.test_runtime) == ("0.4", 1.5)
    (connect,) = measurement.test_keys.tcp_connect or []
    assert (connect.port, connect.status and connect.status.success) == (443, True)
    (fetched,) = measurement.test_keys.requests or []
    assert fetched.response is not None
    assert fetched.response.code == 200


@pytest.mark.parametrize("port", [-1, 65536, 10**30, 1e300, "70000"])
def test_a_port_beyond_all_ports_is_a_bad_field(port: object) -> None:
    measurement = decoded(line(test_keys={"tcp_connect": [{"ip": "192.0.2.7", "port": port}]}))
    assert measurement.bad_fields == ("test_keys.tcp_connect[].port",)
    assert measurement.test_keys.tcp_connect is not None
    assert measurement.test_keys.tcp_connect[0].port is None


def test_nan_and_halves_of_surrogate_pairs_and_bytes_that_are_no_utf8_are_survived() -> None:
    measurement = decoded(
        b'{"test_name": "x", "test_runtime": NaN, "report_id": "\\ud83d", "probe_cc": "R\xff",'
        b' "software_name": "\\ud83d\\ude00", "test_keys": {"body_proportion": Infinity}}'
    )
    assert measurement.test_runtime is None
    assert measurement.report_id == "\ufffd"
    assert measurement.probe_cc == "R\ufffd"
    assert measurement.software_name == "\U0001f600"
    assert measurement.test_keys.body_proportion is None


def test_an_answer_of_the_api_and_an_upload_are_unwrapped() -> None:
    document = {"test_name": "telegram", "test_keys": {"telegram_web_status": "ok"}}
    answer = {"test_name": "other", "raw_measurement": json.dumps(document), "measurement_uid": "u"}
    measurement = decoded(json.dumps(answer).encode())
    assert measurement.test_keys.telegram_web_status == "ok"
    assert (measurement.test_name, measurement.measurement_uid) == ("telegram", "u")
    uploaded = decoded(json.dumps({"format": "json", "content": document}).encode())
    assert uploaded.test_keys.telegram_web_status == "ok"


def test_an_input_may_be_a_list() -> None:
    assert decoded(line(input=["a", "b"])).input == ["a", "b"]
    assert decoded(line(input=None)).input is None
