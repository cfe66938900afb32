"""Verdicts on pages in worlds whose truth is how they were made."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from measurement_worlds import (
    BLOCK_PAGE,
    LURE,
    VERSIONS,
    Document,
    Site,
    World,
    document,
    everywhere,
    hit,
    judged,
    verdicts,
)

WINSOCK = (
    "unknown_failure: read tcp [scrubbed]->[scrubbed]: wsarecv: An existing connection was "
    "forcibly closed by the remote host."
)
RESETS = ("connection_reset", "connection_aborted", WINSOCK, "connection_lost_error")
CUTS = (*RESETS, "eof_error", "response_never_received", "generic_timeout_error", "timed_out")
NAMELESS = ("dns_nxdomain_error", "dns_no_answer", "android_dns_cache_no_data", "dns_lookup_error",
            "dns_refused_error", "dns_servfail_error", "dns_server_misbehaving")  # fmt: skip
LOCAL = ("10.10.34.35", "127.0.0.1", "0.0.0.0", "::1")  # noqa: S104  (as censors answer)
LANDINGS = ("http://landing.isp.example/", "https://landing.isp.example/")
FAR = Site(host="far.example", addresses=("93.184.216.40",))
FINE = ("no", None)
DOWN = ("down", None)


def blocked(worlds: list[World], mechanism: str) -> None:
    assert verdicts(*worlds) == [("yes", mechanism)] * len(worlds)


def proves(world: World) -> bool:
    """Whether the probe asks several resolvers, and sees a certificate at what they answer."""
    return world.version.startswith("0.5")


def answers(*found: Document) -> list[str]:
    return [each["blocked"] for each in judged(*found)]


def test_a_page_that_loads_is_not_blocked() -> None:
    worlds = everywhere()
    assert verdicts(*worlds) == [FINE] * len(worlds)


def test_a_name_that_only_the_probe_cannot_find_is_blocked() -> None:
    blocked(hit(everywhere(), "name_fails", *NAMELESS), "dns")


def test_a_name_sent_to_where_no_site_can_live_is_blocked() -> None:
    blocked(hit(everywhere(), "name_is", *((each,) for each in LOCAL)), "dns")


def test_a_name_sent_to_another_server_is_blocked() -> None:
    worlds = hit(everywhere(), "name_is", (LURE,))
    assert [("yes", "dns" in (mechanism or "")) for _, mechanism in verdicts(*worlds)] == [
        (answer, True) for answer, _ in verdicts(*worlds)
    ]


def test_connects_that_only_the_probe_cannot_make_are_blocked() -> None:
    failures = ("generic_timeout_error", "tcp_timed_out_error", "connection_refused", *RESETS)
    blocked(hit(everywhere(), "connect", *failures), "tcp")


def test_handshakes_that_break_off_for_the_probe_alone_are_blocked() -> None:
    blocked(hit(everywhere(scheme="https"), "greet", *CUTS), "tls")


def test_a_certificate_that_only_the_probe_sees_is_forged() -> None:
    failures = ("ssl_unknown_authority", "ssl_invalid_hostname")
    blocked(hit(everywhere(scheme="https"), "greet", *failures), "tls")


def test_cleartext_requests_that_break_off_for_the_probe_alone_are_blocked() -> None:
    blocked(hit(everywhere(scheme="http"), "fetch", *CUTS), "http")


def test_a_cleartext_page_put_in_the_sites_place_is_blocked() -> None:
    pages = (BLOCK_PAGE, "<title>other</title>gone")
    blocked(hit(everywhere(scheme="http"), "page", *pages), "http")


def test_a_cleartext_redirect_to_a_block_page_is_blocked() -> None:
    blocked(hit(everywhere(scheme="http"), "sends_to", *LANDINGS), "http")


def test_an_answer_that_never_ends_is_throttled() -> None:
    blocked(hit(everywhere(), "cuts_after", 16_000, 200_000), "throttle")


def test_an_answer_that_stops_after_few_bytes_is_a_limit_on_bytes() -> None:
    world = World().with_censor(cuts_after=16_000)
    (found,) = judged(document(world))
    assert found["detail"] == "byte_limit"


@pytest.mark.parametrize(
    ("name", "failure", "mechanism"),
    [
        ("name_fails", "dns_nxdomain_error", "dns"),
        ("name_is", ("10.10.34.35",), "dns"),
        ("connect", "generic_timeout_error", "tcp"),
        ("connect", "connection_refused", "tcp"),
        ("greet", "connection_reset", "tls"),
        ("greet", "eof_error", "tls"),
        ("greet", "ssl_unknown_authority", "tls"),
        ("fetch", "eof_error", "http"),
    ],
)
def test_a_block_of_where_the_page_redirects_to_is_found(
    name: str, failure: Any, mechanism: str
) -> None:
    """Old probes noted neither handshakes nor connects after a redirect."""
    worlds = [each for each in everywhere(beyond=FAR) if not each.version.startswith("0.0")]
    blocked(hit(worlds, name, failure), mechanism)


@pytest.mark.parametrize(
    "site",
    [
        Site(resolves=False),
        Site(connects="connection_refused"),
        Site(connects="generic_timeout_error"),
        Site(addresses=("127.0.0.1",), connects="connection_refused"),
    ],
    ids=["gone", "refuses", "silent", "local"],
)
def test_what_is_broken_for_everybody_is_down(site: Site) -> None:
    worlds = everywhere(site=site)
    assert verdicts(*worlds) == [DOWN] * len(worlds)


def test_a_site_with_a_broken_certificate_is_down() -> None:
    failures = ("ssl_invalid_certificate", "ssl_unknown_authority", "ssl_invalid_hostname",
                "connection_reset")  # fmt: skip
    worlds = [
        each for how in failures for each in everywhere(scheme="https", site=Site(greets=how))
    ]
    assert verdicts(*worlds) == [DOWN] * len(worlds)


@pytest.mark.parametrize("control", ["fails", "empty", "none"])
def test_without_a_control_nothing_is_called_blocked(control: str) -> None:
    worlds = everywhere(control=control)
    uncompared = [
        *hit([each for each in worlds if not proves(each)], "name_fails", "dns_nxdomain_error"),
        *hit(worlds, "connect", "generic_timeout_error"),
        *hit(everywhere(scheme="https", control=control), "greet", "connection_reset"),
        *hit(worlds, "fetch", "connection_reset"),
        *hit(everywhere(scheme="http", control=control), "page", "<title>other</title>"),
        *hit(worlds, "cuts_after", 16_000),
    ]
    assert verdicts(*uncompared) == [("unknown", None)] * len(uncompared)


def test_without_a_control_a_resolver_that_lies_is_shown_by_a_certificate_elsewhere() -> None:
    worlds = [each for each in everywhere(control="fails") if proves(each)]
    blocked(hit(worlds, "name_fails", "dns_nxdomain_error", "dns_refused_error"), "dns")


def test_without_a_control_a_page_under_its_own_certificate_is_fine() -> None:
    worlds = everywhere(scheme="https", control="fails")
    assert verdicts(*worlds) == [FINE] * len(worlds)


def test_an_international_name_is_one_however_it_is_written() -> None:
    site = Site(host="xn--d1acpjx3f.xn--p1ai")
    inputs = ("https://яндекс.рф/", "https://Яндекс.РФ/", "https://XN--D1ACPJX3F.XN--P1AI/")
    worlds = [
        each for text in inputs for each in everywhere(scheme="https", site=site, written=text)
    ]
    assert verdicts(*worlds) == [FINE] * len(worlds)
    blocked(hit(worlds, "greet", "connection_reset"), "tls")


def test_broken_ipv6_of_the_probe_is_no_block() -> None:
    both = Site(addresses=("93.184.216.34", "2a00:1450:4001::1"))
    found = [document(each) for each in everywhere(site=both)]
    for each in found:
        for connect in each["test_keys"]["tcp_connect"]:
            if ":" in connect["ip"]:
                connect["status"] = {"failure": "generic_timeout_error", "success": False}
    assert answers(*found) == ["no"] * len(found)
    alone = everywhere(site=Site(addresses=("2a00:1450:4001::1",)))
    assert set(verdicts(*hit(alone, "connect", "network_unreachable"))) == {("unknown", None)}


def test_an_address_behind_a_translator_is_the_sites_own() -> None:
    found = [document(each) for each in everywhere()]
    for each in found:
        translated = {"answer_type": "AAAA", "ipv6": "64:ff9b::5db8:d822"}
        each["test_keys"]["queries"][0]["answers"].append(translated)
        each["test_keys"]["tcp_connect"].append({
            "ip": "64:ff9b::5db8:d822", "port": 443,
            "status": {"failure": "network_unreachable", "success": False},
        })  # fmt: skip
    alone = [json.loads(json.dumps(each)) for each in found]
    for each in alone:
        del each["test_keys"]["queries"][0]["answers"][0]
    assert answers(*found, *alone) == ["no"] * 2 * len(found)


def test_a_proxy_that_passes_the_page_on_is_no_block() -> None:
    for scheme in ("http", "https"):
        world = World(scheme=scheme, version="0.5.28", site=Site(addresses=("93.184.216.34", LURE)))
        found = document(world.with_censor(name_is=(LURE,)))
        found["test_keys"]["control"]["dns"]["addrs"] = ["93.184.216.34"]
        assert answers(found) == ["no"]


def test_an_answer_for_a_dead_name_is_a_block_if_it_is_put_in_far_away_too() -> None:
    gone = World(site=Site(resolves=False)).with_censor(name_is=(LURE,))
    found = verdicts(gone.with_censor(injects=True), gone)
    assert found == [("yes", "dns"), DOWN]


@pytest.mark.parametrize("status", [403, 451, 503])
def test_a_site_that_refuses_under_its_own_certificate_is_not_blocked(status: int) -> None:
    found = [document(each) for each in everywhere(scheme="https")]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        request["response"] |= {"code": status, "body": "<title>sorry</title>not for you"}
    states = {each["state"] for each in judged(*found)}
    assert states == {"ok" if status == 503 else "refused"}


def test_a_proof_of_being_human_is_the_sites_own_doing() -> None:
    found = [document(each) for each in everywhere()]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        body = "<title>Just a moment...</title><form id='challenge-form'>"
        request["response"] |= {"code": 503, "body": body}
        each["test_keys"]["headers_match"] = True
    assert {each["state"] for each in judged(*found)} == {"challenged"}


def test_a_block_page_that_looks_alike_in_status_and_headers_is_one() -> None:
    """The probe's own comparison calls such a page accessible."""
    found = [document(each.with_censor(page=BLOCK_PAGE)) for each in everywhere(scheme="http")]
    for each in found:
        plain = {"Content-Type": "text/html", "Date": "Mon, 24 Aug 2026 10:00:00 GMT"}
        each["test_keys"]["requests"][0]["response"]["headers"] = plain
        each["test_keys"]["control"]["http_request"]["headers"] = plain
        each["test_keys"] |= {"headers_match": True, "status_code_match": True}
    assert answers(*found) == ["yes"] * len(found)


