"""Every table of overblock, its columns, their types and what they mean: the one data dictionary.

Admission: a table stands here when it is written to the store or crosses from one stage to
another.  No logic belongs here but the check that a frame is of its table.  The reference page
of the tables is made from this module.

Addresses are half-open for IPv4 (``ipv4_from`` to ``ipv4_until``, integers, up to 2**32) and
closed for IPv6 (``ipv6_first`` to ``ipv6_last``, sixteen bytes in network order), because one past
the last IPv6 address does not fit sixteen bytes; see docs/decisions/0001-ipv6.md.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from overblock.errors import StoreDamaged

if TYPE_CHECKING:
    import polars as pl

Kind: TypeAlias = Literal[
    "str", "str[]", "bool", "date", "instant", "u8", "u32", "u64", "i64", "f64", "bytes"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: ``instant`` is a UTC time in microseconds, ``bytes`` an IPv6 address."""

    name: str
    kind: Kind
    meaning: str
    null: str = ""  # what a null says; empty where there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A named set of columns with a key."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def schema(self) -> "pl.Schema":
        """The Polars schema, columns in order."""
        import polars as pl  # noqa: PLC0415  (a third of a second, which `check` must not pay)

        kinds: dict[Kind, pl.DataType] = {
            "str": pl.String(),
            "str[]": pl.List(pl.String()),
            "bool": pl.Boolean(),
            "date": pl.Date(),
            "instant": pl.Datetime("us", "UTC"),
            "u8": pl.UInt8(),
            "u32": pl.UInt32(),
            "u64": pl.UInt64(),
            "i64": pl.Int64(),
            "f64": pl.Float64(),
            "bytes": pl.Binary(),
        }
        return pl.Schema({column.name: kinds[column.kind] for column in self.columns})

    def empty(self) -> "pl.DataFrame":
        """A frame of this table without rows."""
        return self.schema().to_frame()

    def check(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        """Return ``frame`` as it is if it has this table's columns and types, in order.

        Raises:
            StoreDamaged: it has not; the message names the first difference.
        """
        wanted, found = list(self.schema().items()), list(frame.schema.items())
        if wanted != found:
            pair = next(
                ((want, got) for want, got in zip(wanted, found, strict=False) if want != got),
                (wanted[len(found) :], found[len(wanted) :]),
            )
            raise StoreDamaged(f"table {self.name}: wanted {pair[0]}, found {pair[1]}")
        for column in self.columns:
            if not column.null and frame[column.name].null_count():
                raise StoreDamaged(f"table {self.name}: null in {column.name}, which has none")
        return frame


def _addresses() -> tuple[Column, ...]:
    return (
        Column(name="ipv4_from", kind="u64", meaning="first IPv4 address", null="not IPv4"),
        Column(name="ipv4_until", kind="u64", meaning="one past the last IPv4", null="not IPv4"),
        Column(name="ipv6_first", kind="bytes", meaning="first IPv6 address", null="not IPv6"),
        Column(name="ipv6_last", kind="bytes", meaning="last IPv6 address", null="not IPv6"),
    )


REGISTER_ENTRIES = Table(
    name="register_entries",
    meaning="What one snapshot of a register says, an entry a row, as published.",
    key=("record",),
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="entry_id", kind="str", meaning="the publisher's own id", null="it gives none"),
        Column(name="addresses", kind="str[]", meaning="addresses and networks, as written"),
        Column(name="domains", kind="str[]", meaning="domain names, as written; *. is a mask"),
        Column(name="urls", kind="str[]", meaning="pages, as written"),
        Column(name="authority", kind="str", meaning="who decided", null="not published"),
        Column(
            name="decision_number", kind="str", meaning="number of the act", null="not published"
        ),
        Column(name="decision_date", kind="date", meaning="date of the act", null="not published"),
        Column(
            name="block_type",
            kind="str",
            meaning="what the publisher orders to block: default, domain, domain-mask, ip",
            null="not published",
        ),
        Column(name="entry_type", kind="str", meaning="ground in law", null="not published"),
        Column(name="is_urgent", kind="bool", meaning="marked urgent", null="not published"),
        Column(
            name="included_at", kind="instant", meaning="entered at, it says", null="not published"
        ),
        Column(name="entry_hash", kind="str", meaning="publisher's hash", null="not published"),
        Column(name="networks", kind="str[]", meaning="operators it is seen on; empty: everywhere"),
    ),
)

STATE_CHANGES = Table(
    name="state_changes",
    meaning="A tracker's whole history in one file: from when to when it saw a resource blocked.",
    key=("resource", "network", "listed_from"),
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="resource", kind="str", meaning="address, as written"),
        Column(name="network", kind="str", meaning="operator it was seen on"),
        Column(name="note", kind="str", meaning="the tracker's description", null="none given"),
        Column(name="listed_from", kind="instant", meaning="first seen blocked"),
        Column(name="listed_until", kind="instant", meaning="seen free again", null="still so"),
    ),
)

