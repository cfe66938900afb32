"""A file that a visitor sends becomes lines, or one clear refusal."""

import pytest

from overblock.errors import TooMuchAsked, UsageError
from overblock.web.checks.uploads import lines_of_file
from overblock.web.inputs import MOST_BYTES

RUSSIAN = "\N{CYRILLIC SMALL LETTER YA}.\N{CYRILLIC SMALL LETTER ER}\N{CYRILLIC SMALL LETTER EF}"


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        (b"192.0.2.7\nshop.example\n", ["192.0.2.7", "shop.example"]),
        (b"http://shop.example/a?b=1,2\n", ["http://shop.example/a?b=1,2"]),
        (b"\xef\xbb\xbf192.0.2.7\r\n", ["192.0.2.7"]),
        ("192.0.2.7\n".encode("utf-16"), ["192.0.2.7"]),
        (RUSSIAN.encode(), [RUSSIAN]),
        (RUSSIAN.encode("cp1251"), [RUSSIAN]),
        (b"name;ip;owner\nweb;192.0.2.7;me\nweb2;192.0.2.8;me\n", ["192.0.2.7", "192.0.2.8"]),
        ("host;\N{CYRILLIC SMALL LETTER A}\na.example;x\n".encode("cp1251"), ["a.example"]),
        (b'["192.0.2.7", "shop.example"]', ["192.0.2.7", "shop.example"]),
        (b"# a list\n\n192.0.2.7 # ours\n", ["# a list", "", "192.0.2.7 # ours"]),
    ],
)
def test_a_file_is_read_as_what_it_is(content: bytes, lines: list[str]) -> None:
    assert lines_of_file(content).splitlines() == lines


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n\0\0", b"192.0.2.7\0", b"a,b\nc,d\n", b"{}", b'{"kind": 1}'],
)
def test_what_holds_nothing_to_ask_about_is_refused_as_the_visitors_doing(content: bytes) -> None:
    with pytest.raises(UsageError) as caught:
        lines_of_file(content)
    assert caught.value.http_status == 400
    assert "inventory" not in str(caught.value)


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(TooMuchAsked):
        lines_of_file(b"1\n" * MOST_BYTES)
