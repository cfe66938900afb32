"""How soon ``check`` answers: as a command that was not running, and in a server that is.

``python benchmarks/bench_check.py`` prints a row for each command: work, best, median, target.
Each run is a process of its own, from its start to its end.  The peer is Python itself, which
starts and does nothing: what it takes is not ours to save.  At last names are read in, and what
the next question costs a server is told beside the same question asked of the files by DuckDB,
as a command asks it.  ``--small`` does the same on a small made-up history, so that CI notices when
it rots.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench_git import BUNDLE
from bench_names import as_csv
from history_world import make_register_history
from overblock.reports.checks.check import CheckAnswer, check
from overblock.reports.checks.standing_desk import WORTH, Rolls
from overblock.store import Store, View
from timing import best_of
from timing import print_row as print_peer

OVERBLOCK = (sys.executable, "-c", "from overblock.cli.main import main; main()")
TARGET = "69.163.194.239"  # of the case of Kharitonov; what is made up lists 192.0.2.7
RUNS = 10
NAMES = 200_000  # with an address each
NAMES_AT = datetime(2018, 5, 1, tzinfo=UTC)
QUESTIONS = 20  # each about an address that nobody asked about
SERVER_TARGET = 20


def run(*words: str) -> bytes:
    return subprocess.run([*OVERBLOCK, *words], capture_output=True, check=True).stdout


def timed(runs: int, command: tuple[str, ...]) -> list[float]:
    """Seconds of each run, from the start of a process to its end."""
    taken = []
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        taken.append(time.perf_counter() - begin)
    return taken


def print_row(work: str, taken: list[float], bare: float, target: float) -> None:
    print(
        f"{work} | best {min(taken) * 1000:,.0f} ms, median {median(taken) * 1000:,.0f} ms"
        f" | python alone {bare * 1000:,.0f} ms | target {target * 1000:,.0f} ms"
    )


def serve(store: Path, folder: Path, n_names: int) -> None:
    """What a question costs a server that has names at hand, beside asking the files."""
    as_csv(folder / "names.csv", n_names)
    run("ingest", "--quiet", "names_csv", str(folder / "names.csv"), "--store", str(store))
    view, rolls = Store.open(store).view(), Rolls()
    lines = (folder / "names.csv").read_text(encoding="ascii").splitlines()
    asked = [line.split(",")[1] for line in lines[1 :: n_names // QUESTIONS]]
    answers(view, rolls, *asked[:1] * WORTH)
    ours, told = best_of(3, lambda: [answers(view, rolls, one) for one in asked])
    files, same = best_of(1, lambda: [answers(view, None, one) for one in asked])
    assert told == same
    assert all(answer.co_tenants for (answer,) in told)
    work = f"{len(asked)} answers of a server, one by one, {n_names:,} names at hand"
    print_peer(work, ours, ("DuckDB over the files", files), SERVER_TARGET)


def answers(view: View, rolls: Rolls | None, *targets: str) -> list[CheckAnswer]:
    return list(check(view, targets, NAMES_AT, rolls))


def main(*, small: bool) -> None:
    runs = 2 if small else RUNS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        real = not small and BUNDLE.exists()
        bundle = BUNDLE if real else make_register_history(folder)
        store = ("--store", str(folder / "observatory"))
        run("init", store[1])
        run("ingest", "--quiet", "ru_zapret_csv", str(bundle), *store)
        asked = ("check", TARGET, "--at", "2013-01-15") if real else ("check", "192.0.2.7")
        told = json.loads(run(*asked, *store, "--format", "json"))
        assert told[0]["listed"], told
        assert not real or told[0]["entries"][0]["decision"] == "2/1/11-1205", told
        bare = min(timed(runs, (sys.executable, "-c", "pass")))
        world = "the bundle's 2,626 states" if real else "a made-up history"
        print_row(f"check on {world}", timed(runs, (*OVERBLOCK, *asked, *store)), bare, 0.5)
        print_row("--help", timed(runs, (*OVERBLOCK, "--help")), bare, 0.2)
        print_row("check --help", timed(runs, (*OVERBLOCK, "check", "--help")), bare, 0.2)
        serve(Path(store[1]), folder, 2_000 if small else NAMES)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    main(small=parser.parse_args().small)