REJECTS = Table(
    name="rejects",
    meaning="Records, and single values of records, that could not be read.",
    key=("record", "reason", "value"),
    columns=(
        Column(name="record", kind="u32", meaning="1-based number of the record in the file"),
        Column(name="reason", kind="str", meaning="why, from the list of reasons"),
        Column(
            name="value", kind="str", meaning="the value, or the start of the record (200 signs)"
        ),
    ),
)

SNAPSHOTS = Table(
    name="snapshots",
    meaning="Each state of a register that was read.",
    key=("register", "artefact", "member"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="digest", kind="str", meaning="SHA-256 of its bytes, hex", null="unreadable"),
        Column(
            name="published_at",
            kind="instant",
            meaning="the publisher's own date",
            null="unreadable",
        ),
        Column(name="ordered_at", kind="instant", meaning="place in time: its date, never back"),
        Column(
            name="fetched_at",
            kind="instant",
            meaning="when it was fetched or committed",
            null="unknown",
        ),
        Column(name="artefact", kind="str", meaning="digest of the raw file that holds it"),
        Column(name="member", kind="str", meaning="where in that file; empty: all of it"),
        Column(name="n_bytes", kind="u64", meaning="size"),
        Column(name="n_records", kind="u32", meaning="records that were read"),
        Column(name="n_rejects", kind="u32", meaning="records that were not, whole or in part"),
        Column(name="flags", kind="str[]", meaning="what is wrong with it; empty: whole"),
    ),
)

RECORDS = Table(
    name="records",
    meaning="Each distinct record that a register ever held, read once.",
    key=("register", "record_key"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="record_key", kind="str", meaning="digest of the record's bytes, hex"),
        Column(name="entry_key", kind="str", meaning="the entry it states: its addresses apart"),
        *(column for column in REGISTER_ENTRIES.columns if column.name != "record"),
    ),
)

RECORD_REJECTS = Table(
    name="record_rejects",
    meaning="What could not be read, with the first snapshot that held it and where.",
    key=("register", "record_key", "reason", "value"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="record_key", kind="str", meaning="digest of the record's bytes, hex"),
        Column(name="digest", kind="str", meaning="first snapshot that held it"),
        *REJECTS.columns,
    ),
)

RUNS = Table(
    name="runs",
    meaning="From when to when a record stood in a register: what listings are made of.",
    key=("register", "record_key", "listed_from"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="record_key", kind="str", meaning="digest of the record's bytes, hex"),
        Column(name="listed_from", kind="instant", meaning="first snapshot that has it"),
        Column(name="last_seen_at", kind="instant", meaning="last snapshot that has it"),
        Column(
            name="listed_until",
            kind="instant",
            meaning="first whole snapshot after it that has not",
            null="none yet",
        ),
    ),
)

LISTINGS = Table(
    name="listings",
    meaning="From when to when an entry listed a resource.",
    key=("register", "entry_key", "resource_kind", "resource", "listed_from"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="entry_key", kind="str", meaning="the entry"),
        Column(
            name="resource_kind",
            kind="str",
            meaning="url, domain, domain_mask, address or prefix",
        ),
        Column(name="resource", kind="str", meaning="in canonical form"),
        *_addresses(),
        Column(
            name="kind",
            kind="str",
            meaning="ordered: the entry names only addresses; attached: it names a page or name",
        ),
        Column(name="authority", kind="str", meaning="who decided", null="not published"),
        Column(
            name="decision_number", kind="str", meaning="number of the act", null="not published"
        ),
        Column(name="decision_date", kind="date", meaning="date of the act", null="not published"),
        Column(name="listed_from", kind="instant", meaning="first snapshot that lists it"),
        Column(name="last_seen_at", kind="instant", meaning="last snapshot that lists it"),
        Column(
            name="listed_until",
            kind="instant",
            meaning="first whole snapshot after it that does not",
            null="none yet",
        ),
        Column(name="networks", kind="str[]", meaning="operators; empty: everywhere"),
    ),
)

GAPS = Table(
    name="gaps",
    meaning="When a register said nothing: no snapshot for longer than it may be silent.",
    key=("register", "silent_from"),
    columns=(
        Column(name="register", kind="str", meaning="name of the source"),
        Column(name="silent_from", kind="instant", meaning="last snapshot before"),
        Column(name="silent_until", kind="instant", meaning="first snapshot after"),
    ),
)

HOLDER_RANGES = Table(
    name="holder_ranges",
    meaning="Whose an address range is, by one dated source.",
    key=("ipv4_from", "ipv4_until", "ipv6_first", "ipv6_last", "asn", "service"),
    columns=(
        *_addresses(),
        Column(name="asn", kind="u32", meaning="origin AS", null="not said, or several"),
        Column(name="as_name", kind="str", meaning="name of the AS or firm", null="not said"),
        Column(name="country", kind="str", meaning="ISO 3166 code", null="not said"),
        Column(name="service", kind="str", meaning="cloud service", null="not said"),
        Column(name="region", kind="str", meaning="cloud region", null="not said"),
    ),
)

ALL = (
    REGISTER_ENTRIES,
    STATE_CHANGES,
    REJECTS,
    SNAPSHOTS,
    RECORDS,
    RECORD_REJECTS,
    RUNS,
    LISTINGS,
    GAPS,
    HOLDER_RANGES,
)
