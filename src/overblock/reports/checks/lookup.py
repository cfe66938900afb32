"""One target looked up in an observatory, by DuckDB over its Parquet parts.

`overblock.reports.checks.check` must start at once, so this imports none of the array libraries.
The statements are constants: what is asked about goes in as parameters, and which files are read is
said by views that stand for the tables of one register at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import duckdb

from overblock.addresses.single import Network
from overblock.errors import PartGone, StoreDamaged
from overblock.reports.targets import Target
from overblock.store import View
from overblock.tables import GAPS, HOLDER_RANGES, LISTINGS, RECORDS, SNAPSHOTS, Table

Row: TypeAlias = dict[str, Any]
Asked: TypeAlias = Literal["address", "name", "page"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IPV4 = 4

# DuckDB gives a time with a zone only where a further library is installed, so every time comes
# as microseconds; the columns that hold one are these.
INSTANTS = frozenset(
    {"published_at", "silent_from", "silent_until", "lost_at", "whole_at"}
    | {"unlisted_at", "listed_from", "last_seen_at", "listed_until", "seen_at"}
)

# What a table that a register does not have is read as: a view of the same kind as of one that is
# there, so that the next of the name replaces it.
NOTHING = MappingProxyType({
    GAPS.name: """CREATE OR REPLACE VIEW gaps AS SELECT
        NULL::TIMESTAMPTZ AS silent_from, NULL::TIMESTAMPTZ AS silent_until WHERE false""",
    RECORDS.name: """CREATE OR REPLACE VIEW records AS SELECT ''::VARCHAR AS entry_key,
        []::VARCHAR[] AS domains, []::VARCHAR[] AS urls WHERE false""",
})  # fmt: skip

# Asked of the files, as no copy says which of two states of one moment was taken last.
NEWEST_SNAPSHOT = """
SELECT digest, epoch_us(published_at) AS published_at, flags, (
    SELECT epoch_us(max(ordered_at)) FROM snapshots
    WHERE ordered_at <= $at AND digest IS NOT NULL AND len(flags) = 0) AS whole_at
FROM read_parquet($paths, filename = true, file_row_number = true)
WHERE ordered_at <= $at AND digest IS NOT NULL AND NOT list_contains(flags, 'duplicate')
ORDER BY ordered_at DESC, list_position($paths, filename) DESC, file_row_number DESC LIMIT 1"""

SILENCE = """
SELECT epoch_us(silent_from) AS silent_from, epoch_us(silent_until) AS silent_until FROM gaps
WHERE silent_from <= $at AND silent_until > $at"""

HOLDER = """
SELECT as_name, asn, country, service FROM holder_ranges
WHERE ipv4_from <= $last AND ipv4_until > $first ORDER BY ipv4_until - ipv4_from LIMIT 1"""

HOLDER_IPV6 = """
SELECT as_name, asn, country, service FROM holder_ranges
WHERE ipv6_first <= $last AND ipv6_last >= $first ORDER BY ipv6_first DESC LIMIT 1"""

# Which listings hold the target: one view a kind of target, over the parameters.
BY_ADDRESS = "SELECT * FROM listings WHERE ipv4_from <= $last AND ipv4_until > $first"
BY_IPV6 = "SELECT * FROM listings WHERE ipv6_first <= $last AND ipv6_last >= $first"
BY_NAME = """SELECT * FROM listings WHERE (resource_kind = 'domain' AND resource = $host)
    OR (resource_kind = 'domain_mask' AND list_contains($above, resource))"""
BY_PAGE = """SELECT * FROM listings
    WHERE (ipv4_from <= $last::UBIGINT AND ipv4_until > $first::UBIGINT)
    OR (resource_kind = 'url' AND list_contains($pages, resource))
    OR (resource_kind = 'domain_mask' AND list_contains($above, resource))
    OR (resource_kind = 'domain' AND resource = $host AND NOT EXISTS (
        SELECT 1 FROM records WHERE records.entry_key = listings.entry_key AND len(urls) > 0))"""

BY_PAGE_IPV6 = BY_PAGE.replace(
    "ipv4_from <= $last::UBIGINT AND ipv4_until > $first::UBIGINT",
    "ipv6_first <= $last::BLOB AND ipv6_last >= $first::BLOB",
)

LISTED = """
WITH named AS (
    SELECT entry_key, any_value(list_concat(domains, urls)) AS named FROM records
    WHERE entry_key IN (SELECT entry_key FROM hits) GROUP BY entry_key
), lost AS (
    SELECT hits.entry_key, hits.resource, hits.listed_from, min(gaps.silent_until) AS lost_at
    FROM hits JOIN gaps ON gaps.silent_from >= hits.last_seen_at GROUP BY ALL
), begun AS (
    SELECT listed_from, max(ordered_at) AS unlisted_at
    FROM (SELECT DISTINCT listed_from FROM hits) JOIN snapshots ON ordered_at < listed_from
    WHERE digest IS NOT NULL AND len(flags) = 0 GROUP BY ALL
)
SELECT hits.* REPLACE (
        epoch_us(hits.listed_from) AS listed_from, epoch_us(last_seen_at) AS last_seen_at,
        epoch_us(listed_until) AS listed_until),
    named.named, epoch_us(lost.lost_at) AS lost_at, epoch_us(begun.unlisted_at) AS unlisted_at
FROM hits LEFT JOIN named USING (entry_key) LEFT JOIN lost USING (entry_key, resource, listed_from)
    LEFT JOIN begun USING (listed_from)
