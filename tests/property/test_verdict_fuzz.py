"""Whatever a document holds, it is judged: one line of a stranger must not end a night's run."""

import copy
import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from measurement_worlds import Document, Site, World, document, everywhere, hit
from overblock.measurements.batches import Line
from overblock.measurements.decoding import decode
from overblock.measurements.documents import Measurement
from overblock.measurements.envelope import Envelopes
from overblock.measurements.files import file_of
from overblock.measurements.fingerprints import Fingerprints
from overblock.measurements.taking import SERVICES as TESTS
from overblock.measurements.verdicts import Judge, with_features_hit
from service_worlds import SERVICES

ODD: list[Any] = [
    *(None, "", "x", 0, -1, 1e308, 2**63, True, [], {}, [[]], [None], {"a": None}, "9" * 5000),
    *(
        "[scrubbed]",
        "::1%eth0",
        "fe80::1%eth0",
        "256.1.1.1",
        "[::]:443",
        ":443",
        "1.2.3.4:٤٤٣",
        "1.2.3.4:" + "9" * 5000,
    ),
    *("http://[", "http://[::1", "https://a:b", "http://a:99999/", "//", "http://" + "a." * 200),
    *("\ud800", "\x00", "\u0130.example", "xn--", "http://\u2100.example/"),
    {"format": "base64", "data": "%%%"},
]
FINGERPRINTS = """name,location_found,pattern_type,pattern,scope,expected_countries
a,body,contains,x,nat,
b,header.location,regexp,x+,nat,
c,dns,full,10.0.0.1,nat,
"""
BAD_GREETINGS = (None, "ssl_invalid_certificate")
BASES: list[Document] = [
    *(document(each) for each in hit(everywhere(site=Site()), "greet", *BAD_GREETINGS)),
    document(World(scheme="http").with_censor(sends_to="http://landing.example/")),
    document(World().with_censor(cuts_after=100)),
    *(make() for make in SERVICES.values()),
    *({"test_name": name, "test_keys": document(World())["test_keys"]} for name in TESTS),
]


def places(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document that something can be put into."""
    items = found.items() if isinstance(found, dict) else enumerate(found)
    below = [(*path, key) for key, _ in items]
    for key, value in found.items() if isinstance(found, dict) else enumerate(found):
        if isinstance(value, dict | list):
            below += places(value, (*path, key))
    return below


def spoilt(base: Document, draw: random.Random) -> Document:
    made: Document = json.loads(json.dumps(base))
    for _ in range(draw.randint(1, 6)):
        *way, last = draw.choice(places(made))
        at: Any = made
        for step in way:
            at = at[step]
        at[last] = copy.deepcopy(draw.choice(ODD))
    return made


@settings(max_examples=5)
@given(st.integers(0, 2**32))
def test_any_document_that_decodes_is_judged(seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311  (no secret)
    judge, envelopes = Judge(Fingerprints.read([FINGERPRINTS])), Envelopes()
    file = file_of("made.jsonl")
    for number in range(40):
        line = json.dumps(spoilt(draw.choice(BASES), draw)).encode()
        found = decode(line)
        if isinstance(found, Measurement):
            judge.add(found)
            envelopes.add(Line(file, number, line), found)
    frame = envelopes.frame()
    n_wholes = len(with_features_hit(judge.verdicts(frame)))
    assert n_wholes == len(frame)
