"""Who else is hit, among millions of names: against DuckDB, pandas with pytricia, and ourselves.

``python benchmarks/bench_collateral.py`` makes a world of 9.2 million names on the register of
2018-05-05 and prints a row for each: work, ours, peer, ratio, target.  ``--small`` does the same
on 20,000 names and a made-up register, so that CI notices when it rots.  Every row first checks
that all sides give the same counts, and those are the ones that the world was made with.

The classifying runs in a process of its own, so that its peak of memory is its own; it reads the
Parquet parts that an observatory would hold, sorted by name.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import duckdb
import numpy as np
import pandas as pd
import polars as pl
from pytricia import PyTricia

from overblock.addresses.formats import format_ipv4
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.prefixes import LongestMatch, cover
from overblock.collateral.audiences import held_by, listed_as, lists_of_sites
from overblock.collateral.cotenants import Tenants
from overblock.collateral.groups import GROUP, classify
from overblock.collateral.impact import impact
from overblock.collateral.listed import Listed
from overblock.collateral.profile import count, merge
from overblock.collateral.reach import REACHES, reach, reach_codes
from overblock.collateral.streams import worlds
from overblock.collateral.targets import Named
from overblock.collateral.worlds import World
from overblock.registers.extent import ipv4_set, ipv6_set
from timing import SEED, best_of, print_row
from worlds import (
    REGISTER,
    make_world,
    register_of_2018,
    small_register,
    stream_of_resolutions,
)

MOST_SECONDS = 60
MOST_MIB = 3 * 1024
PART = 100  # one name in so many, for the peer that goes one by one
PIECE = 1_000_000
CHANGED = 1_000  # addresses that come, and that go, in a day
Answer: TypeAlias = dict[str, list[float]]
TABLES = ("register", "signs", "categories", "ranks", "ranges")


def write_world(folder: Path, n_names: int, *, small: bool) -> None:
    """The world as an observatory would hold it, and the truth that it was made from."""
    register = small_register(SEED) if small or not REGISTER.exists() else register_of_2018()
    made = make_world(register, n_names, SEED)
    for number, part in enumerate(made.resolutions):
        part.write_parquet(folder / f"resolutions-{number:03}.parquet")
    tables = (register, made.signs, made.categories, made.ranks, made.ranges)
    for name, table in zip((*TABLES, "truth"), (*tables, made.truth), strict=True):
        table.write_parquet(folder / f"{name}.parquet")


def resolutions(folder: Path) -> Iterator[pl.DataFrame]:
    for path in sorted(folder.glob("resolutions-*.parquet")):
        yield pl.read_parquet(path)


def tables_of(folder: Path) -> dict[str, pl.DataFrame]:
    return {name: pl.read_parquet(folder / f"{name}.parquet") for name in TABLES}


def by_holder_and_sector(folder: Path, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """How far each name is hit, by holder and by sector: what the peers do too."""
    world = World.of(resolutions(folder))
    frame = reach(world, Listed.of(tables["register"]))
    frame = frame.with_columns(
        held_by(frame, tables["ranges"], "holder"), group=pl.lit("bystander").cast(GROUP)
    )
    lists = lists_of_sites(tables["categories"])
    return count(frame.hstack(listed_as(frame["name"], lists).select("sector")))


def everything(folder: Path, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The same with targets, mirrors and parked names told apart, and every other split."""
    world, register, ranges = World.of(resolutions(folder)), tables["register"], tables["ranges"]
    frame = classify(world, Listed.of(register), Named.of(register), tables["signs"])
    lists = lists_of_sites(tables["categories"], tables["ranks"])
    frame = frame.with_columns(held_by(frame, ranges, "holder"), held_by(frame, ranges, "country"))
    return count(frame.hstack(listed_as(frame["name"], lists)))


