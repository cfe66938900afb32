"""Reading names and their addresses: against plain Python and against DuckDB, and in what memory.

``python benchmarks/bench_names.py`` prints a row for each form and peer: work, ours, peer, ratio,
target; then what an ingest of more and more pairs needs in memory, which must not grow with them.
``--small`` does the same on little, so that CI notices when it rots.  Each row first checks that
both sides found the same names on the same addresses.

The peers do less than we do: they give no record numbers, no reasons for what they refuse, no
chain of aliases, and take names and answers for sound after the simplest of checks.
"""

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Address
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from overblock.addresses.formats import format_ipv4
from overblock.pipeline.ingest import Ingest
from overblock.sources import find_source
from overblock.store import Store
from overblock.tables import RESOLUTIONS, SNAPSHOTS
from timing import SEED, best_of, peak_mib, print_row

MIB = 1 << 20
PYTHON_TARGET, DUCKDB_TARGET = 2, 0.25
MOST_MIB, MOST_GROWTH = 1500, 1.35  # of an ingest, and from one size to the double of it
IPV4 = """split_part({0}, '.', 1)::UBIGINT * 16777216 + split_part({0}, '.', 2)::UBIGINT * 65536
 + split_part({0}, '.', 3)::UBIGINT * 256 + split_part({0}, '.', 4)::UBIGINT"""
HOST = "lower(rtrim({0}, '.'))"
SOUND = "regexp_full_match(lower({0}), '[a-z0-9_-]{{1,63}}([.][a-z0-9_-]{{1,63}})*[.]?')"


