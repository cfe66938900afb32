"""Reading every version of a register out of git, against git and a plain reader of its pipe.

``python benchmarks/bench_git.py`` prints a row for each: work, ours, peer, ratio, target.
``--small`` does the same on a small made-up history, so that CI notices when it rots.  Both sides
run by turns, each in a process of its own, so that its peak memory is its own too; the best of
several runs counts.  A last, untimed run checks that both give the same bytes.
"""

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from overblock.artefacts.git import History

SHARED = Path(os.environ.get("OVERBLOCK_SHARED", Path(__file__).parents[2] / "shared"))
BUNDLE = SHARED / "data" / "zi-2012-2015.bundle"
FILE = "dump.csv"
RUNS = 5


def git(*words: str, stdin: bytes | None = None) -> bytes:
    return subprocess.run(["git", *words], input=stdin, stdout=subprocess.PIPE, check=True).stdout


def read_ours(repository: Path) -> Iterator[bytes]:
    with History(repository) as history:
        for version in history.versions(lambda name: name == FILE):
            assert version.content is not None, version.problem
            yield version.content


def read_plainly(repository: Path) -> Iterator[bytes]:
    """What anyone would write: the ids from ``git log``, the blobs from ``git cat-file``."""
    log = ("log", "--reverse", "--format=", "--raw", "--no-abbrev", "main", "--", FILE)
    raw = git("-C", str(repository), *log)
    oids = b"\n".join(line.split()[3] for line in raw.splitlines()) + b"\n"
    with tempfile.TemporaryFile() as asked:
        asked.write(oids)
        asked.seek(0)
        command = ["git", "-C", str(repository), "cat-file", "--batch"]
        with subprocess.Popen(command, stdin=asked, stdout=subprocess.PIPE) as process:
            assert process.stdout
            while header := process.stdout.readline():
                content = process.stdout.read(int(header.split()[2]))
                process.stdout.read(1)
                yield content


def open_ours(bundle: Path) -> Iterator[bytes]:
    with History(bundle) as history:
        yield history.tip.encode()


def clone(bundle: Path) -> Iterator[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        git("clone", "--quiet", "--bare", str(bundle), folder)
        yield git("-C", folder, "for-each-ref", "--format=%(objectname)").strip()


SIDES: dict[str, Callable[[Path], Iterator[bytes]]] = {
    "ours": read_ours,
    "plain reader": read_plainly,
    "open ours": open_ours,
    "git clone --bare": clone,
}


def run_side(side: str, path: Path) -> None:
    """In a process of its own: read all, and print seconds and the peak of its memory in MiB."""
    begin = time.perf_counter()
    for _ in SIDES[side](path):
        pass
    seconds = time.perf_counter() - begin
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(side: str, path: Path) -> tuple[float, float]:
    command = [sys.executable, __file__, "--side", side, str(path)]
    printed = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.split()
    return float(printed[0]), float(printed[1])


def compare(work: str, path: Path, sides: tuple[str, str], target: float, runs: int) -> None:
    ours, peer = sides
    measured = [(measure(ours, path), measure(peer, path)) for _ in range(runs)]
    (mine, mine_mib), (theirs, theirs_mib) = (min(side) for side in zip(*measured, strict=True))
    print(
        f"{work} | ours {mine * 1000:,.0f} ms, {mine_mib:.0f} MiB"
        f" | {peer} {theirs * 1000:,.0f} ms, {theirs_mib:.0f} MiB"
        f" | {theirs / mine:.2f} x | target {target:g} x"
    )


def digest_of(contents: Iterator[bytes]) -> tuple[int, int, str]:
    n_versions = n_bytes = 0
    whole = hashlib.sha256()
    for content in contents:
        n_versions += 1
        n_bytes += len(content)
        whole.update(content)
    return n_versions, n_bytes, whole.hexdigest()


def make_history(folder: Path) -> Path:
    """A bundle of fifty states of a made-up register, each a line longer than the last."""
    git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "made"))
    stream, content = b"", b""
    for n in range(50):
        content += b"192.0.2.%d;example.com;;A;%d;2018-04-16\n" % (n, n)
        stream += b"commit refs/heads/main\ncommitter a <a@b> %d +0000\n" % (1_500_000_000 + n)
        stream += b"data 0\nM 100644 inline dump.csv\ndata %d\n%s\n" % (len(content), content)
    git("-C", str(folder / "made"), "fast-import", "--quiet", stdin=stream)
    git("-C", str(folder / "made"), "bundle", "create", "-q", str(folder / "made.bundle"), "main")
    return folder / "made.bundle"


def main(*, small: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bundle = make_history(folder) if small else BUNDLE
        if not bundle.exists():
            print("left out: ../shared is not there")
            return
        repository = folder / "bare"
        git("clone", "--quiet", "--bare", "--branch=main", str(bundle), str(repository))
        found = digest_of(read_ours(repository))
        assert found == digest_of(read_plainly(repository)), found
        assert list(open_ours(bundle)) == list(clone(bundle))
        work = f"read {found[0]:,} versions, {found[1] / 1e6:,.0f} MB"
        compare(work, repository, ("ours", "plain reader"), 1.3, 1 if small else RUNS)
        compare("open the bundle", bundle, ("open ours", "git clone --bare"), 2, 1 if small else 3)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--side", nargs=2)
    options = parser.parse_args()
    if options.side:
        run_side(options.side[0], Path(options.side[1]))
    else:
        main(small=options.small)
