"""Verdicts that the lower layers reach by themselves, and failures that are the probe's own."""

import json
from dataclasses import replace

import pytest

from measurement_worlds import (
    BLOCK_PAGE,
    LURE,
    Document,
    Site,
    World,
    document,
    everywhere,
    hit,
    judged,
    layers,
    verdicts,
)

OWN = ("permission_denied", "no_buffer_space", "not_connected", "address_not_available",
       "unknown_failure: dial tcp: connect: operation not permitted")  # fmt: skip
LOST = {
    "failure": "unknown_error",
    "status_code": -1,
    "body_length": -1,
    "title": "",
    "headers": {},
}


def pageless(*worlds: World) -> list[Document]:
    """The control connects and greets, and gets no page: what stands there serves none."""
    found = [document(each) for each in worlds]
    for each in found:
        each["test_keys"]["control"]["http_request"] = LOST
    return found


def told(*found: Document) -> set[tuple[str, str | None]]:
    return {(each["blocked"], each["mechanism"]) for each in judged(*found)}


def test_connects_that_only_the_probe_cannot_make_are_blocked_though_no_page_is_there() -> None:
    worlds = hit(everywhere(), "connect", "generic_timeout_error", "connection_refused")
    assert told(*pageless(*worlds)) == {("yes", "tcp")}


def test_handshakes_that_only_the_probe_cannot_make_are_blocked_though_no_page_is_there() -> None:
    """Where the helper makes handshakes of its own; an old one shows nothing."""
    new = World(version="0.5.28")
    worlds = hit([new], "greet", "generic_timeout_error", "connection_reset", "eof_error")
    assert told(*pageless(*worlds)) == {("yes", "tls")}
    assert told(*pageless(*(replace(each, version="0.4.3") for each in worlds))) == {("down", None)}


def test_an_answer_for_a_dead_name_that_fails_for_the_probe_alone_is_no_block_of_connects() -> None:
    gone = everywhere(scheme="https", site=Site(resolves=False))
    found = [document(each) for each in hit(gone, "name_is", ("81.2.69.160",))]
    for each in found:
        for connect in each["test_keys"]["tcp_connect"]:
            connect["status"] = {"failure": "generic_timeout_error", "success": False}
    assert told(*found) == {("down", None)}


@pytest.mark.parametrize("failure", OWN)
def test_a_failure_of_the_probes_own_system_is_no_block(failure: str) -> None:
    worlds = [
        *hit(everywhere(), "connect", failure),
        *hit(everywhere(scheme="https"), "greet", failure),
        *hit(everywhere(scheme="http"), "fetch", failure),
        *hit(everywhere(beyond=Site(host="far.example")), "connect", failure),
    ]
    assert {answer for answer, _ in verdicts(*worlds)} == {"unknown"}


def test_an_address_of_ipv6_that_fails_for_the_control_too_is_down() -> None:
    alone = Site(addresses=("2a00:1450:4001::1",), connects="connection_refused")
    assert set(verdicts(*everywhere(site=alone))) == {("down", None)}


def test_old_handshakes_without_an_address_prove_only_what_was_reached() -> None:
    """The answer of the system's resolver was not connected to; another resolver's was."""
    found = document(World().with_censor(name_is=("81.2.69.160",)))
    for shake in found["test_keys"]["tls_handshakes"]:
        del shake["address"]
        shake["failure"] = None
    for connect in found["test_keys"]["tcp_connect"]:
        if connect["ip"] == "81.2.69.160":
            connect["status"] = {"failure": "generic_timeout_error", "success": False}
    assert told(found) == {("yes", "dns")}


def test_an_answer_that_was_taken_out_before_publication_is_not_none() -> None:
    found = [document(each) for each in everywhere()]
    for each in found:
        hidden = [{"answer_type": "A", "ipv4": "[scrubbed]"}]
        each["test_keys"]["queries"][0]["answers"] = hidden
    assert {answer for answer, _ in told(*found)} == {"no"}


def test_a_page_that_was_fetched_had_an_address_though_only_an_alias_is_noted() -> None:
    """As in documents of the first years; where another resolver was asked, its answer served."""
    found = [document(each) for each in everywhere() if not each.version.startswith("0.5")]
    for each in found:
        alias = [{"answer_type": "CNAME", "hostname": "edge.example"}]
        each["test_keys"]["queries"][0]["answers"] = alias
    assert {answer for answer, _ in told(*found)} == {"no"}
    for each in found:
        each["test_keys"]["requests"] = []
    assert told(*found) == {("yes", "dns")}


def test_a_control_that_fetched_the_page_found_its_name() -> None:
    """Whatever the look-up of its own came to."""
    for failure in (None, "dns_server_failure", "generic_timeout_error"):
        found = [document(each) for each in hit(everywhere(), "name_fails", "dns_nxdomain_error")]
        for each in found:
            each["test_keys"]["control"]["dns"] = {"failure": failure, "addrs": None}
        assert told(*found) == {("yes", "dns")}


def test_a_dead_certificate_by_a_wrong_clock_does_not_make_an_answer_a_forged_one() -> None:
    found = document(World().with_censor(greet="ssl_invalid_certificate"))
    for query in found["test_keys"]["queries"]:
        query["answers"][0] |= {"ipv4": "81.2.69.160", "asn": 64502}
    for each in (*found["test_keys"]["tcp_connect"], *found["test_keys"]["tls_handshakes"]):
        each |= {"ip": "81.2.69.160", "address": "81.2.69.160:443"}
    found["test_keys"]["dns_consistency"] = "inconsistent"
    found["measurement_start_time"] = "2031-01-01 00:00:00"
    assert told(found) == {("unknown", None)}


