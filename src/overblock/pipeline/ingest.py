"""Files, folders, archives, repositories and bundles into an observatory.

What was read before is known by its digest and passed over, so the same call twice changes
nothing, and one that was killed goes on where it stopped.  States older than what the register
already has do not go at its end: the register is then folded anew, from raw, in the order of time.
"""

import heapq
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from overblock.artefacts.git import is_git
from overblock.artefacts.limits import LIMITS, Limits
from overblock.artefacts.opening import Artefact, open_artefacts
from overblock.errors import SourceDrift, SourceError
from overblock.pipeline.ahead import ahead
from overblock.pipeline.bodies import published_at
from overblock.pipeline.folding import Arrival
from overblock.pipeline.histories import Dated, States, kept_history, new_history
from overblock.pipeline.holding import TableFile, keep_table
from overblock.pipeline.ingested import Ingested
from overblock.pipeline.parts import whole_files
from overblock.pipeline.registering import Register
from overblock.pipeline.spool import Spool, spooling
from overblock.pipeline.tracking import keep_history
from overblock.sources import Source
from overblock.store import Store, Writer
from overblock.tables import HOLDER_RANGES, SNAPSHOTS, STATE_CHANGES

CHECKPOINT_SECONDS = 20.0  # what a kill -9 can cost at most, and a batch's write once in it
Watch: TypeAlias = Callable[[int, int, int | None], object]  # states and bytes taken; all states


