"""Who shares an address with a name, or lives on an address: by resolutions and by the register.

Two witnesses are heard apart.  Resolutions say which names lived there when somebody asked; the
registers say for which names the address was attached.  Neither knows all: a count of names is of
the names at hand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from overblock.addresses.single import Network
from overblock.names.canonical import canonical_name
from overblock.reports.answers import CoTenants
from overblock.reports.checks.lookup import Desk
from overblock.reports.collateral.neighbours import MOST_NAMED, Rolls, host_of, network_text
from overblock.reports.targets import Target, TargetKind, read_target
from overblock.tables import LISTINGS, SNAPSHOTS

# The single addresses that entries alive at a moment attach to a name.
LISTED_WITH = """
SELECT DISTINCT ipv4_from, ipv6_first FROM listings
WHERE resource_kind = 'address' AND kind = 'attached'
    AND listed_from <= $at AND (listed_until IS NULL OR listed_until > $at)
    AND entry_key IN (
        SELECT entry_key FROM listings WHERE (resource_kind = 'domain' AND resource = $host)
            OR (resource_kind = 'url'
                AND regexp_extract(resource, '^[a-z][a-z0-9+.-]*://([^/?#:]+)', 1) = $host))
ORDER BY ALL"""


class AddressTenants(msgspec.Struct, frozen=True, kw_only=True):
    """Who is on one address or network."""

    address: str
    co_tenants: CoTenants | None  # by the resolutions, the target left out; null: none at hand
    attached_for: list[str]  # names for which a register lists it then, in alphabetical order
    attached_for_in_all: int


class CotenantsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock cotenants`` about one target."""

    target: str
    target_kind: TargetKind
    at: datetime
    addresses: list[AddressTenants]  # of a name: those that it resolved to, or was listed with
    co_tenants: CoTenants | None  # on any of them; null: no resolutions, or they know it not
    attached_for: list[str]  # on any of them; the target is not among them
    age: float | None  # of the resolutions, in seconds before the moment asked about


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """One desk, the resolutions that answer, and the moment asked about."""

    desk: Desk
    rolls: Rolls | None
    at: datetime
    give: Literal["first", "all"] = "first"  # names of each address

    def answers(self, targets: Sequence[str]) -> Iterator[CotenantsAnswer]:
        """One answer a target, in order.

        Raises:
            BadAddress: one of them is no address, network, name or page; nothing is answered then.
        """
        for written, target in [(written, read_target(written)) for written in targets]:
            yield self._answer(written, target)

    def _answer(self, written: str, target: Target) -> CotenantsAnswer:
        host = host_of(target)
        resolved = self.rolls.addresses(target) if self.rolls else []
        networks = dict.fromkeys([*resolved, *self._listed_with(target)])
        spots = [Target("address", network_text(network), network) for network in networks]
        met = self._met([target, *spots])
        listed = [self._attached_for(spot, host) for spot in spots]
        there = [
            AddressTenants(
                address=spot.text,
                co_tenants=_without(host, found) if spot.network in resolved else found,
                attached_for=self._given(names),
                attached_for_in_all=len(names),
            )
            for spot, found, names in zip(spots, met[1:], listed, strict=True)
        ]
        return CotenantsAnswer(
            target=written,
            target_kind=target.kind,
            at=self.at,
            addresses=there,
            co_tenants=met[0],
            attached_for=self._given(sorted({name for names in listed for name in names})),
            age=_age(met[0], self.at),
        )

    def _met(self, targets: list[Target]) -> list[CoTenants | None]:
        return self.rolls.tenants(targets, self.give) if self.rolls else [None] * len(targets)

    def _given(self, names: list[str]) -> list[str]:
        return names if self.give == "all" else names[:MOST_NAMED]

    def _registers(self) -> list[str]:
        view = self.desk.view
        return [name for name in view.partitions(LISTINGS) if view.paths(SNAPSHOTS, name)]

    def _listed_with(self, target: Target) -> list[Network]:
        """The addresses that the registers list for a name; an address stands for itself."""
        if target.network is not None:
            return [target.network]
        found = []
        for register in self._registers():
            self.desk.open(LISTINGS, register)
            rows = self.desk.ask(LISTED_WITH, {"at": self.at, "host": host_of(target)})
            found += [_network(row["ipv4_from"], row["ipv6_first"]) for row in rows]
        return found

    def _attached_for(self, spot: Target, host: str | None) -> list[str]:
        """The names for which the registers list an address at that moment."""
        rows = [
            row
            for register in self._registers()
            for row in self.desk.listings(register, spot)
            if row["listed_from"] <= self.at
            and (row["listed_until"] is None or row["listed_until"] > self.at)
        ]
        hosts = {_host(name) for row in rows for name in row["named"] or []}
        return sorted(name for name in hosts if name and name != host)


def _host(named: str) -> str | None:
    """The host of a name or page as an entry writes it; None where it is none."""
    try:
        written = urlsplit(named).hostname if "://" in named else named.removeprefix("*.")
    except ValueError:
        return None
    return canonical_name(written or "")


def _network(ipv4: int | None, ipv6: bytes | None) -> Network:
    if ipv4 is not None:
        return Network(4, ipv4, ipv4)
    address = int.from_bytes(ipv6 or b"", "big")
    return Network(6, address, address)


def _without(host: str | None, found: CoTenants | None) -> CoTenants | None:
    """The same without the name that was asked about, which lives there too."""
    if host is None or found is None:
        return found
    names = [name for name in found.names if name != host]
    return msgspec.structs.replace(found, names=names, in_all=found.in_all - 1)


def _age(found: CoTenants | None, at: datetime) -> float | None:
    return (at - found.dated_at).total_seconds() if found and found.dated_at else None
