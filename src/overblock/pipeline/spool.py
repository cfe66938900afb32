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

import zstandard

from overblock.pipeline.folding import Arrival


@dataclass(slots=True)
class Spool:
    """States in a temporary folder; made by `spooling`."""

    folder: Path
    _waiting: list[tuple[datetime, int, Arrival]] = field(default_factory=list)

    def put(self, at: datetime, arrival: Arrival) -> None:
        """Put a state aside; of several of one moment, the first put comes first."""
        number = len(self._waiting)
        packed = zstandard.ZstdCompressor(level=1).compress(arrival.content or b"")
        (self.folder / str(number)).write_bytes(packed)
        self._waiting.append((at, number, arrival.without_content()))

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def earliest(self) -> datetime | None:
        """The date of the first state, if there is one."""
        return min((at for at, _, _ in self._waiting), default=None)

    def in_order(self) -> Iterator[tuple[datetime, Arrival]]:
        """The states by date."""
        for at, number, arrival in sorted(self._waiting, key=lambda waiting: waiting[:2]):
            packed = (self.folder / str(number)).read_bytes()
            yield at, arrival.with_content(zstandard.ZstdDecompressor().decompress(packed))


@contextmanager
def spooling() -> Iterator[Spool]:
    """A spool that is gone afterwards, whatever happens."""
    with TemporaryDirectory(prefix="overblock-") as folder:
        yield Spool(Path(folder))
