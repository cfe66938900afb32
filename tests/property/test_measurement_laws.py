"""Whatever a line holds, it is a measurement or a reject; whatever a file holds, it is read so."""

import gzip
import json
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.artefacts.measurements import Found, read_blocks
from overblock.errors import SourceError
from overblock.measurements import opening
from overblock.measurements.batches import Block, decoded
from overblock.measurements.decoding import Reject, decode
from overblock.measurements.documents import Measurement
from overblock.measurements.envelope import Envelopes
from overblock.measurements.failures import NAMED, class_of
from overblock.measurements.files import MeasurementFile
from overblock.measurements.observations import Observations
from overblock.measurements.verdicts import Judge
from overblock.reasons import REASONS
from overblock.tables import OBSERVATIONS, VERDICTS
from shared_data import shared

FEW = 30  # each of these makes a dozen frames
LONGEST = 30_000  # of a sample that is mutated: the longest would only make it slow

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", "443", "-1", "1e999", "[scrubbed]", "\ud800", "\x00", "١٢", "::1", "a:b"]),
    st.sampled_from([2**31, 2**63, 2**64, 10**30, -(2**63) - 1, 65536, 1e308]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@cache
def samples() -> list[bytes]:
    paths = sorted(shared("samples", "ooni").glob("*/*.json"))
    return [path.read_bytes() for path in paths if path.stat().st_size < LONGEST]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container of a document with each of its keys."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield value, key
        yield from places(value[key])


@st.composite
def changed(draw: st.DrawFn) -> bytes:
    """A sample of which some values are of other types, doubled or gone."""
    document = json.loads(draw(st.sampled_from(samples())))
    for _ in range(draw(st.integers(1, 4))):
        all_places = list(places(document))
        container, key = all_places[draw(st.integers(0, len(all_places) - 1))]
        if isinstance(container, dict) and draw(st.booleans()):
            container.pop(key)
        else:
            container[key] = draw(values)
    return json.dumps(document).encode()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A sample of which bytes are lost, doubled or turned."""
    raw = draw(st.sampled_from(samples()))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(raw)))
        stop = draw(st.integers(start, min(len(raw), start + 50)))
        filth = draw(st.one_of(st.binary(max_size=4), st.sampled_from([b"NaN", b"[" * 2000, b'"'])))
        raw = draw(st.sampled_from([raw[:start], raw[:start] + filth + raw[stop:]]))
    return raw


def read_all(raw: bytes) -> None:
    """Decode and draw from it all that can be drawn."""
    line = raw.replace(b"\n", b" ").replace(b"\r", b" ")
    envelopes, observations, judge = Envelopes(), Observations(), Judge()
    for found, measurement in decoded(Block(MeasurementFile(name="x"), 1, line, 0, len(line)), []):
        envelopes.add(found, measurement)
        observations.add(measurement)
        judge.add(measurement)
        for transaction in measurement.test_keys.requests or ():
            if transaction.response is not None:
                opening.body(transaction.response.body)
                opening.header_list(transaction.response.headers_list)
        for handshake in measurement.test_keys.tls_handshakes or ():
            opening.certificates(handshake.peer_certificates)
        opening.texts(measurement.test_keys.received)
        opening.handshake(measurement.test_keys.target)
    told = envelopes.frame()
    OBSERVATIONS.check(observations.frame(told))
    VERDICTS.check(judge.verdicts(told))


@settings(max_examples=FEW)
@given(st.one_of(changed(), damaged()))
def test_a_document_with_anything_in_it_is_told_to_the_end(raw: bytes) -> None:
    read_all(raw)


@given(
    st.one_of(
        changed(),
        damaged(),
        st.binary(),
        st.text().map(str.encode),
        values.map(json.dumps).map(str.encode),
    )
)
def test_any_bytes_are_a_measurement_or_a_reject(raw: bytes) -> None:
    found = decode(raw)
    assert isinstance(found, Measurement) or found.reason in REASONS


@given(st.sampled_from(range(90)))
def test_the_tolerant_way_reads_a_sound_document_as_the_strict_one_does(number: int) -> None:
    raw = samples()[number % len(samples())]
    plain = decode(raw)
    document = json.loads(raw)
    slow = decode(json.dumps(document | {"test_runtime": "7"}).encode())
    assert isinstance(plain, Measurement)
    assert isinstance(slow, Measurement)
    assert (slow.test_runtime, slow.bad_fields) == (7, ())
    assert msgspec.to_builtins(slow.test_keys.queries) == msgspec.to_builtins(
        plain.test_keys.queries
    )
    assert (
        slow.test_keys.control == plain.test_keys.control
        or plain.test_keys.control is None
        or (
            slow.test_keys.control is not None
            and slow.test_keys.control.tcp_connect == plain.test_keys.control.tcp_connect
        )
    )


@given(st.text())
def test_every_failure_has_a_class_that_is_explained(failure: str) -> None:
    assert class_of(failure) in {None, *NAMED}
    assert (class_of(failure) is None) == (failure == "")


some_lines = st.lists(
    st.one_of(st.binary(max_size=30), st.just(b""), st.just(b"x" * 300)), max_size=30
).map(b"\n".join)


@given(some_lines, st.integers(1, 400), st.lists(st.integers(0, 900), max_size=6))
def test_blocks_hold_the_lines_of_a_file_under_their_numbers(
    raw: bytes, most_bytes: int, cuts: list[int]
) -> None:
    """Against splitting the whole: each stream of a file of several comes as a piece of its own."""
    edges = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    pieces = [raw[start:stop] for start, stop in pairwise(edges)]
    with TemporaryDirectory() as folder:
        path = Path(folder, "x.jsonl")
        path.write_bytes(b"".join(map(gzip.compress, pieces)) if cuts else raw)
        try:
            blocks = list(read_blocks(Found("x.jsonl", path), print, most_bytes=most_bytes))
        except SourceError:
            return  # it looks like the head of a format that is not read here
    read = {line.record: line.raw for block in blocks for line in block.lines()}
    whole = {n: line for n, line in enumerate(raw.split(b"\n"), 1) if line and not line.isspace()}
    assert {n: line for n, line in read.items() if len(line) <= most_bytes} == {
        n: line for n, line in whole.items() if len(line) <= most_bytes
    }
    long = {n for n, line in whole.items() if len(line) > most_bytes}
    assert all(len(read[n]) > most_bytes and whole[n].startswith(read[n]) for n in long & set(read))
    assert all(whole[n][: most_bytes + 1].isspace() for n in long - set(read))


def test_a_reject_says_nothing_but_its_reason_and_a_start() -> None:
    found = decode(b"[" + b"1," * 5000)
    assert isinstance(found, Reject)
    assert len(found.value) <= 200
