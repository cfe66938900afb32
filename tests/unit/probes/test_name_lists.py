import pytest

from overblock.probes import name_lists
from overblock.probes.name_lists import MOST_SIGNS, Rejected


def read_names(raw: bytes) -> list[str | Rejected]:
    return list(name_lists.read_names(raw, set()))


@pytest.mark.parametrize(
    "line",
    [
        *("shop.example", "SHOP.Example.", "  shop.example\r", "shop.example # mine"),
        *("http://shop.example", "https://user:secret@Shop.example:8443/a?b=c#d", "//shop.example"),
        *("shop.example:443", "shop.example/path", "\ufeffshop.example"),
    ],
)
def test_a_name_is_found_however_it_is_written(line: str) -> None:
    assert read_names(line.encode()) == ["shop.example"]


def test_a_name_that_comes_again_is_asked_once_in_its_first_place() -> None:
    raw = b"b.example\na.example\nhttp://b.example/\nB.EXAMPLE\n"
    assert read_names(raw) == ["b.example", "a.example"]


@pytest.mark.parametrize("name", ["_dmarc.shop.example", "localhost", "a--b.example", "9.example"])
def test_unusual_names_are_names(name: str) -> None:
    assert read_names(name.encode()) == [name]


def test_a_name_in_any_script_is_put_into_its_ascii_form() -> None:
    assert read_names("пример.рф\n".encode()) == ["xn--e1afmkfd.xn--p1ai"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        *((address, "no_name_but_address") for address in ("8.8.8.8", "2a00::1", "8.0.0.0/8")),
        *(
            (url, "no_name_but_address")
            for url in ("http://8.8.8.8/a", "8.8.8.8:53", "[2a00::1]:53")
        ),
        ("https://[2a00::1]/a", "no_name_but_address"),
        *(("8.8.8", "not_a_name"), ("a..example", "not_a_name"), ("*.example", "not_a_name")),
        *(("<html>", "not_a_name"), ("http://", "not_a_name"), ("http://[", "not_a_name")),
        *((".".join(["a" * 60] * 5), "not_a_name"), ("a" * 64 + ".example", "not_a_name")),
        *(("a\x00b.example", "not_a_name"), ("\x1b[31mred", "not_a_name")),
        *(("shop.example 8.0.0.1", "several_values"), ("one,shop.example", "not_a_name")),
    ],
)
def test_what_is_no_name_is_rejected_with_its_line(line: str, reason: str) -> None:
    found = read_names(f"\n{line}\n".encode())
    assert found == [Rejected(record=2, reason=reason, value=line[:MOST_SIGNS])]


def test_a_line_without_end_is_not_kept_whole() -> None:
    (rejected,) = read_names(b"a" * 4_000_000)
    assert isinstance(rejected, Rejected)
    assert len(rejected.value) == MOST_SIGNS


def test_bytes_that_are_no_text_are_rejected() -> None:
    assert [one for one in read_names(b"\xe9cole.example\n") if isinstance(one, Rejected)] == [
        Rejected(record=1, reason="undecodable", value="\ufffdcole.example")
    ]


def test_a_name_of_another_list_is_not_given_again() -> None:
    seen = {"a.example"}
    assert list(name_lists.read_names(b"a.example\nb.example\n", seen)) == ["b.example"]
    assert seen == {"a.example", "b.example"}


def test_a_list_of_popular_names_is_read_without_its_ranks() -> None:
    listed = read_names(
        b"1,shop.example\r\n2,Www.Shop.Example\r\nx,a.example\r\n3,192.0.2.7\r\n4,\r\n"
    )
    names = [each for each in listed if isinstance(each, str)]
    assert names == ["shop.example", "www.shop.example"]
    rejected = [(each.reason, each.value) for each in listed if isinstance(each, Rejected)]
    assert rejected == [
        ("not_a_name", "x,a.example"),
        ("no_name_but_address", "3,192.0.2.7"),
        ("not_a_name", "4,"),
    ]
