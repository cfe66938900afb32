"""Small declared queries: what a published figure is set against, said so that all can read it.

A query names a table of the case, the rows it wants and what to make of them; arithmetic joins
such figures, published ones and others with a source by ``+ - * /``.  Both are data beside the
case, so nobody needs to read code to see what a verdict rests on.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec
import polars as pl
from msgspec import Meta

from overblock.cases.facts import NO_CONTROLS, Line
from overblock.errors import CaseError

Value: TypeAlias = Literal["count", "distinct", "sum", "min", "max", "only", "mean", "median"]
Wanted: TypeAlias = str | int | float | list[str | int | float]
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
MAX_SIGNS = 200  # of an expression


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure from one table of the case."""

    table: Line
    value: Value
    column: str = ""  # of the table as it is loaded; not needed to count rows
    where: dict[str, Wanted] = {}  # column to the one value, or any of several, that it holds
    from_: Annotated[str, msgspec.Meta(max_length=40)] = msgspec.field(default="", name="from")
    until: Annotated[str, msgspec.Meta(max_length=40)] = ""  # rows of these days, by time_column
    time_column: str = "at_first"

    def words(self) -> str:
        """The query in one line, as reports show it."""
        rows = [f"{name} = {_shown(wanted)}" for name, wanted in self.where.items()]
        rows += [f"{self.time_column} from {self.from_}"] if self.from_ else []
        rows += [f"{self.time_column} until {self.until}"] if self.until else []
        what = f"{self.table}.{self.column}" if self.column else self.table
        return f"{self.value}({what}{' where ' + ' and '.join(rows) if rows else ''})"


class Number(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number of an arithmetic: of a claim, of a table, or with a source of its own."""

    claim: str = ""  # the id of a claim: its figure
    end: Literal["low", "high", ""] = ""  # of a claim that gives a range
    query: Query | None = None
    figure: float | None = None
    source: Annotated[str, Meta(max_length=500, pattern=NO_CONTROLS)] = ""  # of ``figure``

    def words(self) -> str:
        """Where the number comes from, in a few words."""
        if self.claim:
            return f"claim {self.claim}" + (f" ({self.end} end)" if self.end else "")
        return self.query.words() if self.query else f"{self.figure:g}"


def ask(query: Query, tables: Mapping[str, pl.DataFrame], where: str) -> float:
    """The figure that a query gives.

    Raises:
        CaseError: the case has no such table, column or row, or several where one is wanted.
    """
    if query.table not in tables:
        raise CaseError(f"{where}: the case has no table {query.table!r}")
    rows = _rows(query, tables[query.table], where)
    if query.value == "count":
        return float(rows.height)
    if query.column not in rows.columns:
        raise CaseError(f"{where}: {query.table} has no column {query.column!r}")
    column = rows[query.column].drop_nulls()
    if query.value == "distinct":
        return float(column.n_unique())
    if not column.dtype.is_numeric():
        raise CaseError(f"{where}: {query.table}.{query.column} holds no numbers")
    if column.is_empty():
        raise CaseError(f"{where}: {query.words()} has no rows")
    if query.value == "only" and len(column) > 1:
        raise CaseError(f"{where}: {query.words()} has {len(column)} rows, not one")
    reduced = {
        "sum": column.sum,
        "min": column.min,
        "max": column.max,
        "mean": column.mean,
        "median": column.median,
        "only": column.first,
    }[query.value]()
    return float(str(reduced))


def _rows(query: Query, table: pl.DataFrame, where: str) -> pl.DataFrame:
    named = [*query.where, *([query.time_column] if query.from_ or query.until else [])]
    for name in named:
        if name not in table.columns:
            raise CaseError(f"{where}: {query.table} has no column {name!r}")
    for name, wanted in query.where.items():
        values = wanted if isinstance(wanted, list) else [wanted]
        table = table.filter(pl.col(name).cast(pl.String).is_in([str(value) for value in values]))
    if query.from_:
        table = table.filter(pl.col(query.time_column) >= _instant(query.from_, where))
    if query.until:
        table = table.filter(pl.col(query.time_column) < _instant(query.until, where))
    return table


def _instant(text: str, where: str) -> pl.Expr:
    moment = pl.Series([text]).str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    if moment.null_count():
        raise CaseError(f"{where}: {text!r} is not a moment")
    return pl.lit(moment[0])


def calculate(expression: str, numbers: Mapping[str, float], where: str) -> float:
    """The value of an expression of ``+ - * /``, brackets, numbers and names of ``numbers``.

    >>> calculate("(a + 7) / 2", {"a": 3}, "here")
    5.0

    Raises:
        CaseError: it holds anything else, or divides by nothing.
    """
    if len(expression) > MAX_SIGNS:
        raise CaseError(f"{where}: the arithmetic is longer than {MAX_SIGNS} signs")
    try:
        return _value(ast.parse(expression, mode="eval").body, numbers)
    except ZeroDivisionError:
        raise CaseError(f"{where}: {expression!r} divides by nothing") from None
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise CaseError(f"{where}: {expression!r} is no arithmetic: {error}") from None


def _value(node: ast.expr, numbers: Mapping[str, float]) -> float:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, numbers), _value(right, numbers))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, numbers)
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.Name(id=name) if name in numbers:
            return float(numbers[name])
    raise ValueError(f"{ast.unparse(node)[:40]!r} is neither a known name nor + - * /")


def _shown(wanted: Wanted) -> str:
    values = wanted if isinstance(wanted, list) else [wanted]
    return " or ".join(str(value) for value in values)