def by_duckdb(folder: Path, tables: dict[str, pl.DataFrame], join: str) -> pl.DataFrame:
    """The same in SQL; it is handed united listings and disjoint ranges of holders for nothing."""
    listed, six = ipv4_set(tables["register"]), ipv6_set(tables["register"])
    four = tables["ranges"].filter(pl.col("ipv4_from").is_not_null())
    starts, ends, rows = LongestMatch.of(four["ipv4_from"], four["ipv4_until"]).flatten()
    with duckdb.connect(config={"threads": 2}) as base:
        base.register("listed", pl.DataFrame({"first": listed.starts, "until": listed.ends}))
        base.register("categories", tables["categories"])
        base.register("ranges", pl.DataFrame(
            {"first": starts, "until": ends, "holder": four["as_name"].gather(rows)}
        ))  # fmt: skip
        base.register("ranges6", tables["ranges"].filter(pl.col("ipv6_first").is_not_null()))
        parameters = {"first6": six.first[0].ljust(16, b"\0"), "last6": six.last[0]}
        parameters |= {"parts": str(folder / "resolutions-*.parquet")}
        done = base.execute(SQL.replace("$LISTED", LISTED_BY[join]), parameters)
        return pl.DataFrame(done.fetchall(), FOUND, orient="row")


FOUND = {"holder": pl.String, "sector": pl.String, "reach": pl.String, "count": pl.Int64,
         "by": pl.Int64}  # fmt: skip
LISTED_BY = {
    "ASOF join": "ASOF LEFT JOIN listed l ON p.ipv4 >= l.first",
    "range join": "LEFT JOIN listed l ON p.ipv4 >= l.first AND p.ipv4 < l.until",
}
SQL = """
WITH answers AS (
  SELECT DISTINCT name, ipv4::UBIGINT AS ipv4, ipv6,
    outcome NOT IN ('address', 'nxdomain', 'no_answer') AS unknown
  FROM read_parquet($parts)
), hits AS (
  SELECT p.name, p.ipv4, NULL::BLOB AS ipv6, coalesce(p.ipv4 < l.until, false) AS listed,
    false AS unknown
  FROM (SELECT name, ipv4 FROM answers WHERE ipv4 IS NOT NULL) p $LISTED
  UNION ALL
  SELECT name, ipv4, ipv6, coalesce(ipv6 BETWEEN $first6 AND $last6, false), unknown
  FROM answers WHERE ipv4 IS NULL
), names AS (
  SELECT name, count(ipv4) + count(ipv6) AS n, count(*) FILTER (listed) AS n_listed,
    bool_or(unknown) AS unknown, min(ipv4) FILTER (listed) AS hit4, min(ipv4) AS any4,
    min(ipv6) FILTER (listed) AS hit6, min(ipv6) AS any6
  FROM hits GROUP BY name
), witnesses AS (
  SELECT name, CASE WHEN n = 0 THEN 'unknown' WHEN n_listed = 0 THEN 'not'
      WHEN n_listed = n AND NOT unknown THEN 'fully' ELSE 'partly' END AS reach,
    CASE WHEN hit4 IS NOT NULL THEN hit4 WHEN hit6 IS NOT NULL THEN NULL ELSE any4 END AS ipv4,
    coalesce(hit6, any6) AS ipv6
  FROM names
), told AS (
  SELECT reach, c.sector, CASE WHEN w.ipv4 < r.until THEN r.holder
      WHEN w.ipv4 IS NULL THEN r6.as_name END AS holder
  FROM witnesses w ASOF LEFT JOIN ranges r ON w.ipv4 >= r.first
  LEFT JOIN ranges6 r6 ON w.ipv6 BETWEEN r6.ipv6_first AND r6.ipv6_last
  LEFT JOIN categories c ON c.name = w.name
)
SELECT holder, sector, reach, count(*) AS count, grouping(holder, sector) AS by
FROM told GROUP BY GROUPING SETS ((holder, reach), (sector, reach))
"""


def figures_of(counts: pl.DataFrame) -> dict[tuple[str, str | None, str], int]:
    """Ours, as (split, key, reach) to a count."""
    rows = counts.filter(pl.col("by").is_in(["holder", "sector"]))
    summed = rows.group_by("by", "key", "reach").agg(pl.col("count").sum())
    return {(by, key, reach): n for by, key, reach, n in summed.iter_rows()}


def figures_of_sql(rows: pl.DataFrame) -> dict[tuple[str, str | None, str], int]:
    return {
        ("sector", sector, reach) if by == 2 else ("holder", holder, reach): n
        for holder, sector, reach, n, by in rows.iter_rows()
    }


