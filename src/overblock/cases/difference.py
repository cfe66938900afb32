"""Why a register says another number than a case: the difference, line by line.

The case's networks and the register's ordered entries are compared as sets.  Each address that
only one of them has is put to exactly one line, so the lines always sum to the difference.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

import polars as pl

from overblock.addresses.intervals import IntervalSet

Line: TypeAlias = Literal["network", "single_addresses", "not_on_register", "ipv6", "unreadable"]
LINES = pl.Schema(
    {
        "line": pl.String(),
        "resource": pl.String(),  # the network or the text; null for a group of single addresses
        "authority": pl.String(),
        "decision_number": pl.String(),
        "decision_date": pl.Date(),
        "resources": pl.Int64(),  # as listed
        "ipv4": pl.Int64(),  # what the line adds to the case's total; negative: takes from it
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resource:
    written: str
    authority: str | None
    decision_number: str | None
    decision_date: date | None
    version: Literal[4, 6] | None  # None: cannot be read
    first: int = 0
    until: int = 0

    @property
    def size(self) -> int:
        return self.until - self.first


def ordered_addresses(register_entries: pl.DataFrame) -> IntervalSet:
    """The IPv4 addresses of the entries that name only addresses or networks."""
    return _union([item for item in _resources(register_entries) if item.version == 4])  # noqa: PLR2004  (IPv4)


def explain_difference(listed: IntervalSet, register_entries: pl.DataFrame) -> pl.DataFrame:
    """What the register's ordered entries have that ``listed`` has not, and the reverse.

    Networks come first, the largest before the smaller, then single addresses by decision, each
    line counting only what no line before it counted.  Addresses that only the case has follow
    with a minus, as networks.  ``ipv4`` sums to the size of the register's set less that of
    ``listed``.  IPv6 and texts that are no address are lines of their own that count nothing.
    """
    resources = list(_resources(register_entries))
    fourth = [item for item in resources if item.version == 4]  # noqa: PLR2004  (IPv4)
    left = _union(fourth) - listed
    rows: list[tuple[object, ...]] = []
    networks = sorted((item for item in fourth if item.size > 1), key=_largest_first)
    for item in networks:
        held = IntervalSet.of([item.first], [item.until])
        if count := (left & held).size:
            rows.append(("network", item.written, *_decision(item), 1, count))
            left = left - held
    rows += _single_lines([item for item in fourth if item.size == 1], left)
    rows += _missing_lines(listed - _union(fourth))
    for item in resources:
        if item.version != 4:  # noqa: PLR2004  (IPv4)
            line = "ipv6" if item.version else "unreadable"
            rows.append((line, item.written[:200], *_decision(item), 1, 0))
    return pl.DataFrame(rows, schema=LINES, orient="row")


def _single_lines(singles: list[_Resource], left: IntervalSet) -> Iterator[tuple[object, ...]]:
    groups: dict[tuple[str | None, str | None, date | None], list[_Resource]] = {}
    for item in singles:
        groups.setdefault(_decision(item), []).append(item)
    for decision in sorted(
        groups, key=lambda act: (act[2] or date.max, act[1] or "", act[0] or "")
    ):
        held = _union(groups[decision]) & left
        left = left - held
        if held.size:
            yield ("single_addresses", None, *decision, held.size, held.size)


def _missing_lines(missing: IntervalSet) -> Iterator[tuple[object, ...]]:
    for first, until in zip(missing.starts.tolist(), missing.ends.tolist(), strict=True):
        ends = ipaddress.IPv4Address(first), ipaddress.IPv4Address(until - 1)
        for network in ipaddress.summarize_address_range(*ends):
            yield ("not_on_register", str(network), None, None, None, 1, -network.num_addresses)


def _resources(register_entries: pl.DataFrame) -> Iterator[_Resource]:
    """Each address or network of each ordered entry, with its decision."""
    ordered = register_entries.filter(
        pl.col("domains").list.len() == 0, pl.col("urls").list.len() == 0
    ).select("authority", "decision_number", "decision_date", "addresses")
    for authority, number, day, addresses in ordered.explode("addresses").iter_rows():
        if addresses is None:
            continue  # an entry without any address: nothing to compare
        version, first, until = _parse(addresses)
        yield _Resource(
            written=addresses,
            authority=authority,
            decision_number=number,
            decision_date=day,
            version=version,
            first=first,
            until=until,
        )


def _parse(written: str) -> tuple[Literal[4, 6] | None, int, int]:
    try:
        network = ipaddress.ip_network(written, strict=False)
    except ValueError:
        return None, 0, 0
    if isinstance(network, ipaddress.IPv6Network):
        return 6, 0, 0
    first = int(network.network_address)
    return 4, first, first + network.num_addresses


def _union(resources: list[_Resource]) -> IntervalSet:
    return IntervalSet.of([item.first for item in resources], [item.until for item in resources])


def _largest_first(item: _Resource) -> tuple[int, int, str]:
    return -item.size, item.first, item.decision_number or ""


def _decision(item: _Resource) -> tuple[str | None, str | None, date | None]:
    return item.authority, item.decision_number, item.decision_date
