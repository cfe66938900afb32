"""``check``: one answer for one address, network, name or page.

It must start at once, so it asks DuckDB over the Parquet parts and imports none of the array
libraries.  An address is looked up in what is listed by address or network; a name or page in
what is listed by page, name or mask.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from overblock.errors import StoreDamaged
from overblock.registers.flags import HIDING
from overblock.reports.answers import CoTenants, Gap
from overblock.reports.names.at_hand import partitions_for
from overblock.reports.targets import Target, TargetKind, read_target
from overblock.store import View
from overblock.tables import HOLDER_RANGES, LISTINGS, RESOLUTIONS, SNAPSHOTS

if TYPE_CHECKING:
    from overblock.reports.checks.lookup import Desk, Row
    from overblock.reports.checks.standing_desk import Rolls, StandingDesk

SILENT_SECONDS = 7 * 86400.0  # where the source itself does not say
FEW = 8  # targets up to which the files are asked, and not a copy of them in memory
SHARP = timedelta(days=1)  # between two snapshots: a beginning within is dated
MOST_NAMED = 20  # names shown of those that share an address


class EntryAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that lists the target, over the time it did."""

    register: str
    decision: str | None
    authority: str | None
    decision_date: date | None
    kind: str
    named: list[str]  # the names and pages it is against; empty: only addresses
    listed_by: str  # the listed resource that holds the target
    listed_from: datetime
    last_seen_at: datetime
    listed_until: datetime | None
    confirmed: bool  # seen since the register's last silence
    networks: list[str]  # operators; empty: everywhere
    unlisted_at: datetime | None = None  # the last whole snapshot before, without it; null: none


class CoListed(msgspec.Struct, frozen=True, kw_only=True):
    """What else is listed on the same address at that moment."""

    entries: int
    named: list[str]  # the first of them, in alphabetical order
    named_in_all: int


class HolderAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Whose the address is, by which table of what date."""

    name: str | None
    asn: int | None
    country: str | None
    service: str | None
    source: str
    dated_at: str


class SourceAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """How fresh the answer is: the newest snapshot of each register at that moment."""

    register: str
    snapshot: str | None
    published_at: datetime | None
    age: float | None  # seconds before the moment asked about
    flags: list[str]
    silent: Gap | None
    broken: str | None = None  # why the register cannot be read: the answer is without it
    whole_at: datetime | None = None  # of the newest snapshot by then that has no flag

    @property
    def hides(self) -> bool:
        """Whether it speaks, yet what its newest snapshot lacks may be listed all the same."""
        return self.silent is None and not HIDING.isdisjoint(self.flags)


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer about one target."""

    target: str
    target_kind: TargetKind
    at: datetime
    listed: bool | None  # null: nobody can say, as registers were silent, are cut or have shrunk
    kind: str | None
    since: datetime | None
    until: datetime | None
    entries: list[EntryAnswer]
    past: list[EntryAnswer]  # listings that had ended by then
    co_listed: CoListed
    co_tenants: CoTenants | None  # null: no resolutions are at hand, or none knows the name
    holder: HolderAnswer | None
    sources: list[SourceAnswer]
    level: str | None  # of the evidence: docs/explanation/evidence.md
    unlisted_at: datetime | None = None  # of `since`: when its register did not list it yet


def is_sharp(since: datetime, unlisted_at: datetime | None) -> bool:
    """Whether snapshots date a listing's beginning, or it may have begun long before."""
    return unlisted_at is not None and since - unlisted_at <= SHARP


def can_deny(sources: Sequence[SourceAnswer]) -> bool:
    """Whether what none of the registers lists is not listed: one speaks, and none in part."""
    if any(source.broken or source.hides for source in sources):
        return False
    return any(source.published_at and not source.silent for source in sources)


def check(
    view: View, targets: Sequence[str], at: datetime, rolls: "Rolls | None" = None
) -> Iterator[CheckAnswer]:
    """One answer a target, in order; ``rolls`` keep the tables for whoever asks often.

    Raises:
        BadAddress: one of them is no address, network, name or page; nothing is answered then.
    """
    import duckdb  # noqa: PLC0415  (a fifth of a second, which `--help` must not pay)

    from overblock.reports.checks.connections import connected  # noqa: PLC0415
    from overblock.reports.checks.lookup import Desk  # noqa: PLC0415

    read = [(written, read_target(written)) for written in targets]
    if rolls is not None and rolls.worth(view, len(read)):
        from overblock.reports.checks.standing_desk import StandingDesk  # noqa: PLC0415

        yield from _answers(_Clerk(StandingDesk(view, rolls), at), read, rolls)
        return
    if len(read) > FEW:
        with duckdb.connect() as connection:
            yield from _answers(_Clerk(Desk(connection, view, {}), at), read, rolls)
        return
    with connected() as connection:
        yield from _answers(_Clerk(Desk(connection, view), at), read, rolls)


def _answers(
    clerk: "_Clerk", read: list[tuple[str, Target]], rolls: "Rolls | None" = None
) -> Iterator[CheckAnswer]:
    view = clerk.desk.view
    registers = [name for name in view.partitions(LISTINGS) if view.paths(SNAPSHOTS, name)]
    sources = [clerk.source(register) for register in registers]
    tenants = _tenants(clerk, [target for _, target in read], rolls)
    for (written, target), found in zip(read, tenants, strict=True):
        yield clerk.answer(written, target, sources, found)


