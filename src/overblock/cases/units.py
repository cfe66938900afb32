"""Units that figures of a case may have: a misspelt unit would compare hours with domains.

A case that needs another unit names it in ``case.toml`` under ``[units]``, with what it means.
"""

from collections.abc import Iterator, Mapping

import polars as pl

from overblock.cases.facts import CaseFacts

UNITS = frozenset(
    {
        # things on the network
        "addresses",
        "ipv4 addresses",
        "/24 prefixes",
        "networks",
        "ASNs",
        "domains",
        "subdomains",
        "FQDN",
        "sites",
        "services",
        "resources",
        "entries",
        "items",
        "rules",
        "requests",
        "posts",
        "groups and channels",
        "bots per week",
        # people and firms
        "users",
        "people",
        "companies",
        "operators",
        "parties",
        "shops",
        "regions",
        "lessons",
        # papers
        "complaints",
        "reports",
        "tickets",
        "windows",
        "features",
        # measures
        "percent",
        "index",
        "index points",
        "times",
        "hours",
        "ms",
        "KB",
        "kbit/s",
        "date",
        "local time",
        # money, ISO 4217
        "EUR",
        "RUB",
        "USD",
        "rub",
        "usd",
        "billion RUB",
    }
)
TABLES = ("claims", "series")  # that have a unit column


def unit_problems(tables: Mapping[str, pl.DataFrame], facts: CaseFacts) -> Iterator[str]:
    """Rows whose unit nobody knows."""
    known = UNITS | set(facts.units)
    for name in TABLES:
        if name in tables:
            strange = tables[name].filter(~pl.col("unit").is_in(list(known)))
            for row in strange.iter_rows(named=True):
                yield (
                    f"{name}.csv row {row['row']}: unit {row['unit']!r} is not known; "
                    "if it is right, say what it means in case.toml under [units]"
                )