def test_a_refusal_in_the_clear_is_the_sites_own_if_its_headers_are() -> None:
    found = [document(each) for each in everywhere(scheme="http")]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        request["response"] |= {"code": 403, "body": "<title>Access denied</title>"}
    assert {each["state"] for each in judged(*found)} == {"refused"}


def test_a_site_that_moved_to_another_name_is_not_blocked_for_it() -> None:
    """Its page may differ by country: a redirect as servers write it is no sign by itself."""
    found = [document(each) for each in everywhere(scheme="http")]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        onward = copy.deepcopy(request)
        headers = request["response"]["headers"] | {"Location": "https://moved.example/"}
        request["response"] = {"code": 301, "body": "", "headers": headers}
        onward["request"]["url"] = "https://moved.example/"
        onward["response"]["body"] = "<title>Magasin</title>"
        each["test_keys"]["requests"] = [onward, request]
    assert set(answers(*found)) <= {"no", "unknown"}


def test_a_site_that_refuses_the_control_is_not_blocked_for_the_probe() -> None:
    found = [document(each) for each in everywhere()]
    for each in found:
        page = each["test_keys"]["control"]["http_request"]
        page |= {"status_code": 403, "title": "Forbidden", "body_length": 90, "headers": {}}
    assert answers(*found) == ["no"] * len(found)


