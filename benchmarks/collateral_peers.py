"""The peers of bench_collateral: the same figures by DuckDB's SQL, and by pandas with pytricia."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import duckdb
import numpy as np
import pandas as pd
import polars as pl
from pytricia import PyTricia

from overblock.addresses.prefixes import LongestMatch, cover
from overblock.collateral.profile import witness_addresses
from overblock.registers.extent import ipv4_set
from timing import SEED

SIXTEEN = 16  # bytes of an IPv6 address
Prefixes: TypeAlias = list[tuple[bytes, int, str]]  # network, length, value
FOUND = {
    "holder": pl.String,
    "sector": pl.String,
    "reach": pl.String,
    "count": pl.Int64,
    "by": pl.Int64,
}
RANGE, ASOF = "range joins", "ASOF joins on united listings and disjoint holders"
JOINS = {
    RANGE: {
        "$HITS": """SELECT p.name, p.ipv4, bool_or(l.first IS NOT NULL) AS listed
            FROM pairs p LEFT JOIN listed l ON p.ipv4 >= l.first AND p.ipv4 < l.until
            GROUP BY p.name, p.ipv4""",
        "$HELD": """SELECT w.name, arg_min(r.holder, r.until - r.first) AS holder
            FROM witnesses w JOIN ranges r ON w.ipv4 >= r.first AND w.ipv4 < r.until
            GROUP BY w.name""",
    },
    ASOF: {
        "$HITS": """SELECT p.name, p.ipv4, coalesce(p.ipv4 < l.until, false) AS listed
            FROM pairs p ASOF LEFT JOIN listed l ON p.ipv4 >= l.first""",
        "$HELD": """SELECT w.name, CASE WHEN w.ipv4 < r.until THEN r.holder END AS holder
            FROM witnesses w ASOF JOIN ranges r ON w.ipv4 >= r.first""",
    },
}
SQL = """
WITH answers AS (
  SELECT DISTINCT name, ipv4::UBIGINT AS ipv4, ipv6,
    outcome NOT IN ('address', 'nxdomain', 'no_answer') AS unknown
  FROM read_parquet($parts)
), pairs AS (
  SELECT name, ipv4 FROM answers WHERE ipv4 IS NOT NULL
), hits AS (
  SELECT name, ipv4, NULL::BLOB AS ipv6, listed, false AS unknown FROM ($HITS)
  UNION ALL
  SELECT name, ipv4, ipv6, EXISTS (
      SELECT 1 FROM listed6 s WHERE a.ipv6 >= s.ipv6_first AND a.ipv6 <= s.ipv6_last
    ), unknown
  FROM answers a WHERE ipv4 IS NULL
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
  SELECT reach, c.sector, CASE WHEN w.ipv4 IS NULL THEN r6.as_name ELSE h.holder END AS holder
  FROM witnesses w LEFT JOIN ($HELD) h ON h.name = w.name
  LEFT JOIN ranges6 r6 ON w.ipv6 >= r6.ipv6_first AND w.ipv6 <= r6.ipv6_last
  LEFT JOIN categories c ON c.name = w.name
)
SELECT holder, sector, reach, count(*) AS count, grouping(holder, sector) AS by
FROM told GROUP BY GROUPING SETS ((holder, reach), (sector, reach))
"""


def by_duckdb(folder: Path, tables: dict[str, pl.DataFrame], join: str) -> pl.DataFrame:
    """The same in SQL.

    The range joins take the tables as they are.  An ASOF join can match only ranges that do not
    overlap, so it is handed united listings and disjoint holders, for nothing.
    """
    register, ranges = tables["register"], tables["ranges"]
    listed = register.select(first="ipv4_from", until="ipv4_until").drop_nulls()
    four = ranges.filter(pl.col("ipv4_from").is_not_null()).select(
        first="ipv4_from", until="ipv4_until", holder="as_name"
    )
    if join == ASOF:
        union = ipv4_set(register)
        listed = pl.DataFrame({"first": union.starts, "until": union.ends})
        starts, ends, rows = LongestMatch.of(four["first"], four["until"]).flatten()
        holders = four["holder"].gather(rows)
        four = pl.DataFrame({"first": starts, "until": ends, "holder": holders})
    with duckdb.connect(config={"threads": 2}) as base:
        base.register("listed", listed)
        base.register("listed6", register.select("ipv6_first", "ipv6_last").drop_nulls())
        base.register("categories", tables["categories"])
        base.register("ranges", four)
        base.register("ranges6", ranges.filter(pl.col("ipv6_first").is_not_null()))
        sql = SQL
        for place, text in JOINS[join].items():
            sql = sql.replace(place, text)
        done = base.execute(sql, {"parts": str(folder / "resolutions-*.parquet")})
        return pl.DataFrame(done.fetchall(), FOUND, orient="row")


def figures_of_sql(rows: pl.DataFrame) -> dict[tuple[str, str | None, str], int]:
    return {
        ("sector", sector, reach) if by == 2 else ("holder", holder, reach): n
        for holder, sector, reach, n, by in rows.iter_rows()
    }


@dataclass(frozen=True, kw_only=True)
class Peer:
    """What the trees' side took, and what it found."""

    building: float  # seconds, once for any number of names
    names: float  # seconds, for some of the names: reading them and all that follows
    cpu: float  # seconds of the processor, of these
    figures: dict[tuple[str, str | None, str], int]


