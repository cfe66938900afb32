"""Edges of the lists of one thing a line, and of Spain's tracker."""

import re
from datetime import UTC, datetime

import pytest

from overblock.errors import SourceDrift
from overblock.sources import es_hayahora, es_hayahora_digi, es_hayahora_list, plain_list


def sorts_of(line: str) -> tuple[list[str], list[str], list[str], list[str]]:
    """The addresses, domains, URLs and reject reasons that one line gives."""
    reading = plain_list.read(line.encode())
    rows = reading.rows
    return (
        rows["addresses"].explode().drop_nulls().to_list(),
        rows["domains"].explode().drop_nulls().to_list(),
        rows["urls"].explode().drop_nulls().to_list(),
        reading.rejects["reason"].to_list(),
    )


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("192.0.2.7", "192.0.2.7"),
        (" \t192.0.2.7\r", "192.0.2.7"),
        ("192.0.2.0/24 # ours", "192.0.2.0/24"),
        ("192.0.2.0/24\t;ours # and theirs", "192.0.2.0/24"),
        ("2001:DB8::/32", "2001:DB8::/32"),
    ],
)
def test_an_address_is_kept_as_written(line: str, address: str) -> None:
    assert sorts_of(line) == ([address], [], [], [])


@pytest.mark.parametrize(
    "name",
    [
        *("shop.example", "*.shop.example", "SHOP.example.", "xn--e1afmkfd.xn--p1ai", "пример.рф"),
        *("_dmarc.a-b.example", "1.example", "a" * 63 + ".example"),
    ],
)
def test_a_name_is_kept_as_written(name: str) -> None:
    assert sorts_of(name) == ([], [name], [], [])


@pytest.mark.parametrize(
    "url", ["http://shop.example/a;b#c?d=1", "https://192.0.2.7/", "ftp://пример.рф/путь"]
)
def test_a_url_is_kept_as_written(url: str) -> None:
    assert sorts_of(f"{url} # a page") == ([], [], [url], [])


@pytest.mark.parametrize("line", ["", " ", "# 192.0.2.7", ";192.0.2.7", "\t# a", "\ufeff"])
def test_a_comment_and_an_empty_line_say_nothing(line: str) -> None:
    assert sorts_of(line) == ([], [], [], [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("999.1.1.1", "not_an_address"),
        ("010.1.1.1", "not_an_address"),
        ("192.0.2.7/33", "bad_prefix_length"),
        ("192.0.2.7/24", "host_bits"),
        ("::ffff:192.0.2.7", "ipv4_mapped"),
        ("192.0.2.7 192.0.2.8", "several_values"),
        ("192.0.2.7,192.0.2.8", "not_a_name"),
        ("localhost", "not_a_name"),
        ("-a.example", "not_a_name"),
        ("a..example", "not_a_name"),
        ("a" * 64 + ".example", "not_a_name"),
        ("a." * 127 + "example", "not_a_name"),
        ("*.*.example", "not_a_name"),
        ("shop.example#c", "not_a_name"),
        ("http://", "bad_url"),
        ("http:///path", "bad_url"),
        ("1http://shop.example", "bad_url"),
        ("shop\0.example", "not_a_name"),
        ("shop\ufffd.example", "undecodable"),
    ],
)
def test_anything_else_is_a_reject(line: str, reason: str) -> None:
    assert sorts_of(line) == ([], [], [], [reason])


def test_a_list_in_utf16_is_refused() -> None:
    with pytest.raises(SourceDrift, match="plain_list: UTF-16"):
        plain_list.read("192.0.2.7".encode("utf-16"))


def test_an_operators_list_says_whose_it_is() -> None:
    assert es_hayahora_digi.read(b"192.0.2.7\n").rows["networks"].to_list() == [["DIGI"]]
    assert es_hayahora_list.read(b"192.0.2.7\n").rows["networks"].to_list() == [["any"]]
    assert plain_list.read(b"192.0.2.7\n").rows["networks"].to_list() == [[]]


def test_each_list_knows_its_own_file() -> None:
    assert re.fullmatch(es_hayahora_digi.SOURCE.files, "blocked-digi.txt")
    assert re.fullmatch(es_hayahora_list.SOURCE.files, "blocked-any.txt")
    assert not re.fullmatch(es_hayahora_list.SOURCE.files, "blocked-digi.txt")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"[]", "not the tracker's history"),
        (b'{"data": []}', "lastUpdate"),
        (b'{"lastUpdate": "2026-04-23T09:16:40Z", "data": []}', "lastUpdate is no moment"),
        (b'{"lastUpdate": "2026-04-31 09:16:40", "data": []}', "lastUpdate is no moment"),
        (b'{"lastUpdate": "2026-04-23 09:16:40", "data": [', "not the tracker's history"),
        (b'{"lastUpdate": "2026-04-23 09:16:40", "data": ' + b"[" * 100_000, "history"),
    ],
)
def test_a_history_of_another_form_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(SourceDrift, match=said):
        es_hayahora.read(raw)


def test_a_tracker_that_saw_nothing_says_so() -> None:
    reading = es_hayahora.read(b'{"lastUpdate": "2026-04-23 09:16:40", "data": []}')
    assert reading.rows.is_empty()
    assert reading.published_at == datetime(2026, 4, 23, 9, 16, 40, tzinfo=UTC)