def pairs(n_pairs: int, seed: int) -> Iterator[tuple[str, str]]:
    """Names and addresses, a hundred names on an address, as shared hosting has them."""
    chance = random.Random(seed)
    text = format_ipv4([chance.randrange(16 << 24, 95 << 24) for _ in range(n_pairs // 100 + 1)])
    hosts = [address for address in text if IPv4Address(address).is_global]
    for number in range(n_pairs):
        name = f"Www{number:x}.shop-{chance.randrange(1 << 20):x}.example{'.' * (number % 2)}"
        yield name, hosts[chance.randrange(len(hosts))]


def as_csv(path: Path, n_pairs: int) -> None:
    """Written a million at a time: sixty million must not take an hour."""
    with path.open("wb") as file:
        file.write(b"name,address,seen_at\n")
        for first in range(0, n_pairs, 1_000_000):
            number = np.arange(first, min(first + 1_000_000, n_pairs), dtype=np.uint64)
            scrambled = number * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(40)
            frame = pl.DataFrame({"number": number, "shop": scrambled}).select(
                pl.format(
                    "Www{}.shop-{}.example{}",
                    pl.col("number").cast(pl.String),
                    pl.col("shop").cast(pl.String),
                    pl.when(pl.col("number") % 2 == 1).then(pl.lit(".")).otherwise(pl.lit("")),
                ),
                pl.format(
                    "{}.{}.{}.{}", pl.Series(number // 100 % 80 + 16), *_octets(number // 100)
                ),
                pl.lit("2018-04-16T21:00:00Z"),
            )
            frame.write_csv(file, include_header=False)


def _octets(host: NDArray[np.uint64]) -> list[pl.Series]:
    """Three octets of a host's address, scattered."""
    scrambled = host * np.uint64(0x9E3779B97F4A7C15)
    return [pl.Series(scrambled >> np.uint64(shift) & np.uint64(255)) for shift in (56, 48, 40)]


def as_zdns(path: Path, n_pairs: int) -> None:
    with path.open("w", encoding="ascii") as file:
        for name, address in pairs(n_pairs, SEED):
            file.write(
                f'{{"name":"{name}","results":{{"A":{{"data":{{"answers":[{{"answer":"{address}",'
                f'"class":"IN","name":"{name}","ttl":300,"type":"A"}}],"protocol":"udp",'
                '"resolver":"9.9.9.9:53"},"status":"NOERROR",'
                '"timestamp":"2024-08-23T13:12:43-04:00"}}}\n'
            )


def as_massdns(path: Path, n_pairs: int) -> None:
    with path.open("w", encoding="ascii") as file:
        for name, address in pairs(n_pairs, SEED):
            file.write(f"{name.rstrip('.')}. A {address}\n")


def as_list(path: Path, n_pairs: int) -> None:
    with path.open("w", encoding="ascii") as file:
        for number, (name, _) in enumerate(pairs(n_pairs, SEED)):
            file.write("not a name at all\n" if number % 100 == 7 else f"{name}\n")


def python_csv(path: Path) -> tuple[int, int]:
    with path.open(encoding="ascii", newline="") as file:
        return _summed((row["name"], row["address"]) for row in csv.DictReader(file))


def python_zdns(path: Path) -> tuple[int, int]:
    with path.open(encoding="ascii") as file:
        return _summed(
            (line["name"], answer["answer"])
            for line in map(json.loads, file)
            for answer in line["results"]["A"]["data"]["answers"]
            if answer["type"] == "A"
        )


def python_massdns(path: Path) -> tuple[int, int]:
    with path.open(encoding="ascii") as file:
        cut = (line.split() for line in file)
        return _summed((words[0], words[2]) for words in cut if words[1] == "A")


def _summed(found: Iterator[tuple[str, str]]) -> tuple[int, int]:
    """As a script of an afternoon would keep them: lists of names and of numbers."""
    names, addresses = [], []
    for name, address in found:
        value = IPv4Address(address)
        if value.is_global:
            names.append(name.lower().rstrip("."))
            addresses.append(int(value))
    return len(set(names)), sum(addresses)


def in_duckdb(query: str, path: Path) -> tuple[int, int]:
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        connection.execute(f"CREATE TABLE found AS {query}", {"path": str(path)})
        answer = connection.execute("SELECT count(DISTINCT name), sum(ipv4) FROM found").fetchall()
    n_names, total = answer[0]
    return int(n_names), int(total)


def duckdb_csv(path: Path) -> tuple[int, int]:
    name, ipv4, sound = HOST.format("name"), IPV4.format("address"), SOUND.format("name")
    query = f"""SELECT {name} AS name, ({ipv4})::UINTEGER AS ipv4, seen_at FROM read_csv($path,
        columns = {{'name': 'VARCHAR', 'address': 'VARCHAR', 'seen_at': 'TIMESTAMPTZ'}})
        WHERE {sound}"""  # noqa: S608  (ours)
    return in_duckdb(query, path)


def duckdb_zdns(path: Path) -> tuple[int, int]:
    name, ipv4, sound = HOST.format("name"), IPV4.format("a.answer"), SOUND.format("name")
    query = f"""SELECT {name} AS name, ({ipv4})::UINTEGER AS ipv4, seen_at FROM (
        SELECT name, results.A.timestamp::TIMESTAMPTZ AS seen_at,
            unnest(results.A.data.answers) AS a
        FROM read_json($path, format = 'newline_delimited', columns = {{name: 'VARCHAR', results:
            'STRUCT(A STRUCT(data STRUCT(answers STRUCT(answer VARCHAR, "type" VARCHAR)[]),
            status VARCHAR, "timestamp" VARCHAR))'}}))
        WHERE a.type = 'A' AND {sound}"""  # noqa: S608  (ours)
    return in_duckdb(query, path)


def duckdb_massdns(path: Path) -> tuple[int, int]:
    name, ipv4, sound = HOST.format("name"), IPV4.format("answer"), SOUND.format("name")
    query = f"""SELECT {name} AS name, ({ipv4})::UINTEGER AS ipv4 FROM read_csv($path,
        delim = ' ', header = false,
        columns = {{'name': 'VARCHAR', 'type': 'VARCHAR', 'answer': 'VARCHAR'}})
        WHERE type = 'A' AND {sound}"""  # noqa: S608  (ours)
    return in_duckdb(query, path)


@dataclass(frozen=True)
class Form:
    """A form of file: how it is written here, and how the peers read it."""

    source: str
    write: Callable[[Path, int], None]
    python: Callable[[Path], tuple[int, int]]
    duck: Callable[[Path], tuple[int, int]]


FORMS = (
    Form("names_csv", as_csv, python_csv, duckdb_csv),
    Form("zdns_jsonl", as_zdns, python_zdns, duckdb_zdns),
    Form("massdns", as_massdns, python_massdns, duckdb_massdns),
)


def ours(source: str, path: Path) -> tuple[int, int]:
    stream = find_source(source).stream
    assert stream
    with path.open("rb") as file:
        frames = [reading.rows.select("name", "ipv4") for reading in stream(file)]
    rows = pl.concat(frames)
    return rows["name"].n_unique(), int(rows["ipv4"].cast(pl.UInt64).sum())


def time_forms(folder: Path, n_pairs: int, times: int) -> None:
    for form in FORMS:
        path = folder / form.source
        form.write(path, n_pairs)
        seconds, found = best_of(times, partial(ours, form.source, path))
        peers = (("plain Python", form.python, PYTHON_TARGET), ("DuckDB", form.duck, DUCKDB_TARGET))
        for peer, read, target in peers:
            theirs, same = best_of(times, partial(read, path))
            assert same == found, (form.source, peer, same, found)
            print_row(f"read {n_pairs:,} answers, {form.source}", seconds, (peer, theirs), target)
        path.unlink()


def time_long_list(folder: Path, n_names: int) -> None:
    """A plain list with one line of rubbish in a hundred."""
    path = folder / "list.txt"
    as_list(path, n_names)
    stream = find_source("names_list").stream
    assert stream
    begin, n_rows, n_rejects = time.perf_counter(), 0, 0
    with path.open("rb") as file:
        for reading in stream(file):
            n_rows += len(reading.rows)
            n_rejects += len(reading.rejects)
    seconds = time.perf_counter() - begin
    assert n_rejects == len(range(7, n_names, 100))
    assert n_rows + n_rejects == n_names
    rate = n_names / seconds
    print(
        f"read {n_names:,} names, 1 % rubbish | ours {seconds:.1f} s | {rate:,.0f} lines a second"
    )
    path.unlink()


def measure_memory(folder: Path, n_pairs: int) -> float:
    """The peak of one ingest, in a process of its own."""
    path = folder / "names.csv"
    as_csv(path, n_pairs)
    command = [sys.executable, __file__, "--ingest", str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    mib, seconds, n_rows, n_parts = map(float, done.stdout.split())
    assert n_rows == n_pairs
    print(
        f"ingest {n_pairs:,} pairs, {path.stat().st_size / MIB:,.0f} MiB | {seconds:.1f} s"
        f" | {n_parts:.0f} parts | peak {mib:,.0f} MiB | at most {MOST_MIB} MiB"
    )
    path.unlink()
    return mib


def ingest_and_tell(path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="overblock-") as folder:
        store = Store.create(Path(folder))
        begin = time.perf_counter()
        source = find_source("names_csv")
        Ingest(store=store, source=source, now=datetime.now(UTC)).run([str(path)])
        seconds = time.perf_counter() - begin
        peak = peak_mib()
        (file,) = store.view().read(SNAPSHOTS, "names_csv").rows(named=True)
        n_parts = len(store.view().paths(RESOLUTIONS, "names_csv@2018-04-16"))
    print(peak, seconds, file["n_records"], n_parts)


def main(*, small: bool, most: int) -> None:
    with tempfile.TemporaryDirectory(prefix="overblock-") as folder:
        time_forms(Path(folder), 20_000 if small else 1_000_000, 2 if small else 3)
        time_long_list(Path(folder), 50_000 if small else 10_000_000)
        sizes = (100_000, 200_000) if small else (3_000_000, 6_000_000, 12_000_000)
        peaks = [measure_memory(Path(folder), size) for size in sizes]
        if most:
            peaks.append(measure_memory(Path(folder), most))
        assert max(peaks) < MOST_MIB
        if not small:  # less than one part says nothing of growth
            print(f"peak of the last over that of the one before: {peaks[-1] / peaks[-2]:.2f}")
            assert peaks[-1] < MOST_GROWTH * peaks[-2]


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--small", action="store_true", help="little work, for CI")
    options.add_argument(
        "--most", type=int, default=0, help="pairs of one more ingest, say 60000000"
    )
    options.add_argument("--ingest", type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.ingest:
        ingest_and_tell(chosen.ingest)
    else:
        main(small=chosen.small, most=chosen.most)
