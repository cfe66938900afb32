"""Answers as rows, for CSV and Parquet: the command line and the web give the same ones."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from overblock.reports.checks.check import CheckAnswer
    from overblock.reports.registers.extent import ExtentAnswer

STEERS = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet take a text for a formula


def check_rows(answers: "Iterable[CheckAnswer]") -> Iterator[dict[str, Any]]:
    """A row a target."""
    for answer in answers:
        yield {
            "target": answer.target,
            "listed": answer.listed,
            "kind": answer.kind,
            "since": answer.since,
            "until": answer.until,
            "decisions": sorted({entry.decision or "" for entry in answer.entries}),
            "entries": len(answer.entries),
            "co_listed": answer.co_listed.named_in_all,
            "co_tenants": answer.co_tenants.in_all if answer.co_tenants else None,
            "holder": answer.holder.name if answer.holder else None,
            "level": answer.level,
        }


def extent_rows(answer: "ExtentAnswer") -> Iterator[dict[str, Any]]:
    """A row a group; every row repeats what it belongs to."""
    for group in answer.groups:
        yield {
            "register": answer.register,
            "at": answer.at,
            "digest": answer.snapshot.digest,
            "by": answer.by,
            **{name: getattr(group, name) for name in group.__struct_fields__},
        }


def struct_rows(answers: Iterable[msgspec.Struct]) -> Iterator[dict[str, Any]]:
    """A row an answer, of the fields that are no answers themselves."""
    for answer in answers:
        values = {name: getattr(answer, name) for name in answer.__struct_fields__}
        yield {
            name: value for name, value in values.items() if not isinstance(value, msgspec.Struct)
        }


def csv_text(rows: Iterable[Mapping[str, Any]]) -> str:
    r"""Rows as CSV for whoever opens it in a spreadsheet: texts that it would run stay texts.

    >>> csv_text([{"name": "=cmd()", "n": -1}])
    "name,n\n'=cmd(),-1\n"
    """
    target, writer = io.StringIO(), None
    for row in rows:
        if writer is None:
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(row)
        writer.writerow([_cell(value) for value in row.values()])
    return target.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    text = " | ".join(map(str, value)) if isinstance(value, list) else value
    return f"'{text}" if isinstance(text, str) and text.startswith(STEERS) else text
