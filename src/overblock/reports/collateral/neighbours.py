"""Who shares an address, by the resolutions at hand: asked by DuckDB of the Parquet parts.

`check` asks this of each of its targets and must start at once, so no array library is imported.
All targets are asked in one pass over the resolutions, however many there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import Literal, Self
from urllib.parse import urlsplit

import msgspec

from overblock.addresses.single import Network
from overblock.reports.answers import CoTenants
from overblock.reports.checks.lookup import IPV4, Desk, bounds
from overblock.reports.names.at_hand import partition_date, partitions_for
from overblock.reports.targets import Target
from overblock.tables import RESOLUTIONS

MOST_NAMED = 20  # names given of those that share an address
MOST_ADDRESSES = 64  # of one name, told one by one

# $numbers, $hosts and the bounds are lists of one length, a target an element.
ASKED = """
CREATE OR REPLACE TEMP TABLE asked AS SELECT
    unnest($numbers::BIGINT[]) AS number, unnest($hosts::VARCHAR[]) AS host,
    unnest($first4::UBIGINT[]) AS first4, unnest($last4::UBIGINT[]) AS last4,
    unnest($first6::BLOB[]) AS first6, unnest($last6::BLOB[]) AS last6"""

# The single addresses of each target: its own, or those that its name resolved to.
SPOTS = """
CREATE OR REPLACE TEMP TABLE spots AS
    SELECT number, first4::UINTEGER AS ipv4, first6 AS ipv6 FROM asked
    WHERE first4 = last4 OR first6 = last6
UNION
    SELECT number, ipv4, ipv6 FROM asked JOIN resolutions ON resolutions.name = asked.host
    WHERE ipv4 IS NOT NULL OR ipv6 IS NOT NULL"""

MET = """
WITH met AS (
    SELECT number, name FROM spots JOIN resolutions ON resolutions.ipv4 = spots.ipv4
UNION
    SELECT number, name FROM spots JOIN resolutions ON resolutions.ipv6 = spots.ipv6
UNION
    SELECT number, name FROM asked
    JOIN resolutions ON resolutions.ipv4 BETWEEN first4 AND last4 WHERE first4 < last4
UNION
    SELECT number, name FROM asked
    JOIN resolutions ON resolutions.ipv6 BETWEEN first6 AND last6 WHERE first6 < last6
)
SELECT number, count(*) AS in_all, {named} AS names
FROM met JOIN asked USING (number) WHERE host IS NULL OR name <> host GROUP BY number"""
FIRST = MET.format(named=f"min(name, {MOST_NAMED})")
ALL = MET.format(named="list(name ORDER BY name)")

KNOWN = "SELECT DISTINCT number FROM spots"
ADDRESSES = "SELECT DISTINCT ipv4, ipv6 FROM spots ORDER BY ipv4, ipv6 LIMIT $most"


@dataclass(frozen=True, slots=True)
class Rolls:
    """Resolutions laid out under the name ``resolutions``, and what to call them."""

    desk: Desk
    source: str
    dated_at: datetime | None

    @classmethod
    def at_hand(cls, desk: Desk, at: datetime) -> Self | None:
        """The observatory's resolutions for a moment; None where it has none."""
        chosen = partitions_for(desk.view, RESOLUTIONS, at)
        if not chosen:
            return None
        desk.open(RESOLUTIONS, *chosen)
        told = ", ".join(name.replace("@", " of ") for name in chosen)
        return cls(desk, told, min(partition_date(name) for name in chosen))

    def tenants(
        self, targets: Sequence[Target], give: Literal["first", "all"] = "first"
    ) -> list[CoTenants | None]:
        """Who shares an address with each target; None for a name that no resolution knows."""
        self._lay_out(targets)
        known = {row["number"] for row in self.desk.ask(KNOWN, {})}
        statement = FIRST if give == "first" else ALL
        met = {row["number"]: row for row in self.desk.ask(statement, {})}
        return [
            self._answer(met.get(number, {"names": [], "in_all": 0}))
            if target.network or number in known
            else None
            for number, target in enumerate(targets)
        ]

    def addresses(self, target: Target) -> list[Network]:
        """The addresses that a name resolved to; of an address or network, itself."""
        if target.network is not None:
            return [target.network]
        self._lay_out([target])
        return [
            Network(4, row["ipv4"], row["ipv4"])
            if row["ipv4"] is not None
            else Network(6, *(2 * (int.from_bytes(row["ipv6"], "big"),)))
            for row in self.desk.ask(ADDRESSES, {"most": MOST_ADDRESSES})
        ]

    def _answer(self, row: dict[str, object]) -> CoTenants:
        return msgspec.convert(
            row | {"source": self.source, "dated_at": self.dated_at}, CoTenants, strict=False
        )

    def _lay_out(self, targets: Sequence[Target]) -> None:
        spans = [bounds(target.network) if target.network else {} for target in targets]
        fours = [bool(target.network and target.network.version == IPV4) for target in targets]
        values = {
            "numbers": list(range(len(targets))),
            "hosts": [host_of(target) for target in targets],
        }
        for edge in ("first", "last"):
            found = [span.get(edge) for span in spans]
            values[f"{edge}4"] = [v if four else None for v, four in zip(found, fours, strict=True)]
            values[f"{edge}6"] = [None if four else v for v, four in zip(found, fours, strict=True)]
        self.desk.ask(ASKED, values)
        self.desk.ask(SPOTS, {})


def host_of(target: Target) -> str | None:
    """The name that a target stands for; None where it is an address or network."""
    if target.network is not None:
        return None
    return urlsplit(target.text).hostname if target.kind == "url" else target.text


def network_text(network: Network) -> str:
    """An address as people write it; of a network, its first and last."""
    kind = IPv4Address if network.version == IPV4 else IPv6Address
    first, last = kind(network.first), kind(network.last)
    return str(first) if first == last else f"{first}-{last}"
