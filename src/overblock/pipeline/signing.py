"""Signatures that lie beside a register's files, checked as they come in and kept with the verdict.

A signature belongs to the file of its name without its ending, in the same folder, archive or
commit.  It may come before its file, after it, or in a later call.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from overblock.artefacts.git import History, Version
from overblock.artefacts.limits import LIMITS
from overblock.artefacts.opening import Artefact
from overblock.artefacts.signatures import MAX_BYTES, Signature, check_signature
from overblock.artefacts.unpacking import unpack
from overblock.pipeline.histories import accepts
from overblock.sources import Source
from overblock.store import Store, Writer
from overblock.tables import SIGNATURES, SNAPSHOTS

AT_ONCE = 2  # checks side by side: each is a program of its own
PART = re.compile(r"\.\d\d$")  # what a file in parts has after its name


@dataclass(frozen=True, slots=True)
class _Met:
    """A file that a signature may be of."""

    digest: str  # of its content
    raw: str | None  # digest of the raw artefact, where it came in now
    name: str


@dataclass(slots=True, kw_only=True)
class Signing:
    """The signatures of one call of ingest."""

    source: Source
    store: Store
    writer: Writer
    now: datetime
    _signatures: dict[str, bytes] = field(default_factory=dict)  # by the place of their files
    _met: dict[str, _Met] = field(default_factory=dict)

    def takes(self, artefact: Artefact) -> bool:
        """Whether a file is a signature; it is kept if so."""
        ending = self.source.signed_by
        name = artefact.member or artefact.name
        if not ending or not name.endswith(ending):
            return False
        self._signatures[_place(artefact).removesuffix(ending)] = artefact.content
        told = {
            "kind": "signature",
            "source": self.source.name,
            "name": artefact.name,
            "member": artefact.member,
            "fetched_at": artefact.fetched_at,
            "ingested_at": self.now,
        }
        self.writer.put_raw(artefact.content, told)
        return True

    def meet(self, artefact: Artefact, digest: str, raw: str | None = None) -> None:
        """A file of the register that was read; ``raw`` where it was kept just now."""
        if self.source.signed_by:
            place = PART.sub("", _place(artefact))  # parts are signed as the file that they make
            self._met[place] = _Met(digest, raw, artefact.name)

    def settle(self) -> list[Signature]:
        """Check what came with its file, and keep the verdicts; gives them."""
        seen = self._seen()
        due = [
            (self._met[place], signature)
            for place, signature in sorted(self._signatures.items())
            if place in self._met
            and (self._met[place].digest, sha256(signature).hexdigest()) not in seen
        ]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            checked = list(pool.map(lambda pair: self._check(*pair), due))
        rows = [
            _row(self.source.name, met.digest, signature, found)
            for (met, signature), found in zip(due, checked, strict=True)
        ]
        self._keep(rows)
        return checked

    def settle_history(self, history: History, snapshots: pl.DataFrame) -> list[Signature]:
        """Check the signatures that lie in a git history beside its states; gives the verdicts.

        ``snapshots`` are those that the register has: what was checked before is not read again.
        """
        ending = self.source.signed_by
        if not ending:
            return []
        places = snapshots.select("member", "digest").drop_nulls().iter_rows()
        digests = {member.partition(":")[2]: digest for member, digest in places}
        seen, due = self._seen(), []
        for commit, path, oid in history.signed_commits(accepts(self.source), ending):
            signature = next(history.read([oid])).content
            if signature is None or len(signature) > MAX_BYTES:
                continue  # no signature is as long, and what cannot be read signs nothing
            digest = digests.get(",".join(oid for _, oid in commit.files))
            if (digest, sha256(signature).hexdigest()) not in seen:
                due.append((commit, path, signature))
        checked: list[Signature] = []
        versions = history.read_commits([commit for commit, _, _ in due], self.source.join)
        pairs = (
            (content, one) for content, one in zip(versions, due, strict=True) if content.content
        )
        while batch := list(islice(pairs, AT_ONCE)):
            with ThreadPoolExecutor(AT_ONCE) as pool:
                found = list(pool.map(lambda pair: _checked(pair[0].content, pair[1][2]), batch))
            self._keep(
                [
                    _row(self.source.name, sha256(version.content or b"").hexdigest(), one[2], each)
                    for (version, one), each in zip(batch, found, strict=True)
                ]
            )
            for version, (_, path, signature) in batch:
                self._put(signature, version, path)
            checked += found
        return checked

    def _put(self, signature: bytes, version: Version, path: str) -> None:
        told = {
            "kind": "signature",
            "source": self.source.name,
            "name": path,
            "member": version.commit,
            "fetched_at": version.committed_at,
            "ingested_at": self.now,
        }
        self.writer.put_raw(signature, told)

    def _seen(self) -> set[tuple[str, str]]:
        """What was checked: digests of states and of their signatures."""
        known = self.writer.view().read(SIGNATURES, self.source.name)
        return set(known.select("digest", "signature").iter_rows())

    def _keep(self, rows: list[dict[str, object]]) -> None:
        frame = pl.DataFrame(rows, schema=SIGNATURES.schema(), orient="row")
        self.writer.append(SIGNATURES, self.source.name, frame.unique(SIGNATURES.key))

    def _check(self, met: _Met, signature: bytes) -> Signature:
        raw = met.raw or self._raw_of(met.digest)
        content, _ = unpack(self.store.raw(raw), met.name, LIMITS)
        return _checked(content, signature)

    def _raw_of(self, digest: str) -> str:
        """The raw artefact of a state that had been ingested before."""
        snapshots = self.writer.view().read(SNAPSHOTS, self.source.name)
        artefact: str = snapshots.filter(pl.col("digest") == digest)["artefact"][0]
        return artefact


def _checked(content: bytes | None, signature: bytes) -> Signature:
    with TemporaryDirectory(prefix="overblock-") as folder:
        path = Path(folder) / "content"
        path.write_bytes(content or b"")
        return check_signature(path, signature)


def _place(artefact: Artefact) -> str:
    """Where a file lies, archive and all: what it shares with its signature but the ending."""
    return f"{artefact.path}\0{artefact.member}" if artefact.member else str(artefact.path)


def _row(register: str, digest: str, signature: bytes, found: Signature) -> dict[str, object]:
    return {
        "register": register,
        "digest": digest,
        "signature": sha256(signature).hexdigest(),
        "state": found.state,
        "reason": found.reason,
        "signer": found.signer,
        "organisation": found.organisation,
        "issuer": found.issuer,
        "certificate": found.certificate,
        "valid_from": found.valid_from,
        "valid_until": found.valid_until,
        "signed_at": found.signed_at,
        "in_its_time": found.in_its_time,
        "chain": found.chain,
    }
