"""Every shape in which the mirror ever published the register, and what is none of them."""

import time
from datetime import UTC, date, datetime

import pytest

from overblock.errors import SourceDrift
from overblock.sources.ru_zapret_csv import PIECE_BYTES, SOURCE, join_parts, read, split

HEAD = b"Updated: 2015-01-02 03:04:05 +0000\n"
LATER = b"Updated: 2015-01-02 09:04:05 +0300\n"
ENTRY = "192.0.2.7;a.example;http://a.example/;суд;1;2014-12-01"
FOUR_MEGABYTES = 4 << 20


def one(line: str) -> dict[str, object]:
    """The row of a dump of one line."""
    reading = read(HEAD + line.encode("cp1251") + b"\n")
    assert reading.rejects.is_empty(), reading.rejects
    (row,) = reading.rows.to_dicts()
    return row


def rejected(line: bytes) -> str:
    reading = read(HEAD + line + b"\n")
    assert reading.rows.is_empty()
    (reject,) = reading.rejects.to_dicts()
    assert reject["record"] == 2
    reason: str = reject["reason"]
    return reason


def test_a_line_is_an_entry() -> None:
    row = one(ENTRY)
    assert row["record"] == 2
    assert row["addresses"] == ["192.0.2.7"]
    assert row["domains"] == ["a.example"]
    assert row["urls"] == ["http://a.example/"]
    assert row["authority"] == "суд"
    assert row["decision_number"] == "1"
    assert row["decision_date"] == date(2014, 12, 1)
    assert row["entry_id"] is None
    assert row["networks"] == []


@pytest.mark.parametrize(
    "written",
    [
        "192.0.2.7 | 192.0.2.8",
        "192.0.2.7|192.0.2.8",
        "192.0.2.7 |192.0.2.8 | ",
        "|192.0.2.7||192.0.2.8",
    ],
)
def test_addresses_are_parted_by_bars_with_blanks_or_without(written: str) -> None:
    assert one(f"{written};;;суд;1;2014-12-01")["addresses"] == ["192.0.2.7", "192.0.2.8"]


def test_addresses_of_any_kind_stay_as_they_are_written() -> None:
    written = "2001:0db8:0000:0000:0000:0000:0000:0007 | 198.51.100.0/24 | 999.1.1.1 | ARRAY(0x8)"
    assert one(f"{written};;;суд;1;2014-12-01")["addresses"] == written.split(" | ")


@pytest.mark.parametrize(
    ("written", "urls"),
    [
        ("http://a.example/?x=1;y=2;z", ["http://a.example/?x=1;y=2;z"]),
        ('"http://a.example/?x=1;y=2;z"', ["http://a.example/?x=1;y=2;z"]),
        ('"http://a.example/?q=""x"";y"', ['http://a.example/?q="x";y']),
        ('http://a.example/?q="x"', ['http://a.example/?q="x"']),
        ('http://a.example/?q="x;y"', ['http://a.example/?q="x;y"']),
        ('"http://a.example/;b', ['"http://a.example/;b']),
        (
            "http://a.example/1 | http://a.example/2;b",
            ["http://a.example/1", "http://a.example/2;b"],
        ),
        ("http://a.example/a|b", ["http://a.example/a|b"]),
        ("", []),
        (" ", []),
    ],
)
def test_pages_hold_what_parts_fields_quoted_and_unquoted(written: str, urls: list[str]) -> None:
    row = one(f"192.0.2.7;a.example;{written};суд;2-946/13;2014-12-01")
    assert row["urls"] == urls
    assert (row["decision_number"], row["domains"]) == ("2-946/13", ["a.example"])


def test_numbers_lose_the_blanks_around_them_and_keep_those_within() -> None:
    assert one("192.0.2.7;;; суд ; 27-31-2018/Ид 2971-18 ;2014-12-01")["decision_number"] == (
        "27-31-2018/Ид 2971-18"
    )


