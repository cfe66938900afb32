"""Names of files that are too many for memory, put in order on disk while they are asked about.

A file of one's own may be in any order, and to read one of millions of lines takes minutes.  So it
is read once, and kept for that time as names in an observatory are.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from overblock.pipeline.naming import Gathering
from overblock.reports.names.stored import StoredNames
from overblock.store import Store
from overblock.tables import NAME_SIGNS, RESOLUTIONS
from overblock.tables.columns import GROUP_ROWS

if TYPE_CHECKING:
    import polars as pl  # a third of a second, which `check` must not pay

PARTITION = "given"


@contextmanager
def put_in_order(
    rows: "Iterable[pl.DataFrame]", signs: "Iterable[pl.DataFrame]", part_rows: int
) -> Iterator[StoredNames]:
    """Rows of `overblock.tables.RESOLUTIONS`, and then signs, on disk until it is left.

    ``part_rows`` are held at a time.

    Raises:
        StoreFull: there is no room for them where temporary files are.
    """
    with TemporaryDirectory(prefix="overblock-names-") as folder:
        store = Store.create(Path(folder))
        with store.writing(PARTITION) as writer:
            for table, frames in ((RESOLUTIONS, rows), (NAME_SIGNS, signs)):
                gathering = Gathering(
                    writer=writer,
                    table=replace(table, group_rows=min(GROUP_ROWS, part_rows)),
                    partition=PARTITION,
                    order="name",
                    part_rows=part_rows,
                )
                for frame in frames:
                    gathering.add(frame)
                gathering.write()
            writer.publish()
        yield StoredNames(store.view(), PARTITION)
