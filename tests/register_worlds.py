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
HOSTILE = "<script>alert(1)</script>"
SPEAKS = START + 3 * HOUR + timedelta(days=20)  # `register_with_a_silence` after its silence


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


def hour_by_hour(folder: Path, lines: Sequence[str]) -> Store:
    """As many dumps as lines, an hour apart, each with a line more than the one before."""
    made = observatory(folder / "observatory")
    for hour in range(len(lines)):
        path = folder / f"{hour}.csv"
        path.write_bytes(dump(START + hour * HOUR, lines[: hour + 1]))
        ingest(made, [path])
    return made


def register_with_a_silence(folder: Path) -> Store:
    """Three hours, a state whose end is missing, a silence, and one state after it."""
    made = observatory(folder / "observatory")
    first = [
        line("203.0.113.0/24", decision=f"=1+{HOSTILE}"),
        line("198.51.100.7", "shop.example", "http://shop.example/a", decision="2"),
        line("198.51.100.8", "bank.example", decision="2", day="2013-05-01"),
    ]
    second = [*first, line("192.0.2.0/25", decision="4"), line("192.0.2.200", "x.example")]
    for number, (at, lines, ended) in enumerate(
        [
            (START, first, True),
            (START + HOUR, second, True),
            (START + 2 * HOUR, second[:1], False),
            (START + 3 * HOUR, second, True),
            (SPEAKS, second[1:], True),
        ]
    ):
        path = folder / f"{number}.csv"
        path.write_bytes(dump(at, lines, ended=ended))
        ingest(made, [path])
    return made
