"""A register of an observatory at a moment, as the subject of a report.

The bundle holds what the figures are made of and nothing else of the observatory: the listings of
that moment, the register's snapshots, gaps and signatures up to it, the tables of holders that
answer, and the newest file as it was fetched, with its signature and its time stamp.  Of where a
file came from only its name is told, as folders may be named after people.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import msgspec
import polars as pl

from overblock.artefacts.limits import LIMITS
from overblock.artefacts.signatures import Signature, check_signature
from overblock.artefacts.unpacking import unpack
from overblock.custody.manifest import digest_of
from overblock.errors import BundleError, StoreDamaged
from overblock.registers.extent import ipv4_size
from overblock.reports.answers import SignedFacts
from overblock.reports.document.case_document import Input
from overblock.reports.document.parts import Document, Phrase
from overblock.reports.document.register_document import RegisterFindings, register_document
from overblock.reports.document.register_history import History, history_of
from overblock.reports.document.words import Language, words_of
from overblock.reports.registers.extent import ExtentAnswer, extent_at
from overblock.reports.registers.states import (
    newest_snapshot,
    register_snapshots,
    state_in_store,
    state_of_file,
)
from overblock.reports.tables_at_hand import holder_table, nearest_tables
from overblock.sources import Source, find_source, source_names
from overblock.store import Store, View
from overblock.tables import GAPS, HOLDER_RANGES, LISTINGS, SIGNATURES, SNAPSHOTS

OBSERVATORY = "inputs/observatory"
RAW = "inputs/raw"
ASKED = "inputs/asked.json"
NOTE = "provenance.json"
SIGNATURE, STAMP = ".sig", ".tsr"  # beside the file as it was fetched
KEPT = ("kind", "source", "member", "fetched_at", "ingested_at", "n_bytes")  # of where it came from
PART = re.compile(r"[0-9a-f]{32}")


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the report was asked for."""

    register: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """The newest file as it was fetched; what lies beside it."""

    name: str
    content: bytes
    signature: bytes | None = None
    stamp: bytes | None = None
    told: Mapping[str, Any]  # of where it came from


@dataclass(frozen=True, kw_only=True)  # no slots: what is asked of it in each language is kept
class ObservatorySubject:
    """A register at a moment, in an observatory or in a bundle made of one."""

    store: Store
    asked: Asked
    raw: Raw | None  # None: it was read from a history, in which no file stands alone

    @property
    def source(self) -> str:
        """Its publisher."""
        return self.asked.register

    def lay(self, bundle: Path) -> None:
        """The rows that the figures are made of, and the newest file as it was fetched."""
        view, at, register = self.store.view(), self.asked.at, self.asked.register
        state_in_store(view, register, at)  # says what is wrong before anything is written
        (bundle / ASKED).parent.mkdir(parents=True, exist_ok=True)
        (bundle / ASKED).write_bytes(msgspec.json.encode(self.asked))
        small = Store.create(bundle / OBSERVATORY)
        with small.writing("report") as writer:
            for table, partition, rows in rows_of(view, register, at):
                writer.append(table, partition, rows)
            writer.publish()
        (small.root / "lock").unlink(missing_ok=True)
        if self.raw is not None:
            _lay_raw(bundle / RAW, self.raw)

    def document(
        self, inputs: Sequence[Input], *, drawn: bool, language: Language = "en"
    ) -> Document:
        """What it listed, under what, whose that is, and how that came to be known."""
        return register_document(self._findings(language), inputs, drawn=drawn, language=language)

    def tables(self) -> dict[str, pl.DataFrame]:
        """All groups by decision and by holder, the snapshots and the gaps."""
        view, found = self.store.view(), self._findings("en")
        return {
            "decisions": groups_table(found.decisions),
            "holders": groups_table(found.holders),
            "snapshots": _joined(_until(view.read(SNAPSHOTS, self.asked.register), self.asked.at)),
            "gaps": view.read(GAPS, self.asked.register),
        }

    def _findings(self, language: Language) -> RegisterFindings:
        source, at = find_source(self.asked.register), self.asked.at
        title = words_of(language)(Phrase(source.title))
        return replace(self._found, title=f"{title}, {at:%Y-%m-%d %H:%M} UTC")

    @cached_property
    def _found(self) -> RegisterFindings:
        view, at = self.store.view(), self.asked.at
        source = find_source(self.asked.register)
        state = state_in_store(view, source.name, at)
        return RegisterFindings(
            title=source.title,
            country=source.country or "",
            at=at,
            decisions=extent_at(state, "decision"),
            holders=extent_at(state, "holder", holder_table(view, at, "holder")),
            signature=self._signature(state.snapshot.signed),
            history=self._history(view, source),
        )

    def _history(self, view: View, source: Source) -> History:
        at, register = self.asked.at, self.asked.register
        snapshots = _until(view.read(SNAPSHOTS, register), at)
        newest = newest_snapshot(register_snapshots(view, register), at, register)
        return history_of(
            snapshots,
            view.read(GAPS, register).filter(pl.col("silent_from") <= at),
            alone=self._alone(source, newest.digest),
            name=self.raw.name if self.raw else None,
            told=self.raw.told if self.raw else {},
            stamped=bool(self.raw and self.raw.stamp),
        )

    def _alone(self, source: Source, digest: str | None) -> int | None:
        """IPv4 addresses that the newest file lists by itself, as far as it is at hand.

        Raises:
            BundleError: it is not the file that the register's history ends with.
        """
        if self.raw is None:
            return None
        content, truncated = unpack(self.raw.content, self.raw.name, LIMITS)
        state = state_of_file(content, source, truncated=truncated)
        if state.snapshot.digest != digest:
            raise BundleError(f"{self.raw.name} is not the newest snapshot, {(digest or '')[:16]}")
        return ipv4_size(state.addresses).all

    def _signature(self, known: SignedFacts | None) -> Signature | SignedFacts | None:
        """Checked anew where file and signature are at hand."""
        if self.raw is None or self.raw.signature is None:
            return known
        with NamedTemporaryFile(prefix="overblock-") as file:
            file.write(unpack(self.raw.content, self.raw.name, LIMITS)[0])
            file.flush()
            return check_signature(Path(file.name), self.raw.signature)


