"""What a register lists at one moment: of the observatory, or of a single file.

Every report begins here.  A file has no history, so nothing is known of when its listings began.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import polars as pl
from msgspec.structs import replace

from overblock.errors import NoSnapshot, SourceDrift, SourceError, UnknownRegister, UsageError
from overblock.pipeline.bodies import published_at
from overblock.registers.extent import alive_at
from overblock.registers.resources import addresses_of, names_of
from overblock.reports.answers import Gap, SignedFacts, SnapshotFacts
from overblock.sources import Source, find_source, source_names
from overblock.store import View
from overblock.tables import (
    DECISION_COLUMNS,
    GAPS,
    HOLDER_RANGES,
    LISTINGS,
    NAME_CATEGORIES,
    NAME_RANKS,
    REGISTER_ENTRIES,
    RESOLUTIONS,
    SIGNATURES,
    SNAPSHOTS,
    STATE_CHANGES,
)

LAST_RESORT = "plain_list"  # reads any text, so it is asked last


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """``addresses``: a row a listed address or network, with ``kind`` and its decision.

    From an observatory it has ``listed_from``, and ``confirmed`` tells what was seen since the
    register's last silence; only that is counted.
    """

    register: str
    at: datetime | None
    snapshot: SnapshotFacts
    addresses: pl.DataFrame
    unconfirmed: pl.DataFrame
    naming: Callable[[], pl.DataFrame]  # a row a name, mask or page that is named and counted
    silent: Gap | None = None
    whole_at: pl.Series | None = None  # when its whole snapshots were taken; None: no history


def state_in_store(view: View, register: str, at: datetime) -> State:
    """What a register lists at a moment.

    Raises:
        UnknownRegister: the observatory has no such register.
        NoSnapshot: it has none at or before that moment.
    """
    readable = register_snapshots(view, register)
    snapshot = newest_snapshot(readable, at, register)
    signed = signed_facts(view, register, snapshot.digest)
    gaps = view.read(GAPS, register)
    alive = alive_at(view.read(LISTINGS, register), gaps, at)
    is_address = pl.col("ipv4_from").is_not_null() | pl.col("ipv6_first").is_not_null()
    addresses = alive.filter(is_address)
    return State(
        register=register,
        at=at,
        snapshot=replace(snapshot, signed=signed),
        addresses=addresses.filter("confirmed"),
        unconfirmed=addresses.filter(~pl.col("confirmed")),
        naming=lambda: alive.filter(~is_address & pl.col("confirmed")),
        silent=silence_at(gaps, register, snapshot, at),
        whole_at=whole_moments(readable),
    )


def whole_moments(readable: pl.DataFrame) -> pl.Series:
    """When the snapshots were taken of which nothing is wrong, in order of time."""
    return readable.filter(pl.col("flags").list.len() == 0)["ordered_at"].sort()


def register_snapshots(view: View, register: str) -> pl.DataFrame:
    """The snapshots of a register that could be read, in the order they were taken.

    Raises:
        UnknownRegister: there are none, or they are of a table of holders or names.
    """
    taken = view.read(SNAPSHOTS, register)
    readable = taken.filter(pl.col("digest").is_not_null())
    tables = {
        partition.partition("@")[0]
        for table in (HOLDER_RANGES, RESOLUTIONS, NAME_RANKS, NAME_CATEGORIES)
        for partition in view.partitions(table)
    }
    if readable.is_empty() or register in tables:
        known = ", ".join(view.partitions(LISTINGS)) or "none yet"
        raise UnknownRegister(
            f"{register!r} is neither a file nor a register here; registers: {known}"
        )
    return readable


def state_of_file(content: bytes, source: Source | None, *, truncated: bool = False) -> State:
    """What one file lists; ``source`` None finds out which source reads it.

    Raises:
        SourceError: no source of registers reads it.
        UsageError: the source named is none of registers.
    """
    source = source or guess_source(content)
    if source.fills not in {REGISTER_ENTRIES, STATE_CHANGES}:
        raise UsageError(f"{source.name} is no register: it gives {source.fills.name}")
    reading = source.read(content)
    flags = dict.fromkeys([*reading.flags, *(["cut"] if truncated else [])])
    entries = reading.rows
    if source.fills is STATE_CHANGES:
        entries = _as_entries(entries)
    resources = addresses_of(entries, ["record", *DECISION_COLUMNS])
    rejected = pl.concat([reading.rejects["record"], resources.rejects["record"]]).n_unique()
    return State(
        register=source.name,
        at=reading.published_at,
        snapshot=SnapshotFacts(
            published_at=reading.published_at,
            digest=sha256(content).hexdigest(),
            records=len(reading.rows),
            rejects=rejected,
            flags=list(flags),
        ),
        addresses=resources.rows,
        unconfirmed=resources.rows.clear(),
        naming=lambda: names_of(entries, ["record", *DECISION_COLUMNS]),
    )


def guess_source(content: bytes) -> Source:
    """The register source that reads a file; a plain list if no other does.

    Raises:
        SourceError: none reads it; the message shows how it begins.
    """
    if not content:
        raise SourceDrift("the file is empty")
    for name in source_names():
        source = find_source(name)
        if name == LAST_RESORT or source.fills not in {REGISTER_ENTRIES, STATE_CHANGES}:
            continue
        if _reads(source, content):
            return source
    last = find_source(LAST_RESORT)
    sample = last.read(content[: content.find(b"\n", 1 << 16) + 1 or None])
    if len(sample.rows) <= len(sample.rejects):
        raise SourceDrift(f"no register source reads it; it begins with {content[:60]!r}")
    return last


def _reads(source: Source, content: bytes) -> bool:
    """Whether a file has the form of a source that dates its files; lists do not."""
    try:
        return published_at(source, content) is not None
    except SourceError:
        return False


def newest_snapshot(snapshots: pl.DataFrame, at: datetime, register: str) -> SnapshotFacts:
    """The newest of a register's snapshots at a moment.

    Raises:
        NoSnapshot: there is none at or before it.
    """
    earlier = snapshots.filter(
        (pl.col("ordered_at") <= at) & ~pl.col("flags").list.contains("duplicate")
    )
    if earlier.is_empty():
        first: datetime = snapshots.sort("ordered_at").row(0, named=True)["ordered_at"]
        raise NoSnapshot(
            f"{register} has no snapshot at or before {at:%Y-%m-%d %H:%M} UTC; "
            f"its first is of {first:%Y-%m-%d %H:%M} UTC"
        )
    row = earlier.sort("ordered_at", maintain_order=True).row(-1, named=True)
    return SnapshotFacts(
        published_at=row["published_at"],
        digest=row["digest"],
        records=row["n_records"],
        rejects=row["n_rejects"],
        flags=row["flags"],
    )


def signed_facts(view: View, register: str, digest: str | None) -> SignedFacts | None:
    """The publisher's signature of a snapshot, the best where there are several."""
    rows = view.read(SIGNATURES, register).filter(pl.col("digest") == digest)
    if rows.is_empty():
        return None
    best = rows.sort(pl.col("state") != "verified", "signature").row(0, named=True)
    return SignedFacts(**{name: best[name] for name in SignedFacts.__struct_fields__})


