"""Shortcuts on the way from documents to verdicts say what the long way says."""

import json
import re
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurement_draws import worlds
from measurement_worlds import Document, World, document, measured
from overblock.measurements import kept, opening
from overblock.measurements.batches import Line
from overblock.measurements.envelope import Envelopes
from overblock.measurements.files import file_of
from overblock.measurements.kept import Kept
from overblock.measurements.page_words import text_of
from overblock.measurements.verdicts import Judge, with_features_hit
from overblock.measurements.web_names import kind_of_all, names_by_host
from overblock.measurements.web_pages import BODY_BYTES, page_of, title_of
from service_worlds import SERVICES
from shared_data import shared

TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.DOTALL)
marks = st.lists(
    st.sampled_from(["<title", ">", "</title", "<", " a", "\n", "title", "/"]), max_size=12
)
LONG = (
    "a",
    "Ж",
    "İ",
    "\U0001f512",
)  # one to four bytes a sign; the third gets longer in lower case


def both_ways(found: list[Document]) -> None:
    """The wholes alone, and the wholes among the layers."""
    judge, envelopes = Judge(), Envelopes()
    for number, each in enumerate(found, 1):
        measurement = measured(each)
        judge.add(measurement)
        envelopes.add(Line(file_of("made.jsonl"), number, json.dumps(each).encode()), measurement)
    again = Judge()
    again.join(judge.taken)
    told = envelopes.frame()
    short = with_features_hit(judge.verdicts(told, layers=False))
    assert short.equals(with_features_hit(again.verdicts(told)))


@settings(max_examples=5)
@given(st.lists(worlds, min_size=20, max_size=20))
def test_wholes_alone_are_the_wholes_among_their_layers(drawn: list[World]) -> None:
    both_ways([*map(document, drawn), *(make() for make in SERVICES.values())])


def test_wholes_of_the_samples_alone_are_the_wholes_among_their_layers() -> None:
    paths = sorted(shared("samples", "ooni").glob("*/*.json"))
    assert len(paths) > 100
    both_ways([json.loads(path.read_bytes()) for path in paths])


@given(st.lists(st.text("ab", max_size=5), max_size=40), st.integers(1, 4))
def test_what_is_kept_is_what_would_be_made(asked: list[str], most: int) -> None:
    made = Kept(str.upper, longest=3, otherwise="?")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "MOST", most)
        assert [made[each] for each in asked] == [
            each.upper() if len(each) <= 3 else "?" for each in asked
        ]
    assert len(made) <= most
    assert all(len(each) <= 3 for each in made)


@given(marks)
def test_a_title_is_found_where_a_pattern_finds_it(parts: list[str]) -> None:
    text = "".join(parts)
    found = TITLE.search(text)
    assert title_of(text) == (found[1] if found else None)


def test_a_page_full_of_titles_that_never_end_is_read_in_no_time() -> None:
    """A pattern would look from each of them to the end: some hundred million steps."""
    assert title_of("<title" * (BODY_BYTES // 6)) is None


@pytest.mark.parametrize("sign", LONG)
@pytest.mark.parametrize("more", [-1, 0, 1])
@pytest.mark.parametrize("share", [1, 2, 4])
def test_a_page_that_stands_as_text_is_read_as_its_bytes_are(
    sign: str, more: int, share: int
) -> None:
    body = "<TITLE>" + sign * (BODY_BYTES // share - len("<TITLE>") + more)
    part = msgspec.Raw(json.dumps(body).encode())
    assert page_of(part) == text_of(opening.body(part)[:BODY_BYTES])


header_maps = st.dictionaries(
    st.sampled_from(["Location", "location", "LOCATION", "Date", "İocation", "\u212aey", ""]),
    st.sampled_from(["http://a.example/", "", {"data": "aGk=", "format": "base64"}, ["x", "y"], 3]),
    max_size=4,
)


@given(header_maps, st.sampled_from(["location", "date", "key"]))
def test_one_header_is_the_one_among_all(made: dict[str, Any], wanted: str) -> None:
    part = msgspec.Raw(json.dumps(made).encode())
    assert opening.header(part, wanted) == opening.headers(part).get(wanted)


@given(st.lists(st.sampled_from(["aGk=", "", "?", "eW8="]), max_size=4) | st.just("x"))
def test_the_first_certificate_is_the_first_of_all(data: list[str] | str) -> None:
    part = msgspec.Raw(json.dumps([{"data": each, "format": "base64"} for each in data]).encode())
    every = opening.certificates(part)
    assert opening.first_certificate(part) == (every[0] if every else None)


addresses = st.sampled_from(["93.184.216.34", "10.0.0.1", "2a00::1", "64:ff9b::a00:1", "no", ""])
queries: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        hostname=st.sampled_from([None, "a.example", "A.Example.", "яндекс.рф"]),
        engine=st.sampled_from([None, "", "system", "getaddrinfo", "udp", "doh", "dot", "x"]),
        failure=st.sampled_from([None, False, "dns_nxdomain_error", "dns_no_answer"]),
        answers=st.one_of(
            st.none(),
            st.lists(
                st.builds(
                    dict, ipv4=st.none() | addresses, ipv6=st.none() | addresses, asn=st.none()
                ),
                max_size=3,
            ),
        ),
    ),
    max_size=8,
)


@given(queries)
def test_answers_are_kept_by_name_and_by_kind_of_resolver(asked: list[Document]) -> None:
    """The model asks for each name and each kind again."""
    keys = measured({"test_name": "web_connectivity", "test_keys": {"queries": asked}}).test_keys
    forms = {"A.Example.": "a.example", "яндекс.рф": "xn--d1acpjx3f.xn--p1ai"}
    engines = {"system": 0, "getaddrinfo": 0, "": 0, None: 0, "doh": 2, "dot": 2}
    read = {"10.0.0.1": "10.0.0.1", "93.184.216.34": "93.184.216.34", "2a00::1": "2a00::1",
            "64:ff9b::a00:1": "10.0.0.1"}  # fmt: skip
    found = names_by_host(keys.queries)
    named = [(forms.get(q["hostname"], q["hostname"]), engines.get(q["engine"], 1), q)
             for q in asked if q["hostname"] is not None]  # fmt: skip
    assert set(found) == {host for host, _, _ in named}
    for host, names in found.items():
        for kind, answers in enumerate(names.kinds):
            mine = [query for at, of, query in named if (at, of) == (host, kind)]
            given_there = {
                read[text]
                for query in mine
                for answer in query["answers"] or ()
                if (text := answer["ipv4"] or answer["ipv6"]) in read
            }
            assert (answers.asked, answers.addresses) == (bool(mine), given_there)


@given(st.sets(st.sampled_from(["93.184.216.34", "10.0.0.1", "127.0.0.1", "2a00::1"])))
def test_one_public_address_makes_addresses(found: set[str]) -> None:
    public = found & {"93.184.216.34", "2a00::1"}
    wanted = "addresses" if public else "bogons" if found else "nothing"
    assert kind_of_all(found) == wanted
