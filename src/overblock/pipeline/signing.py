"""Signatures that lie beside a register's files, checked as they come in and kept with the verdict.

A signature belongs to the file of its name without its ending, in the same folder or archive.  It
may come before its file, after it, or in a later call.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from overblock.artefacts.limits import LIMITS
from overblock.artefacts.opening import Artefact
from overblock.artefacts.signatures import Signature, check_signature
from overblock.artefacts.unpacking import unpack
from overblock.sources import Source
from overblock.store import Store, Writer
from overblock.tables import SIGNATURES, SNAPSHOTS

AT_ONCE = 2  # checks side by side: each is a program of its own


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
            self._met[_place(artefact)] = _Met(digest, raw, artefact.name)

    def settle(self) -> list[Signature]:
        """Check what came with its file, and keep the verdicts; gives them."""
        known = self.writer.view().read(SIGNATURES, self.source.name)
        seen = set(known.select("digest", "signature").iter_rows())
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
        frame = pl.DataFrame(rows, schema=SIGNATURES.schema(), orient="row")
        self.writer.append(SIGNATURES, self.source.name, frame.unique(SIGNATURES.key))
        return checked

    def _check(self, met: _Met, signature: bytes) -> Signature:
        raw = met.raw or self._raw_of(met.digest)
        content, _ = unpack(self.store.raw(raw), met.name, LIMITS)
        with TemporaryDirectory(prefix="overblock-") as folder:
            path = Path(folder) / "content"
            path.write_bytes(content)
            return check_signature(path, signature)

    def _raw_of(self, digest: str) -> str:
        """The raw artefact of a state that had been ingested before."""
        snapshots = self.writer.view().read(SNAPSHOTS, self.source.name)
        artefact: str = snapshots.filter(pl.col("digest") == digest)["artefact"][0]
        return artefact


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