def subject_of_register(store: Store, register: str, at: datetime) -> ObservatorySubject:
    """A register of an observatory at a moment.

    Raises:
        UnknownRegister: it has no such register.
        NoSnapshot: it has none at or before that moment.
    """
    at = at.replace(microsecond=0)
    view = store.view()
    readable = register_snapshots(view, register)
    digest = newest_snapshot(readable, at, register).digest
    row = readable.filter(pl.col("digest") == digest).row(-1, named=True)
    raw = _file_of(store, row) or _version_of(store, row)
    if raw is not None:
        raw = replace(raw, signature=_signature_of(store, view, register, digest))
    return ObservatorySubject(store=store, asked=Asked(register=register, at=at), raw=raw)


def _file_of(store: Store, row: Mapping[str, Any]) -> Raw | None:
    """A snapshot's file as it was fetched; None where it came in a history of versions."""
    told = store.provenance(row["artefact"])
    if told.get("kind") != "file":
        return None
    stamp = store.stamp_path(row["artefact"])
    return Raw(
        name=Path(told["name"].replace("\\", "/")).name or "file",
        content=store.raw(row["artefact"]),
        stamp=stamp.read_bytes() if stamp.exists() else None,
        told={name: told[name] for name in KEPT if told.get(name)},
    )


def _version_of(store: Store, row: Mapping[str, Any]) -> Raw | None:
    """A version of a history by itself: an observatory keeps the newest of them whole."""
    try:
        content = store.raw(row["digest"])
    except StoreDamaged:
        return None
    commit = row["member"].partition(":")[0]
    told = {"kind": "version", "member": commit}
    if row["fetched_at"] is not None:
        told["fetched_at"] = f"{row['fetched_at']:%Y-%m-%dT%H:%M:%SZ}"
    return Raw(name=f"version-{commit[:12]}", content=content, told=told)


def subject_in_bundle(bundle: Path) -> ObservatorySubject:
    """The same, read back from a bundle.

    Raises:
        BundleError: its inputs are not of their form.
    """
    try:
        asked = msgspec.json.decode((bundle / ASKED).read_bytes(), type=Asked)
    except (OSError, msgspec.MsgspecError) as error:
        raise BundleError(f"{ASKED}: {error}") from error
    if asked.register not in source_names():
        raise BundleError(f"{ASKED}: no source is called {asked.register[:80]!r}")
    store = Store.open(bundle / OBSERVATORY)
    try:
        parts = [each for table in store.view().parts.values() for each in table.values()]
        sound = all(PART.fullmatch(digest) for each in parts for digest in each)
    except (AttributeError, TypeError, KeyError) as error:
        raise BundleError(f"{OBSERVATORY} has no list of its parts") from error
    if not sound:
        raise BundleError(f"{OBSERVATORY} names parts that are none of its own")
    return ObservatorySubject(store=store, asked=asked, raw=_read_raw(bundle / RAW))


