"""Work on batches in this process and in others: the same answers, in the same order."""

import os
import pickle
import signal
import sys
from collections.abc import Iterator
from operator import itemgetter
from time import sleep

import pytest

from companies import children, shared_memories
from overblock.errors import CompanionLost
from overblock.measurements.batches import Block
from overblock.measurements.files import MeasurementFile
from overblock.pipeline.accompanying import SLOT_BYTES, SLOTS
from overblock.pipeline.companions import Answers, Companion
from overblock.pipeline.reading import BATCH_BYTES, BATCH_LINES, in_batches
from overblock.pipeline.spreading import ALONE, spread

FILE = MeasurementFile(name="x.jsonl")


def blocks(n_blocks: int, n_bytes: int) -> Iterator[Block]:
    return (Block(FILE, number, b"x" * n_bytes, 0, n_bytes) for number in range(1, n_blocks + 1))


def waited_for(answers: Answers | None) -> Block:
    """The block that is the answer to a batch, or what went wrong."""
    assert answers is not None
    answers.wait()
    told = answers.take()
    assert told is not None
    if told.error:
        raise told.error
    block: Block = told.value
    return block


FIRST, SECOND = itemgetter(0), itemgetter(1)  # work that any process can import


def test_batches_hold_all_blocks_in_order_and_no_more_than_they_may() -> None:
    big = list(in_batches(blocks(5, BATCH_BYTES // 2 + 1)))
    assert [[block.record for block in batch] for batch in big] == [[1, 2], [3, 4], [5]]
    small = list(in_batches(blocks(BATCH_LINES + 1, 1)))
    assert [len(batch) for batch in small] == [BATCH_LINES, 1]


class Given:
    """Batches of a block or two without an end, and who worked on the answers.

    What was done here is the very block that was given; from elsewhere comes a copy.
    """

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.last: list[Block] | None = None  # a batch to end with, once others help

    def __iter__(self) -> Iterator[list[Block]]:
        for block in blocks(10**9, 10):
            if self.last is not None:
                yield self.last
                return
            self.blocks.append(block)
            sleep(0.001)
            yield [block, block]

    def until_others_help(self, answers: Iterator[Block]) -> list[Block]:
        found: list[Block] = []
        for answer in answers:
            found.append(answer)
            if answer is not self.blocks[len(found) - 1]:
                return found
        raise AssertionError("no other process ever helped")


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_answers_come_in_the_order_of_the_batches(processes: int) -> None:
    batches = [[block] for block in blocks(ALONE + 12, 10)]
    answers = spread(FIRST, batches, processes)
    assert [block.record for block in answers] == list(range(1, ALONE + 13))


def test_little_work_begins_no_process() -> None:
    batches = [[block] for block in blocks(ALONE, 10)]
    for number, answer in enumerate(spread(FIRST, batches, 2)):
        assert answer is batches[number][0]
        assert children() == []


def test_work_goes_on_here_until_others_help_and_stays_in_order() -> None:
    given = Given()
    answers = spread(FIRST, given, 2)
    found = given.until_others_help(answers)
    given.last = []
    assert len(found) > ALONE
    found += [next(answers) for _ in range(len(given.blocks) - len(found))]
    assert found == given.blocks
    with pytest.raises(IndexError):
        next(answers)
    assert children() == []


def test_what_fails_in_another_process_fails_here() -> None:
    given = Given()
    answers = spread(SECOND, given, 2)
    given.until_others_help(answers)
    given.last = list(blocks(1, 10))  # it has no second
    with pytest.raises(IndexError):
        list(answers)


def test_who_stops_asking_leaves_no_process_behind() -> None:
    for asked in (4, ALONE + 4):
        answers = spread(FIRST, ([block] for block in blocks(10**9, 1)), 2)
        assert [next(answers).record for _ in range(asked)] == list(range(1, asked + 1))
        answers.close()
        assert children() == []


@pytest.fixture
def companion() -> Iterator[Companion]:
    with Companion(FIRST) as begun:
        begun.hear(wait=True)
        assert shared_memories() == 1
        yield begun
    assert children() == []
    assert shared_memories() == 0


def block_of(n_bytes: int) -> Block:
    return Block(FILE, 7, b"<" + b"x" * n_bytes + b">", 1, n_bytes + 1)


def test_a_companion_has_a_batch_in_each_slot_and_takes_no_more(companion: Companion) -> None:
    given = [companion.give([block_of(number)]) for number in range(SLOTS)]
    assert companion.n_given == SLOTS
    assert companion.give([block_of(1)]) is None
    answers = [waited_for(answer) for answer in given]
    assert [(each.raw, each.begin, each.stop) for each in answers] == [
        (b"x" * number, 0, number) for number in range(SLOTS)
    ]
    assert companion.give([block_of(1)]) is not None


def test_a_batch_that_is_too_long_is_not_taken_and_an_answer_may_be(companion: Companion) -> None:
    """The answer is the block itself, which as an answer has a few bytes more."""
    assert companion.give([block_of(SLOT_BYTES)]) is None
    longest = next(
        n for n in range(SLOT_BYTES - 200, 0, -20) if (answer := companion.give([block_of(n)]))
    )
    assert waited_for(answer).raw == b"x" * longest


def test_who_fails_says_why_also_where_more_is_given_after() -> None:
    """It has ended by then, as what goes wrong there is a fault of the program."""
    others = {*children()}
    with Companion(SECOND) as begun:
        begun.hear(wait=True)
        [pid] = {*children()} - others
        answer = begun.give([block_of(1)])
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        begun.give([block_of(1)])
        begun.hear()
        assert (begun.give([block_of(1)]), begun.n_given) == (None, 0)
        with pytest.raises(IndexError):
            waited_for(answer)


def test_where_no_process_can_be_begun_it_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CompanionLost, match="cannot be begun: No such file or directory; --proc"):
        Companion(FIRST)
    assert shared_memories() == 0


def test_who_is_interrupted_decides_for_its_companions_too(companion: Companion) -> None:
    [pid] = children()
    os.kill(pid, signal.SIGINT)
    answer = companion.give([block_of(3)])
    assert waited_for(answer).raw == b"xxx"


def test_an_interruption_while_an_answer_is_read_gives_the_memory_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The trace of the interruption holds what was looked into."""

    def interrupted(_raw: memoryview) -> None:
        raise KeyboardInterrupt

    def ask() -> None:
        with Companion(FIRST) as begun:
            begun.hear(wait=True)
            answer = begun.give([block_of(3)])
            monkeypatch.setattr(pickle, "loads", interrupted)
            waited_for(answer)

    with pytest.raises(KeyboardInterrupt):
        ask()
    assert children() == []
    assert shared_memories() == 0


def test_a_process_that_dies_is_told_in_one_line() -> None:
    given = Given()
    answers = spread(FIRST, given, 2)
    given.until_others_help(answers)
    [pid] = children()
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(CompanionLost, match=r"ended by signal 9: was there memory enough\?"):
        list(answers)
    assert children() == []
    assert shared_memories() == 0
