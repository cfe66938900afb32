"""``watch``: a whole fleet against all that is listed, and what changed since the last look.

`overblock.reports.checks.check` answers about one target and starts at once; here everything is
read once and asked by array. Both give the same answer about a target.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import polars as pl

from overblock.fleets.changes import (
    FleetState,
    Holding,
    Look,
    Sighting,
    compare,
)
from overblock.fleets.items import Inventory
from overblock.reports.checks.check import can_deny
from overblock.reports.fleets.answer import (
    InventoryFacts,
    ItemState,
    SourceDoubt,
    WatchAnswer,
    WatchedItem,
)
from overblock.reports.fleets.candidates import judge_candidates
from overblock.reports.fleets.hits import Hits, find_hits
from overblock.reports.fleets.holders import holders_of
from overblock.reports.fleets.items import told_items, with_standing
from overblock.reports.registers.health import doubt, registers_here, source_answer
from overblock.store import View
from overblock.tables import INVENTORY_ITEMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """The answer, and what is to be remembered once it has been told."""

    answer: WatchAnswer
    state: FleetState


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedInventory:
    """An inventory and what to call it."""

    name: str
    inventory: Inventory


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What is asked about: inventories, addresses one might move to, registers to look at."""

    inventories: Sequence[NamedInventory]
    candidates: Sequence[NamedInventory] = ()
    registers: Sequence[str] = ()  # none: all there are


def watch(view: View, fleet: Fleet, at: datetime, before: FleetState | None = None) -> Watched:
    """How each item stands, and what changed since ``before``.

    Raises:
        UnknownRegister: one of the registers is not there.
    """
    here = registers_here(view, fleet.registers)
    answers = [source_answer(view, register, at) for register in here]
    sources = [SourceDoubt(source=told, doubt=doubt(view, told, at)) for told in answers]
    fresh = can_deny(answers)
    items = _items(fleet.inventories)
    public = items.filter(~pl.col("is_private")).unique("target", keep="first", maintain_order=True)
    hits = find_hits(view, public, here, at)
    look = Look(
        at=at,
        labels=dict(zip(public["target"], public["label"], strict=True)),
        sightings=_sightings(hits),
        doubts={one.source.register: one.doubt for one in sources},
        unsure=hits.unresolved,
        all_registers=not fleet.registers,
    )
    changes, state = compare(before, look)
    holders = holders_of(view, public, at)
    told = told_items(with_standing(items, hits, state, fresh=fresh), public, holders)
    answer = WatchAnswer(
        at=at,
        before=before.at if before else None,
        inventories=[_facts(one) for one in fleet.inventories],
        counts=_counts(told),
        sources=sources,
        changes=changes,
        candidates=judge_candidates(view, _items(fleet.candidates), here, at, fresh=fresh),
        items=told,
    )
    return Watched(answer=answer, state=state)


def _counts(items: Sequence[WatchedItem]) -> dict[str, int]:
    """Items by state, nought told too."""
    found = Counter(item.state for item in items)
    return {state: found[state] for state in get_args(ItemState)}


def _items(inventories: Sequence[NamedInventory]) -> pl.DataFrame:
    nothing = INVENTORY_ITEMS.empty().with_columns(inventory=pl.lit("", pl.String))
    parts = (one.inventory.items.with_columns(inventory=pl.lit(one.name)) for one in inventories)
    return pl.concat([nothing, *parts])


def _facts(one: NamedInventory) -> InventoryFacts:
    rejects = one.inventory.rejects
    reasons = rejects.group_by("reason").len().sort("reason")
    return InventoryFacts(
        name=one.name,
        form=one.inventory.form,
        items=len(one.inventory.items),
        rejects=len(rejects),
        reject_reasons=dict(reasons.iter_rows()),
        first_reject=rejects["place"][0] if len(rejects) else None,
    )


def _sightings(hits: Hits) -> dict[str, dict[str, Sighting]]:
    """How each register lists each item: by what counts, or by what did before a silence."""
    how = ["kind", "since", "authority", "decisions", "unlisted_at"]  # as one decision lists many
    alike = hits.by_register.group_by("confirmed", *how, maintain_order=True).agg(
        "target", "register"
    )
    found: dict[str, dict[str, Sighting]] = {}
    for confirmed, *held, targets, registers in alike.iter_rows():
        holding = Holding(**dict(zip(how, held, strict=True)))
        sighting = Sighting(holding=holding, confirmed=confirmed)
        for target, register in zip(targets, registers, strict=True):
            found.setdefault(target, {})[register] = sighting
    return found