def by_pytricia(folder: Path, tables: dict[str, pl.DataFrame], every: int) -> Peer:
    """One name in ``every`` by pandas and trees of prefixes.

    PyTricia answers one address at a time and has no other call, so each address is mapped by
    itself, and the rest is columns: names and holders as categories, all else as pandas reads it.
    The names stand in a Parquet of their own, with their addresses as text; the choice of names,
    the cutting of ranges into prefixes and the sectors are for nothing.
    """
    prefixes = _prefixes(tables["register"], tables["ranges"])
    chosen, sectors = _sample(folder, tables["categories"], every)
    begin = time.perf_counter()
    listed, holders = (_Trees(part) for part in prefixes)
    built, cpu = time.perf_counter(), time.process_time()
    figures = _figures(pd.read_parquet(chosen), listed, holders, sectors)
    done, cpu = time.perf_counter(), time.process_time() - cpu
    return Peer(building=built - begin, names=done - built, cpu=cpu, figures=figures)


def _figures(
    answers: pd.DataFrame, listed: "_Trees", holders: "_Trees", sectors: pd.DataFrame
) -> dict[tuple[str, str | None, str], int]:
    answers["name"] = answers["name"].astype("category")
    answers["unknown"] = ~answers["outcome"].isin(["address", "nxdomain", "no_answer"])
    known = answers[answers["address"].notna()].drop_duplicates(["name", "address"])
    known = known.assign(
        listed=known["address"].map(listed.__contains__).astype(bool),
        holder=known["address"].map(holders).astype("category"),
    )
    names = answers.groupby("name", observed=True)["unknown"].any().to_frame()
    of_name = known.groupby("name", observed=True)["listed"]
    names = names.join(of_name.size().rename("n")).join(of_name.sum().rename("n_listed"))
    first = known.sort_values(["listed", "version", "number"], ascending=[False, True, True])
    names = names.join(first.drop_duplicates("name").set_index("name")["holder"])
    names = names.join(sectors.set_index("name")["sector"])
    names = names.fillna({"n": 0, "n_listed": 0})
    fully = (names["n_listed"] == names["n"]) & ~names["unknown"]
    names["reach"] = np.select(
        [names["n"] == 0, names["n_listed"] == 0, fully], ["unknown", "not", "fully"], "partly"
    )
    names["reach"] = names["reach"].astype("category")
    counts = {
        by: names.groupby([by, "reach"], dropna=False, observed=True).size()
        for by in ("holder", "sector")
    }
    return {
        (by, None if pd.isna(key) else key, reach): int(n)
        for by, found in counts.items()
        for (key, reach), n in found.items()
        if n
    }


class _Trees:
    """What a tree of each version of IP says of an address, as one who uses them would ask."""

    def __init__(self, prefixes: Prefixes) -> None:
        self._four, self._six = PyTricia(32), PyTricia(128)
        for network, length, value in prefixes:
            (self._six if len(network) == SIXTEEN else self._four).insert(network, length, value)

    def __contains__(self, address: str) -> bool:
        return address in (self._six if ":" in address else self._four)

    def __call__(self, address: str) -> str | None:
        found: str | None = (self._six if ":" in address else self._four).get(address)
        return found


def _prefixes(register: pl.DataFrame, ranges: pl.DataFrame) -> tuple[Prefixes, Prefixes]:
    """What is listed, and who holds what, as prefixes."""
    networks, lengths = (part.tolist() for part in cover(ipv4_set(register)))
    listed: Prefixes = [
        (network.to_bytes(4), length, "yes")
        for network, length in zip(networks, lengths, strict=True)
    ]
    four = ranges.filter(pl.col("ipv4_from").is_not_null())
    held: Prefixes = [
        (first.to_bytes(4), 33 - (until - first).bit_length(), name)
        for first, until, name in four.select("ipv4_from", "ipv4_until", "as_name").iter_rows()
    ]
    for into, rows in ((listed, register.with_columns(as_name=pl.lit("yes"))), (held, ranges)):
        six = rows.select("ipv6_first", "ipv6_last", "as_name").drop_nulls("ipv6_first")
        for start, last, name in six.iter_rows():
            size = int.from_bytes(last) - int.from_bytes(start)
            into.append((start, 128 - size.bit_length(), name))
    return listed, held


def _sample(folder: Path, categories: pl.DataFrame, every: int) -> tuple[Path, pd.DataFrame]:
    """The answers of the chosen names, written down with addresses as text; and their sectors.

    ``number`` puts the addresses of a name in order, so that the peer need not read them as such.
    """
    parts = sorted(folder.glob("resolutions-*.parquet"))
    chosen = pl.col("name").hash(SEED) % every == 0
    rows = pl.concat([part.filter(chosen) for part in map(pl.read_parquet, parts)])
    four = rows["ipv4"].cast(pl.Int64)
    six = rows["ipv6"].rank("dense").cast(pl.Int64)
    written = folder / "peer.parquet"
    rows.select(
        "name",
        "outcome",
        address=witness_addresses(rows),
        version=pl.Series(rows["ipv6"].is_not_null()),
        number=four.fill_null(six),
    ).write_parquet(written)
    sectors = categories.filter(chosen).select("name", "sector")
    told = pd.DataFrame(sectors.to_dict(as_series=False)).astype({"sector": "category"})
    return written, told