def silence_at(
    gaps: pl.DataFrame, register: str, newest: SnapshotFacts, at: datetime
) -> Gap | None:
    """The silence of a register that a moment lies in, where it does."""
    return _silence(gaps, at) or _silent_still(register, newest, at)


def _silence(gaps: pl.DataFrame, at: datetime) -> Gap | None:
    inside = gaps.filter((pl.col("silent_from") <= at) & (pl.col("silent_until") > at))
    if inside.is_empty():
        return None
    row = inside.row(0, named=True)
    return Gap(silent_from=row["silent_from"], silent_until=row["silent_until"])


def _silent_still(register: str, newest: SnapshotFacts, at: datetime) -> Gap | None:
    """A silence that no snapshot has ended yet."""
    spoke = newest.published_at
    if spoke is None or at - spoke <= find_source(register).silent_after:
        return None
    return Gap(silent_from=spoke, silent_until=None)


def _as_entries(changes: pl.DataFrame) -> pl.DataFrame:
    """What a tracker's history says is blocked at its end, as entries."""
    now = changes.filter(pl.col("listed_until").is_null())
    missing = {
        name: pl.lit(None, kind)
        for name, kind in REGISTER_ENTRIES.schema().items()
        if kind != pl.List(pl.String)
    }
    nothing = pl.lit([], pl.List(pl.String))
    return now.select(
        **missing
        | {
            "record": pl.col("record"),
            "addresses": pl.concat_list("resource"),
            "domains": nothing,
            "urls": nothing,
            "networks": pl.concat_list("network"),
        }
    ).select(*REGISTER_ENTRIES.schema())
