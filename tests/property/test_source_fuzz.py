"""Whatever bytes come, a source reads them or refuses them: no other exception, no long wait."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.errors import SourceError
from overblock.sources import Source
from overblock.tables import REJECTS
from source_cases import cases, sample

PATIENCE = timedelta(seconds=5)  # a hundred times what these few bytes take, on a busy machine
CASES = cases()
SAMPLES = {name: sample(name) for name in CASES}
PIECES = (  # what the formats are made of, so that chance comes further than the first byte
    *(b"<content", b"</content>", b"<![CDATA[", b"]]>", b"<!--", b"-->", b"<?", b"?>"),
    *(b"<!DOCTYPE", b'<!ENTITY a "b">', b"&a;", b"&#0;", b"</reg:register>", b"<ip>", b"</ip>"),
    *(b'{"', b'":', b"[", b"]}", b'"data"', b'"state": true', b"null", b"1e999", b"\\ud800"),
    *(b"192.0.2.7", b"::ffff:1.2.3.4", b"/33", b"://", b"*.", b";", b"#", b"|", b'"', b"\t"),
    *(b"\n", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf", b"9" * 40, b"2015-02-30", b"-1"),
)

names = st.sampled_from(sorted(CASES))
filth = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)), max_size=20).map(
    b"".join
)


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, bytes]:
    """A sample with a few accidents: cut, a byte turned, a stretch doubled, lost or filled."""
    name = draw(names)
    raw = SAMPLES[name]
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(raw)))
        stop = draw(st.integers(start, min(len(raw), start + 400)))
        raw = draw(
            st.sampled_from(
                (
                    raw[:start],
                    raw[:start] + raw[stop:],
                    raw[:stop] + raw[start:],
                    raw[:start] + draw(filth) + raw[start:],
                    raw[:start] + draw(filth) + raw[stop:],
                )
            )
        )
    return name, raw


def read_or_refuse(source: Source, raw: bytes) -> None:
    try:
        reading = source.read(raw)
    except SourceError:
        return
    source.fills.check(reading.rows)
    REJECTS.check(reading.rejects)
    keys = reading.rows.select(source.fills.key)
    assert not keys.is_duplicated().any()
    assert not reading.rejects.select(REJECTS.key).is_duplicated().any()


@settings(deadline=PATIENCE)
@given(names, filth)
def test_any_bytes_are_read_or_refused(name: str, raw: bytes) -> None:
    read_or_refuse(CASES[name], raw)


@settings(deadline=PATIENCE)
@given(names, filth)
def test_any_bytes_after_a_good_beginning_are_read_or_refused(name: str, raw: bytes) -> None:
    begun = SAMPLES[name][: SAMPLES[name].find(b"<content") + 1 or 60]
    read_or_refuse(CASES[name], begun + raw)


@settings(deadline=PATIENCE, max_examples=200)
@given(mutants())
def test_a_damaged_sample_is_read_or_refused(mutant: tuple[str, bytes]) -> None:
    name, raw = mutant
    read_or_refuse(CASES[name], raw)


@settings(deadline=PATIENCE)
@given(mutants())
def test_a_damaged_sample_is_taken_apart_or_refused(mutant: tuple[str, bytes]) -> None:
    """No byte of a record is lost or made on the way, hidden separators apart."""
    name, raw = mutant
    framing = CASES[name].framing
    if framing is None:
        return
    try:
        parts = framing.split(raw)
    except SourceError:
        return
    assert parts.body == b"" or parts.body.endswith(framing.separator)
    again = framing.split(framing.join(parts.head, parts.body))
    assert (again.head, again.body) == (parts.head, parts.body)
