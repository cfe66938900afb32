"""Load a documented case: a folder of tables that people compiled, each row with its source.

A case is read strictly.  The first cell that is not what its column says stops the loading with
the file, the row (the heading is row 1) and the value.  Only the files named here are opened,
each of bounded size, none through a link that leaves the folder.
"""

import csv
import io
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timezone
from pathlib import Path
from typing import TypeVar

import msgspec
import polars as pl

from overblock.cases import forms
from overblock.cases.checks import Bound, Check, CountChecks, bind_claims, bind_counts
from overblock.cases.facts import CaseFacts
from overblock.cases.times import Moment, read_moment, read_zone
from overblock.errors import CaseError

BUNDLED = Path(__file__).resolve().parent
MAX_BYTES = 16 << 20  # a file: a hundred times the largest that was ever compiled by hand
MAX_ROWS = 100_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A documented case, checked; the frames are of `overblock.cases.forms`."""

    facts: CaseFacts
    zone: timezone  # where days begin
    documented_from: Moment
    documented_until: Moment
    figures_at: Moment
    networks: pl.DataFrame
    counts: pl.DataFrame
    affected: pl.DataFrame
    claims: pl.DataFrame
    snapshots: pl.DataFrame
    claim_checks: tuple[Bound, ...]  # one for each claim, in their order
    count_checks: tuple[Bound, ...]  # one for each reported count, in the order of time


def bundled_cases() -> list[str]:
    """The names of the cases that ship with overblock."""
    return sorted(path.parent.name for path in BUNDLED.glob("*/case.toml"))


def load_case(name: str | Path) -> Case:
    """Load a bundled case by its name, or any case by its folder.

    Raises:
        CaseError: there is none, or the first thing in it that contradicts its form.
    """
    folder = _folder(name)
    facts = _structs(folder, "case.toml", CaseFacts)
    try:
        zone = read_zone(facts.utc_offset)
        documented_from, documented_until, figures_at = (
            read_moment(day, zone)
            for day in (facts.documented_from, facts.documented_until, facts.figures_at)
        )
    except ValueError as error:
        raise CaseError(f"case.toml: {error}") from None
    frames = {
        form.file: _read_table(_raw(folder, form.file), form, zone)
        for form in (forms.NETWORKS, forms.COUNTS, forms.AFFECTED, forms.CLAIMS, forms.SNAPSHOTS)
    }
    _check_networks(frames["networks.csv"], facts)
    claims = _structs(folder, "claim_checks.toml", dict[str, Check])
    counts = _structs(folder, "count_checks.toml", CountChecks)
    return Case(
        facts=facts,
        zone=zone,
        documented_from=documented_from,
        documented_until=documented_until,
        figures_at=figures_at,
        networks=frames["networks.csv"],
        counts=frames["counts.csv"],
        affected=frames["affected.csv"],
        claims=frames["claims.csv"],
        snapshots=frames["snapshots.csv"],
        claim_checks=bind_claims(frames["claims.csv"], claims, zone),
        count_checks=bind_counts(frames["counts.csv"], counts.count, zone),
    )


def _folder(name: str | Path) -> Path:
    if isinstance(name, str) and name in bundled_cases():
        return BUNDLED / name
    folder = Path(name)
    if not folder.is_dir():
        known = ", ".join(bundled_cases())
        raise CaseError(f"{str(name)!r} is no case folder, and no bundled case; there are: {known}")
    return folder.resolve()


def _raw(folder: Path, file: str) -> bytes:
    path = folder / file
    if path.resolve().parent != folder or not path.is_file():
        raise CaseError(f"{folder.name}: {file} is not a file in the case folder")
    with path.open("rb") as opened:
        raw = opened.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise CaseError(f"{file} is larger than {MAX_BYTES >> 20} MiB")
    return raw


def _decoded(raw: bytes, file: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CaseError(
            f"{file} is not UTF-8: byte {error.start} is {raw[error.start]:#04x}"
        ) from None


def _structs(folder: Path, file: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(_decoded(_raw(folder, file), file)), kind)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CaseError(f"{file}: {error}") from None


def _read_table(raw: bytes, form: forms.Form, zone: timezone) -> pl.DataFrame:
    rows = list(_read_rows(raw, form, zone))
    frame = pl.DataFrame(rows, schema=form.schema(), orient="row")
    if form.key and (again := frame.filter(~pl.struct(form.key).is_first_distinct())).height:
        key = ", ".join(str(again[name][0]) for name in form.key)
        raise CaseError(f"{form.file} row {again['row'][0]}: {key} stands there already")
    return frame


def _read_rows(raw: bytes, form: forms.Form, zone: timezone) -> Iterator[tuple[forms.Cell, ...]]:
    records = csv.reader(io.StringIO(_decoded(raw, form.file), newline=""), strict=True)
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
                raise CaseError(f"{where}: {len(cells)} cells, wanted {len(names)}")
            if number > 1:
                yield (number, *_read_cells(where, cells, form, zone))
    except csv.Error as error:
        raise CaseError(f"{form.file} row {number + 1}: {error}") from None
    if number == 0:
        raise CaseError(f"{form.file} is empty")


def _read_cells(
    where: str, cells: list[str], form: forms.Form, zone: timezone
) -> Iterator[forms.Cell]:
    for field, cell in zip(form.fields, cells, strict=True):
        if not cell:
            if field.required:
                raise CaseError(f"{where}: {field.name} is empty")
            yield from [None] * len(field.fills)
            continue
        try:
            yield from field.read(cell, zone)
        except ValueError as error:
            raise CaseError(f"{where}: {field.name} {error}") from None


def _check_networks(networks: pl.DataFrame, facts: CaseFacts) -> None:
    """Refuse networks that end before they begin, or hang on a decision nobody describes."""
    backward = networks.filter(pl.col("listed_until_first") <= pl.col("listed_from_first"))
    if backward.height:
        row = backward.row(0, named=True)
        raise CaseError(f"networks.csv row {row['row']}: {row['network']} ends before it begins")
    known = [decision.number for decision in facts.decisions]
    strange = networks.filter(~pl.col("decision_number").is_in(known))
    if strange.height:
        row = strange.row(0, named=True)
        raise CaseError(
            f"networks.csv row {row['row']}: case.toml has no decision {row['decision_number']!r}"
        )
