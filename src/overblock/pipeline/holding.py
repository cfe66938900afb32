"""Tables of holders into the observatory: one partition a source and date."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256

import polars as pl

from overblock.errors import TooFewRows
from overblock.sources import Reading, Source, geoip2fast_bundle
from overblock.store import Store, Writer
from overblock.tables import HOLDER_RANGES, SNAPSHOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile:
    """A table of holders as it came."""

    artefact: str
    content: bytes
    fetched_at: datetime | None


def ingest_bundled_holders(store: Store) -> date:
    """Keep the table that comes with overblock; returns its date."""
    with store.writing(geoip2fast_bundle.SOURCE.name) as writer:
        reading = geoip2fast_bundle.read_installed()
        digest = sha256(geoip2fast_bundle.installed()).hexdigest()
        file = TableFile(artefact=digest, content=b"", fetched_at=None)
        dated_at = keep_table(writer, geoip2fast_bundle.SOURCE, reading, file, datetime.now(UTC))
        writer.publish()
    return dated_at


def keep_table(
    writer: Writer, source: Source, reading: Reading, file: TableFile, now: datetime
) -> date:
    """Keep one reading of a table of holders under its date.

    Raises:
        TooFewRows: it is far smaller than such tables are: a broken download.
    """
    if len(reading.rows) < source.at_least:
        raise TooFewRows(
            f"{source.name}: {len(reading.rows):,} rows, fewer than {source.at_least:,}"
        )
    dated = reading.published_at or file.fetched_at or now
    partition = f"{source.name}@{dated:%Y-%m-%d}"
    ordered = reading.rows.sort("ipv4_from", "ipv4_until", "ipv6_first", nulls_last=True)
    writer.replace(HOLDER_RANGES, partition, ordered)
    told = writer.view().read(SNAPSHOTS, source.name)
    row = {
        "register": source.name,
        "digest": sha256(file.content).hexdigest() if file.content else file.artefact,
        "published_at": dated,
        "ordered_at": dated,
        "fetched_at": file.fetched_at,
        "artefact": file.artefact,
        "member": "",
        "n_bytes": len(file.content),
        "n_records": len(reading.rows),
        "n_rejects": reading.rejects["record"].n_unique(),
        "flags": list(reading.flags),
    }
    frame = pl.DataFrame([row], schema=SNAPSHOTS.schema(), orient="row")
    if told.filter(pl.col("artefact") == file.artefact).is_empty():
        writer.append(SNAPSHOTS, source.name, frame)
    return dated.date()
