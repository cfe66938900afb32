"""What decodes only when somebody asks, sound or not."""

import json

import pytest
from msgspec import Raw

from overblock.measurements import opening
from overblock.measurements.blocks import ABSENT


def raw(value: object) -> Raw:
    return Raw(json.dumps(value).encode())


NONSENSE: list[object] = [None, 7, "x", [], {}, [7], {"a": 7}, [[]], {"format": "base64"}]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("Straße", "Straße".encode()),
        ({"format": "base64", "data": "aGk="}, b"hi"),
        ({"format": "base64", "data": "aGk"}, b"hi"),
        ({"format": "base64", "data": "a-_!"}, b""),
        ({"format": "base64", "data": "a"}, b""),
        (None, b""),
        (["no body"], b""),
    ],
)
def test_a_body_is_text_or_base64_with_or_without_padding(written: object, plain: bytes) -> None:
    assert opening.body(raw(written)) == plain


def test_headers_are_found_by_lower_case_and_the_first_of_equals_wins() -> None:
    tagged = {"format": "base64", "data": "aGk="}
    assert opening.headers(raw({"Server": "a", "SERVER": "b", "Via": tagged, "X": ["1", "2"]})) == {
        "server": "a",
        "via": "hi",
        "x": "1",
    }
    pairs = [["Set-Cookie", "a"], ["Set-Cookie", "b"], ["broken"]]
    assert opening.header_list(raw(pairs)) == [("set-cookie", "a"), ("set-cookie", "b")]


def test_certificates_that_are_none_are_left_out() -> None:
    good, broken = {"format": "base64", "data": "aGk="}, {"format": "base64", "data": "***"}
    assert opening.certificates(raw([good, broken, good])) == [b"hi", b"hi"]


def test_one_bad_event_costs_itself_and_no_other() -> None:
    events = [{"operation": "read", "num_bytes": 7}, {"num_bytes": -1}, 5, {"operation": "write"}]
    assert [
        (event.operation, event.num_bytes) for event in opening.network_events(raw(events))
    ] == [
        ("read", 7),
        (None, None),
        ("write", None),
    ]


def test_targets_of_tor_are_read_as_a_list_too_as_they_were_at_first() -> None:
    target = {"target_protocol": "dir_port", "failure": False, "tcp_connect": [{"ip": "8.8.8.8"}]}
    (found,) = opening.tor_targets(raw({"id": target})).values()
    assert (found.target_protocol, len(found.tcp_connect or [])) == ("dir_port", 1)
    listed = opening.tor_targets(raw([target, target | {"failure": 7}, 8]))
    assert [each.target_protocol for each in listed.values()] == ["dir_port", "dir_port"]
    assert listed["0"] == found


def test_a_lookup_and_a_lone_handshake_are_found() -> None:
    assert list(opening.lookups(raw({"dot://dns.google:853": {"failure": "x"}}))) == [
        "dot://dns.google:853"
    ]
    found = opening.handshake(raw({"server_name": "a.example", "failure": None}))
    assert found is not None
    assert found.server_name == "a.example"


@pytest.mark.parametrize("nonsense", NONSENSE, ids=json.dumps)
def test_nonsense_is_nothing(nonsense: object) -> None:
    part = raw(nonsense)
    assert opening.certificates(part) in ([], [b""])
    assert opening.header_list(part) == []
    assert isinstance(opening.headers(part), dict)
    assert isinstance(opening.body(part), bytes)
    assert isinstance(opening.texts(part), list)
    for event in opening.network_events(part):
        assert event.operation is None
    assert all(target.failure is None for target in opening.tor_targets(part).values())
    assert all(lookup.failure is None for lookup in opening.lookups(part).values())


def test_bytes_that_are_no_json_are_nothing() -> None:
    for part in (Raw(b"\xff"), Raw(b'"\xff"'), Raw(b"[" * 5000), Raw(b""), ABSENT):
        assert opening.body(part) == b""
        assert opening.headers(part) == {}
        assert opening.network_events(part) == []
        assert opening.lookups(part) == {}
        assert opening.handshake(part) is None
