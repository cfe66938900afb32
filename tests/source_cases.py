"""The cases of the sources: a short excerpt of each feed, and what its reader makes of it.

A case is a folder ``sources/cases/<name of the source>/`` with ``sample.*``, written by hand in the
form of the feed with its quirks, and ``expected.json``:

records   the number of the first record and how many there are; absent where the table that the
          source fills does not number its records
silent    numbers of records that rightly give neither a row nor a reject
cut       what a file without its end is: ``flagged``, ``refused``, or ``unseen`` (if not said)
          where no end can be told from another
empty     what an empty file is: ``refused`` (if not said), or an ``answer``

and then what was read: ``published_at``, ``flags``, ``rows``, ``rejects``, and ``signs`` where the
format carries them.  Run as a program, this
module reads each sample anew and rewrites that second half, for a human to look through.
"""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from overblock.sources import Reading, Source, all_sources

CASES = Path(__file__).resolve().parent / "sources" / "cases"


def cases() -> dict[str, Source]:
    """The sources that have a case with something expected of it."""
    return {
        name: source
        for name, source in all_sources().items()
        if (CASES / name / "expected.json").exists()
    }


def sample(name: str) -> bytes:
    (path,) = (CASES / name).glob("sample*")
    return path.read_bytes()


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CASES / name / "expected.json").read_text("utf-8"))
    found["rows"] = [_told(row) for row in found.get("rows", [])]
    return {"silent": [], "cut": "unseen", "empty": "refused"} | found


def as_json(reading: Reading) -> dict[str, Any]:
    """A reading as plain values; what is null or an empty list is left out of its rows."""
    return {
        "published_at": _plain(reading.published_at),
        "flags": list(reading.flags),
        "rows": [_told(row) for row in reading.rows.iter_rows(named=True)],
        "rejects": reading.rejects.rows(named=True),
    } | (
        {}
        if reading.signs is None
        else {"signs": [_told(row) for row in reading.signs.iter_rows(named=True)]}
    )


def _told(row: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain(value) for name, value in row.items() if value not in (None, [])}


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value


def rewrite() -> None:
    """Write what the readers make of the samples today."""
    for name, source in cases().items():
        kept = expected(name)
        told = json.dumps(kept | as_json(source.read(sample(name))), ensure_ascii=False, indent=1)
        (CASES / name / "expected.json").write_text(told + "\n", encoding="utf-8")


if __name__ == "__main__":
    rewrite()
