import lzma

import numpy as np
import polars as pl
import pytest

from overblock.addresses import octets
from overblock.addresses.codec import PROBLEMS, parse_addresses, parse_networks
from overblock.addresses.intervals import IntervalSet
from shared_data import shared

IPV4 = [
    ("0.0.0.0", 0, 1),  # noqa: S104  (the first address, nothing is bound to it)
    ("255.255.255.255", 2**32 - 1, 2**32),
    ("0.0.0.0/0", 0, 2**32),
    ("10.0.0.0/8", 10 << 24, 11 << 24),
    ("192.0.2.7/32", 0xC0000207, 0xC0000208),
    ("192.0.2.0/024", 0xC0000200, 0xC0000300),
    ("192.0.2.0/255.255.255.0", 0xC0000200, 0xC0000300),
]
PROBLEM = [
    ("", "not_an_address"),
    ("words", "not_an_address"),
    ("999.1.1.1", "not_an_address"),
    ("010.1.1.1", "not_an_address"),
    ("00.1.1.1", "not_an_address"),
    ("1.2.3", "not_an_address"),
    ("1.2.3.4.5", "not_an_address"),
    ("1.2.3.", "not_an_address"),
    (".1.2.3.4", "not_an_address"),
    ("1.2.3.4 ", "not_an_address"),
    ("1.2.3.4\x00", "not_an_address"),
    ("1.2.3.4\n5.6.7.8", "not_an_address"),
    ("1.2.3.4\r", "not_an_address"),
    ("1.2.3.0004", "not_an_address"),
    ("1.2.3.:", "not_an_address"),
    ("1.2.3.٤", "not_an_address"),
    ("1/2.3.4.5", "not_an_address"),
    ("fe80::1%eth0", "not_an_address"),
    ("::1\x00", "not_an_address"),
    (":::", "not_an_address"),
    ("1:2:3:4:5:6:7:8::", "not_an_address"),
    ("999.1.1.1/33", "not_an_address"),
    ("1.2.3.4/33", "bad_prefix_length"),
    ("1.2.3.4/", "bad_prefix_length"),
    ("1.2.3.4/x", "bad_prefix_length"),
    ("1.2.3.4/-1", "bad_prefix_length"),
    ("1.2.3.4/24/3", "bad_prefix_length"),
    ("::/129", "bad_prefix_length"),
    ("::/x", "bad_prefix_length"),
    ("::/", "bad_prefix_length"),
    ("::/" + "9" * 5000, "bad_prefix_length"),
    ("10.0.0.1/24", "host_bits"),
    ("10.0.0.1/0", "host_bits"),
    ("2001:db8::1/64", "host_bits"),
    ("2001:db8::1/0", "host_bits"),
    ("::ffff:192.0.2.7", "ipv4_mapped"),
    ("::FFFF:c000:207", "ipv4_mapped"),
    ("::ffff:0:0/96", "ipv4_mapped"),
]


@pytest.mark.parametrize(("token", "first", "until"), IPV4)
def test_ipv4_is_read_as_a_half_open_range(token: str, first: int, until: int) -> None:
    row = parse_addresses(pl.Series([token])).row(0, named=True)
    assert (row["ipv4_from"], row["ipv4_until"], row["problem"]) == (first, until, None)
    assert row["ipv6_first"] is None
    parsed = parse_networks(token.encode())
    assert (parsed.starts.item(), parsed.ends.item()) == (first, until)


@pytest.mark.parametrize(("token", "problem"), PROBLEM)
def test_what_is_no_address_or_could_mean_two_things_is_a_problem(token: str, problem: str) -> None:
    row = parse_addresses(pl.Series(["192.0.2.7", token, "::1"])).row(1)
    assert row == (None, None, None, None, problem)


