"""How each item of a fleet stands: what lists it, what is remembered of it, and whose it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from overblock.fleets.changes import EXPOSED, FleetState, kept
from overblock.reports.check import HolderAnswer
from overblock.reports.fleet_hits import Hits
from overblock.reports.watch_answer import ItemState, WatchedItem

SHOWN = ("label", "target", "item_kind", "inventory", "place", "is_private")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of the items, by target."""

    hits: Mapping[str, Row]
    reach: Mapping[str, tuple[int, int]]
    unconfirmed: Mapping[str, list[str]]
    holders: Mapping[str, HolderAnswer | None]
    fresh: bool  # some register has spoken of late, so that what it does not list is free

    @classmethod
    def of(
        cls,
        public: pl.DataFrame,
        hits: Hits,
        state: FleetState,
        holders: Sequence[HolderAnswer | None],
        *,
        fresh: bool,
    ) -> "Standing":
        """Lay it out by target; ``holders`` are of the ``public`` items, in their order."""
        unconfirmed: dict[str, list[str]] = {}
        for target, register, _ in kept(state):
            unconfirmed.setdefault(target, []).append(register)
        return cls(
            hits={row["target"]: row for row in hits.by_item.iter_rows(named=True)},
            reach=hits.reach,
            unconfirmed=unconfirmed,
            holders=dict(zip(public["target"], holders, strict=True)),
            fresh=fresh,
        )

    def tell(self, items: pl.DataFrame) -> Iterator[WatchedItem]:
        """An answer a row, in order."""
        return map(self._item, items.select(SHOWN).iter_rows(named=True))

    def _item(self, row: Row) -> WatchedItem:
        target = row["target"]
        hit = self.hits.get(target, {})
        listed = None if row["is_private"] else self._listed(hit)
        known, of_them = self.reach.get(target, (None, None))
        return WatchedItem(
            label=row["label"],
            target=target,
            target_kind=row["item_kind"],
            inventory=row["inventory"],
            place=row["place"],
            state="private" if row["is_private"] else self._state(target, hit, listed=listed),
            listed=listed,
            kind=hit.get("kind"),
            since=hit.get("since"),
            registers=hit.get("registers", []),
            authority=hit.get("authority"),
            decision=hit.get("decision"),
            decision_date=hit.get("decision_date"),
            entries=hit.get("entries") or 0,
            named=hit.get("named") or [],
            named_in_all=hit.get("named_in_all") or 0,
            holder=self.holders.get(target),
            addresses=known,
            addresses_listed=of_them,
            unconfirmed=self.unconfirmed.get(target, []),
        )

    def _listed(self, hit: Row) -> bool | None:
        """As `overblock.reports.check` says it: what only exposes a name does not list it."""
        if not hit or hit["kind"] == EXPOSED:
            return False if self.fresh else None
        return True if hit["confirmed"] else None

    def _state(self, target: str, hit: Row, *, listed: bool | None) -> ItemState:
        if listed:
            return "listed"
        if hit and hit["kind"] == EXPOSED and hit["confirmed"]:
            return "exposed"
        if target in self.unconfirmed:
            return "unconfirmed"
        return "unknown" if listed is None else "free"