def test_several_names_are_parted_too() -> None:
    assert one(";a.example | *.b.example|c.example;;суд;1;2014-12-01")["domains"] == [
        "a.example",
        "*.b.example",
        "c.example",
    ]


@pytest.mark.parametrize("field", ["authority", "decision_number"])
def test_a_field_without_anything_is_empty_not_guessed(field: str) -> None:
    assert one("192.0.2.7;;;;;2014-12-01")[field] == ""


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "empty"),
        (b"192.0.2.7;a.example;x;y;2014-12-01", "too_few_fields"),
        (b";;;x;1;2014-12-01", "nothing_named"),
        (b" ; ;;x;1;2014-12-01", "nothing_named"),
        (b"192.0.2.7;;;x;1;2014-02-30", "bad_decision_date"),
        (b"192.0.2.7;;;x;1;", "bad_decision_date"),
        (b"192.0.2.7;;;x;1;01.12.2014", "bad_decision_date"),
        (b"192.0.2.7\0;;;x;1;2014-12-01", "nul_byte"),
        (b"192.0.2.7;;;x\x98;1;2014-12-01", "undecodable"),
    ],
)
def test_a_line_that_is_no_entry_is_a_reject_with_its_reason(line: bytes, reason: str) -> None:
    assert rejected(line) == reason


def test_a_reject_shows_the_beginning_of_its_line_only() -> None:
    reading = read(HEAD + b"x" * FOUR_MEGABYTES + b"\n")
    assert len(reading.rejects["value"].item()) == 200


@pytest.mark.parametrize("sign", ["x", "|", ";", '"', " "])
def test_a_field_of_megabytes_is_read_in_no_time(sign: str) -> None:
    """Of each kind of sign that a reader could stumble over."""
    line = f"192.0.2.7;a.example;http://a.example/{sign * FOUR_MEGABYTES}z;суд;1;2014-12-01"
    begun = time.process_time()
    reading = read(HEAD + line.encode("cp1251") + b"\n")
    assert len(reading.rows) + len(reading.rejects) == 1
    assert time.process_time() - begun < 5


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_end_either_way(end: bytes) -> None:
    raw = HEAD + ENTRY.encode("cp1251") + end + ENTRY.encode("cp1251") + end
    reading = read(raw)
    assert reading.rows["decision_date"].to_list() == [date(2014, 12, 1)] * 2
    assert reading.flags == ()
    assert read(HEAD.replace(b"\n", b"\r\n") + raw[len(HEAD) :]).rows.equals(reading.rows)


def test_a_last_line_without_its_end_is_read_and_the_file_flagged() -> None:
    reading = read(HEAD + f"{ENTRY}\n{ENTRY}".encode("cp1251"))
    assert (len(reading.rows), reading.flags) == (2, ("cut",))


def test_a_file_cut_within_a_line_rejects_that_line() -> None:
    reading = read(HEAD + f"{ENTRY}\n{ENTRY[:20]}".encode("cp1251"))
    assert (len(reading.rows), reading.flags) == (1, ("cut",))
    assert reading.rejects.to_dicts() == [
        {"record": 3, "reason": "too_few_fields", "value": ENTRY[:20]}
    ]


def test_a_dump_of_nothing_is_an_answer() -> None:
    reading = read(HEAD)
    assert reading.rows.is_empty()
    assert reading.rejects.is_empty()


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        (HEAD, datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (LATER, datetime(2015, 1, 2, 6, 4, 5, tzinfo=UTC)),
        (HEAD.replace(b"\n", b" \r\n"), datetime(2015, 1, 2, 3, 4, 5, tzinfo=UTC)),
    ],
)
def test_the_date_line_is_read_in_its_zone(written: bytes, moment: datetime) -> None:
    assert read(written).published_at == moment


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        HEAD[:-1],
        b"Updated: 2015-13-02 03:04:05 +0000\n",
        b"Updated: 2015-01-02 03:04:05\n",
        b"Updated: 9999-12-31 23:59:59 -1200\n",
        b"Updated: 0001-01-01 00:00:00 +1200\n",
        b"Updated: 2015-01-02 03:04:05 +9999\n",
        b"<html><body>502</body></html>\n",
        ENTRY.encode("cp1251") + b"\n",
        b" " * 500 + HEAD,
        HEAD.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + HEAD,
    ],
)
def test_what_does_not_begin_with_a_date_is_no_dump(raw: bytes) -> None:
    with pytest.raises(SourceDrift, match="not a date line"):
        read(raw)
    with pytest.raises(SourceDrift, match="not a date line"):
        SOURCE.framing.published_at(split(raw).head)  # type: ignore[union-attr]  # it has one


