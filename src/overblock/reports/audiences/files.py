"""Figures of audiences from what a user has: documented cases, CSV files, saved pages of channels.

A page does not say when it was saved, so the follower count of one without a date, in an archive's
comment or in its own file name, is of no time and in no series; it is told how many these are.
Views of a post go on rising for days, so posts of the last week before a page was saved are left
out too.
"""

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from overblock.artefacts.opening import Artefact, open_artefacts
from overblock.audiences.series import figures_of
from overblock.cases.loading import FACTS, bundled_cases, load_case
from overblock.cases.times import read_moment
from overblock.errors import SourceDrift, UsageError
from overblock.sources.telegram_preview import SOURCE
from overblock.tables import AUDIENCES

MAX_CSV_BYTES = 16 << 20
MAX_ROWS = 100_000
MAX_TEXT = 300  # signs of a cell
SETTLED = timedelta(days=7)  # after which a post's views hardly rise
NEEDED = ("at", "value")
KNOWN = (*NEEDED, "value_high", "service", "channel", "metric", "definition", "unit", "n")
NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,9})?")
CLOCK = r"([0-9]{2})[:-]?([0-9]{2})(?:[:-]?([0-9]{2}))?"
DATED = re.compile(
    rf"(?<![0-9])([0-9]{{4}})(-?)([0-9]{{2}})\2([0-9]{{2}})(?:(?:T|(?<=[0-9]{{8}})){CLOCK})?(?![0-9])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What files say, and what of it is in no series."""

    rows: pl.DataFrame  # of `AUDIENCES`
    n_undated: int  # figures of nobody knows when
    n_unsettled: int  # views of posts that were still young
    n_rejects: int  # parts of pages that could not be read
    cut: tuple[str, ...]  # pages whose end is missing


def figures_of_files(paths: Sequence[str]) -> Figures:
    """The figures of cases (a bundled name, or a folder), of CSV files and of saved pages.

    Raises:
        CaseError: a case contradicts its form.
        SourceDrift: a file is neither a table of figures nor a channel's page.
        UsageError: a case has no series.
        FetchFailed: nothing is there, or it cannot be read.
    """
    parts, pages = [AUDIENCES.empty()], _Pages()
    for path in paths:
        if path in bundled_cases() or Path(path, FACTS).is_file():
            parts.append(figures_of_case(path))
            continue
        for artefact in open_artefacts([path], _wanted):
            if artefact.name.lower().endswith(".csv"):
                parts.append(figures_of_csv(artefact.content, artefact.name))
            else:
                pages.add(artefact)
    rows = pl.concat([*parts, *pages.parts])
    undated = rows["at_first"].null_count()
    return Figures(
        rows=rows.drop_nulls("at_first"),
        n_undated=undated,
        n_unsettled=pages.n_unsettled,
        n_rejects=pages.n_rejects,
        cut=tuple(pages.cut),
    )


def figures_of_case(name: str) -> pl.DataFrame:
    """The series of a documented case; what was counted, and where, makes a definition.

    Raises:
        UsageError: the case has none.
    """
    series = load_case(name).table("series")
    if series.is_empty():
        raise UsageError(f"the case {name} has no series.csv")
    open_ended = pl.col("value_high").is_null()
    middle = (pl.col("value_low") + pl.col("value_high")) / 2
    rows = series.select(
        record=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32),
        service="service",
        subject=pl.lit(None, pl.String),
        metric="metric",
        definition=pl.format("{} in {}", "metric", "region"),
        unit="unit",
        at_first="at_first",
        at_last="at_last",
        value=pl.when(open_ended).then("value_low").otherwise(middle),
        low="value_low",
        high="value_high",
        n=pl.col("n").cast(pl.UInt64),
        post=pl.lit(None, pl.String),
    )
    return AUDIENCES.check(rows)