@pytest.mark.parametrize(
    ("token", "first", "last"),
    [
        ("::", 0, 0),
        ("::/0", 0, 2**128 - 1),
        ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 2**128 - 1, 2**128 - 1),
        ("2001:db8::/32", 0x20010DB8 << 96, (0x20010DB9 << 96) - 1),
        ("2001:0db8:0000:0000:0000:0000:0000:0100", (0x20010DB8 << 96) + 256, None),
        ("::ffff:0:0/80", None, None),
        ("::192.0.2.7", 0xC0000207, None),
        ("::fffe:192.0.2.7", 0xFFFE_C0000207, None),
        ("1::ffff:192.0.2.7", (1 << 112) + 0xFFFF_C0000207, None),
        ("::/000", 0, 2**128 - 1),
    ],
)
def test_ipv6_is_read_as_a_closed_range(token: str, first: int | None, last: int | None) -> None:
    """The bytes are whole: zeros at the end of an address stay."""
    row = parse_addresses(pl.Series([token])).row(0, named=True)
    if first is None:
        assert row["problem"] is not None
        return
    assert int.from_bytes(row["ipv6_first"]) == first
    assert int.from_bytes(row["ipv6_last"]) == (first if last is None else last)
    assert len(row["ipv6_first"]) == len(row["ipv6_last"]) == 16
    assert row["ipv4_from"] is None
    assert PROBLEMS[parse_networks(token.encode()).problems.item()] == "not_ipv4"


def test_nothing_is_read_from_nothing() -> None:
    assert len(parse_networks(b"").starts) == 0
    frame = parse_addresses(pl.Series([], dtype=pl.String))
    assert frame.schema == parse_addresses(pl.Series(["::1", "1.2.3.4", None])).schema
    assert frame.is_empty()


def test_a_missing_token_is_no_address() -> None:
    frame = parse_addresses(pl.Series(["192.0.2.7", None, "192.0.2.8"]))
    assert frame["problem"].to_list() == [None, "not_an_address", None]


def test_lines_end_in_any_way_and_the_last_one_need_not() -> None:
    parsed = parse_networks(b"192.0.2.1\r\n\n192.0.2.3\n192.0.2.4")
    assert [PROBLEMS[code] for code in parsed.problems] == [None, "not_an_address", None, None]
    assert (parsed.starts & np.uint64(255)).tolist() == [1, 0, 3, 4]


def test_bytes_that_are_no_text_are_no_address() -> None:
    assert parse_networks(b"\xff\xfe1.2.3.4\n\x00\n").problems.tolist() == [1, 1]


def test_rows_that_cross_the_kernels_chunks_are_read_whole() -> None:
    """A row longer than a chunk must not be cut either."""
    n_rows = octets.CHUNK // 5
    rows = [f"10.{row >> 16}.{row >> 8 & 255}.{row & 255}" for row in range(n_rows)]
    for place, n_bytes in ((7, octets.CHUNK), (9, 2 * octets.CHUNK), (10, 4 * octets.CHUNK + 9)):
        rows[place] = "." * n_bytes
    parsed = parse_networks("\n".join(rows).encode())
    assert parsed.problems.nonzero()[0].tolist() == [7, 9, 10]
    assert (parsed.starts - np.uint64(10 << 24))[11:].tolist() == list(range(11, n_rows))


def test_the_register_of_may_2018_is_read_whole_and_has_its_known_size() -> None:
    raw = lzma.decompress(shared("data", "ru-rkn-2018-05-05.csv.xz").read_bytes())
    records = raw.split(b"\n")[1:-1]  # without the date line, and the last record, which is cut
    fields = b" ".join(record.partition(b";")[0] for record in records)
    frame = parse_addresses(pl.Series(fields.replace(b"|", b" ").decode("ascii").split()))
    assert frame["problem"].null_count() == len(frame)
    known = frame.drop_nulls("ipv4_from")
    held = IntervalSet.of(known["ipv4_from"].to_numpy(), known["ipv4_until"].to_numpy())
    assert held.size == 14_692_449
