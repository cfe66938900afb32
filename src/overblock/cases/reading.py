"""Read the tables of a case strictly, and tell everything that is wrong with them in plain words.

A case is evidence made by hand: a cell that is not what its column says is for a person to mend.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timezone
from pathlib import Path

import polars as pl

from overblock.cases.forms import Cell, Form
from overblock.errors import CaseError

MAX_BYTES = 16 << 20  # a file: a hundred times the largest that was ever compiled by hand
MAX_ROWS = 100_000
MAX_PROBLEMS = 50  # told of one file: who sees these mends them and asks again


@dataclass(frozen=True, slots=True, kw_only=True)
class TableReading:
    """One table: its sound rows, and what is wrong with the others, a line each."""

    frame: pl.DataFrame
    problems: list[str]


def read_bytes(folder: Path, file: str) -> bytes:
    """One file of a case folder.

    Raises:
        CaseError: it is missing, too large, or a link out of the folder.
    """
    path = folder / file
    if path.resolve().parent != folder.resolve() or not path.is_file():
        raise CaseError(f"{folder.name}: {file} is not a file in the case folder")
    with path.open("rb") as opened:
        raw = opened.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise CaseError(f"{file} is larger than {MAX_BYTES >> 20} MiB")
    return raw


def read_text(raw: bytes, file: str) -> str:
    """A file as text.

    Raises:
        CaseError: it is not UTF-8.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaseError(
            f"{file} is not UTF-8: byte {error.start} is {raw[error.start]:#04x}"
        ) from None


def read_table(raw: bytes, form: Form, zone: timezone) -> TableReading:
    """Read one CSV file by its form; the heading is row 1.

    Raises:
        CaseError: it is no CSV file in UTF-8, or its columns are not those of the form.
    """
    rows: list[tuple[Cell, ...]] = []
    problems: list[str] = []
    for found in _rows(raw, form, zone):
        if isinstance(found, str):
            problems.append(found)
        else:
            rows.append(found)
        if len(problems) >= MAX_PROBLEMS:
            break
    frame = pl.DataFrame(rows, schema=form.schema(), orient="row")
    if form.key:
        again = frame.filter(~pl.struct(form.key).is_first_distinct())
        for row in again.head(MAX_PROBLEMS).iter_rows(named=True):
            key = ", ".join(str(row[name]) for name in form.key)
            problems.append(f"{form.file} row {row['row']}: {key} stands there already")
    return TableReading(frame=frame, problems=problems)


def _rows(raw: bytes, form: Form, zone: timezone) -> Iterator[tuple[Cell, ...] | str]:
    """Each row, or what is wrong with it."""
    records = csv.reader(io.StringIO(read_text(raw, form.file), newline=""), strict=True)
    names = [field.name for field in form.fields]
    number = 0
    try:
        for number, cells in enumerate(records, start=1):
            where = f"{form.file} row {number}"
            if number == 1 and cells != names:
                raise CaseError(f"{where}: the columns are {cells}, wanted {names}")
            if number > MAX_ROWS:
                raise CaseError(f"{form.file} has more than {MAX_ROWS} rows")
            if len(cells) != len(names):
                yield f"{where}: {len(cells)} cells, wanted {len(names)}"
            elif number > 1:
                yield from _row(where, number, cells, form, zone)
    except csv.Error as error:
        raise CaseError(f"{form.file} row {number + 1}: {error}") from None
    if number == 0:
        raise CaseError(f"{form.file} is empty")


def _row(
    where: str, number: int, cells: list[str], form: Form, zone: timezone
) -> Iterator[tuple[Cell, ...] | str]:
    values: list[Cell] = [number]
    problems = []
    for field, cell in zip(form.fields, cells, strict=True):
        if not cell:
            if field.required:
                problems.append(f"{where}: {field.name} is empty")
            values += [None] * len(field.fills)
            continue
        try:
            values += field.read(cell, zone)
        except ValueError as error:
            problems.append(f"{where}: {field.name} {error}")
    if problems:
        yield from problems
    else:
        yield tuple(values)
