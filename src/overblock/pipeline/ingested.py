"""What an ingest did, in figures."""

import msgspec


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one ingest; `failures` names what could not be read, and why."""

    snapshots: int = 0
    duplicates: int = 0
    flagged: int = 0
    rejects: int = 0
    n_bytes: int = 0
    signatures: int = 0  # that came with their files
    verified: int = 0  # of them
    failures: tuple[str, ...] = ()

    def __add__(self, other: "Ingested") -> "Ingested":
        return Ingested(
            snapshots=self.snapshots + other.snapshots,
            duplicates=self.duplicates + other.duplicates,
            flagged=self.flagged + other.flagged,
            rejects=self.rejects + other.rejects,
            n_bytes=self.n_bytes + other.n_bytes,
            signatures=self.signatures + other.signatures,
            verified=self.verified + other.verified,
            failures=self.failures + other.failures,
        )
