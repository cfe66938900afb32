"""Verdicts on messengers and tools, feature by feature."""

import copy
from typing import Any

import pytest

from measurement_worlds import Document, judged
from service_worlds import (
    DCS,
    ENDPOINTS,
    FACEBOOK,
    SERVICES,
    SIGNAL,
    astray,
    facebook,
    signal,
    telegram,
    tor,
    unanswered,
    unconnected,
    ungreeted,
    whatsapp,
    without_name,
)

WEB, REGISTRATION, WHATSAPP_WEB = "web.telegram.org", "v.whatsapp.net", "web.whatsapp.com"
CUTS = ("connection_reset", "eof_error", "generic_timeout_error", "connection_aborted")


def told(*found: Document) -> list[tuple[str, str | None, str | None]]:
    """Whether each is blocked, by which mechanism, and which features."""
    return [(each["blocked"], each["mechanism"], each["feature"]) for each in judged(*found)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_works_is_not_blocked(service: str) -> None:
    assert told(SERVICES[service]()) == [("no", None, None)]


@pytest.mark.parametrize("failure", CUTS)
def test_handshakes_that_break_off_block_one_feature(failure: str) -> None:
    assert told(
        ungreeted(telegram(), WEB, failure=failure),
        ungreeted(whatsapp(), REGISTRATION, failure=failure),
        ungreeted(whatsapp(), WHATSAPP_WEB, failure=failure),
        *(ungreeted(signal(), host, failure=failure) for host in SIGNAL),
    ) == [
        ("yes", "tls", "web"),
        ("yes", "tls", "registration"),
        ("yes", "tls", "web"),
        *(("yes", "tls", host.partition(".")[0]) for host in SIGNAL),
    ]


def test_names_that_are_not_found_or_lead_astray_block_one_feature() -> None:
    for made in (without_name, lambda found, *hosts: astray(found, *hosts, address="10.10.34.36")):
        assert told(
            made(telegram(), WEB),
            made(whatsapp(), REGISTRATION),
            made(whatsapp(), *ENDPOINTS),
            made(signal(), "cdsi.signal.org"),
            made(facebook(), *FACEBOOK[:6]),
        ) == [
            ("yes", "dns", "web"),
            ("yes", "dns", "registration"),
            ("yes", "dns", "endpoints"),
            ("yes", "dns", "cdsi"),
            ("yes", "dns", "dns"),
        ]


def test_a_name_sent_into_another_network_leads_astray() -> None:
    found = [
        astray(telegram(), WEB, address="81.2.69.160"),
        astray(whatsapp(), WHATSAPP_WEB, address="81.2.69.160"),
        astray(facebook(), *FACEBOOK[:3], "star.c10r.facebook.com", address="81.2.69.160"),
    ]
    assert [(yes, how) for yes, how, _ in told(*found)] == [("yes", "dns")] * 3


@pytest.mark.parametrize("failure", ["generic_timeout_error", "connection_refused"])
def test_connects_that_fail_block_the_programs_and_not_the_pages(failure: str) -> None:
    assert told(
        unconnected(unanswered(telegram(), *DCS), *DCS, failure=failure),
        unconnected(whatsapp(), *ENDPOINTS, failure=failure),
        unconnected(facebook(), *FACEBOOK, failure=failure),
        unconnected(signal(), *SIGNAL, failure=failure),
    ) == [
        ("yes", "tcp", "dc"),
        ("yes", "tcp", "endpoints"),
        ("yes", "tcp", "tcp"),
        ("yes", "tcp", "cdsi+chat+sfu+storage"),
    ]


def test_data_centres_that_connect_and_do_not_answer_are_blocked_above() -> None:
    assert told(unanswered(telegram(), *DCS)) == [("yes", "http", "dc")]


def test_a_whole_service_is_blocked_with_all_its_features() -> None:
    found = ungreeted(unconnected(unanswered(telegram(), *DCS), *DCS), WEB)
    assert told(found) == [("yes", "tcp+tls", "dc+web")]


def test_a_page_that_the_probe_says_to_load_shows_that_the_network_works() -> None:
    found = unconnected(telegram(), *DCS)
    found["test_keys"] = {
        "tcp_connect": [each for each in found["test_keys"]["tcp_connect"] if each["ip"] in DCS]
    }
    assert told(found) == [("unknown", None, None)]
    found["test_keys"]["telegram_web_status"] = "ok"
    assert told(found) == [("yes", "tcp", "dc")]


def answered_by_another(code: int, location: str) -> Document:
    """Somebody on the way answers the POSTs in the clear, and the page has his certificate."""
    found = ungreeted(telegram(), WEB, failure="ssl_unknown_authority")
    for each in found["test_keys"]["requests"]:
        if each["request"]["method"] == "POST":
            each["response"] = {"code": code, "body": "", "headers": {"Location": location}}
    return found


@pytest.mark.parametrize(("code", "location"), [(302, "http://10.5.0.1/login"), (511, "")])
def test_a_network_that_asks_its_guest_to_log_in_blocks_no_service(
    code: int, location: str
) -> None:
    found = answered_by_another(code, location)
    lost = without_name(found, WEB)
    assert told(found, lost) == [("unknown", None, None)] * 2


@pytest.mark.parametrize(("code", "location"), [(302, "http://landing.example/"), (451, "")])
def test_what_no_data_centre_answers_is_no_answer_of_one(code: int, location: str) -> None:
    assert told(answered_by_another(code, location)) == [("yes", "http+tls", "dc+web")]


def test_one_data_centre_that_fails_is_not_yet_a_block() -> None:
    assert told(unconnected(unanswered(telegram(), DCS[0]), DCS[0])) == [("unknown", "tcp", "dc")]


@pytest.mark.parametrize("n_failed", [2, 3, 4])
def test_several_data_centres_that_fail_block_a_part(n_failed: int) -> None:
    (found,) = judged(unconnected(unanswered(telegram(), *DCS[:n_failed]), *DCS[:n_failed]))
    assert (found["state"], found["blocked"], found["feature"]) == ("partly", "yes", "dc")


def test_one_port_of_an_endpoint_is_enough() -> None:
    found = whatsapp()
    for connect in found["test_keys"]["tcp_connect"]:
        if connect["port"] == 5222:
            connect["status"] = {"failure": "generic_timeout_error", "success": False}
    assert told(found) == [("no", None, None)]


def test_few_endpoints_that_fail_are_no_block() -> None:
    assert told(unconnected(whatsapp(), *ENDPOINTS[:2])) == [("no", None, None)]


def test_the_cleartext_page_of_a_messenger_does_not_count() -> None:
    found = whatsapp()
    request = {"failure": "generic_timeout_error", "request": {"url": "http://web.whatsapp.com/"},
               "response": {"code": 0}}  # fmt: skip
    found["test_keys"]["requests"].append(request)
    found["test_keys"] |= {"whatsapp_web_status": "blocked"}
    assert told(found) == [("no", None, None)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_probe_off_the_network_says_nothing(service: str) -> None:
    found = SERVICES[service]()
    keys = found["test_keys"]
    for each in (*keys["queries"], *keys["tls_handshakes"], *keys["requests"]):
        each |= {"failure": "generic_timeout_error", "answers": [], "response": None}
    for connect in keys["tcp_connect"]:
        connect["status"] = {"failure": "network_unreachable", "success": False}
    for target in keys.get("targets", {}).values():
        target["failure"] = "network_unreachable"
    assert told(found) == [("unknown", None, None)]


@pytest.mark.parametrize(
    ("version", "day", "failure", "answer"),
    [
        ("0.2.0", "2022-10-27", "ssl_unknown_authority", "unknown"),
        ("0.2.0", "2022-10-01", "ssl_unknown_authority", "yes"),
        ("0.2.3", "2023-12-01", "ssl_unknown_authority", "unknown"),
        ("0.2.4", "2023-12-01", "ssl_unknown_authority", "unknown"),
        ("0.2.5", "2023-12-01", "ssl_unknown_authority", "yes"),
        ("0.2.0", "2022-10-27", "connection_reset", "yes"),
    ],
)
def test_a_version_of_signals_test_that_pins_an_old_authority_is_not_believed(
    version: str, day: str, failure: str, answer: str
) -> None:
    found = ungreeted(signal(version), *SIGNAL, failure=failure)
    found["measurement_start_time"] = f"{day} 10:00:00"
    assert told(found)[0][0] == answer


def test_the_health_name_of_signal_is_no_part_of_the_service() -> None:
    assert told(without_name(signal(), "uptime.signal.org")) == [("no", None, None)]


def test_facebooks_names_are_judged_by_its_networks_and_not_by_the_probes_word() -> None:
    found = facebook()
    word: dict[str, Any] = {"facebook_dns_blocking": True, "facebook_b_api_dns_consistent": False}
    found["test_keys"] |= word
    assert told(found) == [("no", None, None)]


@pytest.mark.parametrize(
    ("n_failed", "answer"), [(0, "no"), (3, "no"), (13, "yes"), (18, "yes"), (20, "yes")]
)
def test_tor_is_blocked_if_its_directories_are(n_failed: int, answer: str) -> None:
    found = tor()
    directories = [
        each for each in found["test_keys"]["targets"].values() if "dir" in each["target_protocol"]
    ]
    for each in directories[::-1][: n_failed // 2] + directories[: -(-n_failed // 2)]:
        each["failure"] = "generic_timeout_error"
    listed = copy.deepcopy(found)  # as until 2020-01-27
    listed["test_keys"]["targets"] = list(found["test_keys"]["targets"].values())
    assert [each[0] for each in told(found, listed)] == [answer, answer]


def test_stale_bridges_are_no_block() -> None:
    found = tor()
    for each in found["test_keys"]["targets"].values():
        if each["target_protocol"] == "obfs4":
            each["failure"] = "generic_timeout_error"
    assert told(found) == [("no", None, None)]


def test_a_shortened_document_has_the_probes_word() -> None:
    words = [
        ({"telegram_web_status": "ok", "telegram_tcp_blocking": False}, "telegram", "no"),
        ({"telegram_web_status": "ok", "telegram_tcp_blocking": True}, "telegram", "yes"),
        ({"signal_backend_status": "blocked", "signal_backend_failure": "connection_reset"},
         "signal", "yes"),
        ({"signal_backend_status": "blocked", "signal_backend_failure": "network_unreachable"},
         "signal", "unknown"),
    ]  # fmt: skip
    for keys, test, answer in words:
        found = {"test_name": test, "test_version": "0.2.5", "test_keys": keys}
        assert told(found)[0][0] == answer


def test_tools_that_work_are_not_blocked_and_those_that_fail_are_unknown() -> None:
    greeted = {"server_name": "a.example", "address": "81.2.69.1:443", "failure": None}
    looked_up = {"queries": [{"hostname": "a.example", "answers": [{"ipv4": "10.10.34.35"}]}]}
    works: list[Document] = [
        {"test_name": "urlgetter", "test_keys": looked_up | {"tls_handshakes": [greeted]}},
        {"test_name": "psiphon", "test_keys": {"failure": None, "bootstrap_time": 4.2}},
        {"test_name": "vanilla_tor", "test_keys": {"success": True, "tor_progress": 100}},
        {"test_name": "stunreachability", "test_keys": {"endpoint": "stun.example:3478"}},
        {"test_name": "dnscheck", "test_keys": {"lookups": {"https://a": {"failure": None}}}},
    ]
    fails: list[Document] = [
        {"test_name": "psiphon", "test_keys": {"failure": "generic_timeout_error"}},
        {"test_name": "vanilla_tor", "test_keys": {"success": None, "tor_progress": 0}},
        {
            "test_name": "dnscheck",
            "test_keys": {"lookups": {"https://a": {"failure": "eof_error"}}},
        },
        {"test_name": "ndt", "test_keys": {"failure": None}},
        {"test_name": "urlgetter", "test_keys": looked_up},
        {
            "test_name": "urlgetter",
            "test_keys": {"tls_handshakes": [greeted | {"no_tls_verify": True}]},
        },
        {
            "test_name": "urlgetter",
            "test_keys": {"tls_handshakes": [greeted], "failure": "eof_error"},
        },
        {"test_name": "never_heard_of"},
    ]
    assert [answer for answer, _, _ in told(*works)] == ["no"] * len(works)
    assert [answer for answer, _, _ in told(*fails)] == ["unknown"] * len(fails)


def test_an_echo_that_comes_back_altered_is_no_block() -> None:
    lines: Document = {"test_name": "http_invalid_request_line",
                       "test_keys": {"sent": ["a", "b"], "received": ["a", "b"]}}  # fmt: skip
    altered = copy.deepcopy(lines)
    altered["test_keys"]["received"] = ["a", "<html>"]
    silent = copy.deepcopy(lines)
    silent["test_keys"]["received"] = ["", ""]
    assert [(each["blocked"], each["rule_id"]) for each in judged(lines, altered, silent)] == [
        ("no", "service.echo_whole"),
        ("no", "service.echo_altered"),
        ("unknown", "service.echo_silent"),
    ]


def test_an_encrypted_name_is_blocked_where_plain_ones_pass() -> None:
    plain = {"server_name": "a.example", "address": "81.2.69.1:443", "failure": None}
    hidden = plain | {"echconfig": "GREASE", "failure": "connection_reset"}
    connect = {"ip": "81.2.69.1", "port": 443, "status": {"failure": None}}
    keys = {"tls_handshakes": [plain, hidden], "tcp_connect": [connect]}
    found: Document = {"test_name": "echcheck", "test_keys": keys}
    assert told(found) == [("yes", "tls", "ech")]


def test_an_encrypted_name_is_judged_beside_plain_ones_only() -> None:
    plain = {"server_name": "a.example", "address": "81.2.69.1:443", "failure": None}
    greased = plain | {"echconfig": "GREASE"}
    real = plain | {"echconfig": "AEX+DQBB", "outer_server_name": "b.example"}
    lost = {"failure": "connection_reset"}
    runs = [
        ([plain, greased, real], "no"),
        ([plain, greased, real | lost], "yes"),
        ([plain, greased | lost], "yes"),
        ([plain | lost, greased | lost], "unknown"),
        ([plain | lost, greased], "no"),
    ]
    found: list[Document] = [
        {"test_name": "echcheck", "test_keys": {"tls_handshakes": shakes}} for shakes, _ in runs
    ]
    old: Document = {"test_name": "echcheck", "test_version": "0.1.2"}
    found += [old | {"test_keys": {"control": plain, "target": plain | how}} for how in ({}, lost)]
    answers = [answer for answer, _, _ in told(*found)]
    assert answers == [*(answer for _, answer in runs), "no", "yes"]


def test_an_old_run_without_look_ups_was_online_if_a_name_was_found() -> None:
    """The first versions noted no look-ups: a page that timed out had its name found."""
    found = unconnected(unanswered(telegram(), *DCS, WEB), *DCS)
    keys = found["test_keys"]
    keys["queries"] = keys["tls_handshakes"] = []
    keys["tcp_connect"] = [each for each in keys["tcp_connect"] if each["ip"] in DCS]
    for each in keys["requests"]:
        each["failure"] = "generic_timeout_error"
    lost = copy.deepcopy(found)
    for each in lost["test_keys"]["requests"]:
        each["failure"] = "dns_lookup_error"
    assert [answer for answer, _, _ in told(found, lost)] == ["yes", "unknown"]


def test_names_that_exist_without_an_address_are_an_answer_of_a_resolver() -> None:
    hosts = (*ENDPOINTS, REGISTRATION, WHATSAPP_WEB)
    found = [without_name(whatsapp(), *hosts, failure=how)
             for how in ("dns_no_answer", "dns_temporary_failure")]  # fmt: skip
    assert [answer for answer, _, _ in told(*found)] == ["yes", "unknown"]


def test_one_name_that_is_lost_is_a_block_in_part_and_one_server_that_fails_is_not_yet() -> None:
    name = "edge-mqtt.facebook.com"
    found = [without_name(facebook(), name), astray(facebook(), name, address="81.2.69.160")]
    states = [(each["state"], each["blocked"], each["feature"]) for each in judged(*found)]
    assert states == [("partly", "yes", "dns")] * 2
    assert told(unconnected(facebook(), name)) == [("unknown", "tcp", "tcp")]
