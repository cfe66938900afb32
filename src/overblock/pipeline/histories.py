"""Git histories as states of a register, each with its place in time.

The raw tier keeps a bundle as it came.  Of a repository, which grows from call to call, it keeps a
pack of the objects that were new, and in the provenance which commit was made of which.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from overblock.artefacts.git import History, Version
from overblock.artefacts.git_commits import Commit
from overblock.artefacts.limits import Limits
from overblock.errors import SourceError
from overblock.pipeline.bodies import published_at
from overblock.pipeline.folding import Arrival
from overblock.pipeline.registering import Register
from overblock.sources import Source

Dated: TypeAlias = tuple[datetime, Arrival]


@dataclass(frozen=True, slots=True)
class States:
    """The states of one history: how many, and one after the other."""

    n_states: int
    goes_on: bool  # the history was read up to here before
    dated: Iterator[Dated]


def new_history(opened: ExitStack, register: Register, path: Path, limits: Limits) -> States:
    """What a repository or bundle has that the register has not, and keep it in the raw tier."""
    history = opened.enter_context(History(path, limits=limits))
    source, writer = register.source, register.writer
    known = {oid for member in register.members() for oid in _oids(member)}
    commits = history.commits(_accept(source), skip=known)
    if not commits:
        return States(0, goes_on=True, dated=iter(()))
    provenance = {"source": source.name, "name": path.name, "ingested_at": datetime.now(UTC)}
    if path.is_file():
        artefact = writer.put_raw(path, {"kind": "bundle", **provenance})
    else:
        artefact = _keep_pack(register, history, commits, provenance)
    goes_on = bool(known)
    versions = history.read_commits(commits, source.join)
    return States(len(commits), goes_on, _dated(source, artefact, versions, in_sequence=goes_on))


def kept_history(
    opened: ExitStack, register: Register, artefact: str, told: dict[str, Any], limits: Limits
) -> States:
    """A history from the raw tier, all that was read of it, in its own order."""
    folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="overblock-")))
    path = folder / told["kind"]
    path.write_bytes(register.store.raw(artefact))
    if told["kind"] == "bundle":
        history = opened.enter_context(History(path, limits=limits))
        commits = history.commits(_accept(register.source))
    else:
        history = opened.enter_context(History.from_pack(path, limits=limits))
        commits = [_commit(written) for written in told["commits"]]
    versions = history.read_commits(commits, register.source.join)
    dated = _dated(register.source, artefact, versions, in_sequence=told.get("goes_on", False))
    return States(len(commits), goes_on=False, dated=dated)


def _keep_pack(
    register: Register, history: History, commits: Sequence[Commit], provenance: dict[str, Any]
) -> str:
    written = [
        {
            "commit": commit.oid,
            "committed_at": commit.committed_at.isoformat(),
            "files": commit.files,
            "problem": commit.problem,
        }
        for commit in commits
    ]
    told = {
        "kind": "pack",
        **provenance,
        "goes_on": register.n_snapshots > 0,
        "commits": written,
    }
    readable = history.present({oid for commit in commits for _, oid in commit.files})
    with tempfile.TemporaryDirectory(prefix="overblock-") as folder:
        return register.writer.put_raw(history.pack(readable, Path(folder)), told)


def _dated(
    source: Source, artefact: str, versions: Iterator[Version], *, in_sequence: bool
) -> Iterator[Dated]:
    """Each version under the latest date so far: a history keeps its own order."""
    place: datetime | None = None
    for version in versions:
        at = _date_of(source, version) or place or version.committed_at
        place = max(place or at, at)
        oids = ",".join(oid for _, oid in version.blobs)
        yield (
            place,
            Arrival(
                artefact=artefact,
                member=f"{version.commit}:{oids}",
                content=version.content,
                fetched_at=version.committed_at,
                in_sequence=in_sequence,
                truncated=version.truncated,
                problem=version.problem,
            ),
        )
        in_sequence = True


def _date_of(source: Source, version: Version) -> datetime | None:
    if version.content is None:
        return None
    try:
        return published_at(source, version.content) or version.committed_at
    except SourceError:
        return None  # the fold records it as unreadable


def _accept(source: Source) -> Callable[[str], bool]:
    """Which names in a history are the source's: one file, or the parts of one."""
    wanted = re.compile(source.parts or source.files)
    return lambda name: wanted.fullmatch(name) is not None


def _oids(member: str) -> list[str]:
    _, colon, oids = member.partition(":")
    return oids.split(",") if colon else []


def _commit(written: dict[str, Any]) -> Commit:
    return Commit(
        oid=written["commit"],
        committed_at=datetime.fromisoformat(written["committed_at"]),
        files=tuple((path, oid) for path, oid in written["files"]),
        problem=written["problem"],
    )
