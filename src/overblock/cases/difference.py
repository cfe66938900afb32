"""Why a register says another number than a case: the difference, line by line.

The case's networks and the register's ordered entries are compared as sets.  Each address that
only one of them has is put to exactly one line, so the lines always sum to the difference.
"""

import ipaddress

import numpy as np
import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.addresses.intervals import IntervalSet
from overblock.addresses.prefixes import cover
from overblock.registers.extent import ipv4_set
from overblock.tables import DECISION_COLUMNS

LINES = pl.Schema(
    {
        "line": pl.String(),  # network, single_addresses, not_on_register, ipv6 or unreadable
        "resource": pl.String(),  # the network or the text; null for a group of single addresses
        "authority": pl.String(),
        "decision_number": pl.String(),
        "decision_date": pl.Date(),
        "resources": pl.Int64(),  # as listed
        "ipv4": pl.Int64(),  # what the line adds to the case's total; negative: takes from it
    }
)
LONGEST_TEXT = 200  # signs of what could not be read


def ordered_addresses(register_entries: pl.DataFrame) -> IntervalSet:
    """The IPv4 addresses of the entries that name only addresses or networks."""
    return ipv4_set(_resources(register_entries))


def explain_difference(listed: IntervalSet, register_entries: pl.DataFrame) -> pl.DataFrame:
    """What the register's ordered entries have that ``listed`` has not, and the reverse.

    Networks come first, the largest before the smaller, then single addresses by decision, the
    older before the newer; an address counts in the first line that holds it.  Addresses that
    only the case has follow with a minus, as networks.  ``ipv4`` sums to the size of the
    register's set less that of ``listed``.  IPv6 and what is no address are lines that count 0.
    """
    resources = _resources(register_entries)
    ordered = ipv4_set(resources)
    left = ordered - listed
    networks = _outermost(resources)
    lines = (
        _network_lines(networks, left),
        _single_lines(resources, left - ipv4_set(networks)),
        _missing_lines(listed - ordered),
        _other_lines(resources),
    )
    return pl.concat([line.select(LINES.names()).cast(LINES) for line in lines])


def _resources(register_entries: pl.DataFrame) -> pl.DataFrame:
    """Each address or network of each ordered entry, with its decision."""
    ordered = register_entries.filter(
        pl.col("domains").list.len() == 0,
        pl.col("urls").list.len() == 0,
    )
    resources = ordered.select(*DECISION_COLUMNS, resource="addresses").explode("resource")
    return resources.hstack(parse_addresses(resources["resource"])).with_columns(
        size=pl.col("ipv4_until") - pl.col("ipv4_from")
    )


def _outermost(resources: pl.DataFrame) -> pl.DataFrame:
    """The networks that lie in no other: two networks are apart, or one holds the other."""
    order = ["ipv4_from", "size", "decision_date", "decision_number"]
    networks = resources.filter(pl.col("size") > 1).sort(
        order, descending=[False, True, False, False], maintain_order=True
    )
    reached = pl.col("ipv4_until").cum_max().shift(1, fill_value=0)
    return networks.filter(pl.col("ipv4_until") > reached)


def _network_lines(networks: pl.DataFrame, left: IntervalSet) -> pl.DataFrame:
    ends = left.count_below(networks["ipv4_until"].to_numpy())
    begins = left.count_below(networks["ipv4_from"].to_numpy())
    return (
        networks.with_columns(line=pl.lit("network"), resources=1, ipv4=pl.Series(ends - begins))
        .filter(pl.col("ipv4") > 0)
        .sort(["ipv4", "ipv4_from"], descending=[True, False])
    )


def _single_lines(resources: pl.DataFrame, left: IntervalSet) -> pl.DataFrame:
    singles = resources.filter(pl.col("size") == 1)
    singles = singles.filter(pl.Series(left.covers(singles["ipv4_from"].to_numpy())))
    by_age = singles.sort("decision_date", "decision_number", "authority", nulls_last=True)
    return (
        by_age.unique("ipv4_from", keep="first", maintain_order=True)
        .group_by(DECISION_COLUMNS, maintain_order=True)
        .agg(resources=pl.len(), ipv4=pl.len())
        .with_columns(line=pl.lit("single_addresses"), resource=pl.lit(None, pl.String))
    )


def _missing_lines(missing: IntervalSet) -> pl.DataFrame:
    starts, lengths = cover(missing)
    written = [
        f"{ipaddress.IPv4Address(int(start))}/{length}"
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True)
    ]
    return pl.DataFrame(
        {"resource": written, "ipv4": -(1 << (32 - lengths.astype(np.int64)))},
        schema_overrides={"resource": pl.String},
    ).with_columns(
        line=pl.lit("not_on_register"), resources=1, **dict.fromkeys(DECISION_COLUMNS, pl.lit(None))
    )


def _other_lines(resources: pl.DataFrame) -> pl.DataFrame:
    return resources.filter(pl.col("size").is_null()).with_columns(
        pl.col("resource").str.slice(0, LONGEST_TEXT),
        line=pl.when(pl.col("problem").is_null())
        .then(pl.lit("ipv6"))
        .otherwise(pl.lit("unreadable")),
        resources=1,
        ipv4=0,
    )
