"""Who else is hit, among millions of names: against DuckDB, pandas with pytricia, and ourselves.

``python benchmarks/bench_collateral.py`` makes a world of 9.2 million names on the register of
2018-05-05 and prints a row for each: work, ours, peer, ratio, target.  ``--small`` does the same
on 20,000 names and a made-up register, so that CI notices when it rots.  Every row first checks
that all sides give the same counts, and those are the ones that the world was made with.

The classifying runs in a process of its own, so that its peak of memory is its own; it reads the
Parquet parts that an observatory would hold, sorted by name.

The process has the allocator's settings that ``overblock collateral`` runs with.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import numpy as np
import polars as pl

from collateral_command import NAMES, ask, figures_of_answer, write_observatory
from collateral_peers import ASOF, JOINS, RANGE, by_duckdb, by_pytricia, figures_of_sql
from overblock.addresses.intervals import IntervalSet
from overblock.cli._memory import GENEROUS
from overblock.collateral.audiences import Holders, Holding, lists_of_sites
from overblock.collateral.cotenants import Tenants
from overblock.collateral.groups import classify, grouped
from overblock.collateral.impact import impact
from overblock.collateral.keys import Keys
from overblock.collateral.listed import Listed
from overblock.collateral.parked import Signs
from overblock.collateral.profile import Split, count, count_hits, merge
from overblock.collateral.reach import Hits, reach
from overblock.collateral.sites import Sites
from overblock.collateral.streams import each, whole_names, with_rest, worlds
from overblock.collateral.targets import Named
from overblock.collateral.worlds import World, rest_of
from overblock.registers.extent import ipv4_set
from overblock.store import Store
from overblock.tables import RESOLUTIONS
from timing import SEED, best_of, peak_mib, print_row
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
RUNS = 4  # on both sides, of which the best counts
FEWER = 460  # names for one here, for the range joins: on all of them they take hours
CHANGED = 1_000  # addresses that come, and that go, in a day
Answer: TypeAlias = dict[str, list[float]]
HOLDINGS: tuple[Holding, ...] = ("holder", "country")
LISTINGS: tuple[Split, ...] = ("sector", "popularity")
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


def parts(folder: Path) -> list[Path]:
    """In the order of their names, as the parts are."""
    return sorted(folder.glob("resolutions-*.parquet"))


def resolutions(folder: Path, columns: tuple[str, ...] = World.COLUMNS) -> Iterator[pl.DataFrame]:
    """The parts, as far as a world is made of them."""
    for path in parts(folder):
        yield from pl.scan_parquet(path).select(columns).collect_batches(maintain_order=True)


def tables_of(folder: Path) -> dict[str, pl.DataFrame]:
    return {name: pl.read_parquet(folder / f"{name}.parquet") for name in TABLES}


def by_holder_and_sector(folder: Path, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """How far each name is hit, by holder and by sector: what the peers do too."""
    with ThreadPoolExecutor() as pool:
        sites = pool.submit(lambda: Sites.of(lists_of_sites(tables["categories"])))
        holders = pool.submit(lambda: Holders.of(tables["ranges"], "holder"))
        listed = Listed.of(tables["register"])

        def answered(piece: tuple[pl.DataFrame, pl.DataFrame]) -> pl.DataFrame:
            hits = Hits.of(World.of([piece[0]], piece[1]), listed)
            rows = sites.result().rows_of_world(hits.world)
            sector = sites.result().keys["sector"].at(rows)
            return count_hits(hits, {"holder": holders.result().of_hits(hits), "sector": sector})

        rest = rest_of(pl.scan_parquet(parts(folder))).collect(engine="streaming")
        pieces = with_rest(whole_names(resolutions(folder, World.OF_ALL)), rest)
        return merge(each(pieces, answered))


def everything(folder: Path, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """The same with targets, mirrors and parked names told apart, and every other split."""
    register = tables["register"]
    listed, named, signs = Listed.of(register), Named.of(register), Signs.of(tables["signs"])
    sites = Sites.of(lists_of_sites(tables["categories"], tables["ranks"]))
    whose = [Holders.of(tables["ranges"], by) for by in HOLDINGS]

    def answered(piece: pl.DataFrame) -> pl.DataFrame:
        hits = Hits.of(World.of([piece]), listed)
        groups = grouped(hits.world, named, signs)
        rows = sites.rows_of_world(hits.world)
        splits: dict[Split, Keys] = {"rule": Keys.of(groups["rule"])}
        splits |= {table.by: table.of_hits(hits) for table in whose}
        splits |= {by: sites.keys[by].at(rows) for by in LISTINGS}
        ranks = sites.ranks.take(rows) if sites.ranks is not None else None
        return count_hits(hits, splits, groups["group"], ranks)

    return merge(each(whole_names(resolutions(folder)), answered))


def figures_of(counts: pl.DataFrame) -> dict[tuple[str, str | None, str], int]:
    """Ours, as (split, key, reach) to a count."""
    rows = counts.filter(pl.col("by").is_in(["holder", "sector"]))
    summed = rows.group_by("by", "key", "reach").agg(pl.col("count").sum())
    return {(by, key, reach): n for by, key, reach, n in summed.iter_rows()}


def child(work: str, folder: Path, n: int, *, small: bool) -> Answer:
    """What a process of its own answers: its peak of memory is its own."""
    if small:
        return answer(work, folder, n, small=True)
    done = subprocess.run(
        [sys.executable, __file__, "--child", work, str(folder), str(n)],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | GENEROUS,
    )
    told: Answer = json.loads(done.stdout)
    return told


def answer(work: str, folder: Path, n: int, *, small: bool) -> Answer:
    """What a child does: make the world, follow a stream, or classify, the best of ``n`` runs."""
    if work == "write":
        write_world(folder, n, small=small)
        return {}
    if work == "stream":
        pairs, times, peaks = zip(*stream(n), strict=True)
        return {"pairs": list(pairs), "seconds": list(times), "mib": list(peaks)}
    tables = tables_of(folder)
    begun = time.process_time()
    seconds, counts = best_of(n, lambda: classified(work, folder, tables))
    cpu = (time.process_time() - begun) / n
    counts.write_parquet(folder / f"answer-{work}.parquet")
    return {"seconds": [seconds], "cpu": [cpu], "mib": [peak_mib()]}


def classified(work: str, folder: Path, tables: dict[str, pl.DataFrame]) -> pl.DataFrame:
    if work in JOINS:
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


def against_duckdb(folder: Path, joins: list[str], *, small: bool) -> None:
    """One row for each way of joining; the answers are equal, and those the world was made with."""
    runs = 1 if small else RUNS
    ours = child("ours", folder, runs, small=small)
    wanted = figures_of(pl.read_parquet(folder / "answer-ours.parquet"))
    truth = pl.read_parquet(folder / "truth.parquet")
    for by in ("holder", "sector"):
        so = truth.group_by(by, "reach").len()
        assert {(by, key, how): n for key, how, n in so.iter_rows()}.items() <= wanted.items()
    for join in joins:
        theirs = child(join, folder, runs, small=small)
        assert figures_of_sql(pl.read_parquet(folder / f"answer-{join}.parquet")) == wanted
        peer = f"DuckDB, {join} ({spent(theirs)})"
        work = f"{described(folder)} ({spent(ours)})"
        print_row(work, ours["seconds"][0], (peer, theirs["seconds"][0]), 3)
    if ASOF in joins:
        every, tables = 10 if small else PART, tables_of(folder)
        tried = [by_pytricia(folder, tables, every) for _ in range(runs)]
        trees = min(tried, key=lambda peer: peer.names)
        some = truth.filter(pl.col("name").hash(SEED) % every == 0)
        assert trees.figures == {
            (by, key, how): n
            for by in ("holder", "sector")
            for key, how, n in some.group_by(by, "reach").len().iter_rows()
        }
        peer = (
            f"pandas and pytricia, from one name in {every} (trees {trees.building * 1000:,.0f} ms,"
            f" CPU of the names {trees.cpu * every * 1000:,.0f} ms)"
        )
        whole = trees.building + trees.names * every
        print_row(described(folder), ours["seconds"][0], (peer, whole), 50)


def spent(told: Answer) -> str:
    return f"CPU {told['cpu'][0] * 1000:,.0f} ms, {told['mib'][0]:,.0f} MiB"


def described(folder: Path) -> str:
    n_names = pl.scan_parquet(folder / "truth.parquet").select(pl.len()).collect().item()
    n_pairs = sum(part["ipv4"].count() + part["ipv6"].count() for part in resolutions(folder))
    return f"classify {n_names:,} names, {n_pairs:,} pairs, by holder and sector"


def with_everything(folder: Path, *, small: bool) -> None:
    whole = child("everything", folder, 1 if small else 2, small=small)
    truth = pl.read_parquet(folder / "truth.parquet")
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


def by_the_command(folder: Path, *, small: bool) -> None:
    """The same as a user asks for it, of an observatory."""
    root = write_observatory(folder, parts(folder))
    tried = [ask(root) for _ in range(1 if small else 2)]
    seconds, mib, answer = min(tried, key=lambda each: each[0])
    n_names = answer["totals"]["names"]
    assert n_names == pl.scan_parquet(folder / "truth.parquet").select(pl.len()).collect().item()
    if not small:  # which is made for another register
        tables = tables_of(folder)  # to the real one a network of IPv6 was added
        tables["register"] = tables["register"].filter(pl.col("ipv6_first").is_null())
        told = everything(folder, tables).filter(by="group").select("group", "reach", "count")
        so = {(group, how): n for group, how, n in told.iter_rows() if n}
        assert so == figures_of_answer(answer)
    n_parts = len(Store.open(root).view().paths(RESOLUTIONS, NAMES))
    print(
        f"`overblock collateral --by sector`, {n_names:,} names in {n_parts} parts in any order"
        f" | ours {seconds * 1000:,.0f} ms, {mib:,.0f} MiB"
        f" | target {MOST_SECONDS} s, {MOST_MIB:,} MiB"
    )


def change_of_a_day(folder: Path) -> None:
    """A thousand addresses go, a thousand on which somebody lives come, and one network goes."""
    register, world = tables_of(folder)["register"], World.of(resolutions(folder))
    tenants, before = Tenants.of(world), Listed.of(register)
    rng = np.random.default_rng(SEED)
    single = register.filter(pl.col("ipv4_until") - pl.col("ipv4_from") == 1)
    gone = single.sample(min(CHANGED, len(single) // 4), seed=SEED)
    networks = register.filter(pl.col("ipv4_until") - pl.col("ipv4_from") > 1)
    lost = ipv4_set(pl.concat([gone, networks.sort("ipv4_until").head(1)]))
    homes = tenants.addresses[np.flatnonzero(np.diff(tenants.addresses, prepend=0))]
    homes = np.sort(rng.choice(homes, CHANGED, replace=False)).astype(np.uint64)
    after = Listed.of_sets(
        ordered=(before.ordered - lost) | IntervalSet.of(homes, homes + np.uint64(1)),
        attached=before.attached - lost,
        ordered6=before.ordered6,
        attached6=before.attached6,
    )
    ours, changed = best_of(5, lambda: impact(tenants, before, after))
    theirs, anew = best_of(2, lambda: all_anew(world, before, after))
    assert changed.select(anew.columns).equals(anew)
    print_row(
        f"impact of a day on {world.n_names:,} names: {len(changed):,} change",
        ours,
        ("all names, before and after", theirs),
        20,
    )


def all_anew(world: World, before: Listed, after: Listed) -> pl.DataFrame:
    """The same answer, by asking of every name how far it was hit, and how far it is."""
    was, now = reach(world, before), reach(world, after)
    both = now.with_columns(reach_before=was["reach"])
    return both.filter(pl.col("reach") != pl.col("reach_before"))


def growth(n_pairs: int, *, small: bool) -> None:
    curve = child("stream", Path(), n_pairs, small=small)
    for quarter in range(1, 5):
        place = len(curve["pairs"]) * quarter // 4 - 1
        done, seconds, mib = (curve[name][place] for name in ("pairs", "seconds", "mib"))
        print(f"stream {done:,} pairs, with groups | {seconds:,.0f} s | peak {mib:,.0f} MiB")


def main(*, small: bool, n_names: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, part = Path(name) / "whole", Path(name) / "part"
        for where, size in ((folder, n_names), (part, n_names // (1 if small else FEWER))):
            where.mkdir()
            child("write", where, size, small=small)
        against_duckdb(part, [RANGE], small=small)
        against_duckdb(folder, [ASOF], small=small)
        with_everything(folder, small=small)
        by_the_command(folder, small=small)
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
