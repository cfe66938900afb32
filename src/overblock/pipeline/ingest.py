"""Files, folders, archives, repositories and bundles into an observatory.

What was read before is known by its digest and passed over, so the same call twice changes
nothing, and one that was killed goes on where it stopped.  States older than what the register
already has do not go at its end: the register is then folded anew, from raw, in the order of time.
"""

import heapq
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import polars as pl

from overblock.artefacts.git import History, is_git
from overblock.artefacts.limits import LIMITS, Limits
from overblock.artefacts.opening import Artefact, open_artefacts
from overblock.artefacts.signatures import Signature
from overblock.artefacts.streaming import STREAM_LIMITS, open_streams
from overblock.errors import SourceDrift, SourceError, UsageError
from overblock.pipeline.ahead import ahead
from overblock.pipeline.bodies import published_at, take_apart
from overblock.pipeline.folding import Arrival
from overblock.pipeline.histories import Dated, States, kept_history, new_history, taken_commits
from overblock.pipeline.holding import TableFile, keep_table
from overblock.pipeline.ingested import Ingested
from overblock.pipeline.naming import NAME_TABLES, Naming
from overblock.pipeline.parts import whole_files
from overblock.pipeline.registering import Register
from overblock.pipeline.signing import Signing
from overblock.pipeline.spool import Spool, State, spooling
from overblock.pipeline.tracking import keep_history
from overblock.sources import Source
from overblock.store import Store, Writer
from overblock.tables import AUDIENCES, HOLDER_RANGES, SNAPSHOTS, STATE_CHANGES

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
    stream_limits: Limits = STREAM_LIMITS  # of files that are not held in memory
    watch: Watch = field(default=_unwatched)

    def run(self, paths: Sequence[str]) -> Ingested:
        """Read ``paths`` in.

        Raises:
            UsageError: the source is of a kind that no observatory keeps, or not read from git.
            SourceError: nothing of them could be read; the message is that of the first.
            StoreBusy: another process is writing.
        """
        if self.source.fills is AUDIENCES:
            raise UsageError(
                f"{self.source.name} is not kept in an observatory: give its files to "
                "`overblock audience`"
            )
        repositories = [path for path in paths if path != "-" and is_git(Path(path))]
        files = [path for path in paths if path not in repositories]
        tabular = self.source.fills in {HOLDER_RANGES, STATE_CHANGES, *NAME_TABLES}
        if tabular and repositories:
            raise UsageError(
                f"{repositories[0]} is a git history, and {self.source.name} is not read from one: "
                "give the files"
            )
        with self.store.writing(self.source.name) as writer:
            if self.source.fills in NAME_TABLES:
                done = self._names(writer, files)
            elif tabular:
                done = self._tables(writer, files)
            else:
                done = self._register(writer, files, repositories)
        if done.failures and not done.snapshots and not done.duplicates:
            raise SourceDrift(done.failures[0])
        return done

    def _register(self, writer: Writer, files: list[str], repositories: list[str]) -> Ingested:
        register = Register(source=self.source, store=self.store, writer=writer)
        before = register.snapshots()
        with spooling() as spool, ExitStack() as opened:
            signing = Signing(source=self.source, store=self.store, writer=writer, now=self.now)
            done = self._spool(register, files, spool, signing)
            done += _signed(signing.settle())
            taken = taken_commits(before)
            new = [
                new_history(opened, register, Path(path), taken, self.limits)
                for path in repositories
            ]
            histories = [states.history for states in new if states.history is not None]
            streams = [_begun(states) for states in new]
            finished = {stream.artefact for stream in streams if stream.artefact}
            late = _is_late(register, spool, streams)
            if late:
                streams = [*self._rebuild(register, spool, opened), *streams]
            in_all = len(spool) + sum(stream.n_states for stream in streams)
            if not in_all and not writer.resumed:
                done += _signed_in(histories, signing, register)
                if done.signatures:
                    writer.publish()
                return done  # no new state
            arrivals = heapq.merge(spool.in_order(), *_chained(streams), key=_moment)
            self._fold(register, arrivals, in_all, keeps_its_place=not late)
            done += _signed_in(histories, signing, register)
        register.publish(finished)
        return done + register.tally(before)

    def _spool(
        self, register: Register, files: list[str], spool: Spool, signing: Signing
    ) -> Ingested:
        """Put new files aside by date; what cannot be read is told, and nothing of it kept."""
        done = Ingested()
        known = set(register.fold.known)
        read, cut = {digest for digest, _ in known}, _cut_files(register)
        for artefact in self._artefacts(files):
            if signing.takes(artefact):
                continue
            digest = sha256(artefact.content).hexdigest()
            try:
                at = self._date_of(artefact, whole=digest not in read)
            except SourceError as error:
                done += Ingested(failures=(f"{artefact.name}: {error}",))
                continue
            state = digest, at
            if state in known and not self._mends(artefact, was_cut=state in cut):
                signing.meet(artefact, digest)
                done += Ingested(duplicates=1)
                continue
            spool.mends |= state in known and state not in spool
            known.add(state)
            read.add(digest)
            (cut.add if artefact.truncated else cut.discard)(state)
            arrival = self._kept(register.writer, artefact)
            signing.meet(artefact, digest, arrival.artefact)
            spool.put(state, arrival)
        return done

    def _mends(self, artefact: Artefact, *, was_cut: bool) -> bool:
        """Whether a file holds whole what was in one whose packing alone had lost its end."""
        return (
            was_cut and not artefact.truncated and not take_apart(self.source, artefact.content).cut
        )

    def _date_of(self, artefact: Artefact, *, whole: bool) -> datetime:
        """Where a file stands in time: by its own word, else when it was fetched.

        Raises:
            SourceDrift: it is not what this source publishes; found out of the ``whole`` alone.
        """
        if whole:
            told = take_apart(self.source, artefact.content).published_at
        else:
            told = published_at(self.source, artefact.content)
        return told or artefact.fetched_at or self.now

    def _artefacts(self, files: list[str]) -> Iterator[Artefact]:
        if not files:
            return
        wanted = re.compile(self.source.files)
        ending = self.source.signed_by
        found = open_artefacts(
            files, lambda name: bool(wanted.fullmatch(name.removesuffix(ending))), self.limits
        )
        yield from whole_files(self.source, found)

    def _kept(self, writer: Writer, artefact: Artefact) -> Arrival:
        fetched_at = artefact.fetched_at or self.now  # what comes through a pipe is fetched now
        provenance = {
            "kind": "file",
            "source": self.source.name,
            "name": artefact.name,
            "member": artefact.member,
            "fetched_at": fetched_at,
            "ingested_at": self.now,
            "n_bytes": len(artefact.raw),
        }
        return Arrival(
            artefact=writer.put_raw(artefact.raw, provenance),
            member=artefact.member,
            content=artefact.content,
            fetched_at=fetched_at,
            truncated=artefact.truncated,
        )

    def _rebuild(self, register: Register, spool: Spool, opened: ExitStack) -> "list[_Begun]":
        """Begin anew: what was ingested before joins what is new."""
        kept = register.snapshots()
        register.forget()
        streams = []
        for of_one in kept.partition_by("artefact", maintain_order=True):
            told = self.store.provenance(of_one["artefact"][0])
            if told["kind"] == "file":
                for row in of_one.iter_rows(named=True):  # a list may have gone back to it
                    state = row["digest"], row["published_at"]
                    if state not in spool:
                        spool.put(state, register.kept_file(row, told["name"], self.limits))
                continue
            streams.append(_begun(kept_history(opened, register, of_one, told, self.limits)))
        return streams

    def _fold(
        self, register: Register, arrivals: Iterator[Dated], in_all: int, *, keeps_its_place: bool
    ) -> None:
        """Fold in order; one that begins anew keeps no place, as half of it must not go on."""
        saved = time.monotonic()
        with closing(ahead(arrivals)) as fetched:  # its thread ends here, also when interrupted
            for _, arrival in fetched:
                n_bytes = len(arrival.content or b"")
                register.take(arrival, self.now)
                self.watch(1, n_bytes, in_all)
                if keeps_its_place and time.monotonic() - saved > CHECKPOINT_SECONDS:
                    register.checkpoint()
                    saved = time.monotonic()

    def _names(self, writer: Writer, files: list[str]) -> Ingested:
        """Files of names, each read as a stream."""
        wanted = re.compile(self.source.files)
        naming = Naming(writer=writer, source=self.source, now=self.now, watch=self.watch)
        done = Ingested()
        found = open_streams(files, lambda name: bool(wanted.fullmatch(name)), self.stream_limits)
        try:
            for file in found:
                done += naming.keep(file)
                self.watch(1, 0, None)
        except SourceError as error:  # what was kept before it stays
            done += Ingested(failures=(str(error),))
        writer.publish()
        return done

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


