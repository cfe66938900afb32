"""Whose clock says when a measurement was made."""

import pytest

from measurement_worlds import Document, World, document, judged, measured
from overblock.measurements.clocks import is_clock_off, received_at
from service_worlds import SERVICES, ungreeted

DATE = "Mon, 24 Aug 2026 10:00:00 GMT"


def made(**envelope: str | None) -> Document:
    return document(World()) | {"measurement_uid": None} | envelope


def dated(written: str) -> Document:
    found = made()
    found["test_keys"]["control"]["http_request"]["headers"] = {"Date": written}
    return found


@pytest.mark.parametrize(
    "found",
    [
        made(measurement_uid="20260824100001.000000_XA_webconnectivity_0123456789abcdef"),
        made(report_id="20260824T100001Z_webconnectivity_XA_64500_n1_x"),
        dated(DATE),
    ],
    ids=["uid", "report", "server"],
)
def test_the_collector_the_report_and_the_sites_server_have_clocks(found: Document) -> None:
    received = received_at(measured(found))
    assert received is not None
    assert received.isoformat().startswith("2026-08-24T10:00:0")
    ahead = found | {"measurement_start_time": "2031-01-01 00:00:00"}
    assert [is_clock_off(measured(each)) for each in (found, ahead)] == [False, True]


@pytest.mark.parametrize("written", ["", "yesterday", "Mon, 99 Zzz 2026", "9" * 500])
def test_a_date_that_is_none_is_no_clock(written: str) -> None:
    assert received_at(measured(dated(written))) is None


def test_the_first_keys_are_no_year_of_antiquity() -> None:
    found = made(measurement_uid="01201204010203040506070809")
    del found["test_keys"]["control"]
    assert received_at(measured(found)) is None


@pytest.mark.parametrize("service", ["telegram", "whatsapp", "signal"])
def test_a_messengers_certificate_that_looks_dead_by_a_wrong_clock_is_no_block(
    service: str,
) -> None:
    hosts = ("web.telegram.org", "web.whatsapp.com", "chat.signal.org")
    found = ungreeted(SERVICES[service](), *hosts, failure="ssl_invalid_certificate")
    found["report_id"] = "20240301T100001Z_x"
    ahead = found | {"measurement_start_time": "2031-01-01 00:00:00"}
    assert [each["blocked"] for each in judged(found, ahead)] == ["yes", "unknown"]


def test_a_redirects_certificate_that_looks_dead_by_a_wrong_clock_is_no_block() -> None:
    found = made(measurement_start_time="2031-01-01 00:00:00")
    lost = {"failure": "ssl_invalid_certificate", "request": {"url": "https://far.example/"}}
    (request,) = found["test_keys"]["requests"]
    request["response"] = {"code": 301, "headers": {"Location": "https://far.example/"}}
    found["test_keys"]["requests"] = [lost, request]
    assert [each["blocked"] for each in judged(found)] == ["unknown"]