def test_the_most_telling_of_several_failures_is_told_in_whatever_order_they_came() -> None:
    two = Site(addresses=("93.184.216.34", "93.184.216.35"))
    found = document(World(site=two).with_censor(greet="connection_reset"))
    shakes = found["test_keys"]["tls_handshakes"]
    shakes[0]["failure"] = "ssl_invalid_certificate"
    back = found | {"test_keys": found["test_keys"] | {"tls_handshakes": shakes[::-1]}}
    details = [each["detail"] for each in judged(found, back)]
    assert details == ["reset", "reset"]


def portal(page: str) -> list[Document]:
    """No control, every answer of a resolver is a local address, and that serves a page."""
    local = hit(everywhere(scheme="http", control="fails"), "name_is", ("192.168.88.1",))
    found = [document(each.with_censor(injects=True)) for each in local]
    for each in found:
        keys = each["test_keys"]
        keys["queries"] = [one for one in keys["queries"] if one["engine"] != "doh"]
        keys["requests"] = keys["requests"][-1:]
        keys["requests"][0] |= {"failure": None, "response": {"code": 200, "body": page}}
    return found


def test_a_local_page_on_a_network_where_nothing_else_answers_asks_to_log_in() -> None:
    assert told(*portal("<title>Welcome</title>Guest network: log in")) == {("unknown", None)}
    assert told(*portal(BLOCK_PAGE)) == {("yes", "dns")}


def test_a_forged_answer_for_where_a_redirect_leads_is_a_block_of_the_name() -> None:
    """New probes ask several resolvers there too, and get on by the answer that is none."""
    world = World(version="0.5.28", beyond=Site(host="far.example", addresses=("93.184.216.40",)))
    assert verdicts(world, world.with_censor(name_is=("81.2.69.160",))) == [
        ("no", None),
        ("yes", "dns"),
    ]


@pytest.mark.parametrize(("n_bytes", "how"), [(16_000, ("throttle", "byte_limit")),
                                              (600, ("http", "timeout"))])  # fmt: skip
def test_an_answer_of_which_only_the_sockets_tell_is_a_limit_on_bytes_too(
    n_bytes: int, how: tuple[str, str]
) -> None:
    """A few hundred bytes are greetings, and so is what was read before the connection stood."""
    found = [document(each) for each in everywhere() if not each.version.startswith("0.0")]
    greeting = [{"operation": "read", "num_bytes": 9_000, "t": 0.05, "failure": None},
                {"operation": "tls_handshake_done", "t": 0.06, "failure": None}]  # fmt: skip
    answer = [{"operation": "read", "num_bytes": n_bytes // 4, "t": 0.1 * part, "failure": None}
              for part in range(1, 5)]  # fmt: skip
    end = [{"operation": "read", "failure": "generic_timeout_error", "t": 10.0}]
    for each in found:
        keys = each["test_keys"]
        keys["network_events"] = greeting + answer + end
        keys["requests"][0] |= {"failure": "generic_timeout_error", "response": {"code": 0}}
    assert {(each["mechanism"], each["detail"]) for each in judged(*found)} == {how}


def test_an_answer_that_a_secret_resolver_gives_too_is_the_names_own() -> None:
    """As content networks answer by place; the control made no handshakes of its own there."""
    found = document(World().with_censor(greet="connection_reset"))
    text = json.dumps({**found["test_keys"], "control": None}).replace("93.184.216.34", LURE)
    keys = json.loads(text) | {"control": found["test_keys"]["control"]}
    keys["control"]["tcp_connect"] = {f"{LURE}:443": {"status": True, "failure": None}}
    keys["control"] |= {"tls_handshake": None, "ip_info": None}
    keys["dns_consistency"] = None
    for query in keys["queries"]:
        for answer in query["answers"] or ():
            answer["asn"] = 64500
    assert told(found | {"test_keys": keys}) == {("yes", "tls")}
    for query in keys["queries"]:
        if query["engine"] == "doh":
            query["answers"] = []
    assert told(found | {"test_keys": keys}) == {("unknown", None)}


def over_quic(*, theirs: bool | None, failure: str | None, apart: bool) -> Document:
    """A page that loads, and a handshake over UDP beside it; some write these into a list apart."""
    found = document(World(version="0.5.28"))
    keys, endpoint = found["test_keys"], "93.184.216.34:443"
    shake = {"address": endpoint, "server_name": "shop.example", "failure": failure}
    if apart:
        keys["quic_handshakes"] = [shake]
    else:
        keys["tls_handshakes"].append(shake | {"network": "udp"})
    if theirs is not None:
        outcome = {"status": theirs, "failure": None if theirs else "generic_timeout_error"}
        keys["control"]["quic_handshake"] = {endpoint: outcome}
    return found


@pytest.mark.parametrize("apart", [False, True])
def test_a_block_of_quic_alone_is_one_in_part(apart: bool) -> None:  # noqa: FBT001  (a parameter)
    """The page loads over TCP, so that the whole is fine, and the layer tells of it."""

    def told_of(*, theirs: bool | None, failure: str | None) -> tuple[str, list[str]]:
        found = over_quic(theirs=theirs, failure=failure, apart=apart)
        rows = layers(found)
        return rows[-1]["blocked"], [each["rule_id"] for each in rows if each["layer"] == "tls"]

    assert told_of(theirs=True, failure="generic_timeout_error") == ("no", ["web.tls.quic"])
    for theirs, failure in [(False, "generic_timeout_error"), (None, "timed_out"), (True, None)]:
        assert told_of(theirs=theirs, failure=failure) == ("no", ["web.tls.works"])
