"""From .gz to verdict rows and into the observatory, against the floor of merely reading.

``python benchmarks/bench_measurements.py`` makes two corpora of 5,000 measurements from the shared
samples (a day's mix, and only small ones) and prints a row for each: work, ours, floor, ratio,
target.  The floor unpacks with zlib and decodes each line into the same structs, and nothing else.
``--small`` does the same on little, so that CI notices when it rots.
"""

import argparse
import multiprocessing
import resource
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import msgspec

from overblock.artefacts.measurements import find_files, read_blocks
from overblock.measurements.batches import Block
from overblock.measurements.documents import Measurement
from overblock.measurements.envelope import Envelopes
from overblock.measurements.signs import WebSigns
from overblock.measurements.taking import Taken
from overblock.measurements.verdicts import Judge, with_features_hit
from overblock.pipeline.ingest_measurements import MeasurementIngest
from overblock.pipeline.taking import Taker
from overblock.reports.measured.measurements import Question, list_measurements
from overblock.reports.measured.verdicts import judge_files
from overblock.store import Store
from timing import SHARED, best_of, print_row

RATES = {"mix": 3_000, "small": 15_000}  # corpus → measurements a second that are wanted
WITHIN_FLOOR = 0.5  # at most twice as long as the floor
TWO_OF_ONE = 1.8
OFTEN = 10  # times over for two processes: of less, their beginning is a large part
MOST_MIB = 300
DAY_MINUTES = 5
ASKED_MS = 100


def make_corpus(folder: Path, kind: str, n_measurements: int) -> Path:
    """The same bytes every time: the maker is seeded."""
    path = folder / f"{kind}.jsonl.gz"
    maker, samples = SHARED / "tools" / "make_bench_corpus.py", SHARED / "samples" / "ooni"
    subprocess.run(
        [sys.executable, maker, samples, path, str(n_measurements), kind],
        check=True,
        capture_output=True,
    )
    return path


def read_floor(path: Path) -> int:
    """Unpack, split, decode; hold nothing."""
    decoder = msgspec.json.Decoder(Measurement)
    n_decoded, rest = 0, b""
    for piece in unpacked(path):
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            decoder.decode(line)
            n_decoded += 1
    return n_decoded


def unpacked(path: Path) -> Iterator[bytes]:
    inflate = zlib.decompressobj(wbits=31)
    with path.open("rb") as packed:
        while data := packed.read(1 << 16):
            yield inflate.decompress(data)


def judge(*paths: Path, processes: int = 1) -> int:
    return sum(len(frame) for frame in judge_files([*map(str, paths)], processes=processes))


def only_read(path: Path, kind: str, times: int) -> None:
    """How much of all is getting lines out of files."""
    floor, _ = best_of(times, lambda: sum(len(piece) for piece in unpacked(path)))
    ours, _ = best_of(times, lambda: sum(1 for block in blocks_of(path) for _ in block.lines()))
    print_row(f"{kind}: .gz to lines", ours, ("gunzip", floor), WITHIN_FLOOR)


def blocks_of(path: Path) -> Iterator[Block]:
    for found in find_files([str(path)]):
        yield from read_blocks(found, lambda *_: None)


def to_verdict_rows(path: Path, kind: str, times: int, n_measurements: int) -> None:
    floor, n_read = best_of(times, lambda: read_floor(path))
    ours, n_judged = best_of(times, lambda: judge(path))
    assert n_read == n_judged == n_measurements
    rate = f"{n_measurements / ours:,.0f}/s of {RATES[kind]:,}/s"
    print_row(
        f"{kind}: .gz to verdict rows, {rate}", ours, ("gunzip and decode", floor), WITHIN_FLOOR
    )


def judging(path: Path, kind: str, times: int) -> None:
    """What comes after the signs are taken; signs that are alike are judged once.

    The corpora are made of few documents, so that hardly any differ; the peer is ours if all did.
    """
    taken, rows, _ = Taker(None)(list(blocks_of(path)))
    share = WebSigns.__struct_fields__.index("body_share")
    differing = Taken(
        n_taken=taken.n_taken,
        pages=[
            (*page[:share], number / len(taken.pages), *page[share + 1 :])
            for number, page in enumerate(taken.pages)
        ],
        page_rows=taken.page_rows,
        features=taken.features,
        feature_rows=taken.feature_rows,
    )

    def judged(signs: Taken) -> int:
        judge, envelopes = Judge(), Envelopes()
        judge.join(signs)
        envelopes.join(rows)
        return len(with_features_hit(judge.verdicts(envelopes.frame(), layers=False)))

    ours, n_judged = best_of(times, lambda: judged(taken))
    theirs, n_differing = best_of(times, lambda: judged(differing))
    assert n_judged == n_differing == taken.n_taken
    work = f"{kind}: judging alone, {len(set(taken.pages)):,} of {len(taken.pages):,} pages differ"
    print(f"{work} | ours {ours * 1000:,.0f} ms | if all did {theirs * 1000:,.0f} ms")


