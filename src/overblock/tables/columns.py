"""What a table is: named columns with types, a key, and the check that a frame is of it.

Admission: only what every table needs.  The tables stand beside this, a stage a file.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from overblock.errors import StoreDamaged, StoreOutdated

if TYPE_CHECKING:
    import polars as pl

Kind: TypeAlias = Literal[
    "str", "str[]", "bool", "date", "instant", "u8", "u16", "u32", "u64", "i64", "f64", "bytes"
]
GROUP_ROWS = 1 << 15  # who asks for one page, name or address reads some groups, not the day


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
    group_rows: int | None = None  # of a row group: few where single rows are sought among many

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
            "u16": pl.UInt16(),
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

    def check_names(self, found: Iterable[str], where: object) -> None:
        """See that the names of columns are this table's; ``where`` they were found is told.

        Raises:
            StoreOutdated: they are those of another version.
        """
        wanted = {column.name for column in self.columns}
        if wanted != set(found):
            names = ", ".join(sorted(wanted ^ set(found)))
            raise StoreOutdated(f"{where} differs from the table {self.name} in {names}")

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


DECISION_COLUMNS = ("authority", "decision_number", "decision_date")  # the act behind an entry


def address_columns() -> tuple[Column, ...]:
    """The four columns that hold an address or network, IPv4 or IPv6."""
    return (
        Column(name="ipv4_from", kind="u64", meaning="first IPv4 address", null="not IPv4"),
        Column(name="ipv4_until", kind="u64", meaning="one past the last IPv4", null="not IPv4"),
        Column(name="ipv6_first", kind="bytes", meaning="first IPv6 address", null="not IPv6"),
        Column(name="ipv6_last", kind="bytes", meaning="last IPv6 address", null="not IPv6"),
    )


ADDRESS_COLUMNS = tuple(column.name for column in address_columns())
