"""Reading, uniting and asking a million addresses, against the tools made for that.

``python benchmarks/bench_addresses.py`` prints a row for each: work, ours, peer, ratio, target.
``--small`` does the same on little, so that CI notices when it rots.  Every row first checks that
both sides give the same answer.
"""

import argparse
import lzma
import shutil
import subprocess
import tempfile
from pathlib import Path

import netaddr  # type: ignore[import-untyped]  # it ships no types
import numpy as np
import polars as pl
import pytricia

from overblock.addresses.codec import parse_addresses, parse_networks
from overblock.addresses.formats import format_prefixes
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.prefixes import cover
from timing import SEED, SHARED, best_of, print_row

REGISTER = SHARED / "data" / "ru-rkn-2018-05-05.csv.xz"


def make_prefixes(n_rows: int) -> bytes:
    """Prefixes as lists of them have: single addresses and /24s mostly, in no order."""
    rng = np.random.default_rng(SEED)
    lengths = rng.choice(np.array([32, 32, 32, 24, 24, 22, 16, 28, 30, 20], np.uint64), n_rows)
    hosts = np.uint64(32) - lengths
    networks = rng.integers(1 << 24, 224 << 24, n_rows, dtype=np.uint64) >> hosts << hosts
    rows = format_prefixes(networks, lengths).str.strip_suffix("/32")
    return ("\n".join(rows.to_list()) + "\n").encode()


def unite(text: bytes) -> int:
    parsed = parse_networks(text)
    assert not parsed.problems.any()
    return IntervalSet.of(parsed.starts, parsed.ends).size


def parse_and_unite(n_rows: int) -> None:
    text = make_prefixes(n_rows)
    work = f"parse, unite and count {n_rows:,} prefixes"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prefixes"
        file.write_bytes(text)
        ours, size = best_of(5, lambda: unite(file.read_bytes()))
        if shutil.which("iprange") is None:
            print(f"{work} | left out: iprange is not installed")
        else:
            command = ["iprange", str(file), "--count-unique"]
            peer, done = best_of(5, lambda: subprocess.check_output(command))
            assert int(done.split(b",")[1]) == size
            print_row(work, ours, ("iprange, its whole process", peer), 1)
    n_sample = max(n_rows // 50, 100)
    sample = text.split()[:n_sample]
    words = [row.decode() for row in sample]
    peer, found = best_of(1, lambda: netaddr.IPSet(words).size)
    assert found == unite(b"\n".join(sample))
    scaled = peer * n_rows / n_sample
    print_row(work, ours, (f"netaddr, {n_sample:,} timed and scaled", scaled), 50)


def read_register() -> tuple[str, list[str]]:
    """The IPv4 tokens of the register of May 2018, or a seeded stand-in where it is not there."""
    if not REGISTER.exists():
        return "a seeded set", sorted(set(make_prefixes(20_000).decode().split()))
    records = lzma.decompress(REGISTER.read_bytes()).split(b"\n")[1:-1]
    fields = b" ".join(record.partition(b";")[0] for record in records).replace(b"|", b" ")
    return "the register of 2018-05-05", sorted({token.decode() for token in fields.split()})


def membership(n_points: int) -> None:
    name, tokens = read_register()
    rows = parse_addresses(pl.Series(tokens)).drop_nulls("ipv4_from")
    held = IntervalSet.of(rows["ipv4_from"].to_numpy(), rows["ipv4_until"].to_numpy())
    tree = pytricia.PyTricia(32)
    for prefix in format_prefixes(*cover(held)):
        tree[prefix] = True
    rng = np.random.default_rng(SEED)
    listed = rng.choice(held.starts, n_points // 2)
    anywhere = rng.integers(0, 2**32, n_points - len(listed), dtype=np.uint64)
    points = rng.permutation(np.concatenate([listed, anywhere]))
    ours, answers = best_of(5, lambda: held.covers(points))
    one_by_one = points.tolist()
    peer, found = best_of(3, lambda: [point in tree for point in one_by_one])
    assert answers.tolist() == found
    print_row(f"look {n_points:,} addresses up in {name}", ours, ("pytricia, one by one", peer), 10)


def main(*, small: bool) -> None:
    n_rows = 10_000 if small else 1_000_000
    parse_and_unite(n_rows)
    membership(n_rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    main(small=parser.parse_args().small)
