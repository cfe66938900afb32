"""Trackers that give their whole history in one file: the newest whole file is the history."""

from datetime import datetime
from hashlib import sha256

import polars as pl

from overblock.addresses.codec import parse_addresses
from overblock.pipeline.folding import Arrival
from overblock.pipeline.ingested import Ingested
from overblock.registers.flags import lost_too_many
from overblock.sources import Reading, Source
from overblock.store import Writer
from overblock.tables import LISTINGS, SNAPSHOTS, STATE_CHANGES


def keep_history(
    writer: Writer, source: Source, arrival: Arrival, reading: Reading, now: datetime
) -> Ingested:
    """Keep one file of a tracker; its listings replace those of the file before.

    A file that is older than the one before, cut, or has lost 30 % of its rows is kept as a
    snapshot, flagged, and replaces nothing.
    """
    digest = sha256(arrival.content or b"").hexdigest()
    snapshots = writer.view().read(SNAPSHOTS, source.name)
    if digest in snapshots["digest"].to_list():
        return Ingested(duplicates=1)
    published = reading.published_at or arrival.fetched_at or now
    flags = _flags(snapshots, reading, published, truncated=arrival.truncated)
    n_rejects = reading.rejects["record"].n_unique()
    row = {
        "register": source.name,
        "digest": digest,
        "published_at": published,
        "ordered_at": published,
        "fetched_at": arrival.fetched_at,
        "artefact": arrival.artefact,
        "member": arrival.member,
        "n_bytes": len(arrival.content or b""),
        "n_records": len(reading.rows),
        "n_rejects": n_rejects,
        "flags": flags,
    }
    writer.append(
        SNAPSHOTS, source.name, pl.DataFrame([row], schema=SNAPSHOTS.schema(), orient="row")
    )
    if not flags:
        writer.replace(STATE_CHANGES, source.name, reading.rows)
        writer.replace(LISTINGS, source.name, tracked(source.name, reading.rows, published))
    return Ingested(snapshots=1, flagged=int(bool(flags)), rejects=n_rejects)


def _flags(
    snapshots: pl.DataFrame, reading: Reading, published: datetime, *, truncated: bool
) -> list[str]:
    """What is wrong with a file, by itself and against the last whole one."""
    flags = list(dict.fromkeys([*reading.flags, *(["cut"] if truncated else [])]))
    whole = snapshots.filter(pl.col("flags").list.len() == 0).sort("ordered_at").tail(1)
    for last in whole.iter_rows(named=True):
        flags += ["out_of_order"] if published < last["ordered_at"] else []
        flags += ["shrunken"] if lost_too_many(last["n_records"], len(reading.rows)) else []
    return flags


def tracked(register: str, changes: pl.DataFrame, seen_at: datetime) -> pl.DataFrame:
    """A tracker's state changes as listings: ordered, by nobody it could name."""
    parsed = pl.concat([changes, parse_addresses(changes["resource"])], how="horizontal")
    until = pl.col("listed_until")
    unknown = pl.lit(None, pl.String)
    return (
        parsed.filter(pl.col("problem").is_null())
        .select(
            register=pl.lit(register),
            entry_key=pl.concat_str("resource", "network", separator=" "),
            resource_kind=pl.lit("address"),
            resource="resource",
            ipv4_from="ipv4_from",
            ipv4_until="ipv4_until",
            ipv6_first="ipv6_first",
            ipv6_last="ipv6_last",
            kind=pl.lit("ordered"),
            authority=unknown,
            decision_number=unknown,
            decision_date=pl.lit(None, pl.Date),
            listed_from="listed_from",
            last_seen_at=pl.coalesce(until, pl.lit(seen_at)),
            listed_until=until,
            networks=pl.concat_list("network"),
        )
        .cast(LISTINGS.schema())
        .sort(LISTINGS.key)
    )
