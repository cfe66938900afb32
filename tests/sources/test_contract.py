"""What every source promises, asked of each one that has a case."""

import re
from io import BytesIO
from itertools import pairwise

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from overblock.errors import SourceDrift
from overblock.sources import Reading, Source
from overblock.tables import NAME_SIGNS, REJECTS
from source_cases import as_json, cases, expected, sample

CASES = cases()
EVERY = pytest.mark.parametrize("name", CASES)
WEB_PAGE = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center></body></html>
"""


def framed() -> list[str]:
    return [name for name, source in CASES.items() if source.framing]


def texts() -> list[str]:
    return [name for name in CASES if b"\0" not in sample(name)[:1000]]


def check(source: Source, reading: Reading) -> Reading:
    """Both tables have their columns, and each row has a key of its own."""
    assert_unique(source.fills.check(reading.rows), source.fills.key)
    assert_unique(REJECTS.check(reading.rejects), REJECTS.key)
    if reading.signs is not None:
        assert_unique(NAME_SIGNS.check(reading.signs), NAME_SIGNS.key)
    return reading


def assert_unique(frame: pl.DataFrame, key: tuple[str, ...]) -> None:
    assert not frame.select(key).is_duplicated().any()


def read_or_refuse(source: Source, raw: bytes) -> Reading | None:
    try:
        return check(source, source.read(raw))
    except SourceDrift:
        return None


@EVERY
def test_the_sample_is_read_as_expected(name: str) -> None:
    told = expected(name)
    reading = check(CASES[name], CASES[name].read(sample(name)))
    assert as_json(reading) == {key: told[key] for key in as_json(reading)}


@EVERY
def test_the_same_bytes_give_the_same_rows(name: str) -> None:
    first, second = (CASES[name].read(sample(name)) for _ in range(2))
    assert_frame_equal(first.rows, second.rows)
    assert_frame_equal(first.rejects, second.rejects)


@EVERY
def test_every_record_is_a_row_or_a_reject_or_rightly_silent(name: str) -> None:
    """Nothing is skipped in silence: the numbers of all records are accounted for."""
    told = expected(name)
    if "records" not in told:
        assert "record" not in CASES[name].fills.schema()
        return
    first, n_records = told["records"]
    reading = CASES[name].read(sample(name))
    seen = {*reading.rows["record"], *reading.rejects["record"]}
    seen |= set() if reading.signs is None else set(reading.signs["record"])
    assert seen.isdisjoint(told["silent"])
    assert seen | set(told["silent"]) == set(range(first, first + n_records))


@EVERY
def test_the_records_come_in_the_order_of_the_file(name: str) -> None:
    reading = CASES[name].read(sample(name))
    assert reading.rejects["record"].is_sorted()
    if "record" in reading.rows.columns:
        assert reading.rows["record"].is_sorted()


@EVERY
def test_an_empty_file_is_what_the_case_says(name: str) -> None:
    if expected(name)["empty"] == "answer":
        assert CASES[name].read(b"").rows.is_empty()
        return
    with pytest.raises(SourceDrift):
        CASES[name].read(b"")


@EVERY
def test_a_web_page_is_no_register(name: str) -> None:
    with pytest.raises(SourceDrift, match=r"(?i)doctype|web page|json|date line|not "):
        CASES[name].read(WEB_PAGE)


@EVERY
def test_a_file_cut_anywhere_keeps_what_is_whole(name: str) -> None:
    """What a cut file says is the beginning of what the whole file says, and it is flagged."""
    source, raw, told = CASES[name], sample(name), expected(name)
    whole = source.read(raw).rows
    stops = range(1, len(raw.rstrip()) - 1, max(1, len(raw) // 12))
    for stop in stops:
        reading = read_or_refuse(source, raw[:stop])
        if told["cut"] == "refused":
            assert reading is None
        elif reading is not None:
            last = 1 if told["cut"] == "unseen" else 0  # its last line may be half of one
            kept = reading.rows.head(max(0, len(reading.rows) - last))
            assert_frame_equal(kept, whole.head(len(kept)))
            assert told["cut"] == "unseen" or "cut" in reading.flags


@pytest.mark.parametrize("name", texts())
def test_a_file_in_utf16_is_refused_or_none_of_it_is_believed(name: str) -> None:
    reading = read_or_refuse(CASES[name], sample(name).decode("latin-1").encode("utf-16"))
    assert reading is None or reading.rows.is_empty()


@pytest.mark.parametrize("name", texts())
@pytest.mark.parametrize(
    "filth",
    [b"\0\0\0", b"a" * (4 << 20), b"\xff\xfe\x98" * 20],
    ids=["nuls", "megabytes", "foreign"],
)
def test_nuls_megabytes_and_foreign_bytes_break_nothing(name: str, filth: bytes) -> None:
    raw = sample(name)
    at = len(raw) // 2
    read_or_refuse(CASES[name], raw[:at] + filth + raw[at:])


@pytest.mark.parametrize("name", framed())
def test_a_file_taken_apart_and_joined_says_the_same(name: str) -> None:
    source, raw = CASES[name], sample(name)
    assert source.framing
    parts = source.framing.split(raw)
    assert parts.tail == source.framing.whole_tail
    again = source.read(source.framing.join(parts.head, parts.body))
    whole = source.read(raw)
    assert_frame_equal(again.rows, whole.rows)
    assert_frame_equal(again.rejects, whole.rejects)
    assert source.framing.published_at(parts.head) == whole.published_at


@pytest.mark.parametrize("name", framed())
def test_a_record_says_the_same_alone_as_among_others(name: str) -> None:
    """On this a history stands that reads each distinct record once."""
    source, raw = CASES[name], sample(name)
    framing = source.framing
    assert framing
    parts = framing.split(raw)
    pieces = [piece + framing.separator for piece in parts.body.split(framing.separator)[:-1]]
    alone = [source.read(framing.join(parts.head, piece)).rows.drop("record") for piece in pieces]
    assert [framing.first_record, len(pieces)] == expected(name)["records"]
    assert_frame_equal(pl.concat(alone), source.read(raw).rows.drop("record"))


@EVERY
def test_a_source_says_whose_it_is(name: str) -> None:
    source = CASES[name]
    assert source.name == name
    assert source.title
    assert source.licence
    assert source.at_least >= 0
    assert re.compile(source.files)
    assert re.compile(source.parts)


def test_the_rows_of_a_state_change_do_not_overlap() -> None:
    """An operator cannot block twice at once what it blocks."""
    for name, source in CASES.items():
        if source.fills.name != "state_changes":
            continue
        rows = source.read(sample(name)).rows.sort("resource", "network", "listed_from")
        for earlier, later in pairwise(rows.iter_rows(named=True)):
            if (earlier["resource"], earlier["network"]) == (later["resource"], later["network"]):
                assert earlier["listed_until"] <= later["listed_from"]


def streamed() -> list[str]:
    return [name for name, source in CASES.items() if source.stream]


@pytest.mark.parametrize("name", streamed())
def test_a_stream_in_pieces_says_what_the_whole_says(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks of a few bytes put their edges everywhere, and records are numbered through."""
    whole = CASES[name].read(sample(name))
    stream = CASES[name].stream
    assert stream
    for block_bytes in (40, 300):
        monkeypatch.setattr("overblock.sources._lines.BLOCK_BYTES", block_bytes)
        monkeypatch.setattr("overblock.sources._parquet.BATCH_ROWS", max(1, block_bytes // 30))
        readings = [check(CASES[name], reading) for reading in stream(BytesIO(sample(name)))]
        assert_frame_equal(pl.concat([reading.rows for reading in readings]), whole.rows)
        assert_frame_equal(pl.concat([reading.rejects for reading in readings]), whole.rejects)
        signs = [reading.signs for reading in readings if reading.signs is not None]
        assert whole.signs is None or pl.concat(signs).equals(whole.signs)
