"""Edges of the sources that say whose a range is; whole files stand in tests/sources/cases."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from overblock.errors import SourceDrift
from overblock.sources import (
    Reading,
    aws_ranges,
    caida_pfx2as,
    cloudflare_ranges,
    google_ranges,
    iptoasn,
    rir_delegated,
    telegram_ranges,
)

READERS = (
    aws_ranges.read,
    caida_pfx2as.read,
    cloudflare_ranges.read,
    google_ranges.read,
    iptoasn.read,
    rir_delegated.read,
    telegram_ranges.read,
)


def reasons(reading: Reading) -> list[tuple[int, str]]:
    return list(reading.rejects.select("record", "reason").iter_rows())


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("raw", [b"", b" \r\n\t\n", b"<!DOCTYPE html><title>502</title>"])
def test_an_empty_file_or_a_web_page_is_drift(read: Callable[[bytes], Reading], raw: bytes) -> None:
    with pytest.raises(SourceDrift):
        read(raw)


@pytest.mark.parametrize("read", [telegram_ranges.read, cloudflare_ranges.read, caida_pfx2as.read])
def test_bytes_that_are_no_text_are_rejects(read: Callable[[bytes], Reading]) -> None:
    reading = read(b"\xff\xfe\x00\x01\n\x00\n")
    assert reading.rows.is_empty()
    assert reading.rejects["record"].to_list() == [1, 2]


def test_a_reject_shows_the_start_of_an_endless_line() -> None:
    reading = telegram_ranges.read(b"9" * 4_000_000)
    assert reading.rejects["value"].str.len_chars().to_list() == [200]


def test_cut_json_is_drift_and_names_the_source() -> None:
    with pytest.raises(SourceDrift, match="aws_ranges: Input data was truncated"):
        aws_ranges.read(b'{"createDate": "2018-04-20-04-53-20", "prefixes": [')


def test_json_nested_without_end_is_drift() -> None:
    with pytest.raises(SourceDrift):
        google_ranges.read(b'{"prefixes": ' + b"[" * 200_000)


def test_an_aws_date_of_another_form_is_drift() -> None:
    with pytest.raises(SourceDrift, match="2018-04-20T04:53:20Z"):
        aws_ranges.read(b'{"createDate": "2018-04-20T04:53:20Z", "prefixes": []}')


def test_an_aws_file_from_before_ipv6_is_read() -> None:
    raw = (
        b'{"createDate": "2014-11-19-00-00-00",'
        b' "prefixes": [{"ip_prefix": "50.19.0.0/16", "region": "us-east-1", "service": "EC2"}]}'
    )
    assert aws_ranges.read(raw).rows.height == 1


def test_google_is_dated_by_its_token_as_its_time_has_no_zone() -> None:
    """The two differ by the seven or eight hours of California."""
    raw = b'{"syncToken": "1626282093087", "creationTime": "2021-07-14T10:01:33", "prefixes": []}'
    assert google_ranges.read(raw).published_at == datetime(
        2021, 7, 14, 17, 1, 33, 87_000, tzinfo=UTC
    )


@pytest.mark.parametrize("token", ["1526282093087", "soon", "9" * 30])
def test_google_dates_that_contradict_each_other_are_drift(token: str) -> None:
    raw = f'{{"syncToken": "{token}", "creationTime": "2021-07-14T10:01:33", "prefixes": []}}'
    with pytest.raises(SourceDrift):
        google_ranges.read(raw.encode())


def test_an_error_of_the_cloudflare_api_is_drift() -> None:
    with pytest.raises(SourceDrift, match="error"):
        cloudflare_ranges.read(b'{"result": null, "success": false, "errors": [{"code": 1000}]}')


def test_a_cloudflare_list_needs_no_last_newline() -> None:
    reading = cloudflare_ranges.read(b"173.245.48.0/20\n2400:cb00::/32")
    assert reading.rows["as_name"].to_list() == ["Cloudflare", "Cloudflare"]
    assert reading.rejects.is_empty()


def test_unrouted_ranges_are_neither_rows_nor_rejects() -> None:
    reading = iptoasn.read(b"1.0.1.0\t1.0.3.255\t0\tNone\tNot routed\n")
    assert reading.rows.is_empty()
    assert reading.rejects.is_empty()


def test_a_name_with_a_tab_stays_one_name() -> None:
    reading = iptoasn.read(b"1.0.0.0\t1.0.0.255\t64496\tUS\tA\tB\n")
    assert reading.rows["as_name"].to_list() == ["A\tB"]


def test_the_range_up_to_the_last_ipv4_address_is_read() -> None:
    reading = iptoasn.read(b"255.255.255.0\t255.255.255.255\t64496\tUS\tLAST\n")
    assert reading.rows["ipv4_until"].to_list() == [2**32]


def test_a_delegated_range_need_be_no_prefix() -> None:
    raw = b"2|apnic|20240308|1|19830613|20240307|+1000\napnic|JP|ipv4|1.2.3.4|3|20110811|assigned\n"
    row = rir_delegated.read(raw).rows.row(0, named=True)
    assert row["ipv4_until"] - row["ipv4_from"] == 3


@pytest.mark.parametrize(
    ("header", "published_at"),
    [
        (b"2|apnic|20240308|1|19830613|20240307|+1000", datetime(2024, 3, 6, 14, tzinfo=UTC)),
        (b"2.3|arin|1709938799|1|19700101|20240308|-0500", datetime(2024, 3, 8, 5, tzinfo=UTC)),
        (b"2|afrinic|20240308|1|00000000|20240308|00000", datetime(2024, 3, 8, tzinfo=UTC)),
        (b"2|lacnic|20240308|1|19870101||-0300", None),
    ],
)
def test_a_delegated_file_is_dated_by_its_version_line(
    header: bytes, published_at: datetime | None
) -> None:
    assert rir_delegated.read(header).published_at == published_at


@pytest.mark.parametrize(
    "header", [b"apnic|JP|ipv4|1.2.3.0|256|20110811|assigned", b"2|ripencc|1|1|1|20249999|+0100"]
)
def test_a_delegated_file_without_a_dated_version_line_is_drift(header: bytes) -> None:
    with pytest.raises(SourceDrift, match="line 1"):
        rir_delegated.read(header)


@pytest.mark.parametrize(
    ("origin", "asn"),
    [("0", 0), ("4294967295", 2**32 - 1), ("4294967296", None), ("1.10", None), ("+7", None)],
)
def test_an_as_number_has_32_bits_and_no_dot(origin: str, asn: int | None) -> None:
    reading = caida_pfx2as.read(f"1.0.0.0\t24\t{origin}\n".encode())
    assert reading.rows["asn"].to_list() == ([] if asn is None else [asn])
    assert reasons(reading) == ([(1, "bad_asn")] if asn is None else [])


@pytest.mark.parametrize("origins", ["7_4294967296", "7,", "_7", "7__9"])
def test_several_origins_must_each_be_one(origins: str) -> None:
    assert reasons(caida_pfx2as.read(f"1.0.0.0\t24\t{origins}\n".encode())) == [(1, "bad_asn")]
