"""Whose an address is, against the library that the data come from and a plain reading.

``python benchmarks/bench_holders.py`` prints a row for each: work, ours, peer, ratio, target.
``--small`` does the same on little, so that CI notices when it rots.  Every row first checks that
both sides give the same answer.
"""

import argparse
import re
from bisect import bisect_right
from collections import Counter
from importlib import resources

import numpy as np
import polars as pl
from geoip2fast import GeoIP2Fast
from numpy.typing import NDArray

from overblock.addresses.codec import parse_addresses
from overblock.addresses.intervals import IntervalSet
from overblock.holders.join import holder_at, keys, whose
from overblock.sources import caida_pfx2as
from overblock.sources.geoip2fast_bundle import FILES, read_installed
from timing import SEED, best_of, print_row


def load_the_bundled_table(times: int) -> None:
    """The library makes lists of lists; we make a frame of disjoint ranges of the same file."""
    ours, reading = best_of(times, lambda: read_installed("both"))
    theirs, library = best_of(times, lambda: GeoIP2Fast(geoip2fast_data_file=FILES["both"]))
    assert library.source_info.endswith(f"{reading.published_at:%Y%m%d}")
    print_row(
        f"read the bundled table, {reading.rows.height:,} ranges",
        ours,
        ("geoip2fast, load", theirs),
        0.4,
    )


def tell_many_addresses(table: pl.DataFrame, n_points: int, n_asked: int) -> None:
    points = np.random.default_rng(SEED).integers(0, 2**32, n_points, np.uint64)
    ours, rows = best_of(3, lambda: holder_at(points, table, "country"))
    library = GeoIP2Fast(geoip2fast_data_file=FILES["ipv4"])
    texts = [".".join(str(byte) for byte in point.to_bytes(4, "big")) for point in points.tolist()]
    asked = texts[:n_asked]
    theirs, told = best_of(3, lambda: [library.lookup(text).country_code for text in asked])
    said = keys(table, "country").gather(np.where(rows < 0, 0, rows)[:n_asked])
    for row, country, their_country in zip(rows.tolist(), said, told, strict=False):
        if re.fullmatch("[A-Z]{2}", their_country):  # else reserved, a continent, or Andorra
            assert row >= 0
            assert country == their_country
    print_row(
        f"country of {n_points:,} addresses",
        ours,
        (f"geoip2fast, from {n_asked:,} of them", theirs * n_points / n_asked),
        10,
    )


def split_a_set(table: pl.DataFrame, times: int) -> None:
    """The networks that Russia listed in 2018, against two sorted lists and a bisection."""
    networks = resources.files("overblock.cases").joinpath("telegram-2018", "networks.csv")
    parsed = parse_addresses(pl.read_csv(networks.read_bytes(), infer_schema=False)["network"])
    listed = IntervalSet.of(parsed["ipv4_from"], parsed["ipv4_until"])
    ours, split = best_of(times, lambda: whose(listed, table, "country"))
    ranges = table.drop_nulls(["ipv4_from", "country"]).sort("ipv4_from")
    columns = ranges["ipv4_from"].to_list(), ranges["ipv4_until"].to_list()
    theirs, counted = best_of(times, lambda: split_plainly(listed, *columns, ranges["country"]))
    assert counted == {key: n for key, n in split.select("key", "ipv4").iter_rows() if key}
    print_row(f"{listed.size:,} addresses by country", ours, ("plain Python", theirs), 1)


def split_plainly(
    listed: IntervalSet, starts: list[int], ends: list[int], said: pl.Series
) -> dict[str, int]:
    """The same by the standard library: each interval walks over the ranges that it meets."""
    countries = said.to_list()
    sizes: Counter[str] = Counter()
    for first, until in zip(listed.starts.tolist(), listed.ends.tolist(), strict=True):
        place = max(bisect_right(starts, first) - 1, 0)
        while place < len(starts) and starts[place] < until:
            size = min(ends[place], until) - max(starts[place], first)
            if size > 0:
                sizes[countries[place]] += size
            place += 1
    return dict(sizes)


def read_pfx2as(n_rows: int) -> None:
    raw, networks = make_pfx2as(n_rows)
    ours, reading = best_of(3, lambda: caida_pfx2as.read(raw))
    theirs, read = best_of(1, lambda: read_plainly(raw))
    assert reading.rows["ipv4_from"].to_list() == networks.tolist() == [row[0] for row in read]
    assert reading.rows["asn"].to_list() == [row[2] for row in read]
    print_row(f"read pfx2as, {n_rows:,} lines", ours, ("plain Python", theirs), 2)


def make_pfx2as(n_rows: int) -> tuple[bytes, NDArray[np.uint64]]:
    """Different /24s, one origin each."""
    rng = np.random.default_rng(SEED)
    networks = rng.permutation(
        np.arange(1 << 16, (1 << 16) + n_rows, dtype=np.uint64)
    ) << np.uint64(8)
    origins = rng.integers(1, 400_000, n_rows)
    lines = [
        f"{n >> 24}.{n >> 16 & 255}.{n >> 8 & 255}.0\t24\t{asn}\n"
        for n, asn in zip(networks.tolist(), origins.tolist(), strict=True)
    ]
    return "".join(lines).encode(), networks


def read_plainly(raw: bytes) -> list[tuple[int, int, int]]:
    """The same by hand: split, and put the four numbers together."""
    rows = []
    for line in raw.decode().splitlines():
        network, length, origin = line.split("\t")
        a, b, c, d = (int(part) for part in network.split("."))
        rows.append(((a << 24) + (b << 16) + (c << 8) + d, int(length), int(origin)))
    return rows


def main(*, small: bool) -> None:
    table = read_installed("ipv4").rows
    load_the_bundled_table(1 if small else 5)
    tell_many_addresses(table, *((10_000, 1_000) if small else (1_000_000, 20_000)))
    split_a_set(table, 1 if small else 5)
    read_pfx2as(10_000 if small else 1_000_000)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--small", action="store_true", help="on little, for CI")
    main(small=arguments.parse_args().small)
