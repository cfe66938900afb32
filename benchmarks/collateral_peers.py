"""The peers of bench_collateral: the same figures by DuckDB's SQL, and by pandas with pytricia."""

import time
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
from pytricia import PyTricia

from overblock.addresses.formats import format_ipv4
from overblock.addresses.prefixes import LongestMatch, cover
from overblock.registers.extent import ipv4_set
from timing import SEED

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


def by_pytricia(folder: Path, tables: dict[str, pl.DataFrame], every: int) -> tuple[float, int]:
    """One name in ``every`` by pandas and a tree of prefixes: seconds, and how many are hit."""
    listed, found = ipv4_set(tables["register"]), PyTricia()
    for network, length in zip(*(part.tolist() for part in cover(listed)), strict=True):
        found.insert(network.to_bytes(4), length, 1)
    four, holders = tables["ranges"].filter(pl.col("ipv4_from").is_not_null()), PyTricia()
    for first, until, name in four.select("ipv4_from", "ipv4_until", "as_name").iter_rows():
        holders.insert(first.to_bytes(4), 33 - (until - first).bit_length(), name)
    parts = sorted(folder.glob("resolutions-*.parquet"))
    rows = pl.concat([part.filter(pl.col("name").hash(SEED) % every == 0)
                      for part in map(pl.read_parquet, parts)])  # fmt: skip
    pairs = pd.DataFrame({
        "name": rows["name"].to_list(), "outcome": rows["outcome"].to_list(),
        "address": format_ipv4(rows["ipv4"].fill_null(0).to_numpy()).to_list(),
        "known": rows["ipv4"].is_not_null().to_list(),
    })  # fmt: skip
    chosen = tables["categories"].filter(pl.col("name").hash(SEED) % every == 0)
    sectors = pd.DataFrame(chosen.select("name", "sector").to_dict(as_series=False))
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
