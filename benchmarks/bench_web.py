"""How soon the site answers under load: a server of two workers, fifty clients, real sockets.

``python benchmarks/bench_web.py`` prints a row for each page: answers a second, median and 99th
percentile of what a client waits, errors; then the cost of an address that nobody asked before,
and what a worker's memory has grown to after a hundred thousand answers.  ``--small`` does the
same for a second on a small made-up history, so that CI notices when it rots.

The store holds the bundle's 2,626 states and the register of 2018.  The clients are those of
``wrk`` where it is installed, else of a process of our own; they share the machine's processors
with the server.  Each connection asks again as soon as it is answered, so fifty clients whose
median is 50 ms ask a thousand times a second.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from bench_git import BUNDLE, SHARED
from history_world import make_register_history
from web_clients import ask_for

OVERBLOCK = (sys.executable, "-c", "from overblock.cli.main import main; main()")
FILE_2018 = SHARED / "data" / "ru-rkn-2018-05-05.csv.xz"
REGISTER = "ru_zapret_csv"
CLIENTS, WORKERS = 50, 2
SECONDS = 30.0
MEDIAN_MS, P99_MS = 50.0, 150.0
LEAK = 100_000  # answers after which memory is looked at again
MIB = 300.0
WRK_TELLS = """
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\\n{"answers": %d, "seconds": %f, "median": %f, "p99": %f, "errors": %d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
local at = 0
request = function()
  at = at %% #paths + 1
  return wrk.format("GET", paths[at], {["Accept-Encoding"] = "gzip"})
end
"""


@dataclass(frozen=True)
class Load:
    """What clients saw."""

    answers: float
    seconds: float
    median: float  # ms
    p99: float
    errors: float


@contextmanager
def served(store: Path) -> Iterator[tuple[str, int]]:
    """The site in its own processes; its address, and the process that watches over the workers."""
    words = ["serve", "--store", str(store), "--port", "0", "--most-a-minute", "0"]
    words += ["--workers", str(WORKERS)]
    with subprocess.Popen([*OVERBLOCK, *words], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        told = server.stderr.readline()
        port = re.search(r"port (\d+)", told)
        assert port, told
        try:
            yield f"http://127.0.0.1:{port[1]}", server.pid
        finally:
            server.terminate()


def load(address: str, paths: Sequence[str], seconds: float) -> Load:
    """Fifty clients ask for the paths, one after the other."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return Load(**ask_for(address, paths, CLIENTS, seconds))
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        quoted = ", ".join(json.dumps(path) for path in paths)
        script.write(f"paths = {{{quoted}}}\n{WRK_TELLS.replace('%%', '%')}")
        script.flush()
        command = [
            wrk,
            "-t1",
            f"-c{CLIENTS}",
            f"-d{seconds:.0f}s",
            "--timeout",
            "30s",
            "-s",
            script.name,
            address,
        ]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return Load(**json.loads(told.splitlines()[-1]))


def workers_of(watcher: int) -> list[int]:
    """The processes that answer: those that took the most memory of the watcher's children."""
    listed = Path(f"/proc/{watcher}/task/{watcher}/children").read_text(encoding="ascii")
    return sorted(map(int, listed.split()), key=memory_of)[-WORKERS:]


def memory_of(process: int) -> float:
    """The memory that a process has for itself, in MiB; the libraries' files are everybody's."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    held = dict(line.split(":", 1) for line in lines if line.startswith(("VmRSS", "RssFile")))
    return (int(held["VmRSS"].split()[0]) - int(held["RssFile"].split()[0])) / 1024


def ask_once(address: str, paths: Sequence[str], times: int = 1) -> list[float]:
    """Seconds of each answer, each asked over a connection of its own: any worker may answer."""
    taken = []
    for path in paths:
        for _ in range(times):
            begin = time.perf_counter()
            with urlopen(f"{address}{path}") as answer:  # noqa: S310  (of this machine)
                answer.read()
            taken.append(time.perf_counter() - begin)
    return taken


def print_row(work: str, seen: Load, target: str) -> None:
    print(
        f"{work} | {seen.answers / seen.seconds:,.0f} a second"
        f" | median {seen.median:,.1f} ms, 99th percentile {seen.p99:,.1f} ms"
        f" | {seen.errors:,.0f} errors | target {target}"
    )


def make_store(folder: Path, *, real: bool) -> Path:
    """The observatory that is asked: of the bundle and the file of 2018, or made up."""
    store = folder / "observatory"
    inputs = [BUNDLE, FILE_2018] if real else [make_register_history(folder)]
    for words in (
        ["init", str(store)],
        *(["ingest", "--quiet", REGISTER, str(one), "--store", str(store)] for one in inputs),
    ):
        subprocess.run([*OVERBLOCK, *words], check=True, capture_output=True)
    return store


def measure(address: str, watcher: int, *, real: bool, seconds: float) -> None:
    """Every row: first what many ask, then what nobody asked before, then the memory."""
    at = "2018-05-05" if real else "2018-04-17"
    one = "52.58.1.1" if real else "192.0.2.7"
    targets = f"median {MEDIAN_MS:g} ms, 99th {P99_MS:g} ms"
    check = f"/check.json?q={one}&at={at}"
    pages = {
        "Now": ["/"],
        "Am I hit?": [f"/check?q={one}&at={at}"],
        "Register": [f"/registers/{REGISTER}"],
        "check.json, one address": [check],
        "check.json, 200 addresses in turn": [
            f"/check.json?q={one.rpartition('.')[0]}.{n}&at={at}" for n in range(200)
        ],
    }
    for work, paths in pages.items():
        ask_once(address, paths, 4 if len(paths) == 1 else 1)
        goal = "2,000 a second" if work.startswith("check.json") else targets
        print_row(
            f"{work}: {CLIENTS} clients, {WORKERS} workers", load(address, paths, seconds), goal
        )
    fresh = [f"/check.json?q=77.{n // 256}.{n % 256}.1&at={at}" for n in range(20_000)]
    seen = load(address, fresh, min(seconds, 10))
    print_row(f"check.json, addresses that nobody asked about: {CLIENTS} clients", seen, "none set")
    tell_memory(address, watcher, [paths[0] for paths in pages.values()], LEAK if real else 1_000)


def tell_memory(address: str, watcher: int, paths: Sequence[str], answers: int) -> None:
    """The memory of the larger worker, and what so many answers add to it."""
    load(address, paths, 2)
    before = max(map(memory_of, workers_of(watcher)))
    asked, errors = 0.0, 0.0
    while asked < answers:
        seen = load(address, paths, 5 if answers >= LEAK else 1)
        asked, errors = asked + seen.answers, errors + seen.errors
    after = max(map(memory_of, workers_of(watcher)))
    print(
        f"memory of a worker | {before:,.0f} MiB, {after:,.0f} MiB after {asked:,.0f} more answers,"
        f" {errors:,.0f} errors | target {MIB:g} MiB"
    )


def main(*, small: bool) -> None:
    real = not small and BUNDLE.exists()
    with tempfile.TemporaryDirectory() as name:
        store = make_store(Path(name), real=real)
        with served(store) as (address, watcher):
            measure(address, watcher, real=real, seconds=1 if small else SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    main(small=parser.parse_args().small)
