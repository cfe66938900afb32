"""What an observatory keeps, artefact by artefact, and what its time stamps say."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from overblock.custody.stamps import check_roots, read_stamp
from overblock.errors import BundleError, StoreDamaged
from overblock.store import Store


class StampedArtefact(msgspec.Struct, frozen=True, kw_only=True):
    """One artefact of the raw tier."""

    digest: str  # SHA-256
    source: str | None  # null: made of artefacts, not fetched
    name: str | None
    fetched_at: str | None
    state: str  # holds, unchecked, false or none
    stamped_at: datetime | None  # by an authority that the asker trusts
    stamped_by: str | None
    problem: str | None


def stamped_artefacts(store: Store, roots: Path | None) -> Iterator[StampedArtefact]:
    """Every artefact with its stamp, checked where ``roots`` (PEM) says whom to trust.

    Raises:
        UsageError: there are no certificates in ``roots``.
    """
    if roots is not None:
        check_roots(roots)
    for digest in store.artefacts():
        try:
            told = store.provenance(digest)
        except StoreDamaged:
            told = {}
        state, at, by, problem = _stamp(store, digest, roots)
        yield StampedArtefact(
            digest=digest,
            source=told.get("source"),
            name=told.get("name"),
            fetched_at=told.get("fetched_at"),
            state=state,
            stamped_at=at,
            stamped_by=by,
            problem=problem,
        )


def _stamp(
    store: Store, digest: str, roots: Path | None
) -> tuple[str, datetime | None, str | None, str | None]:
    path = store.stamp_path(digest)
    if not path.exists():
        return "none", None, None, None
    if roots is None:
        return "unchecked", None, None, None
    try:
        found = read_stamp(bytes.fromhex(digest), path.read_bytes(), roots)
    except BundleError as error:
        return "false", None, None, str(error)
    return "holds", found.at, found.authority, None
