"""Names by the million say what they say one by one, and no line of a file is lost or doubled."""

from io import BytesIO

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from overblock.errors import SourceDrift
from overblock.names.canonical import canonical_name
from overblock.names.columns import LONGEST_NAME, canonical_names
from overblock.sources import _lines, find_source
from overblock.sources._lines import Block, blocks
from overblock.sources._moments import moments

LABELS = st.sampled_from(
    ["shop", "Shop", "пример", "РФ", "x" * 63, "_dmarc", "-", "7", "ß", "K", ""]
)
names = st.one_of(
    st.lists(LABELS, max_size=6).map(".".join),
    st.lists(LABELS, min_size=1, max_size=4).map(lambda labels: "*." + ".".join(labels) + "."),
    st.text(max_size=12),
)


def slow(written: str) -> str | None:
    """One by one, by the rules of the fast path's docstring."""
    text = written.strip()
    masked = text.startswith("*.")
    name = canonical_name(text.removeprefix("*."))
    if name is None or len(name) > LONGEST_NAME or name.rpartition(".")[2].isdigit():
        return None
    return f"*.{name}" if masked else name


@given(st.lists(names, max_size=20))
def test_a_column_of_names_is_read_as_each_of_them(written: list[str]) -> None:
    found = canonical_names(pl.Series(written, dtype=pl.String)).to_list()
    assert found == [slow(name) for name in written]


@given(st.lists(names, max_size=20))
def test_a_canonical_name_is_canonical(written: list[str]) -> None:
    once = canonical_names(pl.Series(written, dtype=pl.String))
    assert canonical_names(once).equals(once)


def test_a_name_longer_than_dns_allows_is_none() -> None:
    fits = ".".join(["a" * 63] * 3 + ["b" * 61])
    assert canonical_names(pl.Series([fits, fits + "b"])).to_list() == [fits, None]


def numbered(found: list[Block]) -> list[tuple[int, bytes]]:
    return [
        (number, line)
        for block in found
        for number, line in enumerate(block.lines.split(b"\n"), block.first)
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=12),
    st.integers(1, 40),
    st.integers(4, 25),
)
def test_lines_come_once_each_in_order_and_long_ones_as_their_beginning(
    monkeypatch: pytest.MonkeyPatch, lines: list[bytes], block_bytes: int, longest: int
) -> None:
    monkeypatch.setattr(_lines, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(_lines, "LONGEST_LINE", longest)
    monkeypatch.setattr(_lines, "SHOWN", 3)
    raw = b"head\n" + b"\n".join(lines)
    wanted = raw.removesuffix(b"\n").split(b"\n")
    found = list(blocks(BytesIO(raw), "test"))
    too_long = {number for block in found for number in block.too_long}
    assert [number for number, _ in numbered(found)] == list(range(1, len(wanted) + 1))
    assert too_long == {n for n, line in enumerate(wanted, 1) if len(line) > longest}
    assert [line for _, line in numbered(found)] == [
        line[:3] if len(line) > longest else line for line in wanted
    ]


def test_a_file_without_newlines_is_never_held_whole() -> None:
    class Endless(BytesIO):
        asked = 0

        def read(self, size: int | None = -1) -> bytes:
            self.asked += 1
            assert size
            return b"x" * 1000 if self.asked < 5000 else b""

    (block,) = blocks(Endless(), "test")
    assert (len(block.lines), block.too_long) == (_lines.SHOWN, (1,))


@pytest.mark.parametrize("raw", [b"", b" \n\n", b"\xff\xfea\0", b"\n <!DOCTYPE html>", b"PAR1"])
def test_what_is_no_text_of_lines_is_refused_at_once(raw: bytes) -> None:
    with pytest.raises(SourceDrift):
        next(blocks(BytesIO(raw), "test"))


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2018-04-16", "2018-04-16T00:00:00+00:00"),
        ("2018-04-16 21:00", None),
        ("2018-04-16 21:00:00", "2018-04-16T21:00:00+00:00"),
        ("2018-04-16T21:00:00.5+03:00", "2018-04-16T18:00:00.500000+00:00"),
        ("1523912400", "2018-04-16T21:00:00+00:00"),
        ("1523912400.25", "2018-04-16T21:00:00.250000+00:00"),
        ("1523912400123", "2018-04-16T21:00:00.123000+00:00"),
        ("1523912400123456", "2018-04-16T21:00:00.123456+00:00"),
        ("1523912400123456789", "2018-04-16T21:00:00.123456+00:00"),
        ("", None),
        ("yesterday", None),
        ("2018-02-30", None),
        ("1970-01-01", None),
        ("9" * 19, None),
    ],
)
def test_a_moment_is_read_in_the_forms_that_programs_write(
    written: str, instant: str | None
) -> None:
    found = moments(pl.Series([written])).to_list()[0]
    assert (found.isoformat() if found else None) == instant


def test_a_long_list_with_rubbish_loses_the_rubbish_and_nothing_else() -> None:
    rubbish = (b"bad..name", b"\0", b"a b c d", b"x" * 300, b"\xff\xfe", b"http://", b"1.2.3.999")
    lines = [
        rubbish[n // 100 % len(rubbish)] if n % 100 == 50 else b"host%d.example" % n
        for n in range(100_000)
    ]
    reading = find_source("names_list").read(b"\n".join(lines))
    assert len(reading.rows) == 99_000
    assert reading.rejects["record"].n_unique() == 1000
    assert set(reading.rejects["record"] % 100) == {51}


def test_four_megabytes_in_one_field_cost_one_record() -> None:
    raw = b'name,address\nshop.example,93.184.216.34\n"%s",1.1.1.1\nlast.example,1.1.1.1\n'
    reading = find_source("names_csv").read(raw % (b"x" * (4 << 20)))
    assert reading.rows["name"].to_list() == ["shop.example", "last.example"]
    assert reading.rejects["reason"].to_list() == ["too_long"]
