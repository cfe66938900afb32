"""Cutting worlds into pieces, and working on some at once."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import polars as pl
import pytest

from overblock.collateral.streams import each, whole_names, with_rest
from overblock.collateral.worlds import rest_of
from overblock.errors import SourceDrift
from overblock.tables import RESOLUTIONS

AT = datetime(2018, 5, 5, tzinfo=UTC)


def rows(*names: str) -> pl.DataFrame:
    told = [
        {"record": number, "name": name, "ipv4": number, "outcome": "address", "seen_at": AT,
         "chain": []}
        for number, name in enumerate(names, 1)
    ]  # fmt: skip
    return pl.DataFrame(told, schema=RESOLUTIONS.schema())


def test_no_name_is_cut_wherever_the_batches_are() -> None:
    batches = [rows("a", "b"), rows("b", "b"), rows(), rows("b", "c"), rows("c")]
    pieces = [piece["name"].to_list() for piece in whole_names(batches, 2)]
    assert pieces == [["a"], ["b", "b", "b", "b"], ["c", "c"]]


def test_nothing_at_all_has_no_pieces() -> None:
    assert list(whole_names([rows(), rows()], 2)) == []


@pytest.mark.parametrize("batches", [[rows("b", "a")], [rows("b"), rows("a")]])
def test_names_out_of_order_are_refused_as_they_would_be_counted_twice(
    batches: list[pl.DataFrame],
) -> None:
    with pytest.raises(SourceDrift, match="not in order"):
        list(whole_names(batches, 1))


def test_each_piece_gets_the_rest_of_its_own_rows() -> None:
    """All rows but those of "b" have an IPv4 address."""
    batch = rows("a", "b", "b", "c", "d").with_columns(
        ipv4=pl.when(pl.col("name") != "b").then("ipv4")
    )
    rest = rest_of(batch.lazy()).collect()
    pieces = [batch[:1], batch[1:1], batch[1:2], batch[2:4], batch[4:]]
    found = [more["row"].to_list() for _, more in with_rest(pieces, rest)]
    assert found == [[], [], [0], [0], []]


def test_answers_come_in_the_order_of_the_pieces_though_some_are_worked_on_at_once() -> None:
    both = threading.Barrier(2, timeout=30)

    def work(piece: int) -> int:
        both.wait()  # passes only where two are at work
        return piece * 10

    assert list(each(range(6), work)) == [0, 10, 20, 30, 40, 50]


def test_no_more_pieces_are_read_than_are_worked_on_and_one() -> None:
    read: list[int] = []

    def reading() -> Iterator[int]:
        for number in range(10):
            read.append(number)
            yield number

    answers = each(reading(), lambda piece: piece)
    assert next(answers) == 0
    assert len(read) <= 3
    assert list(answers) == list(range(1, 10))


def test_a_fault_in_a_piece_is_raised() -> None:
    def work(piece: int) -> int:
        raise SourceDrift(f"piece {piece}")

    with pytest.raises(SourceDrift, match="piece 0"):
        list(each(range(3), work))
