"""``--names``: resolutions from files, or those of the observatory for a moment."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import polars as pl

from overblock.artefacts.opening import open_artefacts
from overblock.errors import SourceDrift, SourceError
from overblock.reports.names_at_hand import NamesTable, names_for
from overblock.reports.worlds_at_hand import Names
from overblock.sources import Reading, find_source
from overblock.store import View
from overblock.tables import NAME_SIGNS

ORDER = (  # those that read least first; a list takes any text
    "names_parquet",
    "openintel_parquet",
    "zdns_jsonl",
    "names_jsonl",
    "rapid7_fdns",
    "massdns",
    "names_csv",
    "names_list",
)


def names_of(view: View | None, files: tuple[str, ...], at: datetime) -> Names:
    """The resolutions that answer: of the files given, else of the observatory.

    Raises:
        MissingNames: there are none.
        SourceError: a file is none of resolutions.
    """
    if files:
        return Names([_table(path) for path in files])
    return Names(names_for(view, at))


def _table(path: str) -> NamesTable:
    readings = [
        _read(artefact.content, path) for artefact in open_artefacts([path], lambda _: True)
    ]
    rows = [reading.rows for reading in readings]
    newest = [last for frame in rows if isinstance(last := frame["seen_at"].max(), datetime)]
    signs = [reading.signs for reading in readings if reading.signs is not None]

    def batches() -> Iterator[pl.DataFrame]:
        yield from rows

    def found_signs() -> Iterator[pl.DataFrame]:
        yield from signs or [NAME_SIGNS.empty()]

    return NamesTable(
        name="stdin" if path == "-" else Path(path).name,
        dated_at=max(newest, default=None),
        batches=batches,
        signs=found_signs,
    )


def _read(content: bytes, path: str) -> Reading:
    for name in ORDER:
        try:
            reading = find_source(name).read(content)
        except SourceError:
            continue
        if len(reading.rows) > len(reading.rejects):
            return reading
    raise SourceDrift(f"{path}: no source of names reads it; it begins with {content[:60]!r}")
