"""How soon the site answers under load: a server of two workers, fifty clients, real sockets.

``python benchmarks/bench_web.py`` prints a row for each page: answers a second, median and 99th
percentile of what a client waits, errors; then the cost of an address that nobody asked before.
Before all that come the first answers after a start; at last every page of the site is opened, and
the memory of the largest worker and of the engine is told, before and after a hundred thousand more
answers.  ``--small`` does the same for a second on a small made-up history, so that CI notices when
it rots.

The store holds the bundle's 2,626 states and the register of 2018; names and measurements are read
in, while the site runs, before every page is opened.  The clients are those of ``wrk`` where it is
installed, else of a process of our own; they share the machine's processors with the server.  Each
connection asks again as soon as it is answered, so fifty clients whose median is 50 ms ask a
thousand times a second.
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
from bench_names import as_csv
from history_world import make_register_history
from web_clients import ask_for
from web_pages import every_page, kind_of, open_all

OVERBLOCK = (sys.executable, "-c", "from overblock.cli.main import main; main()")
FILE_2018 = SHARED / "data" / "ru-rkn-2018-05-05.csv.xz"
REGISTER = "ru_zapret_csv"
CLIENTS, WORKERS = 50, 2
SECONDS = 30.0
MEDIAN_MS, P99_MS = 50.0, 150.0
LEAK = 100_000  # answers after which memory is looked at again
MIB = 300.0
LIGHT_CASE = "/cases/piracy-shield"
SETTLED = 45.0  # seconds after a start, when what takes long has been made, too
N_NAMES = 199_000  # as many as a worker may hold in memory
NAMES = Path(__file__).parents[1] / "docs" / "howto" / "names-2018.csv"
OONI = [SHARED / "samples" / "ooni" / name for name in ("fastpath", "fastpath_hist")]
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


@dataclass(frozen=True)
class Memory:
    """What a process takes, in MiB."""

    own: float
    resident: float  # with the pages of libraries' files, which are everybody's
    peak: float  # of the resident


def workers_of(watcher: int) -> list[int]:
    """The processes that answer: those that the watcher's first thread started and named so."""
    return _spawned(Path(f"/proc/{watcher}/task/{watcher}"))


def engine_of(watcher: int) -> int | None:
    """The engine, which another thread of the watcher started; None while there is none."""
    tasks = sorted(Path(f"/proc/{watcher}/task").iterdir())
    found = [one for task in tasks if task.name != str(watcher) for one in _spawned(task)]
    return found[0] if found else None