def test_a_server_in_trouble_is_no_block() -> None:
    found = [document(each) for each in everywhere(scheme="http")]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        request["response"] = {"code": 502, "body": "<title>502 Bad Gateway</title>", "headers": {}}
    assert answers(*found) == ["unknown"] * len(found)


def test_one_of_several_addresses_that_fails_is_no_block_of_the_page() -> None:
    two = Site(addresses=("93.184.216.34", "93.184.216.35"))
    found = [document(each) for each in everywhere(scheme="https", site=two)]
    for each in found:
        lost = {"failure": "generic_timeout_error", "success": False}
        each["test_keys"]["tcp_connect"][1]["status"] = lost
    assert answers(*found) == ["no"] * len(found)


def test_a_block_of_the_secure_way_is_told_though_the_page_loads_in_the_clear() -> None:
    """Only new probes try both for an address without s."""
    world = World(scheme="http", version="0.5.28").with_censor(greet="connection_reset")
    assert verdicts(world) == [("yes", "tls")]


def test_a_private_address_of_the_networks_own_plumbing_is_fine_if_it_shows_the_certificate() -> (
    None
):
    found = document(World())
    keys = found["test_keys"]
    keys["queries"][0]["answers"] = [{"answer_type": "A", "ipv4": "10.64.0.1"}]
    status = {"failure": None, "success": True}
    keys["tcp_connect"].append({"ip": "10.64.0.1", "port": 443, "status": status})
    shake = {"address": "10.64.0.1:443", "server_name": "shop.example", "failure": None}
    keys["tls_handshakes"].append(shake)
    assert answers(found) == ["no"]