def by_pytricia(folder: Path, tables: dict[str, pl.DataFrame], every: int) -> tuple[float, int]:
    """One name in ``every`` by pandas and a tree of prefixes: seconds, and how many are hit."""
    listed, found = ipv4_set(tables["register"]), PyTricia()
    for network, length in zip(*(part.tolist() for part in cover(listed)), strict=True):
        found.insert(network.to_bytes(4), length, 1)
    four, holders = tables["ranges"].filter(pl.col("ipv4_from").is_not_null()), PyTricia()
    for first, until, name in four.select("ipv4_from", "ipv4_until", "as_name").iter_rows():
        holders.insert(first.to_bytes(4), 33 - (until - first).bit_length(), name)
    rows = pl.concat([part.filter(pl.col("name").hash(SEED) % every == 0)
                      for part in resolutions(folder)])  # fmt: skip
    pairs = pd.DataFrame({
        "name": rows["name"].to_list(), "outcome": rows["outcome"].to_list(),
        "address": format_ipv4(rows["ipv4"].fill_null(0).to_numpy()).to_list(),
        "known": rows["ipv4"].is_not_null().to_list(),
    })  # fmt: skip
    sectors = pd.DataFrame(tables["categories"].select("name", "sector").to_dict(as_series=False))
    begin = time.perf_counter()
    known = pairs[pairs["known"]].copy()
    known["listed"] = [address in found for address in known["address"]]
    names = known.groupby("name").agg(n=("listed", "size"), n_listed=("listed", "sum"))
    first = known.sort_values(["listed"], ascending=False).drop_duplicates("name")
    first["holder"] = [holders.get(address) for address in first["address"]]
    told = names.merge(first[["name", "holder"]], on="name").merge(sectors, on="name", how="left")
    told["hit"] = told["n_listed"] > 0
    told.groupby(["holder", "hit"]).size()
    told.groupby(["sector", "hit"], dropna=False).size()
    return time.perf_counter() - begin, int(told["hit"].sum())


def child(work: str, folder: Path, n: int, *, small: bool) -> Answer:
    """What a process of its own answers: its peak of memory is its own."""
    if small:
        return answer(work, folder, n, small=True)
    done = subprocess.run(
        [sys.executable, __file__, "--child", work, str(folder), str(n)],
        check=True,
        capture_output=True,
        text=True,
    )
    told: Answer = json.loads(done.stdout)
    return told


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def answer(work: str, folder: Path, n: int, *, small: bool) -> Answer:
    """What a child does: make the world, follow a stream, or classify, the best of ``n`` runs."""
    if work == "write":
        write_world(folder, n, small=small)
        return {}
    if work == "stream":
        pairs, times, peaks = zip(*stream(n), strict=True)
        return {"pairs": list(pairs), "seconds": list(times), "mib": list(peaks)}
    tables = tables_of(folder)
    seconds, counts = best_of(n, lambda: classified(work, folder, tables))
    counts.write_parquet(folder / f"answer-{work}.parquet")
    return {"seconds": [seconds], "mib": [peak_mib()]}


