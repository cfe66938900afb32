"""Git histories as states of a register, each with its place in time.

The raw tier keeps a bundle as it came.  Of a repository, which grows from call to call, it keeps a
pack of the objects that were new, and in the provenance which commit was made of which.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

import polars as pl

from overblock.artefacts.git import History, Version
from overblock.artefacts.git_commits import Commit
from overblock.artefacts.limits import Limits
from overblock.errors import SourceError
from overblock.pipeline.bodies import published_at
from overblock.pipeline.folding import Arrival
from overblock.pipeline.registering import Register
from overblock.registers.flags import AHEAD
from overblock.sources import Source
from overblock.store import digest_of

Dated: TypeAlias = tuple[datetime, Arrival]


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """The states of one history: how many, and one after the other."""

    artefact: str
    follows: str | None  # the artefact whose states these go on from
    n_states: int
    dated: Iterator[Dated]
    history: History | None = None  # open, for those who look at it beside its states


def new_history(
    opened: ExitStack, register: Register, path: Path, taken: dict[str, str], limits: Limits
) -> States:
    """What a repository or bundle has that the register has not, and keep it in the raw tier.

    ``taken`` are the commits that the register has, each with its artefact; these join them.
    """
    if path.is_file() and digest_of(path) in register.finished:
        return _no_states(None)
    history = opened.enter_context(History(path, limits=limits))
    source = register.source
    found = history.commits(accepts(source))
    commits = [commit for commit in found if commit.oid not in taken]
    follows = next((taken[commit.oid] for commit in reversed(found) if commit.oid in taken), None)
    if not commits:
        return _no_states(follows, history)
    told = {"source": source.name, "name": path.name, "ingested_at": datetime.now(UTC)}
    told["follows"] = register.kept_as(follows) if follows else None
    if path.is_file():
        artefact = register.writer.put_raw(path, {"kind": "bundle", **told})
    else:
        artefact = _keep_pack_meanwhile(opened, register, history, commits, told)
    taken |= dict.fromkeys((commit.oid for commit in commits), artefact)
    versions = history.read_commits(commits, source.join)
    dated = _dated(source, artefact, versions, in_sequence=follows is not None)
    return States(
        artefact=artefact, follows=follows, n_states=len(commits), dated=dated, history=history
    )


def kept_history(
    opened: ExitStack, register: Register, kept: pl.DataFrame, told: dict[str, Any], limits: Limits
) -> States:
    """A history from the raw tier, what was read of it before, in its own order.

    ``kept`` holds the snapshots that came from it.
    """
    artefact: str = kept["artefact"][0]
    folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="overblock-")))
    path = folder / told["kind"]
    path.write_bytes(register.store.raw(artefact))
    if told["kind"] == "bundle":
        history = opened.enter_context(History(path, limits=limits))
        found = history.commits(accepts(register.source))
    else:
        history = opened.enter_context(History.from_pack(path, limits=limits))
        found = [_commit(written) for written in told["commits"]]
    taken = taken_commits(kept)
    commits = [commit for commit in found if commit.oid in taken]
    versions = history.read_commits(commits, register.source.join)
    follows: str | None = told["follows"]
    dated = _dated(register.source, artefact, versions, in_sequence=follows is not None)
    return States(artefact=artefact, follows=follows, n_states=len(commits), dated=dated)


def _no_states(follows: str | None, history: History | None = None) -> States:
    return States(artefact="", follows=follows, n_states=0, dated=iter(()), history=history)


def taken_commits(snapshots: pl.DataFrame) -> dict[str, str]:
    """The commits that snapshots were made of, each with its artefact."""
    places = snapshots.select("member", "artefact").iter_rows()
    return {member.partition(":")[0]: artefact for member, artefact in places if ":" in member}


def _keep_pack_meanwhile(
    opened: ExitStack,
    register: Register,
    history: History,
    commits: Sequence[Commit],
    told: dict[str, Any],
) -> str:
    """Keep a pack while its states are folded; gives the name that stands for it till then."""
    keeper = opened.enter_context(ThreadPoolExecutor(1, thread_name_prefix="keep-pack"))
    stands_for = f"pack-up-to-{commits[-1].oid}"
    register.promised[stands_for] = keeper.submit(_keep_pack, register, history, commits, told)
    return stands_for


def _keep_pack(
    register: Register, history: History, commits: Sequence[Commit], told: dict[str, Any]
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
    readable = history.present({oid for commit in commits for _, oid in commit.files})
    with tempfile.TemporaryDirectory(prefix="overblock-") as folder:
        pack = history.pack(readable, Path(folder))
        return register.writer.put_raw(pack, {"kind": "pack", **told, "commits": written})


def _dated(
    source: Source, artefact: str, versions: Iterator[Version], *, in_sequence: bool
) -> Iterator[Dated]:
    """Each version under the latest date so far: a history keeps its own order."""
    place: datetime | None = None
    for version in versions:
        at = _date_of(source, version) or place or version.committed_at
        at = min(at, version.committed_at + AHEAD)
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


def accepts(source: Source) -> Callable[[str], bool]:
    """Which names in a history are the source's: one file, or the parts of one."""
    wanted = re.compile(source.parts or source.files)
    return lambda name: wanted.fullmatch(name) is not None


def _commit(written: dict[str, Any]) -> Commit:
    return Commit(
        oid=written["commit"],
        committed_at=datetime.fromisoformat(written["committed_at"]),
        files=tuple((path, oid) for path, oid in written["files"]),
        problem=written["problem"],
    )
