"""What is kept is weighed, not counted."""

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from overblock.web import asking
from overblock.web.asking import Answers
from overblock.web.weighing import weight_of


class Row(msgspec.Struct):
    text: str


@dataclass
class Held:
    rows: list[Row]


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        (None, 1, 100),
        ("a" * 10_000, 10_000, 10_100),
        ([Row("a" * 100) for _ in range(1_000)], 100_000, 300_000),
        (Held([Row("a" * 10_000)] * 3), 30_000, 31_000),
        ({"a": (b"b" * 5_000,)}, 5_000, 5_500),
        (np.zeros(1_000), 8_000, 8_000),
        (pl.DataFrame({"a": range(1_000)}), 8_000, 8_000),
        ([], 1, 100),
    ],
)
def test_a_value_weighs_about_what_it_holds(value: object, least: int, most: int) -> None:
    assert least <= weight_of(value) <= most


def test_large_answers_push_others_out_and_the_largest_are_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_BYTES", 1_000_000)
    made = []

    async def live() -> None:
        answers = Answers(tmp_path)

        def work(size: int) -> bytes:
            """An answer of a size, noted when it is made."""
            made.append(size)
            return b"a" * size

        for size in (100, 300_000, 300_001, 300_002, 300_003, 2_000_000, 300_003, 2_000_000, 100):
            await answers.make(size, partial(work, size))
        answers.close()

    asyncio.run(live())
    assert made == [100, 300_000, 300_001, 300_002, 300_003, 2_000_000, 2_000_000, 100]
