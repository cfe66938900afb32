"""Work on batches in this process and in others: the same answers, in the same order."""

from collections.abc import Iterator
from multiprocessing import active_children
from operator import itemgetter

import pytest

from overblock.measurements.batches import Block
from overblock.measurements.files import MeasurementFile
from overblock.pipeline.spreading import BATCH_BLOCKS, BATCH_BYTES, in_batches, spread

FILE = MeasurementFile(name="x.jsonl")


def blocks(n_blocks: int, n_bytes: int) -> Iterator[Block]:
    return (Block(FILE, number, b"x" * n_bytes, 0, n_bytes) for number in range(1, n_blocks + 1))


FIRST, SECOND = itemgetter(0), itemgetter(1)  # work that any process can import


def test_batches_hold_all_blocks_in_order_and_no_more_than_they_may() -> None:
    big = list(in_batches(blocks(5, BATCH_BYTES // 2 + 1)))
    assert [[block.record for block in batch] for batch in big] == [[1, 2], [3, 4], [5]]
    small = list(in_batches(blocks(BATCH_BLOCKS + 1, 1)))
    assert [len(batch) for batch in small] == [BATCH_BLOCKS, 1]


@pytest.mark.parametrize("processes", [1, 2])
def test_answers_come_in_the_order_of_the_batches(processes: int) -> None:
    batches = [[block] for block in blocks(12, 10)]
    answers = spread(FIRST, batches, processes)
    assert [block.record for block in answers] == list(range(1, 13))


def test_what_fails_in_another_process_fails_here() -> None:
    batches = [list(blocks(2, 10)), list(blocks(2, 10)), list(blocks(1, 10))]
    answers = spread(SECOND, batches, 2)
    assert [next(answers).record, next(answers).record] == [2, 2]
    with pytest.raises(IndexError):
        next(answers)


def test_who_stops_asking_leaves_no_process_behind() -> None:
    answers = spread(FIRST, ([block] for block in blocks(10**9, 1)), 2)
    assert [next(answers).record for _ in range(4)] == [1, 2, 3, 4]
    answers.close()
    assert active_children() == []
