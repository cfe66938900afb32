"""From a git history to listing intervals, against a plain reader of the same objects.

``python benchmarks/bench_ingest.py`` prints a row for each: work, ours, peer, ratio, target.
``--small`` does the same on a small made-up history, so that CI notices when it rots.  Ours is the
whole of an ingest: git, hashing, comparing, reading, judging, folding, and every table written.
The peer only reads the bytes and drops them, so ours cannot win; the row says how much the work
costs on top.  Both sides run by turns, each in a process of its own; the best of several counts.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench_git import BUNDLE, git, read_plainly
from history_world import make_register_history
from overblock.pipeline.ingest import Ingest
from overblock.sources.ru_zapret_csv import SOURCE
from overblock.store import Store
from overblock.tables import LISTINGS, SNAPSHOTS

RUNS = 3
MOST_TIMES = 2.5  # the peer's wall time
MOST_MIB = 400


def ingest(path: Path) -> tuple[int, int]:
    """States and bytes of a history, once all of it stands in an observatory."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.create(Path(folder) / "observatory")
        done = Ingest(store=store, source=SOURCE, now=datetime.now(UTC)).run([str(path)])
        view = store.view()
        assert not view.read(LISTINGS, SOURCE.name).is_empty()
        assert len(view.read(SNAPSHOTS, SOURCE.name)) == done.snapshots
        return done.snapshots, done.n_bytes


def read(path: Path) -> tuple[int, int]:
    """States and bytes of a history, read and dropped; a bundle is cloned first."""
    if path.is_dir():
        return count(path)
    with tempfile.TemporaryDirectory() as folder:
        git("clone", "--quiet", "--bare", "--branch=main", str(path), folder)
        return count(Path(folder))


def count(repository: Path) -> tuple[int, int]:
    sizes = [len(content) for content in read_plainly(repository)]
    return len(sizes), sum(sizes)


SIDES = {"ours": ingest, "peer": read}


def run_side(side: str, path: Path) -> None:
    """In a process of its own: seconds, the peak of its memory in MiB, states and bytes."""
    begin = time.perf_counter()
    n_states, n_bytes = SIDES[side](path)
    seconds = time.perf_counter() - begin
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, n_states, n_bytes)


def measure(side: str, path: Path) -> tuple[float, float, int, int]:
    command = [sys.executable, __file__, "--side", side, str(path)]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.split()
    return float(told[0]), float(told[1]), int(told[2]), int(told[3])


def compare(work: str, path: Path, peer: str, runs: int) -> None:
    measured = [(measure("ours", path), measure("peer", path)) for _ in range(runs)]
    (ours, ours_mib, *found), (theirs, _, *others) = (
        min(side) for side in zip(*measured, strict=True)
    )
    assert found == others, (found, others)
    print(
        f"{work}: {found[0]:,} states, {found[1] / 1e6:,.0f} MB | ours {ours * 1000:,.0f} ms"
        f" | {peer} {theirs * 1000:,.0f} ms | {ours / theirs:.2f} times its time"
        f" | target {MOST_TIMES:g} | {ours_mib:,.0f} MiB | target {MOST_MIB}"
    )


def main(*, small: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = make_register_history(folder) if small else BUNDLE
        if not bundle.exists():
            print("left out: ../shared is not there")
            return
        repository = folder / "bare"
        git("clone", "--quiet", "--bare", "--branch=main", str(bundle), str(repository))
        runs = 1 if small else RUNS
        compare("ingest a clone", repository, "git cat-file, a plain reader", runs)
        compare("ingest the bundle", bundle, "git clone --bare and the same", runs)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    parser.add_argument("--side", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        run_side(options.side[0], Path(options.side[1]))
    else:
        main(small=options.small)
