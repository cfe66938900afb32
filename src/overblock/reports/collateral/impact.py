"""What a change of a register did: the names newly hit and newly freed, and by which decision.

Only names with an address in the difference of the two moments are looked at.  Names live where the
resolutions say at both moments, so what changed is the register alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import msgspec
import numpy as np
import polars as pl

from overblock.addresses.formats import format_ipv4
from overblock.addresses.intervals import IntervalSet
from overblock.collateral.cotenants import Tenants
from overblock.collateral.groups import GROUPS, grouped
from overblock.collateral.impact import CHANGES, impact, names_in_each, top_addresses, top_networks
from overblock.collateral.listed import Listed
from overblock.collateral.profile import witness_addresses
from overblock.registers.extent import ipv4_set
from overblock.reports.answers import SnapshotFacts
from overblock.reports.collateral.answer import NamesFacts
from overblock.reports.collateral.collateral import named_by
from overblock.reports.names.worlds import Names, Seen
from overblock.reports.registers.states import State, state_in_store
from overblock.store import View
from overblock.tables import DECISION_COLUMNS

MOST_SHOWN = 50  # addresses, networks and decisions given
NO_ADDRESSES = pl.Schema({"ipv4": pl.UInt32(), "n_names": pl.UInt32(), "first": pl.String()})
NO_NETWORKS = pl.Schema(
    {"ipv4_from": pl.UInt64(), "ipv4_until": pl.UInt64(), "n_names": pl.UInt32()}
)


class ChangeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many names of one group changed in one way."""

    change: str  # hit, freed, worse (partly, now fully) or better (fully, now partly)
    group: str
    count: int
    witness: str | None  # the first of them in the alphabet
    witness_address: str | None


class TopAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A newly listed address or network, and the names that live there."""

    address: str
    names: int
    witness: str | None  # the first of them; null for a network
    decisions: list[str]  # under which it is listed


class TopDecision(msgspec.Struct, frozen=True, kw_only=True):
    """A decision under which addresses were newly listed."""

    decision: str | None
    authority: str | None
    decision_date: date | None
    ipv4: int  # newly listed under it (union)
    names: int  # with an address among them


class ImpactAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of ``overblock impact``."""

    register: str
    from_at: datetime
    to_at: datetime
    from_snapshot: SnapshotFacts
    to_snapshot: SnapshotFacts
    ipv4_added: int  # union of what is listed at the end only
    ipv4_removed: int
    level: str  # of the evidence: names on listed addresses, nobody measured them
    targets_given: list[str]  # counted as targets because who asked said so, not an entry
    names: NamesFacts
    changes: list[ChangeCount]  # each change and group, also where the count is 0
    addresses: list[TopAddress]  # single addresses, the most names first
    networks: list[TopAddress]
    decisions: list[TopDecision]


@dataclass(frozen=True, slots=True)
class Turn:
    """Two moments of a register, and the names that live through both."""

    before: State
    after: State
    from_at: datetime
    to_at: datetime
    names: Names
    targets: tuple[str, ...] = ()  # names that were meant though no entry names them
    seen: list[Seen] = field(default_factory=list)

    @classmethod
    def of(  # noqa: PLR0913  (the command has as many options)
        cls,
        view: View,
        register: str,
        names: Names,
        *,
        begins: datetime,
        ends: datetime,
        targets: tuple[str, ...] = (),
    ) -> "Turn":
        """The register at two moments.

        Raises:
            UnknownRegister: the observatory has no such register.
            NoSnapshot: it has none at or before one of the moments.
        """
        before, after = (state_in_store(view, register, at) for at in (begins, ends))
        return cls(before, after, begins, ends, names, targets)

    @property
    def fresh(self) -> pl.DataFrame:
        """The listings of addresses and networks that are there at the end only."""
        same = ["entry_key", "resource_kind", "resource"]
        return self.after.addresses.join(self.before.addresses, on=same, how="anti")

    def changed(self, worlds: Iterator[Tenants]) -> Iterator[tuple[Tenants, pl.DataFrame]]:
        """The names that changed, with their group, world by world."""
        before, after = (Listed.of(state.addresses) for state in (self.before, self.after))
        named = named_by([self.before.naming(), self.after.naming()], self.targets)
        for tenants in worlds:
            rows = impact(tenants, before, after)
            some = tenants.world.select(rows["id"].to_numpy().astype("int64"))
            groups = grouped(some, named, self.names.signs(some))
            yield tenants, rows.hstack(groups)

    def tenants(self) -> Iterator[Tenants]:
        """All names, by address."""
        for world in self.names.worlds():
            self.seen.append(Seen.of(world))
            yield Tenants.of(world)


def changed_names(turn: Turn) -> Iterator[pl.DataFrame]:
    """The names themselves.

    Yields:
        ``name``, ``change``, ``group``, ``rule``, ``reach_before``, ``reach``, ``n_addresses``,
        ``n_listed``, ``witness_address``; a frame a world.
    """
    for _, rows in turn.changed(turn.tenants()):
        yield rows.with_columns(witness_address=witness_addresses(rows)).select(
            "name",
            "change",
            "group",
            "rule",
            "reach_before",
            "reach",
            "n_addresses",
            "n_listed",
            "witness_address",
        )