def _spawned(task: Path) -> list[int]:
    children = map(int, (task / "children").read_text(encoding="ascii").split())
    return [one for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def memory_of(process: int) -> Memory:
    """What the system tells of a process."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    told = {
        name: int(value.split()[0]) / 1024
        for name, _, value in (line.partition(":") for line in lines)
        if name in ("VmRSS", "RssFile", "VmHWM")
    }
    return Memory(told["VmRSS"] - told["RssFile"], told["VmRSS"], told["VmHWM"])


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
    _run("init", str(store))
    for one in inputs:
        _run("ingest", "--quiet", REGISTER, str(one), "--store", str(store))
    return store


def add_to(store: Path, *, real: bool) -> None:
    """Names, and measurements where there are any: so that every page has something to show."""
    names = store.parent / "names.csv"
    as_csv(names, N_NAMES if real else 100)
    with names.open("a", encoding="utf-8") as file:
        file.writelines(NAMES.read_text(encoding="utf-8").splitlines(keepends=True)[1:])
    _run("ingest", "--quiet", "names_csv", str(names), "--store", str(store))
    if real:
        _run("measurements", "ingest", *map(str, OONI), "--store", str(store))


def _run(*words: str) -> None:
    subprocess.run([*OVERBLOCK, *words], check=True, capture_output=True)


def measure(address: str, watcher: int, store: Path, *, real: bool, seconds: float) -> None:
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
    tell_first("right after the start", address, {name: pages[name][0] for name in list(pages)[:3]})
    time.sleep(SETTLED if real else 0)
    print_map = f"/map.png?register={REGISTER}&at={at}"
    case = "/cases/telegram-2018" if real else LIGHT_CASE
    slow = {"case": case, "chart": f"/registers/{REGISTER}/history.svg"}
    tell_first("later on", address, {**slow, "map for print": print_map})
    for work, paths in pages.items():
        ask_once(address, paths, 4 if len(paths) == 1 else 1)
        goal = "2,000 a second" if work.startswith("check.json") else targets
        print_row(
            f"{work}: {CLIENTS} clients, {WORKERS} workers", load(address, paths, seconds), goal
        )
    tell_fresh("check.json, addresses that nobody asked about", address, 77, at, min(seconds, 10))
    add_to(store, real=real)
    told = f"the same with {N_NAMES if real else 100:,} names at hand"
    tell_fresh(told, address, 78, at, min(seconds, 10))
    opened = every_page(address, REGISTER, at)
    if not real:  # one of each kind is enough to see that none rots
        opened = [*{kind_of(page): page for page in opened}.values()]
    open_all(address, opened)
    tell_memory(address, watcher, [paths[0] for paths in pages.values()], LEAK if real else 1_000)


def tell_fresh(work: str, address: str, octet: int, at: str, seconds: float) -> None:
    """What a question costs that nobody asked before, once both workers have read their tables."""
    fresh = [f"/check.json?q={octet}.{n // 256}.{n % 256}.1&at={at}" for n in range(20_000)]
    ask_once(address, fresh[-10:])
    print_row(f"{work}: {CLIENTS} clients", load(address, fresh, seconds), "none set")


def tell_first(when: str, address: str, pages: dict[str, str]) -> None:
    """How long the first to ask for each page waits."""
    waits = (f"{name} {ask_once(address, [path])[0]:.2f} s" for name, path in pages.items())
    print(f"first answers, {when} | {', '.join(waits)} | target none set")


def tell_memory(address: str, watcher: int, paths: Sequence[str], answers: int) -> None:
    """The memory of the largest worker after every page was opened, and after many answers more."""
    load(address, paths, 2)
    before = [memory_of(one) for one in workers_of(watcher)]
    asked, errors = 0.0, 0.0
    while asked < answers:
        seen = load(address, paths, 5 if answers >= LEAK else 1)
        asked, errors = asked + seen.answers, errors + seen.errors
    after = [memory_of(one) for one in workers_of(watcher)]
    assert len(before) == len(after) == WORKERS
    resident = max(one.resident for one in after)
    print(
        f"memory of a worker, after every page | {_told(before)}; after {asked:,.0f} more answers"
        f" {_told(after)}; {errors:,.0f} errors | target {MIB:g} MiB resident"
    )
    engine = engine_of(watcher)
    if engine is not None:
        print(f"memory of the engine, after the same | {_told([memory_of(engine)])} | none set")
    own = max(one.own for one in after)
    assert own < MIB, f"a worker takes {own:,.0f} MiB for itself"
    if answers >= LEAK:  # how many pages of libraries are at hand depends on the machine
        assert resident < MIB, f"a worker takes {resident:,.0f} MiB"


def _told(several: Sequence[Memory]) -> str:
    """The largest of several processes, by each measure."""
    own, resident, peak = (
        max(getattr(one, name) for one in several) for name in ("own", "resident", "peak")
    )
    return f"{own:,.0f} MiB own, {resident:,.0f} resident, {peak:,.0f} at its peak"


def main(*, small: bool) -> None:
    real = not small and BUNDLE.exists()
    with tempfile.TemporaryDirectory() as name:
        store = make_store(Path(name), real=real)
        with served(store) as (address, watcher):
            measure(address, watcher, store, real=real, seconds=1 if small else SECONDS)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    main(small=parser.parse_args().small)
