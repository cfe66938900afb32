"""The quick way of reading ``dump.xml`` agrees with an XML parser, whatever the records hold.

Records are drawn near the usual spelling: mostly as the publisher writes them, with the accidents
that would make a quick reader go wrong (quotes, entities, equals signs, markup within CDATA, blanks
of many kinds, repeated attributes, separators that end nothing).
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from lxml import etree
from polars.testing import assert_frame_equal

from overblock.errors import SourceDrift
from overblock.sources import _dump_framing
from overblock.sources._dump_framing import SEPARATOR, WHOLE_TAIL, safe_parser, split
from overblock.sources._dump_records import FEW, ITEMS, by_parser, by_shape, read_records
from overblock.sources.ru_dump_xml import INCLUDED_AT, read

ROOT = '<reg:register updateTime="2015-03-14T16:00:00+03:00" xmlns:reg="http://rsoc.ru">'
HEAD = b'<?xml version="1.0" encoding="utf-8"?>' + ROOT.encode()
patient = settings(deadline=None)  # polars and lxml wake up slowly on a busy machine
MOSCOW = ZoneInfo("Europe/Moscow")

ODD_TEXT = (
    *(
        "&amp;",
        "&lt;",
        "&",
        "<",
        ">",
        "]",
        "]]>",
        "=",
        '"',
        "'",
        "\n",
        "\r\n",
        "\t",
        "\x00",
        "\x01",
    ),
    *("\xa0", "\x85", "\u2028", "\ufeff", "\uffff", "\ufffe", "<!-- -->", "<?x?>", "&#9;", "</ip>"),
    *(' id="7"', "![CDATA[", "<![CDATA[x]]>", "</content>", "<content>", "url>", "é", "Ж", "😀"),
)
texts = st.lists(
    st.one_of(
        st.sampled_from(["a", "http://a.example/?b=1", "192.0.2.7", " "]),
        st.sampled_from(["b", *ODD_TEXT]),
    ),
    max_size=4,
).map("".join)
plain = st.sampled_from(["1", "2015-01-01", "Генпрокуратура", "27-31/Ид8 ", ""])
values = st.one_of(plain, plain, plain, texts)
blanks = st.sampled_from(["", "", "", " ", "\n  ", "\r\n", "\xa0", "x"])


@st.composite
def attributes(draw: st.DrawFn, *names: str) -> str:
    chosen = draw(st.lists(st.sampled_from([*names, *names, "ts", "foo"]), max_size=4))
    quote = draw(st.sampled_from(['"', '"', '"', "'"]))
    space = draw(st.sampled_from([" ", " ", " ", "  ", "\n"]))
    return "".join(f"{space}{name}={quote}{draw(values)}{quote}" for name in chosen)


@st.composite
def items(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from([*ITEMS, *ITEMS, "dns"]))
    end = draw(st.sampled_from([name, name, name, name, "ip"]))
    held = draw(st.one_of(plain, texts, texts.map(lambda text: f"<![CDATA[{text}]]>")))
    extra = draw(st.sampled_from(["", "", ' ts="1"', ' x="1"']))
    return f"<{name}{extra}>{held}</{end}>"


@st.composite
def records(draw: st.DrawFn) -> str:
    """A record as the readers get it: without the tag that ends it."""
    decision = (
        f"<decision{draw(attributes('date', 'number', 'org'))}{draw(st.sampled_from(['', ' ']))}/>"
    )
    parts = [
        *draw(st.lists(items(), max_size=2)),
        *draw(st.sampled_from([[decision]] * 6 + [[], [decision, decision]])),
        *draw(st.lists(items(), max_size=3)),
    ]
    tag = f"<content{draw(attributes('id', 'includeTime', 'entryType', 'hash'))}>"
    return draw(blanks) + tag + "".join(part + draw(blanks) for part in parts)


def batch(texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {"record": range(1, len(texts) + 1), "text": texts},
        {"record": pl.UInt32, "text": pl.String},
    )


@settings(patient, max_examples=50)  # of several records each: setting up columns takes longest
@given(st.lists(records(), min_size=3, max_size=10))
@example(['<content id="1"><decision date="1"/><ip>192.0.2.7</ip>'] * 2)
@example(['<content id="1" id="2"><decision/><ip>192.0.2.7</ip>'])  # malformed: said twice
@example(['<content id="1"><decision number="x id=" org="y"/><ip>1</ip>'])
def test_a_record_of_the_usual_spelling_is_read_as_the_parser_reads_it(texts: list[str]) -> None:
    usual, rest = by_shape(batch(texts))
    assert sorted([*usual["record"], *rest["record"]]) == list(range(1, len(texts) + 1))
    parsed, rejects = by_parser(batch(texts), ROOT)
    assert_frame_equal(usual, parsed.filter(pl.col("record").is_in(usual["record"].implode())))
    assert set(usual["record"]).isdisjoint(rejects["record"])


def test_both_ways_together_keep_the_order_of_the_file() -> None:
    usual = '<content id="1"><decision date="1"/><ip>192.0.2.7</ip>'
    many = batch([usual, usual.replace("ip>", "ip >"), "<content><<"] * FEW)
    facts, rejects = read_records(many, ROOT)
    parsed, parser_rejects = by_parser(many, ROOT)
    assert_frame_equal(facts, parsed)
    assert_frame_equal(rejects, parser_rejects)


def test_the_publishers_spelling_goes_the_quick_way() -> None:
    """Else nothing above would say anything about speed."""
    text = (
        '<content id="347" includeTime="2012-11-18T15:17:51" entryType="1" hash="A1">'
        '<decision date="2012-11-10" number="101-РИ" org="Роскомнадзор"/>'
        "<url><![CDATA[http://a.example/?b=1&c=2]]></url><domain><![CDATA[a.example]]></domain>"
        '<ip>192.0.2.7</ip><ipv6Subnet ts="2024-01-01T00:00:00+03:00">2001:db8::/32</ipv6Subnet>'
    )
    assert by_shape(batch([text, "\n  " + text]))[1].is_empty()


well_formed_text = st.lists(
    st.sampled_from(
        ["a", "</content>", '<content id="1">', "<ip>1</ip>", "<!--", "<?x", "]]", "&"]
    ),
    max_size=6,
).map("".join)


@st.composite
def hiding_places(draw: st.DrawFn) -> str:
    """An entry of well-formed XML, with text that looks like markup where XML allows it."""
    text = draw(well_formed_text)
    place = draw(st.sampled_from(["cdata", "comment", "instruction", "plain"]))
    if place == "cdata":
        inside = f"<url><![CDATA[{text}]]></url>"
    elif place == "comment":
        inside = f"<!--{text.replace('-', '')}-->"
    else:
        inside = f"<?x {text.replace('?', '')}?>" if place == "instruction" else "<ip>2</ip>"
    decided = '<decision date="2015-01-01" number="1" org="a"/><ip>192.0.2.7</ip>'
    return f'<content id="{draw(st.integers(1, 9))}">{inside}{decided}</content>'


OWN_ENTRY = (  # a URL that would be an entry, were it not in CDATA
    '<content id="1"><url><![CDATA[</content><content id="9"><decision date="2015-01-01"/>'
    '<ip>9</ip></content>]]></url><decision date="2015-01-01"/></content>'
)


def as_a_parser_reads(raw: bytes) -> list[tuple[str | None, list[str]]]:
    """The slow model: the whole file at once, by a parser that knows nothing of records."""
    entries = etree.fromstring(raw, safe_parser()).findall("content")
    return [
        (entry.get("id"), [url.text or "" for url in entry.findall("url") if url.text])
        for entry in entries
    ]


@patient
@given(st.lists(hiding_places(), max_size=5))
@example([OWN_ENTRY])
def test_who_is_listed_cannot_write_entries_of_his_own(entries: list[str]) -> None:
    """A URL may hold ``</content>``: what is read is what XML says, not what a splitter sees."""
    raw = HEAD + "".join(entries).encode() + WHOLE_TAIL
    rows = read(raw).rows
    assert list(zip(rows["entry_id"], rows["urls"].to_list(), strict=True)) == [
        (number, urls) for number, urls in as_a_parser_reads(raw)
    ]


@patient
@given(st.lists(hiding_places(), max_size=5))
def test_taking_a_file_apart_changes_nothing_that_xml_says(entries: list[str]) -> None:
    raw = HEAD + "".join(entries).encode() + WHOLE_TAIL
    parts = split(raw)
    assert parts.tail == WHOLE_TAIL
    assert as_a_parser_reads(parts.head + parts.body + parts.tail) == as_a_parser_reads(raw)
    assert parts.body.count(SEPARATOR) == len(entries)


@settings(patient, max_examples=20)  # each reads a dozen batches
@given(st.lists(hiding_places(), max_size=4), st.integers(16, 90), st.integers(0, 400))
def test_reading_in_small_batches_says_the_same(entries: list[str], chunk: int, cut: int) -> None:
    whole = HEAD + "".join(entries).encode() + WHOLE_TAIL
    raw = whole[: max(len(HEAD) + 1, len(whole) - cut)]
    at_once = read(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_dump_framing, "CHUNK", len(HEAD) + chunk)
        by_and_by = read(raw)
    assert_frame_equal(by_and_by.rows, at_once.rows)
    assert_frame_equal(by_and_by.rejects, at_once.rejects)
    assert by_and_by.flags == at_once.flags


@settings(patient, max_examples=50)
@given(st.lists(hiding_places(), min_size=1, max_size=4), st.integers(1, 200))
def test_a_cut_file_keeps_its_whole_entries(entries: list[str], cut: int) -> None:
    raw = HEAD + "".join(entries).encode() + WHOLE_TAIL
    assume(cut < len(raw) - len(HEAD))
    try:
        reading = read(raw[:-cut])
    except SourceDrift:
        return
    whole = read(raw).rows
    assert reading.flags == ("cut",)
    assert_frame_equal(reading.rows, whole.head(len(reading.rows)))
    assert len(reading.rows) >= len(whole) - 1 - cut // 60  # no entry is shorter than that


@patient
@given(st.datetimes(datetime(2012, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001  (Moscow's wall)
@example(datetime(2014, 10, 26, 0, 59, 59))  # noqa: DTZ001
@example(datetime(2014, 10, 26, 1, 30))  # noqa: DTZ001  (lived twice)
@example(datetime(2014, 10, 26, 2))  # noqa: DTZ001
def test_moscows_clock_is_read_as_the_zone_database_has_it(wall: datetime) -> None:
    wall = wall.replace(microsecond=0)
    frame = pl.DataFrame({"includeTime": [wall.isoformat()]}).select(INCLUDED_AT.alias("at"))
    assert frame["at"].item() == wall.replace(tzinfo=MOSCOW).astimezone(UTC)
