"""What it costs to ask a table of holders of the wrong date.

The networks that Russia listed for Telegram in 2018 have documented holders; the table that comes
with overblock is of June 2024.  ``python benchmarks/holders_date.py`` splits the former by the
latter and prints, for each documented holder, how many addresses still go by its name.
"""

from importlib import resources

import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.addresses.intervals import IntervalSet
from overblock.holders.join import whose
from overblock.sources.geoip2fast_bundle import read_installed

CASE = "telegram-2018"


def documented() -> dict[str, IntervalSet]:
    """The listed networks of each holder that the case documents, united."""
    path = resources.files("overblock.cases").joinpath(CASE, "networks.csv")
    networks = pl.read_csv(path.read_bytes(), infer_schema=False).drop_nulls("holder")
    placed = networks.hstack(parse_addresses(networks["network"])).partition_by("holder")
    return {
        part["holder"][0]: IntervalSet.of(part["ipv4_from"], part["ipv4_until"]) for part in placed
    }


def differences() -> pl.DataFrame:
    """By documented holder: addresses, those of the same holder in the table, and who is next."""
    table = read_installed("ipv4").rows
    rows = []
    for holder, networks in documented().items():
        split = whose(networks, table, "holder")
        same = split.filter(pl.col("key").eq_missing(holder))["ipv4"].sum()
        others = split.filter(pl.col("key").ne_missing(holder))
        rest = f"{others['key'][0] or 'nobody'}: {others['ipv4'][0]:,}" if len(others) else ""
        rows.append((holder, networks.size, same, networks.size - same, rest))
    return pl.DataFrame(
        rows, ("holder", "addresses", "same", "other", "largest"), orient="row"
    ).sort("addresses", descending=True)


def report() -> str:
    """The differences as lines of Markdown, the sum last."""
    found = differences()
    total, other = sum(found["addresses"].to_list()), sum(found["other"].to_list())
    lines = [
        "| holder in 2018 | addresses | same name in 2024 | another name | the largest other |",
        "|---|---:|---:|---:|---|",
        *(
            f"| {holder} | {addresses:,} | {same:,} | {other:,} | {largest} |"
            for holder, addresses, same, other, largest in found.iter_rows()
        ),
        f"| all | {total:,} | {total - other:,} | {other:,} ({other / total:.1%}) | |",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(report())
