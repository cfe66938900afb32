"""Rows whose columns are known though there may be none of them.

A program that reads an answer needs its columns on a quiet day too, and a column of the same type
whether or not anything stands in it: so they are read off the struct that the rows are of.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

if TYPE_CHECKING:
    import polars as pl

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RowsOf:
    """Rows and what their columns are called, each with the type of its values."""

    columns: Mapping[str, Any]
    rows: Iterable[Row]

    def __iter__(self) -> Iterator[Row]:
        """The rows."""
        return iter(self.rows)


def rows_of(
    kind: type[msgspec.Struct],
    answers: Iterable[msgspec.Struct],
    *,
    first: Mapping[str, Any] | None = None,
    instead: Mapping[str, tuple[Any, Callable[[Any], object]]] | None = None,
) -> RowsOf:
    """A row an answer.

    Args:
        kind: the struct of all of them.
        answers: the rows as structs.
        first: columns before those of the struct, each with the value that all rows have.
        instead: columns that stand for a field that is no plain value: their type, and how a
            field becomes one.
    """
    said, turned = dict(first or {}), dict(instead or {})
    hints = {name: type(value) for name, value in said.items()} | get_type_hints(kind)
    columns = hints | {name: of for name, (of, _) in turned.items()}

    def rows() -> Iterator[Row]:
        for answer in answers:
            values = {name: getattr(answer, name) for name in kind.__struct_fields__}
            changed = {name: turn(values[name]) for name, (_, turn) in turned.items()}
            plain = {
                name: list(value) for name, value in values.items() if isinstance(value, tuple)
            }
            yield said | values | plain | changed

    return RowsOf(columns, rows())


def schema_of(rows: Iterable[Row]) -> "dict[str, pl.DataType | None] | None":
    """The columns of `RowsOf` as a frame has them, None where the values decide; None of others."""
    if not isinstance(rows, RowsOf):
        return None
    return {name: _kind(hint) for name, hint in rows.columns.items()}


def _kind(hint: object) -> "pl.DataType | None":
    import polars as pl

    said = [part for part in get_args(hint) if part is not NoneType]
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        return _kind(said[0]) if len(said) == 1 else None
    if origin is Literal:
        return pl.String()
    if origin in {list, tuple}:
        inner = _kind(said[0])
        return None if inner is None else pl.List(inner)
    kinds: dict[object, pl.DataType] = {
        str: pl.String(),
        bool: pl.Boolean(),
        int: pl.Int64(),
        float: pl.Float64(),
        datetime: pl.Datetime("us", "UTC"),
        date: pl.Date(),
    }
    return kinds.get(hint)
