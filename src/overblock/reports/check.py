"""``check``: one answer for one address, network, name or page.

It must start at once, so it asks DuckDB over the Parquet parts and imports none of the array
libraries.  An address is looked up in what is listed by address or network; a name or page in
what is listed by page, name or mask.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import msgspec

from overblock.addresses.single import Network, parse_one
from overblock.errors import BadAddress
from overblock.registers.names import canonical_name, canonical_url
from overblock.reports.answers import Gap
from overblock.store import PartGone, View
from overblock.tables import GAPS, HOLDER_RANGES, LISTINGS, RECORDS, SNAPSHOTS, Table

if TYPE_CHECKING:
    import duckdb

TargetKind: TypeAlias = Literal["address", "network", "domain", "url"]
MOST_NAMED = 20  # names shown of those that share an address


@dataclass(frozen=True, slots=True)
class Target:
    """What was asked about, in canonical form."""

    kind: TargetKind
    text: str
    network: Network | None = None


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


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer about one target."""

    target: str
    target_kind: TargetKind
    at: datetime
    listed: bool | None  # null: no register had a snapshot by then, so nobody can say
    kind: str | None
    since: datetime | None
    until: datetime | None
    entries: list[EntryAnswer]
    past: list[EntryAnswer]  # listings that had ended by then
    co_listed: CoListed
    holder: HolderAnswer | None
    sources: list[SourceAnswer]
    level: str | None  # of the evidence: docs/explanation/evidence.md


def read_target(written: str) -> Target:
    """What a person typed, told apart: an address, a network, a name or a page.

    Raises:
        BadAddress: it is none of these.
    """
    text = written.strip()
    if "://" in text:
        url = canonical_url(text)
        if url is None:
            raise BadAddress(f"not a page's address: {text[:80]!r}")
        return Target("url", url)
    try:
        network = parse_one(text)
    except BadAddress:
        name = canonical_name(text.removeprefix("*."))
        if name is None or "." not in name or re.fullmatch(r"[\d.]+", name):
            raise
        return Target("domain", name)
    return Target("address" if network.first == network.last else "network", text, network)


def check(view: View, targets: list[str], at: datetime) -> Iterator[CheckAnswer]:
    """One answer a target, in order.

    Raises:
        BadAddress: one of them is no address, network, name or page; nothing is answered then.
    """
    import duckdb  # noqa: PLC0415  (a fifth of a second, which `--help` must not pay)

    read = [(written, read_target(written)) for written in targets]
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        desk = _Desk(connection, view, at)
        sources = desk.sources()
        for written, target in read:
            yield desk.answer(written, target, sources)