def _tenants(
    clerk: "_Clerk", targets: list[Target], rolls: "Rolls | None"
) -> list[CoTenants | None]:
    """Who shares an address with each target: asked of memory, or of the files."""
    chosen = partitions_for(clerk.desk.view, RESOLUTIONS, clerk.at)
    if not chosen:
        return [None] * len(targets)
    held = rolls.names.of(clerk.desk.view, tuple(chosen), len(targets)) if rolls else None
    if held is not None:
        return [held.tenants(target) for target in targets]
    from overblock.reports.checks.connections import connected  # noqa: PLC0415  (imports duckdb)
    from overblock.reports.checks.lookup import Desk  # noqa: PLC0415  (the same)

    if isinstance(clerk.desk, Desk):
        return _asked_of_files(Desk(clerk.desk.connection, clerk.desk.view), clerk.at, targets)
    with connected() as connection:
        return _asked_of_files(Desk(connection, clerk.desk.view), clerk.at, targets)


def _asked_of_files(desk: "Desk", at: datetime, targets: list[Target]) -> list[CoTenants | None]:
    from overblock.reports.collateral.neighbours import Rolls as Neighbours  # noqa: PLC0415

    found = Neighbours.at_hand(desk, at)
    return found.tenants(targets) if found else [None] * len(targets)


@dataclass(frozen=True, slots=True)
class _Clerk:
    """Answers from one desk about one moment."""

    desk: "Desk | StandingDesk"
    at: datetime

    def answer(
        self,
        written: str,
        target: Target,
        sources: list[SourceAnswer],
        co_tenants: CoTenants | None,
    ) -> CheckAnswer:
        """The answer about one target."""
        rows = self._rows(target, sources)
        now = [row for row in rows if row["listed_until"] is None or row["listed_until"] > self.at]
        entries = [self._entry(row) for row in now]
        sure = [entry for entry in entries if entry.confirmed]
        told = sure or entries
        first = min(told, key=lambda entry: entry.listed_from, default=None)
        kinds = {entry.kind for entry in told}
        untils = [entry.listed_until for entry in told]
        return CheckAnswer(
            target=written,
            target_kind=target.kind,
            at=self.at,
            listed=True if sure else False if not entries and can_deny(sources) else None,
            kind="ordered" if "ordered" in kinds else next(iter(kinds), None),
            since=first.listed_from if first else None,
            until=None if None in untils else max((u for u in untils if u), default=None),
            entries=entries,
            past=[self._entry(row) for row in rows if row not in now],
            co_listed=_co_listed(entries),
            co_tenants=co_tenants,
            holder=self._holder(target),
            sources=sources,
            level="listed" if sure else None,
            unlisted_at=first.unlisted_at if first else None,
        )

    def _rows(self, target: Target, sources: list[SourceAnswer]) -> "list[Row]":
        """All listings of the target that had begun by then."""
        return [
            row
            for source in sources
            if source.broken is None
            for row in self.desk.listings(source.register, target)
            if row["listed_from"] <= self.at
        ]

    def source(self, register: str) -> SourceAnswer:
        """How fresh one register was."""
        nothing = SourceAnswer(
            register=register, snapshot=None, published_at=None, age=None, flags=[], silent=None
        )
        try:
            newest = self.desk.newest(register, self.at)
        except StoreDamaged as error:
            return replace(nothing, broken=self.desk.view.told(error))
        if newest is None:
            return nothing
        published: datetime = newest["published_at"]
        age = self.at - published
        still = (
            Gap(silent_from=published, silent_until=None)
            if age > self._patience(register)
            else None
        )
        return SourceAnswer(
            register=register,
            snapshot=newest["digest"],
            published_at=published,
            age=age / timedelta(seconds=1),
            flags=newest["flags"],
            silent=Gap(**newest["silent"]) if newest["silent"] else still,
            whole_at=newest["whole_at"],
        )

    def _patience(self, register: str) -> timedelta:
        """For how long a register may say nothing before it counts as silent."""
        facts = self.desk.view.facts.get(register, {})
        return timedelta(seconds=facts.get("silent_after", SILENT_SECONDS))

    def _entry(self, row: "Row") -> EntryAnswer:
        return EntryAnswer(
            register=row["register"],
            decision=row["decision_number"],
            authority=row["authority"],
            decision_date=row["decision_date"],
            kind=row["kind"],
            named=row["named"] or [],
            listed_by=row["resource"],
            listed_from=row["listed_from"],
            last_seen_at=row["last_seen_at"],
            listed_until=row["listed_until"],
            confirmed=row["lost_at"] is None or row["lost_at"] > self.at,
            networks=row["networks"],
            unlisted_at=row["unlisted_at"],
        )

    def _holder(self, target: Target) -> HolderAnswer | None:
        """By the table nearest in time that knows the address."""
        if target.network is None:
            return None
        for partition in holder_tables(self.desk.view, self.at):
            row = self.desk.holder(partition, target.network)
            if row is not None:
                name, _, dated_at = partition.partition("@")
                return HolderAnswer(
                    name=row["as_name"],
                    asn=row["asn"],
                    country=row["country"],
                    service=row["service"],
                    source=name,
                    dated_at=dated_at,
                )
        return None


def _co_listed(entries: list[EntryAnswer]) -> CoListed:
    named = sorted({name for entry in entries for name in entry.named})
    return CoListed(entries=len(entries), named=named[:MOST_NAMED], named_in_all=len(named))


def holder_tables(view: View, at: datetime) -> list[str]:
    """The tables of holders at hand, the nearest in time first."""
    return sorted(view.partitions(HOLDER_RANGES), key=lambda name: _distance(name, at))


def _distance(partition: str, at: datetime) -> float:
    """How far a table of holders is from a moment, in seconds: the nearest answers first."""
    _, _, dated_at = partition.partition("@")
    dated = datetime.fromisoformat(dated_at).replace(tzinfo=UTC)
    return abs((at - dated).total_seconds())