def _unwatched(n_states: int, n_bytes: int, in_all: int | None) -> None:
    """Nobody looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """One call of ``overblock ingest``: what it is told, and what it reads with."""

    store: Store
    source: Source
    now: datetime
    limits: Limits = LIMITS
    watch: Watch = field(default=_unwatched)

    def run(self, paths: Sequence[str]) -> Ingested:
        """Read ``paths`` in.

        Raises:
            SourceError: nothing of them could be read; the message is that of the first.
            StoreBusy: another process is writing.
        """
        repositories = [path for path in paths if path != "-" and is_git(Path(path))]
        files = [path for path in paths if path not in repositories]
        with self.store.writing() as writer:
            if self.source.fills in {HOLDER_RANGES, STATE_CHANGES}:
                done = self._tables(writer, files)
            else:
                done = self._register(writer, files, repositories)
        if done.failures and not done.snapshots and not done.duplicates:
            raise SourceDrift(done.failures[0])
        return done

    def _register(self, writer: Writer, files: list[str], repositories: list[str]) -> Ingested:
        register = Register(source=self.source, store=self.store, writer=writer)
        begun = register.n_snapshots
        with spooling() as spool, ExitStack() as opened:
            done = self._spool(register, files, spool)
            streams = [
                _begun(new_history(opened, register, Path(path), self.limits))
                for path in repositories
            ]
            if self._is_late(register, spool, streams):
                begun = 0
                self._rebuild(register, spool, streams, opened)
            in_all = len(spool) + sum(stream.n_states for stream in streams)
            dated = [stream.dated for stream in streams]
            self._fold(register, heapq.merge(spool.in_order(), *dated, key=_moment), in_all)
        register.publish()
        return done + register.tally(begun)

    def _spool(self, register: Register, files: list[str], spool: Spool) -> Ingested:
        """Put new files aside by date; what cannot be read is told, and nothing of it kept."""
        done = Ingested()
        known = set(register.fold.known)
        for artefact in self._artefacts(files):
            digest = sha256(artefact.content).hexdigest()
            if digest in known:
                done += Ingested(duplicates=1)
                continue
            try:
                at = published_at(self.source, artefact.content)
            except SourceError as error:
                done += Ingested(failures=(f"{artefact.name}: {error}",))
                continue
            known.add(digest)
            spool.put(at or artefact.fetched_at or self.now, self._kept(register.writer, artefact))
        return done

    def _artefacts(self, files: list[str]) -> Iterator[Artefact]:
        if not files:
            return
        wanted = re.compile(self.source.files)
        found = open_artefacts(files, lambda name: bool(wanted.fullmatch(name)), self.limits)
        yield from whole_files(self.source, found)

    def _kept(self, writer: Writer, artefact: Artefact) -> Arrival:
        provenance = {
            "kind": "file",
            "source": self.source.name,
            "name": artefact.name,
            "member": artefact.member,
            "fetched_at": artefact.fetched_at,
            "ingested_at": self.now,
            "n_bytes": len(artefact.raw),
        }
        return Arrival(
            artefact=writer.put_raw(artefact.raw, provenance),
            member=artefact.member,
            content=artefact.content,
            fetched_at=artefact.fetched_at,
            truncated=artefact.truncated,
        )

    def _is_late(self, register: Register, spool: Spool, streams: "list[_Begun]") -> bool:
        """Whether anything new is older than where the register stands, by our doing."""
        stands = register.fold.course.ordered_at
        firsts = [spool.earliest, *(stream.first_at for stream in streams if not stream.goes_on)]
        return stands is not None and any(at is not None and at < stands for at in firsts)

    def _rebuild(
        self, register: Register, spool: Spool, streams: "list[_Begun]", opened: ExitStack
    ) -> None:
        """Begin anew: what was ingested before joins what is new."""
        kept = register.snapshots()
        register.forget()
        for artefact in kept["artefact"].unique(maintain_order=True).to_list():
            told = self.store.provenance(artefact)
            if told["kind"] != "file":
                streams.append(_begun(kept_history(opened, register, artefact, told, self.limits)))
                continue
            arrival = register.kept_file(artefact, told, self.limits)
            at = published_at(self.source, arrival.content or b"")
            spool.put(at or arrival.fetched_at or self.now, arrival)

    def _fold(self, register: Register, arrivals: Iterator[Dated], in_all: int) -> None:
        saved = time.monotonic()
        for _, arrival in ahead(arrivals):
            n_bytes = len(arrival.content or b"")
            register.take(arrival, self.now)
            self.watch(1, n_bytes, in_all)
            if time.monotonic() - saved > CHECKPOINT_SECONDS:
                register.checkpoint()
                saved = time.monotonic()

    def _tables(self, writer: Writer, files: list[str]) -> Ingested:
        """Tables of holders and trackers' histories: each file stands for itself."""
        done = Ingested()
        for artefact in self._artefacts(files):
            done += self._table(writer, artefact)
            self.watch(1, len(artefact.content), None)
        writer.publish()
        return done

    def _table(self, writer: Writer, artefact: Artefact) -> Ingested:
        try:
            reading = self.source.read(artefact.content)
        except SourceError as error:
            return Ingested(failures=(f"{artefact.name}: {error}",))
        arrival = self._kept(writer, artefact)
        if self.source.fills is STATE_CHANGES:
            return keep_history(writer, self.source, arrival, reading, self.now)
        known = writer.view().read(SNAPSHOTS, self.source.name)["artefact"].to_list()
        if arrival.artefact in known:
            return Ingested(duplicates=1)
        file = TableFile(
            artefact=arrival.artefact, content=artefact.content, fetched_at=artefact.fetched_at
        )
        keep_table(writer, self.source, reading, file, self.now)
        rejects = reading.rejects["record"].n_unique()
        return Ingested(snapshots=1, rejects=rejects, n_bytes=len(artefact.content))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A history of which the first state was looked at, and is given all the same."""

    n_states: int
    goes_on: bool
    first_at: datetime | None
    dated: Iterator[Dated]


def _begun(states: States) -> _Begun:
    first = next(states.dated, None)
    return _Begun(
        n_states=states.n_states,
        goes_on=states.goes_on,
        first_at=first[0] if first else None,
        dated=chain([first], states.dated) if first else iter(()),
    )


def _moment(dated: Dated) -> datetime:
    return dated[0]
