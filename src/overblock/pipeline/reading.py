"""Files of measurements to batches of lines, the same whichever process reads them.

Where a batch ends decides what is judged together, so that it depends on the files alone.
"""

from collections.abc import Iterable, Iterator, Sequence

from overblock.artefacts.measurements import Found, Tell, read_blocks
from overblock.measurements.batches import Block

BATCH_BYTES = 1 << 20  # of lines: no more than stays in a processor's cache until it is decoded
BATCH_LINES = 4000  # with more, what is made of them would be many times as long


def read_batches(files: Sequence[Found], tell: Tell) -> Iterator[list[Block]]:
    """The lines of ``files`` in batches; ``tell`` is told what is wrong with a whole file.

    Raises:
        FetchFailed: a file cannot be opened, is damaged, or is of a format not read here.
        UnsafeArchive: a bomb, or an archive whose names leave their folder.
    """
    return in_batches(block for file in files for block in read_blocks(file, tell))


def in_batches(blocks: Iterable[Block], enough: int = BATCH_BYTES) -> Iterator[list[Block]]:
    """Blocks, also of different files, in batches of about ``enough`` bytes, or of fewer."""
    batch: list[Block] = []
    n_bytes = n_lines = 0
    for block in blocks:
        batch.append(block)
        n_bytes += block.n_bytes
        n_lines += block.n_lines
        if n_bytes >= enough or n_lines >= BATCH_LINES:
            yield batch
            batch, n_bytes, n_lines = [], 0, 0
    if batch:
        yield batch
