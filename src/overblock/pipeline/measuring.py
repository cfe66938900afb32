"""Blocks of measurement lines to rows of every table that is drawn from them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from overblock.measurements.batches import BadLine, Block, decoded, digest_of
from overblock.measurements.envelope import Envelopes
from overblock.measurements.fingerprints import Fingerprints
from overblock.measurements.flags import BAD_FIELD
from overblock.measurements.observations import Observations
from overblock.measurements.verdicts import Judge

MOST_MEASUREMENTS = 1500  # that are told in one go: to begin one costs as much as some dozens
MOST_OBSERVATIONS = 30_000  # they take most of the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a number of blocks says.

    ``envelopes`` is `overblock.tables.MEASUREMENTS`.  All three have a column ``row`` beside their
    own, by which they belong together: two lines may have the same key.
    """

    envelopes: pl.DataFrame
    observations: pl.DataFrame
    verdicts: pl.DataFrame
    rejects: list[BadLine]
    n_bytes: Mapping[str, int]  # of each raw file's lines, by its digest


class Gathering:
    """Takes blocks one after the other, keeps no document, and tells all that they said."""

    def __init__(self, known: Fingerprints | None = None) -> None:
        """Begin with nothing; ``known`` are the block pages to look for."""
        self._envelopes, self._observations, self._judge = Envelopes(), Observations(), Judge(known)
        self._rejects: list[BadLine] = []
        self._digests: list[str] = []
        self._whole: list[bool] = []  # whether all observations of a measurement were kept
        self._n_bytes = Counter[str]()

    @property
    def full(self) -> bool:
        """Whether it is time to tell."""
        n_facts = len(self._observations)
        return len(self._envelopes) >= MOST_MEASUREMENTS or n_facts >= MOST_OBSERVATIONS

    def add(self, block: Block) -> None:
        """Take a block."""
        self._n_bytes[block.file.artefact] += block.n_bytes
        for line, measurement in decoded(block, self._rejects):
            self._envelopes.add(line, measurement)
            self._digests.append(digest_of(line.raw))
            self._whole.append(self._observations.add(measurement))
            self._judge.add(measurement)

    def told(self) -> Measured:
        """What was said; nothing is to be added after."""
        told = self._envelopes.frame().with_columns(
            digest=pl.Series(self._digests, dtype=pl.String),
            whole=pl.Series(self._whole, dtype=pl.Boolean),
        )
        flagged = pl.when(~pl.col("whole") & ~pl.col("flags").list.contains(BAD_FIELD))
        told = told.with_columns(
            flags=flagged.then(pl.col("flags").list.concat(pl.lit([BAD_FIELD]))).otherwise("flags")
        ).drop("whole")
        return Measured(
            envelopes=told.with_row_index("row"),
            observations=self._observations.numbered(told),
            verdicts=self._judge.numbered(told),
            rejects=self._rejects,
            n_bytes=self._n_bytes,
        )


def measure_all(blocks: Iterable[Block], known: Fingerprints | None = None) -> Iterator[Measured]:
    """Read blocks as they come, and tell of some thousands of measurements at a time."""
    gathering = Gathering(known)
    waits = False
    for block in blocks:
        gathering.add(block)
        waits = True
        if gathering.full:
            yield gathering.told()
            gathering, waits = Gathering(known), False
    if waits:
        yield gathering.told()


@dataclass(frozen=True, slots=True)
class Measuring:
    """Reads blocks all at once: the work of one process of several."""

    known: Fingerprints | None

    def __call__(self, blocks: Sequence[Block]) -> Measured:
        """What the blocks say."""
        gathering = Gathering(self.known)
        for block in blocks:
            gathering.add(block)
        return gathering.told()
