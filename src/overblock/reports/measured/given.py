"""What was given to be read: files of measurements, or tables that a command or the store wrote.

A table has its rows judged or counted already.  On disk its name tells it apart, on stdin its first
bytes do: a table is small beside the measurements it was made of, so that one is read whole.
"""

import io
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from overblock.artefacts.walking import STDIN
from overblock.errors import FetchFailed, SourceDrift
from overblock.events.series import KEY
from overblock.tables import SERIES, VERDICTS

NEEDED = ["measurement_uid", "started_at", *KEY, "layer", "state"]
SUFFIXES = {".parquet", ".csv"}
PARQUET = b"PAR1"
HEADINGS = (b"measurement_uid", b"bucket_at")  # of verdicts, and of series


@dataclass(frozen=True, slots=True)
class Given:
    """Paths by what they hold; ``stdin`` is to be read in the place of the process's own."""

    tables: list[str]
    measurements: list[str]
    stdin: BinaryIO | None

    def read_tables(self) -> list[pl.DataFrame]:
        """Each table, its columns those of `SERIES`, or those that are needed of `VERDICTS`.

        Raises:
            FetchFailed: one cannot be read.
            SourceDrift: one is neither of series nor of verdicts.
        """
        return [
            _from_stdin(self.stdin) if path == STDIN and self.stdin else _from_file(Path(path))
            for path in self.tables
        ]


def sort_out(paths: Sequence[str]) -> Given:
    """Tell tables and measurements apart; of stdin only what is in its buffer is looked at."""
    tables = [path for path in paths if Path(path).suffix in SUFFIXES]
    others = [path for path in paths if path not in tables]
    if STDIN not in paths:
        return Given(tables, others, None)
    stdin = sys.stdin.buffer
    opened = stdin if isinstance(stdin, io.BufferedReader) else io.BufferedReader(stdin)  # type: ignore[type-var]  # it has no buffer of its own
    if _is_table(opened.peek()):
        return Given([*tables, STDIN], [path for path in others if path != STDIN], opened)
    return Given(tables, others, opened)


def _is_table(head: bytes) -> bool:
    """Whether this is Parquet, or the first line of CSV and names what tables are known by."""
    line = head.partition(b"\n")[0]
    return head.startswith(PARQUET) or (
        not line.startswith(b"{") and b"\0" not in line and any(name in line for name in HEADINGS)
    )


def _from_stdin(stdin: BinaryIO) -> pl.DataFrame:
    content = stdin.read()
    held = io.BytesIO(content)
    if content.startswith(PARQUET):
        return _typed_table("stdin", lambda: pl.scan_parquet(held))
    return _typed_table("stdin", lambda: pl.scan_csv(held, infer_schema=False))


def _from_file(path: Path) -> pl.DataFrame:
    try:
        with path.open("rb"):
            pass  # says of a file that cannot be read why, as the system does
    except OSError as error:
        raise FetchFailed(f"{path}: {error.strerror or error}") from error
    if path.suffix == ".csv":
        return _typed_table(str(path), lambda: pl.scan_csv(path, infer_schema=False))
    return _typed_table(str(path), lambda: pl.scan_parquet(path))


def _typed_table(name: str, opened: Callable[[], pl.LazyFrame]) -> pl.DataFrame:
    """A table of series or of verdicts, told apart by its columns."""
    try:
        scan = opened()
        found = set(scan.collect_schema().names())
        for table, columns in ((SERIES, list(SERIES.schema())), (VERDICTS, NEEDED)):
            if set(columns) <= found:
                kinds = {name: kind for name, kind in table.schema().items() if name in columns}
                typed = scan.select(columns).with_columns(_typed(scan, kinds)).collect()
                return typed if table is SERIES else _of_features(typed)
    except OSError as error:
        raise FetchFailed(f"{name}: {error.strerror or error}") from error
    except pl.exceptions.PolarsError as error:
        raise SourceDrift(f"{name} is no such table: {str(error)[:200]}") from error
    missing = ", ".join(sorted(set(NEEDED) - found))
    raise SourceDrift(f"{name} is a table neither of series nor of verdicts: {missing} missing")


def _typed(scan: pl.LazyFrame, kinds: dict[str, pl.DataType]) -> Iterator[pl.Expr]:
    """Columns as the table has them: a moment may be written as text."""
    schema = scan.collect_schema()
    for name, kind in kinds.items():
        if isinstance(kind, pl.Datetime) and schema[name] == pl.String:
            yield pl.col(name).str.to_datetime(time_unit="us", time_zone="UTC", strict=True)
        else:
            yield pl.col(name).cast(kind)


def _of_features(verdicts: pl.DataFrame) -> pl.DataFrame:
    """Verdicts, each of a feature: where only wholes were written, it says which parts are hit."""
    whole = (pl.col("feature") == "all") & (pl.col("layer") == "all")
    only_wholes = not verdicts.select(whole.any()).item() and verdicts["feature"].has_nulls()
    feature = pl.lit("all") if only_wholes else pl.col("feature")
    rows = verdicts.with_columns(feature=feature).drop_nulls(["measurement_uid", "feature"])
    return rows.select(NEEDED)