def classified(work: str, folder: Path, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    if work in LISTED_BY:
        return by_duckdb(folder, tables, work)
    return (by_holder_and_sector if work == "ours" else everything)(folder, tables)


def stream(n_pairs: int) -> list[tuple[int, float, float]]:
    """Classify a world that is made as it is read: pairs so far, seconds, peak of memory."""
    register = register_of_2018() if REGISTER.exists() else small_register(SEED)
    listed, named = Listed.of(register), Named.of(register)
    piece = min(PIECE, n_pairs // 8)
    curve: list[tuple[int, float, float]] = []
    counts: list[pl.DataFrame] = []
    done, begin = 0, time.perf_counter()
    for world in worlds(stream_of_resolutions(register, n_pairs, SEED, piece)):
        counts = [merge([*counts, count(classify(world, listed, named))])]
        done += world.n_pairs
        curve.append((done, time.perf_counter() - begin, peak_mib()))
    assert counts[0].filter(by="group")["count"].sum() >= len(curve) * piece * 0.99
    return curve


def classify_all(folder: Path, n_names: int, *, small: bool) -> None:
    """Ours against DuckDB's two ways and pandas with pytricia."""
    runs = 1 if small else 2
    ours = child("ours", folder, runs, small=small)
    wanted = figures_of(pl.read_parquet(folder / "answer-ours.parquet"))
    truth = pl.read_parquet(folder / "truth.parquet")
    for by in ("holder", "sector"):
        so = truth.group_by(by, "reach").len()
        assert {(by, key, reach): n for key, reach, n in so.iter_rows()}.items() <= wanted.items()
    n_pairs = sum(part["ipv4"].count() + part["ipv6"].count() for part in resolutions(folder))
    work = f"classify {n_names:,} names, {n_pairs:,} pairs, by holder and sector"
    for join in LISTED_BY:
        theirs = child(join, folder, runs, small=small)
        assert figures_of_sql(pl.read_parquet(folder / f"answer-{join}.parquet")) == wanted
        peer = f"DuckDB, {join} ({theirs['mib'][0]:,.0f} MiB)"
        print_row(
            f"{work} ({ours['mib'][0]:,.0f} MiB)",
            ours["seconds"][0],
            (peer, theirs["seconds"][0]),
            3,
        )
    every = 10 if small else PART
    seconds, n_hit = by_pytricia(folder, tables_of(folder), every)
    assert n_hit > 0
    peer = f"pandas and pytricia, from one name in {every}"
    print_row(work, ours["seconds"][0], (peer, seconds * every), 50)
    whole = child("everything", folder, runs, small=small)
    check_groups(pl.read_parquet(folder / "answer-everything.parquet"), truth)
    print(
        f"the same with targets, mirrors, parked names, country and popularity"
        f" | ours {whole['seconds'][0] * 1000:,.0f} ms, {whole['mib'][0]:,.0f} MiB"
        f" | target {MOST_SECONDS} s, {MOST_MIB:,} MiB"
    )


def check_groups(counts: pl.DataFrame, truth: pl.DataFrame) -> None:
    so = {(group, how): n for group, how, n in truth.group_by("group", "reach").len().iter_rows()}
    told = counts.filter(by="group").select("group", "reach", "count")
    assert {(group, how): n for group, how, n in told.iter_rows()} == so


def change_of_a_day(folder: Path) -> None:
    """A thousand addresses go, a thousand come, and one network goes."""
    register, world = tables_of(folder)["register"], World.of(resolutions(folder))
    tenants, before = Tenants.of(world), Listed.of(register)
    rng = np.random.default_rng(SEED)
    single = register.filter(pl.col("ipv4_until") - pl.col("ipv4_from") == 1)
    gone = single.sample(min(CHANGED, len(single) // 4), seed=SEED)
    networks = register.filter(pl.col("ipv4_until") - pl.col("ipv4_from") > 1)
    lost = ipv4_set(pl.concat([gone, networks.sort("ipv4_until").head(1)]))
    homes = np.sort(rng.choice(world.addresses, CHANGED).astype(np.uint64))
    after = Listed.of_sets(
        ordered=(before.ordered - lost) | IntervalSet.of(homes, homes + np.uint64(1)),
        attached=before.attached - lost,
        ordered6=before.ordered6,
        attached6=before.attached6,
    )
    ours, changed = best_of(5, lambda: impact(tenants, before, after))
    theirs, now = best_of(3, lambda: reach_codes(world, after))
    was = reach_codes(world, before)
    assert changed["id"].to_list() == np.flatnonzero(was != now).tolist()
    assert changed["reach"].to_list() == [REACHES[code] for code in now[changed["id"]]]
    print_row(
        f"impact of a day on {world.n_names:,} names: {len(changed):,} change",
        ours,
        ("all names anew", theirs),
        20,
    )


def growth(n_pairs: int, *, small: bool) -> None:
    curve = child("stream", Path(), n_pairs, small=small)
    for quarter in range(1, 5):
        place = len(curve["pairs"]) * quarter // 4 - 1
        done, seconds, mib = (curve[name][place] for name in ("pairs", "seconds", "mib"))
        print(f"stream {done:,} pairs, with groups | {seconds:,.0f} s | peak {mib:,.0f} MiB")


def main(*, small: bool, n_names: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        child("write", folder, n_names, small=small)
        classify_all(folder, n_names, small=small)
        change_of_a_day(folder)
    growth(10_000 if small else 60_000_000, small=small)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="little work, for CI")
    parser.add_argument("--names", type=int, default=9_200_000, help="how large a world")
    parser.add_argument("--child", nargs=3, metavar=("WORK", "FOLDER", "N"), help="used by itself")
    given = parser.parse_args()
    if given.child:
        work, where, number = given.child
        print(json.dumps(answer(work, Path(where), int(number), small=given.small)))
    else:
        main(small=given.small, n_names=5_000 if given.small else given.names)