def impact_of(turn: Turn) -> ImpactAnswer:
    """Count what a change did."""
    old, new = ipv4_set(turn.before.addresses), ipv4_set(turn.after.addresses)
    fresh, added = turn.fresh, new - old
    by_decision = _by_decision(fresh)
    counts, addresses, networks = [], NO_ADDRESSES.to_frame(), NO_NETWORKS.to_frame()
    n_names = np.zeros(len(by_decision), np.int64)
    for tenants, rows in turn.changed(turn.tenants()):
        counts.append(rows)
        addresses = _added_up(addresses, top_addresses(tenants, added))
        networks = _added_up(networks, top_networks(tenants, _networks(fresh)))
        n_names += names_in_each(tenants, [listed for _, listed in by_decision])
    decisions = [
        TopDecision(**row, ipv4=listed.size, names=names)
        for (row, listed), names in zip(by_decision, n_names.tolist(), strict=True)
    ]
    return ImpactAnswer(
        register=turn.after.register,
        from_at=turn.from_at,
        to_at=turn.to_at,
        from_snapshot=turn.before.snapshot,
        to_snapshot=turn.after.snapshot,
        ipv4_added=added.size,
        ipv4_removed=(old - new).size,
        level="exposed",
        targets_given=list(turn.targets),
        names=turn.names.facts(turn.to_at, turn.seen),
        changes=_changes(pl.concat(counts)),
        addresses=_top_addresses(addresses, turn.after.addresses),
        networks=_top_networks(networks, fresh),
        decisions=sorted(decisions, key=lambda one: (-one.names, -one.ipv4))[:MOST_SHOWN],
    )


def _added_up(held: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """Counts of a world more, which shares no name with those before."""
    sums = [pl.col("n_names").sum()]
    sums += [pl.col("first").min()] if "first" in held.columns else []
    both = pl.concat([held, more.cast(held.schema).select(held.columns)])
    return both.group_by(pl.all().exclude("n_names", "first")).agg(sums)


def _networks(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("ipv4_until") - pl.col("ipv4_from") > 1)


def _by_decision(fresh: pl.DataFrame) -> list[tuple[dict[str, Any], IntervalSet]]:
    """The decisions under which addresses were newly listed, with what they list, in order.

    A small one may hit the most names: no address is as full as a shared one.
    """
    held = fresh.filter(pl.col("ipv4_from").is_not_null())
    return [
        (dict(zip(("authority", "decision", "decision_date"), key, strict=True)), ipv4_set(rows))
        for key, rows in held.sort("resource").group_by(DECISION_COLUMNS, maintain_order=True)
    ]


def _changes(rows: pl.DataFrame) -> list[ChangeCount]:
    told = rows.with_columns(witness_address=witness_addresses(rows)).sort("name")
    known = {
        (row["change"], row["group"]): row
        for row in told.group_by("change", "group", maintain_order=True)
        .agg(count=pl.len(), witness=pl.col("name").first(), at=pl.col("witness_address").first())
        .iter_rows(named=True)
    }
    nobody = {"count": 0, "witness": None, "at": None}
    return [
        ChangeCount(
            change=change,
            group=group,
            count=row["count"],
            witness=row["witness"],
            witness_address=row["at"],
        )
        for change in CHANGES
        for group in GROUPS
        for row in [known.get((change, group), nobody)]
    ]


def _top_addresses(found: pl.DataFrame, listed: pl.DataFrame) -> list[TopAddress]:
    top = found.sort("n_names", "ipv4", descending=[True, False]).head(MOST_SHOWN)
    texts = format_ipv4(top["ipv4"].to_numpy())
    return [
        TopAddress(
            address=text,
            names=row["n_names"],
            witness=row["first"],
            decisions=_decisions(
                listed.filter(
                    (pl.col("ipv4_from") <= row["ipv4"]) & (pl.col("ipv4_until") > row["ipv4"])
                )
            ),
        )
        for text, row in zip(texts, top.iter_rows(named=True), strict=True)
    ]


def _top_networks(found: pl.DataFrame, fresh: pl.DataFrame) -> list[TopAddress]:
    span = ["ipv4_from", "ipv4_until"]
    top = found.sort("n_names", *span, descending=[True, False, False]).head(MOST_SHOWN)
    rows = []
    for row in top.iter_rows(named=True):
        same = fresh.filter(*(pl.col(name) == row[name] for name in span))
        rows.append(
            TopAddress(
                address=same["resource"][0],
                names=row["n_names"],
                witness=None,
                decisions=_decisions(same),
            )
        )
    return rows


def _decisions(rows: pl.DataFrame) -> list[str]:
    told = rows["decision_number"].drop_nulls().unique().sort()
    return told.head(MOST_SHOWN).to_list()
