"""Lines of measurements to what verdicts are made of: the share of the work that processes divide.

Nothing here needs an array library, so that another process is there in a fraction of a second.
"""

from dataclasses import dataclass
from typing import TypeAlias

from overblock.measurements.batches import BadLine, Block, decoded
from overblock.measurements.envelope_rows import EnvelopeRows
from overblock.measurements.fingerprints import Fingerprints
from overblock.measurements.taking import Taken, Taking

Signs: TypeAlias = tuple[Taken, EnvelopeRows, list[BadLine]]


@dataclass(frozen=True, slots=True)
class Taker:
    """Takes signs and envelopes of measurements, in this process or in another."""

    known: Fingerprints | None

    def __call__(self, blocks: list[Block]) -> Signs:
        """What the measurements of blocks show and say, and the lines that are none."""
        taking, envelopes, bad = Taking(self.known), EnvelopeRows(), list[BadLine]()
        for block in blocks:
            for line, measurement in decoded(block, bad):
                taking.add(measurement)
                envelopes.add(line, measurement)
        return taking.taken, envelopes, bad
