"""Small registers for tests: dumps as the mirror publishes them, and observatories made of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from overblock.pipeline.ingest import Ingest
from overblock.pipeline.ingested import Ingested
from overblock.sources import find_source
from overblock.store import Store
from overblock.tables import Table

START = datetime(2015, 1, 1, tzinfo=UTC)
NOW = datetime(2020, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DUMP = "ru_zapret_csv"


def line(
    addresses: str,
    domain: str = "",
    url: str = "",
    *,
    decision: str = "1",
    day: str = "2014-12-01",
) -> str:
    """One entry of a dump."""
    return f"{addresses};{domain};{url};суд;{decision};{day}"


def dump(at: datetime, lines: Iterable[str], *, ended: bool = True) -> bytes:
    """A whole dump, or one whose last line lacks its end."""
    text = f"Updated: {at:%Y-%m-%d %H:%M:%S} +0000\n" + "".join(f"{text}\n" for text in lines)
    return text.encode("cp1251")[: None if ended else -1]


def observatory(folder: Path) -> Store:
    """A new observatory, without the table of holders: it takes a second, few tests need it."""
    return Store.create(folder)


def ingest(
    store: Store, paths: Sequence[Path | str], source: str = DUMP, *, now: datetime = NOW
) -> Ingested:
    """One call of ``overblock ingest``, in process."""
    return Ingest(store=store, source=find_source(source), now=now).run([str(p) for p in paths])


def rows(store: Store, table: Table, partition: str = DUMP) -> list[dict[str, Any]]:
    """What readers see of a table, in the order of its key."""
    return store.view().read(table, partition).sort(table.key).to_dicts()


def table(store: Store, table: Table, partition: str = DUMP) -> pl.DataFrame:
    """The same as a frame, in the order of its key, whatever parts it lies in."""
    return store.view().read(table, partition).sort(table.key)
