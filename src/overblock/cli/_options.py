"""Options that commands share, and the formats in which every answer can be had."""

import csv
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

import click
import msgspec

from overblock.cli._columns import RowsOf, schema_of
from overblock.errors import NotAStore
from overblock.reports.moments import parse_moment
from overblock.store import Store

Format: TypeAlias = Literal["table", "json", "csv", "parquet"]
Rows: TypeAlias = Iterable[Mapping[str, Any]]
Command = TypeVar("Command", bound=Callable[..., Any])
COUNTRY_SIGNS = 2
MOST_AT_ONCE = 1 << 26  # bytes
DEFAULT_STORE = Path("observatory")


class Render(Protocol):
    """Prints an answer in the format that was asked for."""

    @property
    def form(self) -> Format:
        """The format, for those whose rows are too many to be answered at once."""

    def __call__(self, answer: object, rows: Callable[[], Rows], table: Callable[[], None]) -> None:
        """``rows`` flattens the answer for CSV and Parquet, ``table`` prints it for people."""


class Network(click.ParamType[int]):
    """The number of an autonomous system, with ``AS`` before it or without."""

    name = "ASN"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read it."""
        number = str(value).strip().upper().removeprefix("AS")
        if not number.isdecimal() or not 0 < int(number[:11]) < 1 << 32:
            self.fail(f"{value!r} is no network: write AS12389", param, ctx)
        return int(number)


class Country(click.ParamType[str]):
    """A country by its two letters, in either case."""

    name = "CC"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Read it."""
        code = value.strip().upper()
        if len(code) != COUNTRY_SIGNS or not code.isascii() or not code.isalpha():
            self.fail(f"{value!r} is no country: write two letters, as RU", param, ctx)
        return code


class Moment(click.ParamType[datetime]):
    """A moment in UTC; a day alone is its end, or its beginning."""

    name = "moment"

    def __init__(self, *, day_begins: bool = False) -> None:
        self.day_begins = day_begins

    def convert(
        self,
        value: str | datetime,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        """Read it; `overblock.errors.BadMoment` says what is wrong with it."""
        if isinstance(value, datetime):
            return value
        return parse_moment(value, datetime.now(UTC), day_begins=self.day_begins)


MOMENT, DAY_BEGINS = Moment(), Moment(day_begins=True)
NETWORK, COUNTRY = Network(), Country()
TOP = click.IntRange(min=0)  # lines of a table


@dataclass(frozen=True, slots=True)
class Rendering:
    """The `Render` of one call."""

    form: Format

    def __call__(self, answer: object, rows: Callable[[], Rows], table: Callable[[], None]) -> None:
        """Print ``answer``, its rows or its table."""
        if self.form == "table":
            table()
        elif self.form == "json":
            _write_bytes(msgspec.json.format(msgspec.json.encode(answer)) + b"\n")
        elif self.form == "csv":
            _write_csv(rows())
        else:
            _write_parquet(rows())


def format_option(command: Command) -> Command:
    """``--format``; hands the command a `Render`."""

    def convert(_: click.Context, __: click.Parameter, value: Format) -> Render:
        return Rendering(value)

    return click.option(
        "--format",
        "render",
        type=click.Choice(["table", "json", "csv", "parquet"]),
        default="table",
        show_default=True,
        callback=convert,
        help="table for people; json is the whole answer; csv and parquet are its rows.",
    )(command)


def store_option(command: Command) -> Command:
    """``--store``; hands the command the path of an observatory, which need not be there."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path, file_okay=False),
        default=DEFAULT_STORE,
        envvar="OVERBLOCK_STORE",
        show_default=True,
        show_envvar=True,
        help="The observatory folder.",
    )(command)


def open_if_there(path: Path) -> Store | None:
    """The observatory at ``path``; None where there is none."""
    try:
        return Store.open(path)
    except NotAStore:
        return None


def _write_bytes(written: bytes) -> None:
    """Write in pieces: of more than 2 GiB at once a system takes a part, without a word."""
    for begin in range(0, len(written), MOST_AT_ONCE):
        click.echo(written[begin : begin + MOST_AT_ONCE], nl=False)


def _write_csv(rows: Rows) -> None:
    writer: csv.DictWriter[str] | None = None
    if isinstance(rows, RowsOf):
        writer = csv.DictWriter(sys.stdout, list(rows.columns), lineterminator="\n")
        writer.writeheader()
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(sys.stdout, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: _csv_value(value) for name, value in row.items()})


def _csv_value(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return " | ".join(map(str, value))
    if isinstance(value, bool):
        return str(value).lower()
    return value


def refuse_terminal() -> None:
    """Say where Parquet is to go, rather than fill a terminal with it."""
    if sys.stdout.isatty():
        raise click.UsageError("parquet is no text: send it to a file, overblock … > rows.parquet")


def _write_parquet(rows: Rows) -> None:
    import polars as pl

    refuse_terminal()
    frame = pl.DataFrame(list(rows), schema_of(rows), infer_schema_length=None)
    made = BytesIO()  # written by Python, which says of stdout what the system says of it
    frame.write_parquet(made)
    _write_bytes(made.getvalue())


def passphrase_of() -> bytes | None:
    """The passphrase of a key: from the environment, as an option would stay in the history."""
    import os

    return os.environ.get("OVERBLOCK_PASSPHRASE", "").encode() or None