@dataclass(frozen=True, slots=True)
class _Desk:
    """A connection with the observatory's tables open as views."""

    connection: "duckdb.DuckDBPyConnection"
    view: View
    at: datetime

    def answer(self, written: str, target: Target, sources: list[SourceAnswer]) -> CheckAnswer:
        rows = self._listings(*_condition(target))
        begun = [row for row in rows if row["listed_from"] <= self.at]
        now = [row for row in begun if row["listed_until"] is None or row["listed_until"] > self.at]
        entries = [self._entry(row) for row in now]
        known = any(source.published_at is not None for source in sources)
        kinds = {entry.kind for entry in entries}
        untils = [entry.listed_until for entry in entries]
        return CheckAnswer(
            target=written,
            target_kind=target.kind,
            at=self.at,
            listed=bool(entries) if known else None,
            kind="ordered" if "ordered" in kinds else next(iter(kinds), None),
            since=min((entry.listed_from for entry in entries), default=None),
            until=None if None in untils else max((u for u in untils if u), default=None),
            entries=entries,
            past=[self._entry(row) for row in begun if row not in now],
            co_listed=_co_listed(entries),
            holder=self._holder(target),
            sources=sources,
            level="listed" if entries else None,
        )

    def sources(self) -> list[SourceAnswer]:
        """The newest snapshot of each register at the moment asked about."""
        return [
            self._source(register)
            for register in self.view.partitions(LISTINGS)
            if self.view.paths(SNAPSHOTS, register)
        ]

    def _source(self, register: str) -> SourceAnswer:
        rows = self._query(
            f"""SELECT digest, published_at, flags FROM {self._table(SNAPSHOTS, register)}
            WHERE ordered_at <= $at AND digest IS NOT NULL AND NOT list_contains(flags, 'duplicate')
            ORDER BY ordered_at DESC LIMIT 1""",
            {"at": self.at},
            ("published_at",),
        )
        silent = self._query(
            f"""SELECT silent_from, silent_until FROM {self._gaps(register)}
            WHERE silent_from <= $at AND silent_until > $at""",
            {"at": self.at},
            ("silent_from", "silent_until"),
        )
        newest = rows[0] if rows else {"digest": None, "published_at": None, "flags": []}
        published = newest["published_at"]
        return SourceAnswer(
            register=register,
            snapshot=newest["digest"],
            published_at=published,
            age=(self.at - published) / timedelta(seconds=1) if published else None,
            flags=newest["flags"],
            silent=Gap(**silent[0]) if silent else None,
        )

    def _listings(self, condition: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        """Listings that hold the target, each with the entry's names, oldest first."""
        found: list[dict[str, Any]] = []
        for register in self.view.partitions(LISTINGS):
            found += self._query(
                f"""WITH hits AS (
                    SELECT * FROM {self._table(LISTINGS, register)} listed
                    WHERE {condition.format(records=self._table(RECORDS, register))}
                ), named AS (
                    SELECT entry_key, any_value(list_concat(domains, urls)) AS named
                    FROM {self._table(RECORDS, register)}
                    WHERE entry_key IN (SELECT entry_key FROM hits) GROUP BY entry_key
                ), lost AS (
                    SELECT hits.entry_key, hits.resource, hits.listed_from,
                        min(gaps.silent_until) AS lost_at
                    FROM hits JOIN {self._gaps(register)} gaps
                        ON gaps.silent_from >= hits.last_seen_at GROUP BY ALL
                )
                SELECT hits.*, named.named, lost.lost_at FROM hits
                LEFT JOIN named USING (entry_key)
                LEFT JOIN lost USING (entry_key, resource, listed_from)
                ORDER BY listed_from, entry_key, resource""",
                values,
                ("listed_from", "last_seen_at", "listed_until", "lost_at"),
            )
        return found

    def _entry(self, row: dict[str, Any]) -> EntryAnswer:
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
        )

    def _holder(self, target: Target) -> HolderAnswer | None:
        if target.network is None or not self.view.partitions(HOLDER_RANGES):
            return None
        condition, values = _condition(target)
        for partition in sorted(
            self.view.partitions(HOLDER_RANGES), key=lambda name: _nearness(name, self.at)
        ):
            rows = self._query(
                f"""SELECT as_name, asn, country, service
                FROM {self._table(HOLDER_RANGES, partition)} WHERE {condition}
                ORDER BY ipv4_until - ipv4_from, ipv6_first DESC LIMIT 1""",
                values,
            )
            if rows and any(rows[0].values()):
                name, _, dated_at = partition.partition("@")
                row = rows[0]
                return HolderAnswer(
                    name=row["as_name"],
                    asn=row["asn"],
                    country=row["country"],
                    service=row["service"],
                    source=name,
                    dated_at=dated_at,
                )
        return None

    def _table(self, table: Table, partition: str) -> str:
        """The parts of a partition as a table of SQL; paths are our own, quoted all the same."""
        quoted = (str(path).replace("'", "''") for path in self.view.paths(table, partition))
        paths = ", ".join(f"'{path}'" for path in quoted)
        return f"read_parquet([{paths}])"

    def _gaps(self, register: str) -> str:
        if self.view.paths(GAPS, register):
            return self._table(GAPS, register)
        return "(SELECT NULL::TIMESTAMPTZ AS silent_from, NULL::TIMESTAMPTZ AS silent_until)"

    def _query(
        self, statement: str, values: dict[str, Any], instants: tuple[str, ...] = ()
    ) -> list[dict[str, Any]]:
        """Rows as dictionaries; ``instants`` are the columns that hold times.

        DuckDB gives a time with a zone only where a further library is installed, so times come
        as microseconds.
        """
        import duckdb  # noqa: PLC0415  (loaded by now)

        if instants:
            told = ", ".join(f"epoch_us({name}) AS {name}" for name in instants)
            statement = f"SELECT * REPLACE ({told}) FROM ({statement})"  # noqa: S608  (own names)
        try:
            found = self.connection.execute(statement, values)
        except duckdb.IOException as error:
            raise PartGone(str(error).splitlines()[0]) from error
        names = [column[0] for column in found.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        for row in rows:
            row.update({name: _instant(row[name]) for name in instants})
        return rows


def _condition(target: Target) -> tuple[str, dict[str, Any]]:
    """The SQL that tells whether a listed resource holds the target, and its values."""
    network = target.network
    if network is not None and network.version == 4:  # noqa: PLR2004  (IPv4)
        return (
            "ipv4_from <= $last AND ipv4_until > $first",
            {"first": network.first, "last": network.last},
        )
    if network is not None:
        first, last = (value.to_bytes(16, "big") for value in (network.first, network.last))
        return "ipv6_first <= $last AND ipv6_last >= $first", {"first": first, "last": last}
    host = target.text if target.kind == "domain" else target.text.split("/")[2]
    host = host.rpartition("@")[2].partition(":")[0]
    labels = host.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels))]
    masks = "resource_kind = 'domain_mask' AND list_contains($above, resource)"
    if target.kind == "url":
        whole_host = (  # an entry that names the host and no single page of it
            "resource_kind = 'domain' AND resource = $host AND NOT EXISTS (SELECT 1 FROM {records} "
            "r WHERE r.entry_key = listed.entry_key AND len(r.urls) > 0)"
        )
        bare = target.text.removesuffix("/")  # the root page is written both ways
        pages = [bare, f"{bare}/"] if bare.count("/") == 2 else [target.text]  # noqa: PLR2004
        return (
            f"(resource_kind = 'url' AND list_contains($pages, resource)) OR ({masks}) "
            f"OR ({whole_host})",
            {"pages": pages, "above": above, "host": host},
        )
    return (
        f"(resource_kind = 'domain' AND resource = $text) OR ({masks})",
        {"text": target.text, "above": above},
    )


def _co_listed(entries: list[EntryAnswer]) -> CoListed:
    named = sorted({name for entry in entries for name in entry.named})
    return CoListed(entries=len(entries), named=named[:MOST_NAMED], named_in_all=len(named))


def _nearness(partition: str, at: datetime) -> float:
    """How far a table of holders is from a moment, in seconds: the nearest answers first."""
    _, _, dated_at = partition.partition("@")
    dated = datetime.fromisoformat(dated_at).replace(tzinfo=UTC)
    return abs((at - dated).total_seconds())


def _instant(microseconds: int | None) -> datetime | None:
    if microseconds is None:
        return None
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