def _cut_files(register: Register) -> set[State]:
    """The states that the register has of files without their end."""
    is_cut = pl.col("flags").list.contains("cut") & ~pl.col("member").str.contains(":")
    rows = register.snapshots().filter(is_cut).select("digest", "published_at")
    return set(rows.iter_rows())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A history of which the first state was looked at, and is given all the same."""

    artefact: str
    follows: str | None
    n_states: int
    first_at: datetime | None
    dated: Iterator[Dated]


def _signed_in(histories: Sequence[History], signing: Signing, register: Register) -> Ingested:
    """Check the signatures that lie in histories beside their states."""
    done = Ingested()
    for history in histories:
        done += _signed(signing.settle_history(history, register.snapshots()))
    return done


def _signed(checked: Sequence[Signature]) -> Ingested:
    verified = sum(signature.state == "verified" for signature in checked)
    return Ingested(signatures=len(checked), verified=verified)


def _begun(states: States) -> _Begun:
    first = next(states.dated, None)
    return _Begun(
        artefact=states.artefact,
        follows=states.follows,
        n_states=states.n_states,
        first_at=first[0] if first else None,
        dated=chain([first], states.dated) if first else iter(()),
    )


def _is_late(register: Register, spool: Spool, streams: Sequence[_Begun]) -> bool:
    """Whether anything new is older than where the register stands, or in place of what it has.

    A history that goes on where the register stands may go back in time: that is its own doing.
    """
    stands, taken = register.fold.course.ordered_at, register.snapshots()
    if stands is None:
        return False
    last: str = taken["artefact"][-1]
    firsts = [stream.first_at for stream in streams if stream.follows != last]
    return (
        spool.mends
        or any(at is not None and at < stands for at in firsts)
        or (spool.earliest is not None and spool.earliest < (stands, last))
    )


def _chained(streams: Sequence[_Begun]) -> list[Iterator[Dated]]:
    """Histories as one where the one goes on from the other, each under the latest date so far."""
    chains: list[list[_Begun]] = []
    chain_of: dict[str | None, list[_Begun]] = {}
    for stream in streams:
        if stream.follows not in chain_of:
            chain_of[stream.follows] = []
            chains.append(chain_of[stream.follows])
        chain_of[stream.artefact] = chain_of[stream.follows]
        chain_of[stream.artefact].append(stream)
        chain_of.pop(None, None)  # what follows nothing begins a chain of its own
    return [_in_a_row(each) for each in chains]


def _in_a_row(streams: Sequence[_Begun]) -> Iterator[Dated]:
    place: datetime | None = None
    for stream in streams:
        for at, arrival in stream.dated:
            place = max(place or at, at)
            yield place, arrival


def _moment(dated: Dated) -> datetime:
    return dated[0]
