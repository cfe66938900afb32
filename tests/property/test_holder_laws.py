"""`whose` loses no address, counts none twice, and picks what a slow reader would pick.

The model looks at one address at a time and at every range for each.  Ranges are drawn as small
prefixes, so that they nest, touch and repeat.
"""

from collections import Counter
from typing import NamedTuple

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from overblock.addresses.intervals import IntervalSet
from overblock.addresses.prefixes import cover
from overblock.addresses.sixteen import from_words, to_series
from overblock.holders.join import By, holder_at, holder_at_ipv6, keys, whose
from overblock.tables import HOLDER_RANGES

TOP = 64
ANCHOR: tuple[int | str | None, ...] = (100, 101, 1, "ANCHOR", "ZZ", "EC2")  # every table answers


class Range(NamedTuple):
    first: int
    until: int
    asn: int | None
    as_name: str | None
    country: str | None
    service: str | None


@st.composite
def prefixes(draw: st.DrawFn) -> tuple[int, int]:
    size = 2 ** draw(st.integers(0, 5))
    first = draw(st.integers(0, TOP // size - 1)) * size
    return first, first + size


@st.composite
def range_rows(draw: st.DrawFn) -> Range:
    return Range(
        *draw(prefixes()),
        draw(st.sampled_from([None, 7, 16509])),
        draw(st.sampled_from([None, "OVH SAS", "SMALL"])),
        draw(st.sampled_from([None, "DE", "US"])),
        draw(st.sampled_from([None, "AMAZON", "EC2", "S3"])),
    )


tables = st.lists(range_rows(), max_size=8).map(lambda drawn: [*drawn, Range(*ANCHOR)])  # type: ignore[arg-type]  # as declared above
sets = st.lists(prefixes(), max_size=5)
questions: st.SearchStrategy[By] = st.sampled_from(["holder", "country", "origin-as", "service"])


def ipv4_table(drawn: list[Range]) -> pl.DataFrame:
    rows = [
        {"ipv4_from": one.first, "ipv4_until": one.until} | dict(list(one._asdict().items())[2:])
        for one in drawn
    ]
    return pl.DataFrame(rows, schema=HOLDER_RANGES.schema())


def preference(one: Range) -> tuple[int, bool, list[tuple[bool, int | str]]]:
    words = (one.asn, one.as_name, one.country, one.service)
    absent = [(word is None, word if word is not None else 0) for word in words]
    return one.until - one.first, one.service == "AMAZON", absent


def model(drawn: list[Range], by: By) -> list[str | None]:
    """Whose each address is: of every range that holds it and answers, the best."""
    answers = dict(zip(drawn, keys(ipv4_table(drawn), by).to_list(), strict=True))
    return [best(point, answers, by) for point in range(TOP)]


def best(point: int, answers: dict[Range, str | None], by: By) -> str | None:
    able = [one for one in answers if answers[one] is not None and one.first <= point < one.until]
    if by == "service" and any(one.service != "AMAZON" for one in able):
        able = [one for one in able if one.service != "AMAZON"]
    return answers[min(able, key=preference)] if able else None


@settings(deadline=None)  # the first table read pays for all
@given(sets, tables, questions)
def test_the_parts_sum_to_the_set_and_are_what_the_slow_model_counts(
    held: list[tuple[int, int]], drawn: list[Range], by: By
) -> None:
    addresses = {point for first, until in held for point in range(first, until)}
    told = model(drawn, by)
    expected = Counter(told[point] for point in addresses)
    listed = IntervalSet.of(*_columns(held))
    split = whose(listed, ipv4_table(drawn), by)
    assert list(split.select("key", "ipv4").iter_rows()) == sorted(
        expected.items(), key=lambda part: (-part[1], part[0] is None, part[0] or "")
    )
    assert split["ipv4"].sum() == listed.size


@settings(deadline=None)  # the first table read pays for all
@given(sets, tables, questions)
def test_networks_and_witness_are_those_of_the_fewest_prefixes(
    held: list[tuple[int, int]], drawn: list[Range], by: By
) -> None:
    addresses = {point for first, until in held for point in range(first, until)}
    split = whose(IntervalSet.of(*_columns(held)), ipv4_table(drawn), by)
    told = model(drawn, by)
    for key, _, networks, witness in split.iter_rows():
        own = [point for point in addresses if told[point] == key]
        blocks, lengths = cover(IntervalSet.of(own, [point + 1 for point in own]))
        assert networks == len(blocks)
        assert witness == f"0.0.0.{blocks[lengths.argmin()]}/{lengths.min()}"


@settings(deadline=None)  # the first table read pays for all
@given(tables, questions, st.randoms())
def test_each_address_is_told_as_the_model_tells_it_whatever_the_order_of_rows(
    drawn: list[Range], by: By, random: object
) -> None:
    drawn = list(dict.fromkeys(drawn))
    random.shuffle(drawn)  # type: ignore[attr-defined]  # hypothesis' own random.Random
    table = ipv4_table(drawn)
    rows = holder_at(np.arange(TOP, dtype=np.uint64), table, by)
    said = [*keys(table, by).to_list(), None]  # -1, no row, is the last
    assert [said[row] for row in rows.tolist()] == model(drawn, by)


@settings(deadline=None)  # the first table read pays for all
@given(tables, questions)
def test_ipv6_is_told_by_the_same_rules(drawn: list[Range], by: By) -> None:
    """The same world, its numbers turned into IPv6 addresses around the middle of the words."""
    table = ipv4_table(drawn)
    moved = table.with_columns(
        ipv4_from=pl.lit(None, dtype=pl.UInt64),
        ipv4_until=pl.lit(None, dtype=pl.UInt64),
        ipv6_first=to_series(_moved(table["ipv4_from"].to_numpy())),
        ipv6_last=to_series(_moved(table["ipv4_until"].to_numpy() - np.uint64(1))),
    )
    points = np.arange(TOP, dtype=np.uint64)
    as_ipv4 = holder_at(points, table, by)
    assert holder_at_ipv6(_moved(points), moved, by).tolist() == as_ipv4.tolist()


def _moved(
    numbers: np.ndarray[tuple[int], np.dtype[np.uint64]],
) -> np.ndarray[tuple[int], np.dtype[np.bytes_]]:
    """Addresses in which the numbers span both words."""
    return from_words(numbers >> np.uint64(3), numbers << np.uint64(61))


def _columns(pairs: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [first for first, _ in pairs], [until for _, until in pairs]