def figures_of_csv(raw: bytes, name: str) -> pl.DataFrame:
    """A table of one's own: ``at`` and ``value``, and what else of the known columns it has.

    Days and months are of UTC.  ``value_high`` makes a range of ``value``.

    Raises:
        SourceDrift: the first thing in it that is not so, with its row; the heading is row 1.
    """
    if len(raw) > MAX_CSV_BYTES:
        raise SourceDrift(f"{name}: a table of {len(raw):,} bytes, over {MAX_CSV_BYTES >> 20} MiB")
    try:
        text = raw.decode("utf-8-sig")
        records = list(_bounded(csv.reader(io.StringIO(text, newline=""), strict=True), name))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceDrift(f"{name} is no CSV in UTF-8: {error}") from None
    heading = records[0] if records else []
    unknown = sorted(set(heading) - set(KNOWN))
    if not set(NEEDED) <= set(heading) or unknown or len(set(heading)) != len(heading):
        raise SourceDrift(
            f"{name} row 1: its columns are {', '.join(heading)[:200]!r}; wanted at and value, and "
            f"of {', '.join(KNOWN[2:])} what there is, each once"
        )
    rows = []
    for number, cells in enumerate(records[1:], start=2):
        if not cells:
            continue  # an empty line
        if len(cells) != len(heading):
            raise SourceDrift(f"{name} row {number}: {len(cells)} cells, wanted {len(heading)}")
        try:
            rows.append(_row(dict(zip(heading, cells, strict=True)), name))
        except ValueError as error:
            raise SourceDrift(f"{name} row {number}: {error}") from None
    return figures_of(rows)


def _bounded(records: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    for number, cells in enumerate(records, start=1):
        if number > MAX_ROWS:
            raise SourceDrift(f"{name} has more than {MAX_ROWS:,} rows")
        yield cells


def _row(cells: dict[str, str], name: str) -> dict[str, object]:
    for column, cell in cells.items():
        if len(cell) > MAX_TEXT or not cell.isprintable():
            raise ValueError(f"{column} is longer than {MAX_TEXT} signs, or holds control signs")
    told = {column: cell.strip() for column, cell in cells.items() if cell.strip()}
    if not told.keys() >= set(NEEDED):
        raise ValueError("at or value is empty")
    moment = read_moment(told["at"], UTC)
    low = _number(told["value"])
    high = _number(told["value_high"]) if "value_high" in told else low
    if high < low:
        raise ValueError(f"value_high {told['value_high']} is less than value {told['value']}")
    count = told.get("n")
    if count is not None and not (count.isascii() and count.isdigit() and len(count) <= 15):  # noqa: PLR2004  (digits; more would not fit)
        raise ValueError(f"n {count[:80]!r} is not a whole number")
    metric = told.get("metric", "value")
    return {
        "service": told.get("service", Path(name).stem),
        "subject": told.get("channel"),
        "metric": metric,
        "definition": told.get("definition", f"{metric} as given in {Path(name).name}"),
        "unit": told.get("unit", "not said"),
        "at_first": moment.first,
        "at_last": moment.last,
        "value": (low + high) / 2,
        "low": low,
        "high": high,
        "n": int(count) if count else None,
    }


def _number(cell: str) -> float:
    if NUMBER.fullmatch(cell) is None or not math.isfinite(float(cell)):
        raise ValueError(f"{cell[:80]!r} is not a number")
    return float(cell)


def _wanted(name: str) -> bool:
    return re.fullmatch(r".*\.(html?|csv)", name, re.IGNORECASE) is not None


class _Pages:
    """Saved pages, one after the other."""

    def __init__(self) -> None:
        self.parts: list[pl.DataFrame] = []
        self.n_unsettled = self.n_rejects = 0
        self.cut: list[str] = []

    def add(self, artefact: Artefact) -> None:
        """Read a page, date what can be, and leave out what is too young."""
        reading = SOURCE.read(artefact.content)
        saved_at = reading.published_at or date_in_name(artefact.name)
        newest = reading.rows["at_last"].max()
        at_least = saved_at or newest  # it was saved then or later
        rows = reading.rows.with_columns(
            pl.coalesce(pl.col(name), pl.lit(saved_at, pl.Datetime("us", "UTC")))
            for name in ("at_first", "at_last")
        )
        if isinstance(at_least, datetime):
            settled = pl.col("post").is_null() | (pl.col("at_last") <= at_least - SETTLED)
            self.n_unsettled += len(rows) - len(rows.filter(settled))
            rows = rows.filter(settled)
        self.parts.append(rows)
        self.n_rejects += len(reading.rejects)
        if "cut" in reading.flags or artefact.truncated:
            self.cut.append(artefact.name)


def date_in_name(name: str) -> datetime | None:
    """The moment in a file's name, in UTC: ``durov-2018-04-16.html``, ``20180416T210000.html``.

    A day alone is its noon.  None where there is no date, or more than one.
    """
    found = list(DATED.finditer(Path(name).name))
    if len(found) != 1:
        return None
    year, _, month, day, *clock = found[0].groups()
    hour, minute, second = (int(part or 0) for part in (clock if clock[0] else ("12", "", "")))
    try:
        return datetime(int(year), int(month), int(day), hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
