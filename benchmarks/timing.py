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


def peak_mib() -> float:
    """The most memory that this process took for itself, in MiB.

    `getrusage` would count the process that it was started from, too.  Pages of the libraries'
    files are left out: how many of them are counted depends on what the machine has read before.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kib = {
        name: int(value.split()[0])
        for name, _, value in (x.partition(":") for x in lines)
        if name in ("VmHWM", "RssFile")
    }
    return (kib["VmHWM"] - kib["RssFile"]) / 1024


def print_row(work: str, ours: float, peer: tuple[str, float], target: float) -> None:
    """A row of the benchmarks page: how many times as long the peer took."""
    name, seconds = peer
    print(
        f"{work} | ours {ours * 1000:,.0f} ms | {name} {seconds * 1000:,.0f} ms"
        f" | {seconds / ours:.1f} x | target {target:g} x"
    )
