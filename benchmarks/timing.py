"""What all benchmarks share: the best of several runs, and the row that they print."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

SHARED = Path(os.environ.get("OVERBLOCK_SHARED", Path(__file__).parents[2] / "shared"))
SEED = 2018

Answer = TypeVar("Answer")


def best_of(times: int, work: Callable[[], Answer]) -> tuple[float, Answer]:
    """The shortest of several runs, in seconds: what the others waited for was not ours."""
    best = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - begin)
    return best, answer


def print_row(work: str, ours: float, peer: tuple[str, float], target: float) -> None:
    """A row of the benchmarks page: how many times as long the peer took."""
    name, seconds = peer
    print(
        f"{work} | ours {ours * 1000:,.0f} ms | {name} {seconds * 1000:,.0f} ms"
        f" | {seconds / ours:.1f} x | target {target:g} x"
    )
