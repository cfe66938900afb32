"""Edges of the official XML: what is refused, what is cut, what hostile bytes may not do."""

import re
from io import BytesIO

import pytest

from overblock.errors import SourceDrift
from overblock.sources import _dump_framing
from overblock.sources.ru_dump_xml import SOURCE, read, read_stream

DECLARED = b'<?xml version="1.0" encoding="windows-1251"?>'
ROOT = b'<reg:register updateTime="2015-03-14T16:00:00+03:00" xmlns:reg="http://rsoc.ru">'
HEAD = DECLARED + ROOT
END = b"</reg:register>"
ENTRY = (
    b'<content id="1" includeTime="2015-03-14T11:34:42" entryType="1">'
    b'<decision date="2015-03-12" number="1" org="a"/><ip>192.0.2.7</ip></content>'
)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<html><body>502</body></html>", "does not begin as a register: b'<html>"),
        (b"<!DOCTYPE html>\n<title>502</title>", "DOCTYPE"),
        (DECLARED + b"<register/>", "does not begin as a register"),
        (DECLARED + b"<a>" + ENTRY, "does not begin as a register"),
        (HEAD.replace(b"rsoc.ru", b"evil.example") + ENTRY + END, "evil.example"),
        (HEAD.replace(b"reg=", b'reg2="x" xmlns=') + ENTRY + END, "register"),
        (HEAD.replace(b"windows-1251", b"koi8-r") + ENTRY + END, "'koi8-r'"),
        (HEAD.replace(b"updateTime", b"updated") + ENTRY + END, "updateTime is no moment: None"),
        (HEAD.replace(b"+03:00", b"") + ENTRY + END, "has no zone"),
        (HEAD.replace(b"2015-03", b"2015-13") + ENTRY + END, "no moment"),
        (HEAD.replace(b"2015-03-14T16", b"0001-01-01T00") + ENTRY + END, "no moment"),
        (HEAD.decode().encode("utf-16"), "does not begin as a register"),
    ],
)
def test_what_is_no_register_is_refused_and_its_first_bytes_shown(raw: bytes, said: str) -> None:
    with pytest.raises(SourceDrift, match=re.escape(said)):
        read(raw)


@pytest.mark.parametrize(
    "declared",
    [
        b'<!DOCTYPE a [<!ENTITY b "bomb"><!ENTITY c "&b;&b;&b;">]>',
        b'<!DOCTYPE a SYSTEM "http://evil.example/a.dtd">',
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_a_document_that_declares_anything_is_refused(declared: bytes) -> None:
    """Bombs and thieves need a DOCTYPE; registers need none."""
    with pytest.raises(SourceDrift, match="DOCTYPE"):
        read(DECLARED + declared + ROOT + ENTRY.replace(b"192.0.2.7", b"&b;") + END)


@pytest.mark.parametrize("inside", [b"&b;", b"&#0;", b"<!DOCTYPE a>", b"\0"])
def test_an_entry_that_needs_what_is_not_declared_is_a_reject(inside: bytes) -> None:
    reading = read(HEAD + ENTRY.replace(b"192.0.2.7", inside) + ENTRY + END)
    assert reading.rows["record"].to_list() == [2]
    assert reading.rejects.select("record", "reason").rows() == [(1, "bad_xml")]


def test_an_empty_register_is_read() -> None:
    """Whether it may be empty is for the floor to say."""
    reading = read(HEAD + END + b"\n")
    assert (reading.rows.height, reading.rejects.height, reading.flags) == (0, 0, ())


@pytest.mark.parametrize(
    ("tail", "rejected"),
    [
        (b"", []),
        (b"</reg:regis", []),
        (b"<conte", []),
        (b'<content id="2"><decision', [(2, "cut")]),
        (b'<content id="2"><url><![CDATA[http://a.example/</content>', [(2, "cut")]),
    ],
)
def test_a_file_without_its_end_is_flagged_and_keeps_its_whole_entries(
    tail: bytes, rejected: list[tuple[int, str]]
) -> None:
    reading = read(HEAD + ENTRY + tail)
    assert reading.flags == ("cut",)
    assert reading.rows["record"].to_list() == [1]
    assert reading.rejects.select("record", "reason").rows() == rejected


def test_a_file_cut_after_its_head_is_flagged() -> None:
    assert read(HEAD).flags == ("cut",)


def test_text_in_utf8_that_calls_itself_windows_1251_is_refused() -> None:
    with pytest.raises(SourceDrift, match="is UTF-8: 'суд"):
        read(HEAD + ENTRY.replace(b'org="a"', 'org="суд"'.encode()) + END)


def test_text_in_utf8_that_says_so_is_read() -> None:
    raw = HEAD.replace(b"windows-1251", b"UTF-8") + ENTRY.replace(b'"a"', '"суд"'.encode()) + END
    assert read(b"\xef\xbb\xbf" + raw).rows["authority"].to_list() == ["суд"]


def test_a_few_bytes_outside_the_encoding_are_rejects_and_many_are_drift() -> None:
    bad = ENTRY.replace(b'org="a"', b'org="\x98"')
    reading = read(HEAD + bad + ENTRY + END)
    assert reading.rejects["reason"].to_list() == ["undecodable"]
    assert reading.rows["record"].to_list() == [2]
    with pytest.raises(SourceDrift, match="9 of 10 records are not cp1251, as declared"):
        read(HEAD + bad * 9 + ENTRY + END)


def test_a_field_of_megabytes_is_read() -> None:
    long = b"http://a.example/" + b"a" * (12 << 20)  # beyond the parser's own limit of 10 MB
    reading = read(HEAD + ENTRY.replace(b"<ip>", b"<url>" + long + b"</url><ip>") + END)
    assert reading.rows["urls"].list.first().str.len_bytes().to_list() == [len(long)]


def test_a_record_without_an_end_is_not_held_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_dump_framing, "CHUNK", 1 << 12)
    monkeypatch.setattr(_dump_framing, "MAX_RECORD", 1 << 14)
    with pytest.raises(SourceDrift, match="no record ends within 16384 bytes"):
        read(HEAD + ENTRY + b"<content>" + b"a" * (1 << 16) + b"</content>" + END)


def test_a_long_file_is_read_in_batches_whose_numbers_run_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_dump_framing, "CHUNK", 1 << 10)
    batches = list(read_stream(BytesIO(HEAD + ENTRY * 50 + b"<content")))
    assert len(batches) > 3
    numbers = [record for batch in batches for record in batch.rows["record"]]
    assert numbers == list(range(1, 51))
    assert [batch.flags for batch in batches] == [()] * (len(batches) - 1) + [("cut",)]


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("dump.xml", True),
        ("dump-2014-08-23T081143Z.xml", True),
        ("dump.xml.03", True),
        ("dump.xml.sig", False),
        ("dump-2014-08-23T081143Z.xml.sig", False),
        ("dump.csv", False),
    ],
)
def test_its_files_are_known_by_their_names(name: str, *, own: bool) -> None:
    assert bool(re.fullmatch(SOURCE.files, name)) is own


def test_split_parts_make_one_file() -> None:
    whole = HEAD + ENTRY * 3 + END
    parts = [whole[:200], whole[200:300], whole[300:]]
    assert read(SOURCE.join(parts)).rows.height == 3
    assert re.fullmatch(SOURCE.parts, "dump.xml.02")
