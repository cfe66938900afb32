"""What `check` looks up, kept in memory while the observatory stays the same.

`overblock.reports.checks.lookup` opens files for each question, which suits a command that starts,
asks and ends. A server is asked thousands of times between two ingests: here each table is read
once, with an index beside it, and a question costs a fraction of a millisecond. Both give the same
rows (tests/property/test_standing_laws.py).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from functools import partial
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from overblock.addresses.single import Network
from overblock.reports.checks.lookup import Row, question_of
from overblock.reports.checks.stabbing import (
    NONE,
    AddressIndex,
    Rows,
    TextIndex,
    held_in_ipv4,
    held_in_ipv6,
)
from overblock.reports.checks.standing_names import NameRolls
from overblock.reports.targets import Target
from overblock.store import View
from overblock.tables import (
    ADDRESS_COLUMNS,
    GAPS,
    HOLDER_RANGES,
    LISTINGS,
    RECORDS,
    SNAPSHOTS,
    Table,
)

Key: TypeAlias = tuple[str, ...]
REPEATED = (
    "kind",
    "resource_kind",
    "authority",
    "decision_number",
    "register",
)  # few values, often
NAMED = ("domain", "domain_mask", "url")
SAID = ("as_name", "asn", "country", "service")  # of an address, by a table of holders
SAID_OFTEN = ("as_name", "country", "service")
WORTH = 3  # questions of one state from which on its tables are read into memory


class RegisterRolls:
    """The listings of one register, and what is told with them."""

    def __init__(self, view: View, register: str) -> None:
        read = partial(view.choose, LISTINGS, register)
        self._addresses = AddressIndex(read(held_in_ipv4), read(held_in_ipv6))
        told = [column.name for column in LISTINGS.columns if column.name not in ADDRESS_COLUMNS]
        self._listings = read(lambda listings: listings.select(_small(told, REPEATED)))
        self._texts = TextIndex(self._listings["resource"])
        kinds = self._listings["resource_kind"]
        self._kinds = {kind: (kinds == kind).to_numpy() for kind in NAMED}
        records = view.choose(
            RECORDS, register, lambda frame: frame.select("entry_key", "domains", "urls")
        )
        self._records = records
        self._paged = (records["urls"].list.len() > 0).to_numpy()
        self._entries = TextIndex(records["entry_key"])
        self._gaps = view.read(GAPS, register).sort("silent_from").rows(named=True)
        taken = view.read(SNAPSHOTS, register)
        applied = taken.filter(
            pl.col("digest").is_not_null() & ~pl.col("flags").list.contains("duplicate")
        ).sort("ordered_at", maintain_order=True)
        self._moments = applied["ordered_at"].to_list()
        self._whole = (
            taken.filter(pl.col("digest").is_not_null() & (pl.col("flags").list.len() == 0))[
                "ordered_at"
            ]
            .sort()
            .to_list()
        )
        self._states = applied.select("digest", "published_at", "flags").rows(named=True)

    def newest(self, at: datetime) -> Row | None:
        """The newest snapshot at a moment, with the silence if the register was silent then."""
        place = bisect_right(self._moments, at)
        if not place:
            return None
        silent = next(
            (gap for gap in self._gaps if gap["silent_from"] <= at < gap["silent_until"]), None
        )
        whole = bisect_right(self._whole, at)
        whole_at = self._whole[whole - 1] if whole else None
        return self._states[place - 1] | {"silent": silent and _span(silent), "whole_at": whole_at}

    def listings(self, target: Target) -> list[Row]:
        """All listings that hold the target, oldest first."""
        named: dict[str, list[str] | None] = {}
        told = []
        for held in self._rows(target).tolist():
            row = self._listings.row(held, named=True)
            key = row["entry_key"]
            if key not in named:
                named[key] = self._named(key)
            more = {"lost_at": self._lost(row), "unlisted_at": self._unlisted(row)}
            told.append(row | more | {"named": named[key]})
        return sorted(told, key=lambda row: (row["listed_from"], row["entry_key"], row["resource"]))

    def _rows(self, target: Target) -> Rows:
        kind, values = question_of(target)
        found = [self._addresses.meeting(target.network)] if target.network else []
        if kind != "address":
            found += [self._of_kind(text, "domain_mask") for text in values["above"]]
            found += [self._of_kind(text, "url") for text in values.get("pages", [])]
            hosts = self._of_kind(values["host"], "domain")
            found.append(self._bare(hosts) if kind == "page" else hosts)
        return np.unique(np.concatenate(found)) if found else NONE

    def _of_kind(self, text: str, kind: str) -> Rows:
        rows = self._texts.rows(text)
        found: Rows = rows[self._kinds[kind][rows]]
        return found

    def _bare(self, rows: Rows) -> Rows:
        """Those whose entry names no page: it is the name that is blocked."""
        keys = [self._listings["entry_key"][row] for row in rows.tolist()]
        paged = [bool(self._paged[self._entries.rows(key)].any()) for key in keys]
        bare: Rows = rows[~np.array(paged, bool)]
        return bare

    def _named(self, entry_key: str) -> list[str] | None:
        rows = self._entries.rows(entry_key)
        if not len(rows):
            return None
        _, domains, urls = self._records.row(int(rows[0]))
        return [*domains, *urls]

    def _unlisted(self, row: Row) -> datetime | None:
        """The last whole snapshot before the listing began."""
        place = bisect_left(self._whole, row["listed_from"])
        return self._whole[place - 1] if place else None

    def _lost(self, row: Row) -> datetime | None:
        """When the register spoke again without it, after a silence that began while it stood."""
        later = (
            gap["silent_until"] for gap in self._gaps if gap["silent_from"] >= row["last_seen_at"]
        )
        return min(later, default=None)


class HolderRolls:
    """A table of holders."""

    def __init__(self, view: View, partition: str) -> None:
        read = partial(view.choose, HOLDER_RANGES, partition)  # in turn: a table may be large
        self._index = AddressIndex(read(held_in_ipv4), read(held_in_ipv6))
        said = read(lambda ranges: ranges.select(_small(SAID, SAID_OFTEN)))
        self._known = said.unique(maintain_order=True)  # many ranges say the same
        known = self._known.with_row_index("which")
        matched = said.join(known, on=SAID, how="left", nulls_equal=True, maintain_order="left")
        self._which = matched["which"].to_numpy().astype(np.uint32)

    def holder(self, network: Network) -> Row | None:
        """What the narrowest range says of an address or network."""
        row = self._index.narrowest(network)
        if row is None:
            return None
        said = self._known.row(int(self._which[row]), named=True)
        return said if any(said.values()) else None


class Rolls:
    """The tables of one observatory that are in memory; those of the state before are let go."""

    def __init__(self) -> None:
        self.names = NameRolls()
        self._held: dict[Key, tuple[Hashable, Any]] = {}
        self._asked: tuple[Hashable, int] = (None, 0)
        self._lock = Lock()

    def worth(self, view: View, n_targets: int) -> bool:
        """Whether so much is asked of this state, or was before, that it pays to read its tables.

        Who was asked so much will be again: a server opens no files for the first questions either
        that come after a writer.
        """
        with self._lock:
            state, asked = self._asked
            asked = asked + n_targets if state == id(view.parts) else n_targets
            self._asked = (id(view.parts), asked)
            return asked >= WORTH or bool(self._held)

    def register(self, view: View, name: str) -> RegisterRolls:
        """The listings of a register."""
        parts = _parts(view, name, LISTINGS, RECORDS, SNAPSHOTS, GAPS)
        made: RegisterRolls = self._take(
            ("register", name), parts, lambda: RegisterRolls(view, name)
        )
        return made

    def holders(self, view: View, partition: str) -> HolderRolls:
        """A table of holders."""
        parts = _parts(view, partition, HOLDER_RANGES)
        made: HolderRolls = self._take(
            ("holders", partition), parts, lambda: HolderRolls(view, partition)
        )
        return made

    def _take(self, key: Key, parts: Hashable, make: Callable[[], Any]) -> Any:  # noqa: ANN401  (of either kind)
        held = self._held.get(key)
        if held is not None and held[0] == parts:
            return held[1]
        with self._lock:  # who comes meanwhile waits for what is being read, and finds it
            held = self._held.get(key)
            if held is None or held[0] != parts:
                self._held.pop(key, None)
                held = self._held[key] = (parts, make())
            return held[1]


class StandingDesk:
    """Answers as `overblock.reports.checks.lookup.Desk` does, of tables in memory."""

    def __init__(self, view: View, rolls: Rolls) -> None:
        self.view, self._rolls = view, rolls

    def listings(self, register: str, target: Target) -> list[Row]:
        """All listings of a register that hold the target, oldest first."""
        return self._rolls.register(self.view, register).listings(target)

    def newest(self, register: str, at: datetime) -> Row | None:
        """The newest snapshot of a register at a moment, its silence if it was silent then."""
        return self._rolls.register(self.view, register).newest(at)

    def holder(self, partition: str, network: Network) -> Row | None:
        """What a table of holders says of an address or network; the narrowest range answers."""
        return self._rolls.holders(self.view, partition).holder(network)


def _small(columns: Sequence[str], repeated: Sequence[str]) -> list[pl.Expr]:
    """Columns in less memory, their rows as they were."""
    return [
        pl.col(name).cast(pl.Categorical) if name in repeated else pl.col(name) for name in columns
    ]


def _parts(view: View, partition: str, *tables: Table) -> Hashable:
    held = (view.parts.get(table.name, {}).get(partition, ()) for table in tables)
    return tuple(tuple(digests) for digests in held)


def _span(gap: Row) -> Row:
    return {name: gap[name] for name in ("silent_from", "silent_until")}