def test_a_dump_in_utf8_is_refused_and_shows_why() -> None:
    with pytest.raises(SourceDrift, match=r"UTF-8, not cp1251: b'\\xd1\\x81"):
        read(HEAD + "\n".join([ENTRY] * 9).encode() + b"\n")


def test_a_few_signs_that_could_be_utf8_are_not() -> None:
    assert one("192.0.2.7;;;\u0420\u00b0;1;2014-12-01")["authority"] == "\u0420\u00b0"


def test_bytes_of_no_encoding_are_refused() -> None:
    with pytest.raises(SourceDrift, match="not cp1251"):
        read(HEAD + (b"\x98" * 60 + b"\n") * 20)


def body(*numbers: int) -> bytes:
    return b"".join(b"192.0.2.%d;;;x;1;2014-12-01\n" % number for number in numbers)


def test_parts_are_one_dump_under_the_newest_date() -> None:
    joined = join_parts([HEAD + body(1), LATER + body(2), body(3, 4)])
    reading = read(joined)
    assert reading.published_at == datetime(2015, 1, 2, 6, 4, 5, tzinfo=UTC)
    assert reading.rows["addresses"].list.get(0).to_list() == [f"192.0.2.{n}" for n in (1, 2, 3, 4)]
    assert reading.flags == ()


def test_a_cut_part_makes_a_cut_dump_and_spoils_no_other() -> None:
    joined = join_parts([HEAD + body(1)[:-9], LATER + body(2), body(3)])
    reading = read(joined)
    assert reading.flags == ("cut",)
    assert reading.rows["addresses"].list.get(0).to_list() == ["192.0.2.2", "192.0.2.3"]
    assert reading.rejects["reason"].to_list() == ["bad_decision_date"]


def test_two_cut_parts_do_not_run_together() -> None:
    reading = read(join_parts([HEAD + body(1)[:-9], body(2)[:-9], body(3)]))
    assert reading.flags == ("cut",)
    assert len(reading.rejects) == 2
    assert len(reading.rows) == 1


def test_an_empty_part_is_nothing() -> None:
    assert read(join_parts([HEAD, b"", body(1)])).rows.height == 1
    assert read(join_parts([HEAD + body(1), b""])).flags == ()


def test_one_part_alone_is_that_part() -> None:
    assert join_parts([HEAD + body(1)]) == HEAD + body(1)


def test_parts_without_a_date_are_no_dump() -> None:
    with pytest.raises(SourceDrift, match="none of 2 parts"):
        join_parts([body(1), body(2)])


def test_lines_keep_their_numbers_where_pieces_of_the_file_meet() -> None:
    long = (
        "192.0.2.9;b.example;http://b.example/" + "ж" * (PIECE_BYTES * 3 // 2) + ";суд;2;2014-12-01"
    )
    lines = [ENTRY if number % 1_000 else "rubbish" for number in range(12_000)]
    lines[7_001] = long
    reading = read(HEAD + "\n".join([*lines, ENTRY]).encode("cp1251"))  # the last is cut
    assert reading.rejects["record"].to_list() == list(range(2, 12_002, 1_000))
    numbers = [number + 2 for number in range(12_001) if number % 1_000 or number == 12_000]
    assert reading.rows["record"].to_list() == numbers[: len(reading.rows)]
    assert reading.rows["urls"].list.len().to_list() == [1] * len(reading.rows)
    assert reading.flags == ("cut",)
