"""How soon a documented case is replayed and written: the whole command, as a person starts it.

``python benchmarks/bench_case.py`` prints a row: the shortest of several runs on the clock, the
processor's seconds of the command and of the process that draws for it, and its memory.  The files
are looked at: every chart, the map and every table must be there.  ``--small`` runs it once.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from overblock.reports.cases.files import NAMES
from timing import best_of

OVERBLOCK = (sys.executable, "-c", "from overblock.cli.main import main; main()")
CASE = "telegram-2018"
SECONDS = 5.0


def write_case(folder: Path) -> None:
    """The command, with all that it writes."""
    command = [*OVERBLOCK, "case", CASE, "-o", str(folder), "--force"]
    subprocess.run(command, check=True, capture_output=True)
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert written == NAMES


def main(*, small: bool) -> None:
    times = 1 if small else 5
    with tempfile.TemporaryDirectory() as name:
        if not small:
            write_case(Path(name))  # so that every file has been read once
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds, _ = best_of(times, lambda: write_case(Path(name)))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"case {CASE}, tables, charts and map | {seconds:.1f} s"
        f" | {worked / times:.1f} s of processors, {after.ru_maxrss / 1024:,.0f} MiB at most"
        f" | target {SECONDS:g} s"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="one run, for CI")
    main(small=parser.parse_args().small)
