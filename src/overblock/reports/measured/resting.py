"""What an answer of measurements rests on, in one digest of the parts that it was made of."""

from collections.abc import Iterable
from hashlib import sha256

from overblock.store import View
from overblock.tables import Table


def digest_of_parts(view: View, tables: Iterable[Table]) -> str:
    """A digest that changes with whatever the tables hold: parts are named by their content."""
    told = sha256()
    for table in tables:
        for partition in view.partitions(table):
            for path in view.paths(table, partition):
                told.update(f"{table.name}/{partition}/{path.stem}\n".encode())
    return told.hexdigest()
