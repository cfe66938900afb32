"""States that wait on disk until their place in time is known.

Files come in the order of their names, not of their dates, and a thousand of them do not fit
memory.  So each is put aside, compressed, under its date, and all are read back in order.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

import zstandard

from overblock.pipeline.folding import Arrival

Place: TypeAlias = tuple[datetime, str]  # a date, and the digest of the artefact


@dataclass(slots=True)
class Spool:
    """States in a temporary folder; made by `spooling`."""

    folder: Path
    _waiting: list[tuple[datetime, int, Arrival]] = field(default_factory=list)

    def put(self, at: datetime, arrival: Arrival) -> None:
        """Put a state aside."""
        number = len(self._waiting)
        packed = zstandard.ZstdCompressor(level=1).compress(arrival.content or b"")
        (self.folder / str(number)).write_bytes(packed)
        self._waiting.append((at, number, arrival.without_content()))

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def earliest(self) -> Place | None:
        """The place of the first state, if there is one."""
        return min(((at, arrival.artefact) for at, _, arrival in self._waiting), default=None)

    def in_order(self) -> Iterator[tuple[datetime, Arrival]]:
        """The states by date, those of one moment by their digests: so all calls agree."""
        waiting = sorted(self._waiting, key=lambda state: (state[0], state[2].artefact))
        for at, number, arrival in waiting:
            packed = (self.folder / str(number)).read_bytes()
            yield at, arrival.with_content(zstandard.ZstdDecompressor().decompress(packed))


@contextmanager
def spooling() -> Iterator[Spool]:
    """A spool that is gone afterwards, whatever happens."""
    with TemporaryDirectory(prefix="overblock-") as folder:
        yield Spool(Path(folder))