ORDER BY hits.listed_from, entry_key, resource"""


@dataclass(frozen=True, slots=True)
class Desk:
    """A connection, and the observatory whose tables it reads.

    ``copies``, where there are any, names the tables that were read into memory: worth it where
    many targets are asked about, as each would open the files anew.
    """

    connection: duckdb.DuckDBPyConnection
    view: View
    copies: dict[tuple[str, ...], str] | None = None
    opened: dict[str, tuple[str, ...]] = field(default_factory=dict)  # what each name stands for

    def listings(self, register: str, target: Target) -> list[Row]:
        """All listings of a register that hold the target, oldest first."""
        self.lay_out(register)
        wanted, values = _question(target)
        hits = f"CREATE OR REPLACE TEMP TABLE hits AS {wanted}"
        (made,) = self.ask(hits, values)
        return self.ask(LISTED, {}) if made["Count"] else []

    def newest(self, register: str, at: datetime) -> Row | None:
        """The newest snapshot of a register at a moment, its silence if it was silent then."""
        self.lay_out(register)
        paths = [str(path) for path in self.view.paths(SNAPSHOTS, register)]
        found = self.ask(NEWEST_SNAPSHOT, {"at": at, "paths": paths})
        silent = self.ask(SILENCE, {"at": at})
        return found[0] | {"silent": silent[0] if silent else None} if found else None

    def holder(self, partition: str, network: Network) -> Row | None:
        """What a table of holders says of an address or network; the narrowest range answers."""
        self.open(HOLDER_RANGES, partition)
        statement = HOLDER if network.version == IPV4 else HOLDER_IPV6
        found = self.ask(statement, bounds(network))
        return found[0] if found and any(found[0].values()) else None

    def lay_out(self, register: str) -> None:
        """Let the names of the tables stand for those of one register."""
        for table in (LISTINGS, RECORDS, SNAPSHOTS, GAPS):
            self.open(table, register)

    def open(self, table: Table, *partitions: str) -> None:
        """Let the table's name stand for some of its partitions in statements."""
        if self.opened.get(table.name) == partitions:
            return
        self.opened.pop(table.name, None)
        paths = [str(path) for name in partitions for path in self.view.paths(table, name)]
        if not paths:
            self.connection.execute(NOTHING[table.name])
            self.opened[table.name] = partitions
            return
        try:
            relation = self._relation(table, partitions, paths)
            table.check_names(relation.columns, self.view.root / "tables" / table.name)
            relation.create_view(table.name, replace=True)
            self.opened[table.name] = partitions
        except duckdb.IOException as error:
            raise PartGone(str(error).splitlines()[0]) from error
        except duckdb.InvalidInputException as error:
            raise StoreDamaged(str(error).splitlines()[0]) from error

    def _relation(
        self, table: Table, partitions: tuple[str, ...], paths: list[str]
    ) -> duckdb.DuckDBPyRelation:
        """The rows of the files: from them, or from their copy in memory."""
        if self.copies is None:
            return self.connection.read_parquet(paths)
        wanted = (table.name, *partitions)
        if wanted not in self.copies:
            name = f"copy_{len(self.copies)}"
            self.connection.read_parquet(paths).create(name)
            self.copies[wanted] = name
        return self.connection.table(self.copies[wanted])

    def ask(self, statement: str, values: Mapping[str, Any]) -> list[Row]:
        """The rows of a statement's answer."""
        try:
            found = self.connection.execute(statement, dict(values))
        except duckdb.IOException as error:
            raise PartGone(str(error).splitlines()[0]) from error
        names = [column[0] for column in found.description or []]
        return [
            {
                name: _instant(value) if name in INSTANTS else value
                for name, value in zip(names, row, strict=True)
            }
            for row in found.fetchall()
        ]


def question_of(target: Target) -> tuple[Asked, dict[str, Any]]:
    """What a target is looked up by, and the values that are compared."""
    if target.kind == "url":
        return "page", _page(target)
    if target.network is not None:
        return "address", bounds(target.network)
    return "name", {"host": target.text, "above": _above(target.text)}


def _question(target: Target) -> tuple[str, dict[str, Any]]:
    """Which listings hold a target, and the parameters of that statement."""
    asked, values = question_of(target)
    if target.network and target.network.version != IPV4:
        return {"page": BY_PAGE_IPV6, "address": BY_IPV6}[asked], values
    return {"page": BY_PAGE, "address": BY_ADDRESS, "name": BY_NAME}[asked], values


def _page(target: Target) -> dict[str, Any]:
    """A page, the name it stands on, and the address where its name is one."""
    parts = urlsplit(target.text)
    host, is_root = (
        parts.hostname or "",
        parts.path in {"", "/"} and not parts.query + parts.fragment,
    )
    bare = target.text.removesuffix("/")  # the root page is written both ways
    pages = [bare, f"{bare}/"] if is_root else [target.text]
    span = bounds(target.network) if target.network else {"first": None, "last": None}
    return {"host": host, "above": _above(host), "pages": pages, **span}


def _above(host: str) -> list[str]:
    """A name and all that it stands under."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def bounds(network: Network) -> dict[str, int | bytes]:
    """First and last address of a network, as the tables hold them."""
    if network.version == IPV4:
        return {"first": network.first, "last": network.last}
    first, last = (value.to_bytes(16, "big") for value in (network.first, network.last))
    return {"first": first, "last": last}


def _instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)
