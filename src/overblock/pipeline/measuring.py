"""Blocks of measurement lines to rows of every table that is drawn from them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from overblock.measurements.batches import BadLine, Block, decoded, digest_of
from overblock.measurements.envelope import Envelopes
from overblock.measurements.observations import Observations
from overblock.measurements.verdicts import Judge

BAD_FIELD = "bad_field"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a batch of blocks says.

    ``envelopes`` is `overblock.tables.MEASUREMENTS`.  All three have a column
    ``row`` beside their own, by which they belong together: two lines may have the same key.
    """

    envelopes: pl.DataFrame
    observations: pl.DataFrame
    verdicts: pl.DataFrame
    rejects: list[BadLine]
    n_bytes: Mapping[str, int]  # of each raw file's lines, by its digest


def measure(blocks: Sequence[Block]) -> Measured:
    """Read blocks; runs in a process of its own where there are several."""
    envelopes, observations, judge = Envelopes(), Observations(), Judge()
    rejects: list[BadLine] = []
    digests: list[str] = []
    too_many: list[bool] = []
    n_bytes = Counter[str]()
    for block in blocks:
        n_bytes[block.file.artefact] += block.n_bytes
        for line, measurement in decoded(block, rejects):
            envelopes.add(line, measurement)
            digests.append(digest_of(line.raw))
            too_many.append(not observations.add(measurement))
            judge.add(measurement)
    told = envelopes.frame().with_columns(
        digest=pl.Series(digests, dtype=pl.String), much=pl.Series(too_many, dtype=pl.Boolean)
    )
    flagged = pl.when(pl.col("much") & ~pl.col("flags").list.contains(BAD_FIELD))
    told = told.with_columns(
        flags=flagged.then(pl.col("flags").list.concat(pl.lit([BAD_FIELD]))).otherwise("flags")
    ).drop("much")
    places = told.select("file", "record").with_row_index("row")
    meant = judge.verdicts(told).join(places, on=["file", "record"], maintain_order="left")
    return Measured(
        envelopes=told.with_row_index("row"),
        observations=observations.numbered(told),
        verdicts=meant,
        rejects=rejects,
        n_bytes=n_bytes,
    )
