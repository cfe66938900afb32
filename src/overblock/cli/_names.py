"""``--names``: resolutions from files, or those of the observatory for a moment."""

import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from overblock.errors import BadAddress
from overblock.names.canonical import NUMBER_LAST, canonical_name
from overblock.reports.names.at_hand import NamesTable, names_for
from overblock.reports.names.files import names_of_file
from overblock.reports.names.worlds import Names
from overblock.store import View


def names_of(view: View | None, files: tuple[str, ...], at: datetime) -> Names:
    """The resolutions that answer: of the files given, else of the observatory.

    Raises:
        MissingNames: there are none.
    """
    return tables_of(files) if files else Names(names_for(view, at))


def names_if_any(view: View, files: tuple[str, ...], at: datetime) -> Names | None:
    """The same; None where there are none."""
    return tables_of(files) if files else Names(found) if (found := names_for(view, at)) else None


def tables_of(files: tuple[str, ...]) -> Names:
    """The resolutions of some files."""
    return Names([_table(path) for path in files])


def canonical_targets(written: tuple[str, ...]) -> tuple[str, ...]:
    """Names given as targets, in canonical form.

    Raises:
        BadAddress: one of them is no name.
    """
    return tuple(_name(target) for target in written)


def _name(written: str) -> str:
    name = canonical_name(written)
    if name is None or re.search(NUMBER_LAST, name):
        raise BadAddress(f"not a name: {written[:80]!r}")
    return name


def _table(path: str) -> NamesTable:
    """A file is told by its name: where it stands is nobody else's business."""
    table = names_of_file(path)
    return replace(table, name=Path(table.name).name)