def rows_of(view: View, register: str, at: datetime) -> Iterator[tuple[Any, str, pl.DataFrame]]:
    """The rows that say what a register listed at a moment: table, partition, rows."""
    until = pl.col("listed_until")
    alive = (pl.col("listed_from") <= at) & (until.is_null() | (until > at))
    snapshots = _until(view.read(SNAPSHOTS, register), at)
    known = snapshots["digest"].drop_nulls().to_list()
    yield LISTINGS, register, view.read(LISTINGS, register).filter(alive)
    yield SNAPSHOTS, register, snapshots
    yield GAPS, register, view.read(GAPS, register).filter(pl.col("silent_from") <= at)
    signatures = view.read(SIGNATURES, register).filter(pl.col("digest").is_in(known))
    yield SIGNATURES, register, signatures
    for name in nearest_tables(view, at, "holder"):
        yield HOLDER_RANGES, name, view.read(HOLDER_RANGES, name)


def groups_table(answer: ExtentAnswer) -> pl.DataFrame:
    """All groups of an extent."""
    names = answer.groups[0].__struct_fields__ if answer.groups else ()
    rows = [[getattr(group, name) for name in names] for group in answer.groups]
    return pl.DataFrame(rows, schema=list(names), orient="row", infer_schema_length=None)


def _until(snapshots: pl.DataFrame, at: datetime) -> pl.DataFrame:
    return snapshots.filter(pl.col("ordered_at") <= at)


def _joined(snapshots: pl.DataFrame) -> pl.DataFrame:
    """Lists as text: CSV has none."""
    return snapshots.with_columns(pl.col("flags").list.join(" | "))


def _signature_of(store: Store, view: View, register: str, digest: str | None) -> bytes | None:
    """The bytes of the publisher's signature, the best where there are several."""
    rows = view.read(SIGNATURES, register).filter(pl.col("digest") == digest)
    if rows.is_empty():
        return None
    best = rows.sort(pl.col("state") != "verified", "signature").row(0, named=True)
    try:
        return store.raw(best["signature"])
    except StoreDamaged:
        return None  # its verdict is known all the same


def _lay_raw(folder: Path, raw: Raw) -> None:
    folder.mkdir(parents=True)
    (folder / raw.name).write_bytes(raw.content)
    for ending, content in ((SIGNATURE, raw.signature), (STAMP, raw.stamp)):
        if content is not None:
            (folder / f"{raw.name}{ending}").write_bytes(content)
    (folder / NOTE).write_bytes(msgspec.json.encode(raw.told))


def _read_raw(folder: Path) -> Raw | None:
    if not folder.is_dir():
        return None
    files = {path.name: path for path in folder.iterdir() if path.is_file() and path.name != NOTE}
    names = [name for name in files if not _beside(name, files)]
    if len(names) != 1:
        raise BundleError(f"{RAW}: {len(names)} files, not one")
    name = names[0]

    def beside(ending: str) -> bytes | None:
        path = files.get(name + ending)
        return path.read_bytes() if path else None

    try:
        told = msgspec.json.decode((folder / NOTE).read_bytes(), type=dict[str, str | int])
    except (OSError, msgspec.MsgspecError) as error:
        raise BundleError(f"{RAW}/{NOTE}: {error}") from error
    content = files[name].read_bytes()
    return Raw(
        name=name, content=content, signature=beside(SIGNATURE), stamp=beside(STAMP), told=told
    )


def _beside(name: str, files: Mapping[str, Path]) -> bool:
    return any(
        name.endswith(ending) and name.removesuffix(ending) in files
        for ending in (SIGNATURE, STAMP)
    )


def stamps_in(bundle: Path) -> Iterator[tuple[str, str, bytes]]:
    """Files of a bundle that have a time stamp beside them: name, SHA-256, stamp."""
    for stamp in sorted((bundle / RAW).glob(f"*{STAMP}")):
        file = stamp.with_name(stamp.name.removesuffix(STAMP))
        if file.is_file():
            yield file.name, digest_of(file), stamp.read_bytes()