def two_processes(path: Path, kind: str, times: int, n_measurements: int) -> None:
    """Against one, on the corpus ten times over: as ten files of a folder, and as one file."""
    folder = path.with_name(f"{kind}-folder")
    folder.mkdir()
    for number in range(OFTEN):
        (folder / f"{number}.jsonl.gz").hardlink_to(path)
    in_one_file = path.with_name(f"{kind}-many.jsonl.gz")
    in_one_file.write_bytes(path.read_bytes() * OFTEN)
    for where, layout in (("ten files", folder), ("one file", in_one_file)):
        one = two = float("inf")
        for _ in range(times):  # one after the other: the machine has better minutes and worse
            took, n_in_one = best_of(1, partial(judge, layout))
            one = min(one, took)
            took, n_in_two = best_of(1, partial(judge, layout, processes=2))
            two = min(two, took)
            assert n_in_one == n_in_two == OFTEN * n_measurements
        work = f"{kind}: {OFTEN * n_measurements:,} of {where} in two processes"
        print_row(work, two, ("in one", one), TWO_OF_ONE)
    in_one_file.unlink()
    two_programs(folder, kind, times)
    rmtree(folder)


def two_programs(folder: Path, kind: str, times: int) -> None:
    """What two processors are worth here: programs that share nothing, each with half the files."""
    files = sorted(folder.iterdir())
    halves = (files[0::2], files[1::2])
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        pool.starmap(judge, [files[:1]] * 8, chunksize=1)  # until both are there
        one = two = float("inf")
        for _ in range(times):
            one = min(one, best_of(1, partial(pool.apply, judge, files))[0])
            two = min(two, best_of(1, partial(pool.starmap, judge, halves, chunksize=1))[0])
    work = f"{kind}: the same files in two programs that share nothing"
    print_row(work, two, ("in one", one), TWO_OF_ONE)


def memory(path: Path, kind: str) -> None:
    """The most that a process of its own ever held."""
    code = (
        "import sys; sys.argv = ['overblock', 'verdicts', sys.argv[1], '--format', 'csv',"
        " '--processes', '1']; from overblock.cli.main import main; main()"
    )
    program = [sys.executable, "-c", code, str(path)]
    usage = measured(program)
    print(f"{kind}: memory of .gz to verdict rows | ours {usage:,.0f} MiB | target {MOST_MIB} MiB")


def measured(program: list[str]) -> float:
    """Peak memory of a program in MiB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(peak_of, (program,))


def peak_of(program: list[str]) -> float:
    subprocess.run(program, check=True, capture_output=True)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def into_the_observatory(path: Path, kind: str, n_measurements: int) -> None:
    """Once into a new observatory, then what people ask of it."""
    with TemporaryDirectory() as folder:
        store = Store.create(Path(folder))
        now = datetime(2026, 8, 21, tzinfo=UTC)
        begin = time.perf_counter()
        kept = MeasurementIngest(store=store, now=now).run([str(path)])
        seconds = time.perf_counter() - begin
        assert kept.measurements + kept.duplicates == n_measurements
        day = 200_000 * seconds / n_measurements / 60
        print(
            f"{kind}: into the observatory | ours {seconds * 1000:,.0f} ms"
            f" | so a day of 200,000 takes {day:.1f} min | target {DAY_MINUTES} min"
        )
        view = store.view()
        for what, question in {
            "by page": Question(target="https://www.example.com/"),
            "by host": Question(target="www.example.com"),
            "by address": Question(address="93.184.216.34"),
        }.items():
            asked, answer = best_of(5, partial(list_measurements, view, question))
            n_found = len(answer.measurements)
            print(
                f"{kind}: measurements {what}, {n_found} found | ours {asked * 1000:,.0f} ms"
                f" | target {ASKED_MS} ms"
            )


def main(*, small: bool) -> None:
    n_measurements, times = (100, 1) if small else (5_000, 5)
    with TemporaryDirectory() as folder:
        for kind in RATES:
            path = make_corpus(Path(folder), kind, n_measurements)
            only_read(path, kind, times)
            to_verdict_rows(path, kind, 4 * times, n_measurements)
            judging(path, kind, times)
            two_processes(path, kind, min(times, 2), n_measurements)
            memory(path, kind)
            into_the_observatory(path, kind, n_measurements)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--small", action="store_true", help="on little, for CI")
    main(small=arguments.parse_args().small)