def test_a_domain_for_sale_is_no_block() -> None:
    found = [document(each) for each in everywhere(scheme="http")]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        request["response"]["body"] = "<title>shop.example</title>This domain is for sale"
    assert answers(*found) == ["no"] * len(VERSIONS)


def test_a_circle_of_redirects_is_the_sites_own_doing() -> None:
    found = [document(each) for each in everywhere(scheme="https")]
    for each in found:
        (request,) = each["test_keys"]["requests"]
        hops = [
            request | {"request": {"url": f"https://shop.example/{hop}", "method": "GET"},
                       "response": {"code": 302, "headers": {"Location": f"/{hop + 1}"}}}
            for hop in range(11)
        ]  # fmt: skip
        each["test_keys"]["requests"] = hops[::-1]
    assert answers(*found) == ["no"] * len(VERSIONS)


def test_a_redirect_to_nowhere_is_no_block() -> None:
    for target in ("http://", "https://:443/", "\t", "//"):
        found = [document(each) for each in everywhere()]
        for each in found:
            (request,) = each["test_keys"]["requests"]
            request["response"] = {"code": 302, "headers": {"Location": target}}
            each["test_keys"]["control"]["http_request"] = {"failure": "unknown_error",
                                                            "status_code": -1}  # fmt: skip
        assert set(answers(*found)) == {"down"}


def test_a_probe_with_a_wrong_clock_does_not_see_forged_certificates() -> None:
    worlds = hit(everywhere(scheme="https"), "greet", "ssl_invalid_certificate")
    found = [document(each) for each in worlds]
    for each in found:
        each["measurement_start_time"] = "2031-01-01 00:00:00"
    states = {each["blocked"] for each in judged(*found) if each}
    assert states == {"unknown"}


def test_a_name_that_is_an_address_has_no_look_up_to_be_blocked() -> None:
    site = Site(host="93.184.216.34")
    worlds = everywhere(site=site)
    found = [document(each) for each in (*worlds, *hit(worlds, "connect", "connection_refused"))]
    for each in found:
        each["test_keys"]["queries"] = []
    assert answers(*found) == ["no"] * len(worlds) + ["yes"] * len(worlds)


def test_an_odd_port_is_the_pages_own() -> None:
    world = World(scheme="http", written="http://shop.example:8080/")
    found = document(world.with_censor(connect="connection_refused"))
    for connect in found["test_keys"]["tcp_connect"]:
        connect["port"] = 8080
    control = found["test_keys"]["control"]["tcp_connect"]
    control["93.184.216.34:8080"] = control["93.184.216.34:80"]
    assert answers(found) == ["yes"]


def test_a_measurement_of_nothing_says_nothing() -> None:
    empty: Document = {"test_name": "web_connectivity"}
    assert answers(empty, empty | {"input": "https://shop.example/"}) == ["unknown"] * 2


def test_a_block_of_the_second_of_two_layers_is_told_beside_the_first() -> None:
    world = World().with_censor(name_is=("10.10.34.35",), greet="connection_reset")
    assert verdicts(world) == [("yes", "dns+tls")]
    assert verdicts(replace(world, version="0.4.3")) == [("yes", "dns")]
